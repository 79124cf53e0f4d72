// The block formats of 5-bit weights and of "K" superblocks to float32, in parts of 32 weights.
// Contraction is off, as in sk_expand.c: every bit is the format's definition.
#include <stdint.h>
#include <string.h>

#include "include/sk_blocks.h"
#include "sk_avx512.h"
#include "sk_block_types.h"
#include "sk_clones.h"
#include "sk_expand_types.h"

#pragma STDC FP_CONTRACT OFF

enum { part = 32, parts_a_block = 8 };

SK_CLONES static void expand_q5_0(float *target, const block_q5_0 *block, size_t parts) {
  for (; parts--; block++, target += part) {
    float scale = (float)block->scale;
    uint32_t high;
    memcpy(&high, block->high, 4);
    for (int i = 0; i < 16; i++) {
      int low = block->nibbles[i] & 15, up = block->nibbles[i] >> 4;
      target[i] = scale * (float)((low | (int)(high >> i & 1) << 4) - 16);
      target[i + 16] = scale * (float)((up | (int)(high >> (i + 16) & 1) << 4) - 16);
    }
  }
}

SK_CLONES static void expand_q5_1(float *target, const block_q5_1 *block, size_t parts) {
  for (; parts--; block++, target += part) {
    float scale = (float)block->scale, minimum = (float)block->minimum;
    uint32_t high;
    memcpy(&high, block->high, 4);
    for (int i = 0; i < 16; i++) {
      int low = block->nibbles[i] & 15, up = block->nibbles[i] >> 4;
      target[i] = scale * (float)(low | (int)(high >> i & 1) << 4) + minimum;
      target[i + 16] = scale * (float)(up | (int)(high >> (i + 16) & 1) << 4) + minimum;
    }
  }
}

SK_CLONES static void expand_q2_k(float *target, const block_q2_k *block, size_t first,
                                  size_t parts) {
  block += first / parts_a_block;
  for (size_t p = first % parts_a_block; parts--; target += part) {
    const uint8_t *pairs = block->pairs + p / 4 * 32;
    int shift = 2 * (int)(p % 4);
    for (int half = 0; half < 2; half++) {
      uint8_t packed = block->scales[2 * p + half];
      float scale = (float)block->scale * (float)(packed & 15);
      float minimum = (float)block->minimum * (float)(packed >> 4);
      for (int i = 16 * half; i < 16 * half + 16; i++)
        target[i] = scale * (float)(pairs[i] >> shift & 3) - minimum;
    }
    if (++p == parts_a_block) p = 0, block++;
  }
}

SK_CLONES static void expand_q3_k(float *target, const block_q3_k *block, size_t first,
                                  size_t parts) {
  block += first / parts_a_block;
  for (size_t p = first % parts_a_block; parts--; target += part) {
    const uint8_t *pairs = block->pairs + p / 4 * 32;
    int shift = 2 * (int)(p % 4);
    for (int half = 0; half < 2; half++) {
      // Six bits: the lower four of scale s stand in byte s mod 8, the upper two in 8 + s mod 4.
      int s = 2 * (int)p + half;
      int bits = (block->scales[s % 8] >> (s / 8 * 4) & 15) |
                 (block->scales[8 + s % 4] >> (s / 4 * 2) & 3) << 4;
      float scale = (float)block->scale * (float)(bits - 32);
      // The third bit counts 4 where it is clear, downwards.
      for (int i = 16 * half; i < 16 * half + 16; i++) {
        int value = (pairs[i] >> shift & 3) - (~(block->high[i] >> p) & 1) * 4;
        target[i] = scale * (float)value;
      }
    }
    if (++p == parts_a_block) p = 0, block++;
  }
}

SK_CLONES static void expand_q4_k(float *target, const block_q4_k *block, size_t first,
                                  size_t parts) {
  block += first / parts_a_block;
  for (size_t p = first % parts_a_block; parts--; target += part) {
    const uint8_t *nibbles = block->nibbles + p / 2 * 32;
    int shift = 4 * (int)(p % 2);
    part_scales by = scales_of(block->scale, block->minimum, block->scales, p);
    for (int i = 0; i < part; i++)
      target[i] = by.scale * (float)(nibbles[i] >> shift & 15) - by.minimum;
    if (++p == parts_a_block) p = 0, block++;
  }
}

