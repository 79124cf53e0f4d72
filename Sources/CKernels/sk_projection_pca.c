#include "include/sk_projection_pca.h"

#include <stdint.h>
#include <string.h>

#include "sk_clones.h"

SK_CLONES
void sk_column_sums(double *restrict sums, const float *restrict block, size_t rows,
                    size_t columns, size_t stride) {
  for (size_t row = 0; row < rows; row++) {
    const float *values = block + row * stride;
    for (size_t column = 0; column < columns; column++) sums[column] += (double)values[column];
  }
}

SK_CLONES
void sk_centre_rows(float *restrict target, const float *restrict block,
                    const float *restrict mean, size_t rows, size_t columns, size_t stride) {
  for (size_t row = 0; row < rows; row++) {
    const float *values = block + row * stride;
    float *centred = target + row * columns;
    for (size_t column = 0; column < columns; column++)
      centred[column] = values[column] - mean[column];
  }
}

size_t sk_first_not_finite(const float *values, size_t count) {
  for (size_t index = 0; index < count; index++) {
    uint32_t bits;
    memcpy(&bits, values + index, sizeof bits);
    if ((bits & 0x7f800000u) == 0x7f800000u) return index;
  }
  return count;
}
