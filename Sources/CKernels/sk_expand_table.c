// The formats whose four bits stand for one of 16 numbers (IQ4_NL, IQ4_XS, MXFP4), and those whose
// scales lie apart (MXFP4 and FP8 as safetensors have them), to float32. Contraction is off, as in
// sk_expand.c: every bit is the format's definition.
//
// MXFP4 and the scales that are powers of two: OCP Microscaling Formats (MX), version 1.0.
#include <stdint.h>
#include <string.h>

#include "include/sk_blocks.h"
#include "sk_avx512.h"
#include "sk_clones.h"
#include "sk_expand_types.h"
#include "sk_table_types.h"

#pragma STDC FP_CONTRACT OFF

enum { part = 32, parts_a_block = 8 };

static const float iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                     1,    13,   25,  38,  53,  69,  89,  113};
// ggml doubles the values, halves the scale, and has no negative zero.
static const float doubled_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
static const float e2m1_values[16] = {0,   0.5f,  1,  1.5f,  2,  3,  4,  6,
                                      -0.f, -0.5f, -1, -1.5f, -2, -3, -4, -6};

// A float16 has the form of E4M3, with three more bits at its end and a middle exponent of 15 in
// place of 7. All bits but the sign are set in what is no number.
static inline float e4m3(uint8_t bits) {
  uint16_t half = (uint16_t)((bits & 128) << 8 | (bits & 127) << 7);
  _Float16 value;
  memcpy(&value, &half, 2);
  return (bits & 127) == 127 ? __builtin_nanf("") : (float)value * 256;
}

// 32 weights: the low halves of 16 bytes are the first 16, or every second one.
static inline void look_up(float *target, const uint8_t *nibbles, const float *values,
                           float scale) {
  for (int i = 0; i < 16; i++) {
    target[i] = scale * values[nibbles[i] & 15];
    target[i + 16] = scale * values[nibbles[i] >> 4];
  }
}
static inline void look_up_pairs(float *target, const uint8_t *nibbles, const float *values,
                                 float scale) {
  for (int i = 0; i < 16; i++) {
    target[2 * i] = scale * values[nibbles[i] & 15];
    target[2 * i + 1] = scale * values[nibbles[i] >> 4];
  }
}
static inline void put_e4m3(float *target, const uint8_t *weights, size_t count, float scale) {
  for (size_t i = 0; i < count; i++) target[i] = scale * e4m3(weights[i]);
}

#if defined(__x86_64__)
// The same arithmetic, 16 weights an instruction.
SK_WIDE void store_looked_up(float *target, __m128i codes, const float *values, float scale) {
  __m512 found = _mm512_permutexvar_ps(_mm512_cvtepu8_epi32(codes), _mm512_loadu_ps(values));
  _mm512_storeu_ps(target, _mm512_mul_ps(_mm512_set1_ps(scale), found));
}
SK_WIDE void look_up_wide(float *target, const uint8_t *nibbles, const float *values, float scale) {
  const __m128i low = _mm_set1_epi8(15);
  __m128i packed = _mm_loadu_si128((const __m128i *)nibbles);
  store_looked_up(target, _mm_and_si128(packed, low), values, scale);
  store_looked_up(target + 16, _mm_and_si128(_mm_srli_epi16(packed, 4), low), values, scale);
}
SK_WIDE void look_up_pairs_wide(float *target, const uint8_t *nibbles, const float *values,
                                float scale) {
  const __m128i mask = _mm_set1_epi8(15);
  __m128i packed = _mm_loadu_si128((const __m128i *)nibbles);
  __m128i low = _mm_and_si128(packed, mask), high = _mm_and_si128(_mm_srli_epi16(packed, 4), mask);
  store_looked_up(target, _mm_unpacklo_epi8(low, high), values, scale);
  store_looked_up(target + 16, _mm_unpackhi_epi8(low, high), values, scale);
}
SK_WIDE void put_e4m3_wide(float *target, const uint8_t *weights, size_t count, float scale) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    __m256i bits = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(weights + i)));
    __m256i rest = _mm256_and_si256(bits, _mm256_set1_epi16(127));
    __m256i sign = _mm256_slli_epi16(_mm256_andnot_si256(_mm256_set1_epi16(127), bits), 8);
    __m512 value = _mm512_cvtph_ps(_mm256_or_si256(sign, _mm256_slli_epi16(rest, 7)));
    value = _mm512_mul_ps(value, _mm512_set1_ps(256));
    __mmask16 none = _mm256_cmpeq_epi16_mask(rest, _mm256_set1_epi16(127));
    value = _mm512_mask_mov_ps(value, none, _mm512_set1_ps(__builtin_nanf("")));
    _mm512_storeu_ps(target + i, _mm512_mul_ps(_mm512_set1_ps(scale), value));
  }
  put_e4m3(target + i, weights + i, count - i, scale);
}
#endif