SK_CLONES static void expand_q5_k(float *target, const block_q5_k *block, size_t first,
                                  size_t parts) {
  block += first / parts_a_block;
  for (size_t p = first % parts_a_block; parts--; target += part) {
    const uint8_t *nibbles = block->nibbles + p / 2 * 32;
    int shift = 4 * (int)(p % 2);
    part_scales by = scales_of(block->scale, block->minimum, block->scales, p);
    for (int i = 0; i < part; i++) {
      int value = (nibbles[i] >> shift & 15) | (block->high[i] >> p & 1) << 4;
      target[i] = by.scale * (float)value - by.minimum;
    }
    if (++p == parts_a_block) p = 0, block++;
  }
}

SK_CLONES static void expand_q6_k(float *target, const block_q6_k *block, size_t first,
                                  size_t parts) {
  block += first / parts_a_block;
  for (size_t p = first % parts_a_block; parts--; target += part) {
    const uint8_t *nibbles = block->nibbles + p / 4 * 64 + p % 2 * 32;
    const uint8_t *high = block->high + p / 4 * 32;
    int shift = 4 * (int)(p % 4 / 2), high_shift = 2 * (int)(p % 4);
    for (int half = 0; half < 2; half++) {
      float scale = (float)block->scale * (float)block->scales[2 * p + half];
      for (int i = 16 * half; i < 16 * half + 16; i++) {
        int value = (nibbles[i] >> shift & 15) | (high[i] >> high_shift & 3) << 4;
        target[i] = scale * (float)(value - 32);
      }
    }
    if (++p == parts_a_block) p = 0, block++;
  }
}

#if defined(__x86_64__)
// The same arithmetic, 16 weights an instruction: a product, then a difference where there is one.
SK_WIDE void store_scaled(float *target, __m128i values, __m512 scale) {
  __m512 floats = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(values));
  _mm512_storeu_ps(target, _mm512_mul_ps(scale, floats));
}

SK_WIDE void store_less(float *target, __m128i values, __m512 scale, __m512 minimum) {
  __m512 floats = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(values));
  _mm512_storeu_ps(target, _mm512_sub_ps(_mm512_mul_ps(scale, floats), minimum));
}

// The low or the high halves of 16 bytes; `shift` is 0 or 4.
SK_WIDE __m128i nibbles_at(const uint8_t *bytes, int shift) {
  __m128i packed = _mm_loadu_si128((const __m128i *)bytes);
  packed = _mm_srl_epi16(packed, _mm_cvtsi32_si128(shift));
  return _mm_and_si128(packed, _mm_set1_epi8(15));
}

SK_AVX512 static void expand_q5_0_wide(float *target, const block_q5_0 *block, size_t parts) {
  const __m128i fifth = _mm_set1_epi8(16);
  for (; parts--; block++, target += part) {
    __m512 scale = _mm512_set1_ps((float)block->scale);
    uint32_t high;
    memcpy(&high, block->high, 4);
    for (int half = 0; half < 2; half++) {
      __m128i low = nibbles_at(block->nibbles, 4 * half);
      // Less 16 where the fifth bit is clear.
      low = _mm_mask_sub_epi8(low, (__mmask16)~(high >> 16 * half), low, fifth);
      store_scaled(target + 16 * half, low, scale);
    }
  }
}

SK_AVX512 static void expand_q4_k_wide(float *target, const block_q4_k *block, size_t first,
                                       size_t parts) {
  block += first / parts_a_block;
  for (size_t p = first % parts_a_block; parts--; target += part) {
    part_scales by = scales_of(block->scale, block->minimum, block->scales, p);
    __m512 scale = _mm512_set1_ps(by.scale), minimum = _mm512_set1_ps(by.minimum);
    const uint8_t *nibbles = block->nibbles + p / 2 * 32;
    int shift = 4 * (int)(p % 2);
    store_less(target, nibbles_at(nibbles, shift), scale, minimum);
    store_less(target + 16, nibbles_at(nibbles + 16, shift), scale, minimum);
    if (++p == parts_a_block) p = 0, block++;
  }
}

