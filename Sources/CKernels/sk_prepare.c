// Vectors as integers for the products of sk_dot.c.
#include <string.h>

#include "include/sk_int16.h"
#include "sk_prepared.h"

size_t sk_prepared_bytes(size_t width) {
  size_t nibbles = (width + 127) / 128 * sizeof(nibble_group);
  size_t plain = (width + 63) / 64 * sizeof(plain_group);
  return nibbles > plain ? nibbles : plain;
}

#if defined(__x86_64__)

// One block of 32 elements as integers, its scale and its sum. The largest is below 2^22, so that four
// products with -128 fit into 32 bits. The sum of short ones is that of what they are rounded to, so
// that weights with a minimum meet the same numbers twice.
SK_INLINE float split_block(int is_short, const float *x, int8_t *first[3], int8_t *last[3],
                            float *total) {
  const __m512i half = _mm512_set1_epi32(128);
  __m512 a = _mm512_loadu_ps(x), b = _mm512_loadu_ps(x + 16);
  float largest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(a), _mm512_abs_ps(b)));
  *total = _mm512_reduce_add_ps(_mm512_add_ps(a, b));
  const float limit = is_short ? sk_int16_largest : 4194000;
  __m512 inverse = _mm512_set1_ps(largest > 1e-30f ? limit / largest : 0);
  __m512i u = _mm512_cvtps_epi32(_mm512_mul_ps(a, inverse));
  __m512i v = _mm512_cvtps_epi32(_mm512_mul_ps(b, inverse));
  int sum = is_short ? _mm512_reduce_add_epi32(_mm512_add_epi32(u, v)) : 0;
  for (int d = is_short ? 1 : 2; d >= 0; d--) {
    _mm_storeu_si128((__m128i *)first[d], _mm512_cvtepi32_epi8(u));
    _mm_storeu_si128((__m128i *)last[d], _mm512_cvtepi32_epi8(v));
    u = _mm512_srai_epi32(_mm512_add_epi32(u, half), 8);
    v = _mm512_srai_epi32(_mm512_add_epi32(v, half), 8);
  }
  // What is not finite shows in the sum; the largest may hide it.
  if (*total * 0 != 0) return __builtin_nanf("");
  if (is_short) *total = largest / limit * (float)sum;
  return largest / limit;
}

SK_VNNI static void prepare_nibbles(int is_short, nibble_group *group, const float *x,
                                    size_t blocks) {
  for (; blocks; group++) {
    memset(group, 0, sizeof *group);
    for (int b = 0; b < 4 && blocks; b++, blocks--, x += 32) {
      int8_t *first[3], *last[3];
      for (int d = 0; d < 3; d++) {
        first[d] = group->digits[d][0] + 16 * b;
        last[d] = group->digits[d][1] + 16 * b;
      }
      float total, scale = split_block(is_short, x, first, last, &total);
      for (int i = 0; i < 4; i++) group->scales[4 * b + i] = scale;
      group->totals[2 * b + 1] = total;
    }
    const __m512i one = _mm512_set1_epi8(1);
    __m512i sum = _mm512_setzero_si512();
    for (int d = 0; d < (is_short ? 2 : 3); d++) {
      sum = byte_products(_mm512_slli_epi32(sum, 8), one, group->digits[d][0]);
      sum = byte_products(sum, one, group->digits[d][1]);
    }
    _mm512_storeu_si512(group->sums, sum);
  }
}

SK_VNNI static void prepare_plain(int is_short, plain_group *group, const float *x,
                                  size_t blocks) {
  float *eight = NULL;
  for (size_t done = 0; blocks; group++) {
    memset(group, 0, sizeof *group);
    if (done % 8 == 0) eight = group->eight;
    for (int b = 0; b < 2 && blocks; b++, blocks--, done++, x += 32) {
      int8_t *first[3], *last[3];
      for (int d = 0; d < 3; d++) {
        first[d] = group->digits[d] + 32 * b;
        last[d] = first[d] + 16;
      }
      float total, scale = split_block(is_short, x, first, last, &total);
      for (int i = 0; i < 8; i++) group->scales[8 * b + i] = scale;
      eight[done % 8] = scale;
      eight[8 + done % 8] = total;
    }
    const __m512i one = _mm512_set1_epi8(1);
    __m512i sum = _mm512_setzero_si512();
    for (int d = 0; d < (is_short ? 2 : 3); d++)
      sum = byte_products(_mm512_slli_epi32(sum, 8), one, group->digits[d]);
    _mm512_storeu_si512(group->sums, sum);
  }
}

void sk_prepare(int order, int is_short, void *prepared, const float *x, size_t width) {
  if (order == order_nibbles) prepare_nibbles(is_short, prepared, x, width / 32);
  if (order == order_plain) prepare_plain(is_short, prepared, x, width / 32);
}

#else

void sk_prepare(int order, int is_short, void *prepared, const float *x, size_t width) {
  (void)order, (void)is_short, (void)prepared, (void)x, (void)width;
}

#endif
