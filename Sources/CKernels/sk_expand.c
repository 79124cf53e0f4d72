// Stored blocks to float32. Contraction is off here: a fused multiply-add would change the last
// bit of a weight against every other reader of the format.
#include "include/sk_blocks.h"
#include "include/sk_convert.h"

#include <stdint.h>
#include <string.h>

#include "sk_avx512.h"
#include "sk_block_types.h"
#include "sk_clones.h"
#include "sk_expand_types.h"

#pragma STDC FP_CONTRACT OFF

SK_CLONES static void expand_q4_0(float *target, const block_q4_0 *block, size_t blocks) {
  for (; blocks--; block++, target += 32) {
    float scale = (float)block->scale;
    for (int i = 0; i < 16; i++) {
      target[i] = (float)((int)(block->nibbles[i] & 15) - 8) * scale;
      target[i + 16] = (float)((int)(block->nibbles[i] >> 4) - 8) * scale;
    }
  }
}

SK_CLONES static void expand_q4_1(float *target, const block_q4_1 *block, size_t blocks) {
  for (; blocks--; block++, target += 32) {
    float scale = (float)block->scale, minimum = (float)block->minimum;
    for (int i = 0; i < 16; i++) {
      target[i] = (float)(block->nibbles[i] & 15) * scale + minimum;
      target[i + 16] = (float)(block->nibbles[i] >> 4) * scale + minimum;
    }
  }
}

SK_CLONES static void expand_q8_0(float *target, const block_q8_0 *block, size_t blocks) {
  for (; blocks--; block++, target += 32) {
    float scale = (float)block->scale;
    for (int i = 0; i < 32; i++) target[i] = (float)block->values[i] * scale;
  }
}

#if defined(__x86_64__)
SK_WIDE __m512 bytes_to_floats(__m128i bytes) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
}

// The same arithmetic, 16 weights an instruction: a product, then a sum where there is one.
SK_AVX512 static void expand_q4_0_wide(float *target, const block_q4_0 *block, size_t blocks) {
  const __m128i low = _mm_set1_epi8(15), eight = _mm_set1_epi8(8);
  for (; blocks--; block++, target += 32) {
    __m128i packed = _mm_loadu_si128((const __m128i *)block->nibbles);
    __m128i high = _mm_and_si128(_mm_srli_epi16(packed, 4), low);
    __m512 scale = _mm512_set1_ps((float)block->scale);
    __m128i first = _mm_sub_epi8(_mm_and_si128(packed, low), eight);
    _mm512_storeu_ps(target, _mm512_mul_ps(bytes_to_floats(first), scale));
    _mm512_storeu_ps(target + 16, _mm512_mul_ps(bytes_to_floats(_mm_sub_epi8(high, eight)), scale));
  }
}

SK_AVX512 static void expand_q4_1_wide(float *target, const block_q4_1 *block, size_t blocks) {
  const __m128i low = _mm_set1_epi8(15);
  for (; blocks--; block++, target += 32) {
    __m128i packed = _mm_loadu_si128((const __m128i *)block->nibbles);
    __m128i high = _mm_and_si128(_mm_srli_epi16(packed, 4), low);
    __m512 scale = _mm512_set1_ps((float)block->scale);
    __m512 minimum = _mm512_set1_ps((float)block->minimum);
    __m512 first = _mm512_mul_ps(bytes_to_floats(_mm_and_si128(packed, low)), scale);
    _mm512_storeu_ps(target, _mm512_add_ps(first, minimum));
    _mm512_storeu_ps(target + 16, _mm512_add_ps(_mm512_mul_ps(bytes_to_floats(high), scale), minimum));
  }
}

SK_AVX512 static void expand_q8_0_wide(float *target, const block_q8_0 *block, size_t blocks) {
  for (; blocks--; block++, target += 32) {
    __m512 scale = _mm512_set1_ps((float)block->scale);
    __m128i first = _mm_loadu_si128((const __m128i *)block->values);
    __m128i last = _mm_loadu_si128((const __m128i *)(block->values + 16));
    _mm512_storeu_ps(target, _mm512_mul_ps(bytes_to_floats(first), scale));
    _mm512_storeu_ps(target + 16, _mm512_mul_ps(bytes_to_floats(last), scale));
  }
}
#else
#define expand_q4_0_wide expand_q4_0
#define expand_q4_1_wide expand_q4_1
#define expand_q8_0_wide expand_q8_0
#endif

static int expand_others(int type, float *target, const void *row, size_t first, size_t count) {
  return sk_expand_k(type, target, row, first, count) ||
         sk_expand_table(type, target, row, first, count) ||
         sk_expand_few(type, target, row, first, count);
}

int sk_expand(int type, float *target, const void *blocks, size_t count) {
  switch (type) {
    case sk_type_f32: memcpy(target, blocks, count * sizeof(float)); return 1;
    case sk_type_f16: sk_f16_to_f32(target, blocks, count); return 1;
    case sk_type_bf16: sk_bf16_to_f32(target, blocks, count); return 1;
    case sk_type_q4_0: 
      (sk_has_avx512() ? expand_q4_0_wide : expand_q4_0)(target, blocks, count / 32);
      return 1;
    case sk_type_q4_1: 
      (sk_has_avx512() ? expand_q4_1_wide : expand_q4_1)(target, blocks, count / 32);
      return 1;
    case sk_type_q8_0:
      (sk_has_avx512() ? expand_q8_0_wide : expand_q8_0)(target, blocks, count / 32);
      return 1;
    default: return expand_others(type, target, blocks, 0, count);
  }
}

int sk_expand_part(int type, float *target, const void *row, size_t first, size_t count) {
  const char *bytes = row;
  switch (type) {
    case sk_type_f32: bytes += first * 4; break;
    case sk_type_f16:
    case sk_type_bf16: bytes += first * 2; break;
    case sk_type_q4_0: bytes += first / 32 * sizeof(block_q4_0); break;
    case sk_type_q4_1: bytes += first / 32 * sizeof(block_q4_1); break;
    case sk_type_q8_0: bytes += first / 32 * sizeof(block_q8_0); break;
    default: return expand_others(type, target, row, first, count);
  }
  return sk_expand(type, target, bytes, count);
}
