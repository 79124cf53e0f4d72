// One query against cached keys and values, for all heads that share them: each key and value is
// read once. At some hundred tokens of context these are a tenth of what a token reads.
#include "include/sk_attend.h"

#include "sk_clones.h"

typedef float lanes __attribute__((vector_size(64), aligned(4)));
enum { lane_count = 16, heads_at_once = 3, rows_at_once = 4 };

// A macro: a function that returns such a vector has another calling convention without AVX-512.
#define LANES(x) (*(const lanes *)(x))

// The sums of two vectors' lanes, half done: eight lanes of each. (Four vectors take 13 instructions
// in all, where each alone takes some 8.)
#define FOLD(a, b)                                                                          \
  (__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) + \
   __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#define FOLD_HALVES(a, b)                                                                   \
  (__builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) + \
   __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31))

static inline __attribute__((always_inline)) void dots(
    const int heads, const int rows, float *out, size_t out_row, const float *keys, size_t key_row,
    const float *queries, size_t query_row, size_t width) {
#pragma clang fp reassociate(on) contract(fast)
  lanes sums[heads_at_once][rows_at_once];
  float rest[heads_at_once][rows_at_once];
#pragma clang loop unroll(full)
  for (int i = 0; i < heads_at_once * rows_at_once; i++)
    sums[i / rows_at_once][i % rows_at_once] = (lanes){0}, rest[i / rows_at_once][i % rows_at_once] = 0;
  size_t j = 0;
  for (; j + lane_count <= width; j += lane_count)
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      lanes key = LANES(keys + (size_t)i * key_row + j);
#pragma clang loop unroll(full)
      for (int h = 0; h < heads; h++) sums[h][i] += key * LANES(queries + (size_t)h * query_row + j);
    }
  for (; j < width; j++)
#pragma clang loop unroll(full)
    for (int i = 0; i < rows * heads; i++)
      rest[i / rows][i % rows] +=
          keys[(size_t)(i % rows) * key_row + j] * queries[(size_t)(i / rows) * query_row + j];
#pragma clang loop unroll(full)
  for (int h = 0; h < heads; h++) {
    lanes ab = FOLD(sums[h][0], sums[h][1]), cd = FOLD(sums[h][2], sums[h][3]);
    lanes all = FOLD_HALVES(ab, cd);  // four lanes of each
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
      out[(size_t)h * out_row + (size_t)i] =
          ((all[4 * i] + all[4 * i + 1]) + (all[4 * i + 2] + all[4 * i + 3])) + rest[h][i];
  }
}

static inline __attribute__((always_inline)) void weighted_sums(
    const int heads, float *out, size_t out_row, const float *values, size_t value_row,
    size_t count, const float *weights, size_t weight_row, size_t width) {
#pragma clang fp reassociate(on) contract(fast)
  size_t j = 0;
  for (; j + 4 * lane_count <= width; j += 4 * lane_count) {
    lanes sums[heads_at_once][4];
#pragma clang loop unroll(full)
    for (int h = 0; h < heads; h++)
#pragma clang loop unroll(full)
      for (int k = 0; k < 4; k++) sums[h][k] = (lanes){0};
    const float *value = values + j;
    for (size_t i = 0; i < count; i++, value += value_row) {
#pragma clang loop unroll(full)
      for (int k = 0; k < 4; k++) {
        lanes v = LANES(value + k * lane_count);
#pragma clang loop unroll(full)
        for (int h = 0; h < heads; h++) sums[h][k] += v * weights[(size_t)h * weight_row + i];
      }
    }
#pragma clang loop unroll(full)
    for (int h = 0; h < heads; h++)
#pragma clang loop unroll(full)
      for (int k = 0; k < 4; k++)
        *(lanes *)(out + (size_t)h * out_row + j + k * lane_count) = sums[h][k];
  }
  for (; j < width; j++)
#pragma clang loop unroll(full)
    for (int h = 0; h < heads; h++) {
      float sum = 0;
      for (size_t i = 0; i < count; i++)
        sum += weights[(size_t)h * weight_row + i] * values[i * value_row + j];
      out[(size_t)h * out_row + j] = sum;
    }
}

#define DOTS(heads)                                                                               \
  {                                                                                               \
    size_t i = 0;                                                                                 \
    const float *key = keys;                                                                      \
    for (; i + rows_at_once <= count; i += rows_at_once, key += rows_at_once * key_row)           \
      dots(heads, rows_at_once, out + i, out_row, key, key_row, queries, query_row, width);       \
    for (; i < count; i++, key += key_row)                                                        \
      dots(heads, 1, out + i, out_row, key, key_row, queries, query_row, width);                  \
  }

SK_CLONES void sk_dots(float *out, size_t out_row, const float *keys, size_t key_row, size_t count,
                       const float *queries, size_t query_row, size_t heads, size_t width) {
  for (; heads >= 3; heads -= 3, out += 3 * out_row, queries += 3 * query_row) DOTS(3)
  for (; heads; heads--, out += out_row, queries += query_row) DOTS(1)
}

SK_CLONES void sk_weighted_sums(float *out, size_t out_row, const float *values, size_t value_row,
                                size_t count, const float *weights, size_t weight_row,
                                size_t heads, size_t width) {
  for (; heads >= 3; heads -= 3, out += 3 * out_row, weights += 3 * weight_row)
    weighted_sums(3, out, out_row, values, value_row, count, weights, weight_row, width);
  for (; heads; heads--, out += out_row, weights += weight_row)
    weighted_sums(1, out, out_row, values, value_row, count, weights, weight_row, width);
}
