// Blocks whose four bits stand for one of 16 whole numbers (IQ4_NL, IQ4_XS, MXFP4 in both forms; the
// numbers of MXFP4 are twice what they stand for), as the products on integers read them.
#pragma once
#include "include/sk_blocks.h"
#include "sk_prepared.h"
#include "sk_table_types.h"

#if defined(__x86_64__)

// The 16 numbers, and 128: so that they have no sign.
SK_INLINE __m128i raised_numbers(const int type) {
  if (type == sk_type_iq4_nl || type == sk_type_iq4_xs)
    return _mm_setr_epi8(1, 24, 45, 63, 79, 93, 106, 118, (char)129, (char)141, (char)153,
                         (char)166, (char)181, (char)197, (char)217, (char)241);
  return _mm_setr_epi8((char)128, (char)129, (char)130, (char)131, (char)132, (char)134, (char)136,
                       (char)140, (char)128, 127, 126, 125, 124, 122, 120, 116);
}

SK_INLINE __m256i codes_of(const int type, const uint8_t *nibbles) {
  const __m128i mask = _mm_set1_epi8(15);
  __m128i packed = _mm_loadu_si128((const __m128i *)nibbles);
  __m128i low = _mm_and_si128(packed, mask), high = _mm_and_si128(_mm_srli_epi16(packed, 4), mask);
  // Every second weight is in an upper half, or all of the last 16 are.
  if (type == sk_type_mxfp4_apart)
    return _mm256_set_m128i(_mm_unpackhi_epi8(low, high), _mm_unpacklo_epi8(low, high));
  return _mm256_set_m128i(high, low);
}

// Where a block's nibbles lie, and its scale.
SK_INLINE const uint8_t *block_at(const int type, const uint8_t *row, size_t block, float *scale) {
  if (type == sk_type_iq4_nl) {
    const block_iq4_nl *b = (const block_iq4_nl *)row + block;
    *scale = (float)b->scale;
    return b->nibbles;
  }
  if (type == sk_type_iq4_xs) {
    const block_iq4_xs *b = (const block_iq4_xs *)row + block / 8;
    *scale = sk_scale_of(b, block % 8);
    return b->nibbles + block % 8 * 16;
  }
  if (type == sk_type_mxfp4) {
    const block_mxfp4 *b = (const block_mxfp4 *)row + block;
    *scale = sk_half_power(b->scale);
    return b->nibbles;
  }
  const sk_row_apart *apart = (const sk_row_apart *)row;
  uint8_t exponent = ((const uint8_t *)apart->scales)[block];
  *scale = exponent == 255 ? sk_power(exponent) : sk_half_power(exponent);
  return apart->weights + 16 * block;
}

#endif
