// What the products on integers share: vectors as `sk_prepare` makes them, and the loops around the
// kernels.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "include/sk_dot.h"

enum { order_none, order_nibbles, order_plain };

// 128 elements, four blocks: each row of 64 bytes holds the first 16 elements of the four blocks,
// then the last 16, as the nibbles of the 4-bit types lie.
typedef struct {
  int8_t digits[3][2][64];  // the most significant first; short vectors have two
  float scales[16];  // each block's four times
  int32_t sums[16];  // of the integers that meet in each 32-bit lane
  float totals[16];  // 0, the sum of a block's elements, 0, the next ...
} nibble_group;

// 64 elements, two blocks, in their own order.
typedef struct {
  int8_t digits[3][64];
  float scales[16];  // each block's eight times
  int32_t sums[16];
  // In every fourth: the scales of the eight blocks from here on, then the sums of their elements.
  float eight[16];
} plain_group;

#if defined(__x86_64__)
#include <immintrin.h>

#define SK_VNNI \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,bmi2,fma,f16c")))
#define SK_INLINE static inline __attribute__((always_inline)) SK_VNNI

// Bytes ahead of the blocks at work to ask memory for.
enum { prefetch_distance = 8192 };

// Adds the products of 64 weights without sign and one digit of a vector, four to a lane.
SK_INLINE __m512i byte_products(__m512i sum, __m512i weights, const void *digits) {
  return _mm512_dpbusd_epi32(sum, weights, _mm512_load_si512(digits));
}

// Two or three digits of 64 elements against their weights, exact in 32 bits.
SK_INLINE __m512i plain_products(const int digits, __m512i weights, const plain_group *x) {
  __m512i sum = byte_products(_mm512_setzero_si512(), weights, x->digits[0]);
  sum = byte_products(_mm512_slli_epi32(sum, 8), weights, x->digits[1]);
  return digits == 2 ? sum
                     : byte_products(_mm512_slli_epi32(sum, 8), weights, x->digits[2]);
}

// Four rows share the loads of a vector, four vectors share the unpacking of a row.
#define DOT_LOOP(kernel, digits)                                             \
  while (tokens) {                                                           \
    size_t r = 0, together = tokens >= 4 ? 4 : tokens >= 2 ? 2 : 1;          \
    switch (together) {                                                      \
      case 4:                                                                \
        for (; r + 2 <= count; r += 2) kernel(digits, 2, 4, ARGUMENTS);      \
        for (; r < count; r++) kernel(digits, 1, 4, ARGUMENTS);              \
        break;                                                               \
      case 2:                                                                \
        for (; r + 4 <= count; r += 4) kernel(digits, 4, 2, ARGUMENTS);      \
        for (; r < count; r++) kernel(digits, 1, 2, ARGUMENTS);              \
        break;                                                               \
      default:                                                               \
        for (; r + 4 <= count; r += 4) kernel(digits, 4, 1, ARGUMENTS);      \
        for (; r < count; r++) kernel(digits, 1, 1, ARGUMENTS);              \
    }                                                                        \
    tokens -= together, out += together * out_row, x += together * vector;   \
  }
#define DOT_ROWS(name, kernel)                                                                   \
  SK_VNNI void name(int is_short, float *out, size_t out_row, const uint8_t *rows,               \
                    size_t row_bytes, size_t count, const char *x, size_t width, size_t tokens) { \
    const size_t vector = sk_prepared_bytes(width);                                              \
    if (is_short) {                                                                              \
      DOT_LOOP(kernel, 2)                                                                        \
    } else {                                                                                     \
      DOT_LOOP(kernel, 3)                                                                        \
    }                                                                                            \
  }
#define ARGUMENTS out + r, out_row, rows + r * row_bytes, row_bytes, x, vector, width
#endif