SK_AVX512 static void expand_q5_k_wide(float *target, const block_q5_k *block, size_t first,
                                       size_t parts) {
  block += first / parts_a_block;
  for (size_t p = first % parts_a_block; parts--; target += part) {
    part_scales by = scales_of(block->scale, block->minimum, block->scales, p);
    __m512 scale = _mm512_set1_ps(by.scale), minimum = _mm512_set1_ps(by.minimum);
    const uint8_t *nibbles = block->nibbles + p / 2 * 32;
    for (int half = 0; half < 2; half++) {
      __m128i low = nibbles_at(nibbles + 16 * half, 4 * (int)(p % 2));
      __m128i high = _mm_loadu_si128((const __m128i *)(block->high + 16 * half));
      __mmask16 fifth = _mm_test_epi8_mask(high, _mm_set1_epi8((char)(1 << p)));
      low = _mm_mask_add_epi8(low, fifth, low, _mm_set1_epi8(16));
      store_less(target + 16 * half, low, scale, minimum);
    }
    if (++p == parts_a_block) p = 0, block++;
  }
}

SK_AVX512 static void expand_q6_k_wide(float *target, const block_q6_k *block, size_t first,
                                       size_t parts) {
  block += first / parts_a_block;
  for (size_t p = first % parts_a_block; parts--; target += part) {
    const uint8_t *nibbles = block->nibbles + p / 4 * 64 + p % 2 * 32;
    const uint8_t *highs = block->high + p / 4 * 32;
    const __m128i high_shift = _mm_cvtsi32_si128(2 * (int)(p % 4));
    for (int half = 0; half < 2; half++) {
      __m512 scale = _mm512_set1_ps((float)block->scale * (float)block->scales[2 * p + half]);
      __m128i low = nibbles_at(nibbles + 16 * half, 4 * (int)(p % 4 / 2));
      __m128i high = _mm_loadu_si128((const __m128i *)(highs + 16 * half));
      high = _mm_and_si128(_mm_srl_epi16(high, high_shift), _mm_set1_epi8(3));
      __m128i value = _mm_or_si128(low, _mm_slli_epi16(high, 4));
      store_scaled(target + 16 * half, _mm_sub_epi8(value, _mm_set1_epi8(32)), scale);
    }
    if (++p == parts_a_block) p = 0, block++;
  }
}
#else
#define expand_q5_0_wide expand_q5_0
#define expand_q4_k_wide expand_q4_k
#define expand_q5_k_wide expand_q5_k
#define expand_q6_k_wide expand_q6_k
#endif

int sk_expand_k(int type, float *target, const void *row, size_t first, size_t count) {
  size_t f = first / part, n = count / part;
  switch (type) {
    case sk_type_q5_0:
      (sk_has_avx512() ? expand_q5_0_wide : expand_q5_0)(target, (const block_q5_0 *)row + f, n);
      return 1;
    case sk_type_q5_1: expand_q5_1(target, (const block_q5_1 *)row + f, n); return 1;
    case sk_type_q2_k: expand_q2_k(target, row, f, n); return 1;
    case sk_type_q3_k: expand_q3_k(target, row, f, n); return 1;
    case sk_type_q4_k: (sk_has_avx512() ? expand_q4_k_wide : expand_q4_k)(target, row, f, n); return 1;
    case sk_type_q5_k: (sk_has_avx512() ? expand_q5_k_wide : expand_q5_k)(target, row, f, n); return 1;
    case sk_type_q6_k: (sk_has_avx512() ? expand_q6_k_wide : expand_q6_k)(target, row, f, n); return 1;
    default: return 0;
  }
}