// Every type by the functions above that end alike.
#define EXPAND(attributes, wide)                                                              \
  attributes static void expand_iq4_nl##wide(float *target, const block_iq4_nl *block,        \
                                             size_t parts) {                                  \
    for (; parts--; block++, target += part)                                                  \
      look_up##wide(target, block->nibbles, iq4_values, (float)block->scale);                 \
  }                                                                                           \
  attributes static void expand_mxfp4##wide(float *target, const block_mxfp4 *block,          \
                                            size_t parts) {                                   \
    for (; parts--; block++, target += part)                                                  \
      look_up##wide(target, block->nibbles, doubled_values, sk_half_power(block->scale));        \
  }                                                                                           \
  attributes static void expand_iq4_xs##wide(float *target, const block_iq4_xs *block,        \
                                             size_t first, size_t parts) {                    \
    block += first / parts_a_block;                                                           \
    for (size_t p = first % parts_a_block; parts--; target += part) {                         \
      look_up##wide(target, block->nibbles + 16 * p, iq4_values, sk_scale_of(block, p));         \
      if (++p == parts_a_block) p = 0, block++;                                               \
    }                                                                                         \
  }                                                                                           \
  attributes static void expand_mxfp4_apart##wide(float *target, const sk_row_apart *row,     \
                                                  size_t first, size_t parts) {               \
    const uint8_t *scales = row->scales;                                                      \
    for (; parts--; first++, target += part)                                                  \
      look_up_pairs##wide(target, row->weights + 16 * first, e2m1_values,                     \
                          sk_power(scales[first]));                                              \
  }                                                                                           \
  attributes static void expand_fp8##wide(float *target, const sk_row_apart *row,             \
                                          size_t first, size_t count) {                       \
    const float *scales = row->scales;                                                        \
    while (count) {                                                                           \
      size_t left = row->span - first % row->span, length = left < count ? left : count;      \
      put_e4m3##wide(target, row->weights + first, length, scales[first / row->span]);        \
      target += length, first += length, count -= length;                                     \
    }                                                                                         \
  }
EXPAND(SK_CLONES, )
#if defined(__x86_64__)
EXPAND(SK_AVX512, _wide)
#define BEST(name) (sk_has_avx512() ? name##_wide : name)
#else
#define BEST(name) name
#endif

int sk_expand_table(int type, float *target, const void *row, size_t first, size_t count) {
  size_t f = first / part, n = count / part;
  switch (type) {
    case sk_type_iq4_nl: BEST(expand_iq4_nl)(target, (const block_iq4_nl *)row + f, n); return 1;
    case sk_type_iq4_xs: BEST(expand_iq4_xs)(target, row, f, n); return 1;
    case sk_type_mxfp4: BEST(expand_mxfp4)(target, (const block_mxfp4 *)row + f, n); return 1;
    case sk_type_mxfp4_apart: BEST(expand_mxfp4_apart)(target, row, f, n); return 1;
    case sk_type_fp8: BEST(expand_fp8)(target, row, first, count); return 1;
    default: return 0;
  }
}
