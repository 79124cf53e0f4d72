#include "include/sk_convert.h"

#include <string.h>

#include "sk_clones.h"

SK_CLONES void sk_f16_to_f32(float *target, const uint16_t *source, size_t count) {
  const _Float16 *half = (const _Float16 *)source;
  for (size_t i = 0; i < count; i++) target[i] = (float)half[i];
}

SK_CLONES void sk_bf16_to_f32(float *target, const uint16_t *source, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)source[i] << 16;
    memcpy(target + i, &bits, 4);
  }
}

SK_CLONES size_t sk_f32_to_f16(uint16_t *target, const float *source, size_t count) {
  _Float16 *half = (_Float16 *)target;
  size_t unfit = 0;
  for (size_t i = 0; i < count; i++) {
    half[i] = (_Float16)source[i];
    unfit += !(__builtin_fabsf(source[i]) <= 65504.0f);
  }
  return unfit;
}
