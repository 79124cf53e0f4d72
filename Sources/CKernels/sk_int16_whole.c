// Quantised weights as the products of sk_int16.c read them: the whole numbers that are stored.
#include <string.h>

#include "include/sk_blocks.h"
#include "sk_block_types.h"
#include "sk_int16_types.h"
#include "sk_table_blocks.h"

weight_kind sk_int16_kind(int type) {
  switch (type) {
    case sk_type_q4_0:
    case sk_type_q5_0:
    case sk_type_q8_0:
    case sk_type_q6_k:
    case sk_type_iq4_nl:
    case sk_type_iq4_xs:
    case sk_type_mxfp4:
    case sk_type_mxfp4_apart: return kind_scaled;
    case sk_type_q4_1:
    case sk_type_q5_1:
    case sk_type_q4_k:
    case sk_type_q5_k: return kind_with_minimums;
    default: return kind_rounded;
  }
}

int sk_int16_is_whole(int type) { return sk_int16_kind(type) != kind_rounded; }

#if defined(__x86_64__)
#include "sk_transpose.h"

// 32 weights: their numbers, and what makes weights of them.
typedef struct {
  __m512i numbers;
  float scale, minimum;
} whole_block;

SK_INLINE __m256i nibbles_of(const uint8_t *bytes) {
  __m128i packed = _mm_loadu_si128((const __m128i *)bytes);
  __m256i both = _mm256_set_m128i(_mm_srli_epi16(packed, 4), packed);
  return _mm256_and_si256(both, _mm256_set1_epi8(15));
}

SK_INLINE __m256i with_fifth(__m256i low, uint32_t bits) {
  return _mm256_mask_add_epi8(low, bits, low, _mm256_set1_epi8(16));
}

// `p` of the 8 parts of a superblock: the low or high halves of 32 bytes.
SK_INLINE __m256i part_nibbles(const uint8_t *nibbles, size_t p) {
  __m256i bytes = _mm256_loadu_si256((const __m256i *)(nibbles + p / 2 * 32));
  bytes = _mm256_srl_epi16(bytes, _mm_cvtsi32_si128(4 * (int)(p % 2)));
  return _mm256_and_si256(bytes, _mm256_set1_epi8(15));
}

SK_INLINE __m256i bytes_at(const void *bytes) {
  return _mm256_loadu_si256((const __m256i *)bytes);
}

// Block number `b` of a row. `type` is a constant.
SK_INLINE whole_block load_block(const int type, const void *row, size_t b) {
  const size_t p = b % 8;
  whole_block w;
  w.minimum = 0;
  switch (type) {
    case sk_type_q4_0: {
      const block_q4_0 *block = (const block_q4_0 *)row + b;
      __m256i numbers = _mm256_sub_epi8(nibbles_of(block->nibbles), _mm256_set1_epi8(8));
      w.numbers = _mm512_cvtepi8_epi16(numbers);
      w.scale = (float)block->scale;
      break;
    }
    case sk_type_q4_1: {
      const block_q4_1 *block = (const block_q4_1 *)row + b;
      w.numbers = _mm512_cvtepu8_epi16(nibbles_of(block->nibbles));
      w.scale = (float)block->scale, w.minimum = (float)block->minimum;
      break;
    }
    case sk_type_q5_0: {
      const block_q5_0 *block = (const block_q5_0 *)row + b;
      uint32_t high;
      memcpy(&high, block->high, 4);
      __m256i numbers = with_fifth(nibbles_of(block->nibbles), high);
      w.numbers = _mm512_cvtepi8_epi16(_mm256_sub_epi8(numbers, _mm256_set1_epi8(16)));
      w.scale = (float)block->scale;
      break;
    }
    case sk_type_q5_1: {
      const block_q5_1 *block = (const block_q5_1 *)row + b;
      uint32_t high;
      memcpy(&high, block->high, 4);
      w.numbers = _mm512_cvtepu8_epi16(with_fifth(nibbles_of(block->nibbles), high));
      w.scale = (float)block->scale, w.minimum = (float)block->minimum;
      break;
    }
    case sk_type_q8_0: {
      const block_q8_0 *block = (const block_q8_0 *)row + b;
      w.numbers = _mm512_cvtepi8_epi16(bytes_at(block->values));
      w.scale = (float)block->scale;
      break;
    }
    case sk_type_q4_k: {
      const block_q4_k *block = (const block_q4_k *)row + b / 8;
      part_scales by = scales_of(block->scale, block->minimum, block->scales, p);
      w.numbers = _mm512_cvtepu8_epi16(part_nibbles(block->nibbles, p));
      w.scale = by.scale, w.minimum = -by.minimum;
      break;
    }
    case sk_type_q5_k: {
      const block_q5_k *block = (const block_q5_k *)row + b / 8;
      part_scales by = scales_of(block->scale, block->minimum, block->scales, p);
      uint32_t fifth =
          _mm256_test_epi8_mask(bytes_at(block->high), _mm256_set1_epi8((char)(1 << p)));
      w.numbers = _mm512_cvtepu8_epi16(with_fifth(part_nibbles(block->nibbles, p), fifth));
      w.scale = by.scale, w.minimum = -by.minimum;
      break;
    }
    case sk_type_q6_k: {  // a scale for 16, itself a whole number, goes into them
      const block_q6_k *block = (const block_q6_k *)row + b / 8;
      __m256i low = bytes_at(block->nibbles + p / 4 * 64 + p % 2 * 32);
      low = _mm256_srl_epi16(low, _mm_cvtsi32_si128(4 * (int)(p % 4 / 2)));
      __m256i high = _mm256_srl_epi16(
          bytes_at(block->high + p / 4 * 32), _mm_cvtsi32_si128(2 * (int)(p % 4)));
      low = _mm256_and_si256(low, _mm256_set1_epi8(15));
      high = _mm256_slli_epi16(_mm256_and_si256(high, _mm256_set1_epi8(3)), 4);
      __m256i numbers = _mm256_sub_epi8(_mm256_or_si256(low, high), _mm256_set1_epi8(32));
      __m512i scales = _mm512_inserti64x4(_mm512_set1_epi16(block->scales[2 * p]),
                                          _mm256_set1_epi16(block->scales[2 * p + 1]), 1);
      w.numbers = _mm512_mullo_epi16(_mm512_cvtepi8_epi16(numbers), scales);
      w.scale = (float)block->scale;
      break;
    }
    default: {
      __m256i table = _mm256_broadcastsi128_si256(raised_numbers(type));
      __m256i codes = codes_of(type, block_at(type, row, b, &w.scale));
      w.numbers = _mm512_cvtepi8_epi16(
          _mm256_xor_si256(_mm256_shuffle_epi8(table, codes), _mm256_set1_epi8(-128)));
    }
  }
  return w;
}

SK_INLINE void pack(const int type, weight_block *panel, const void *const *rows,
                          size_t count, size_t first, size_t blocks) {
  for (size_t b = 0; b < blocks; b++, panel++)
    for (size_t half = 0; half < 2; half++) {
      __m512 lines[16];
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 16; i++) {
        size_t row = half * 16 + i;
        whole_block w = {_mm512_setzero_si512(), 0, 0};
        if (row < count) w = load_block(type, rows[row], first / side + b);
        lines[i] = _mm512_castsi512_ps(w.numbers);
        panel->scales[row] = w.scale, panel->minimums[row] = w.minimum;
      }
      sk_transpose16(lines);
#pragma clang loop unroll(full)
      for (size_t p = 0; p < 16; p++) _mm512_store_ps(panel->pairs[p] + 16 * half, lines[p]);
    }
}

#define PACK(name, type)                                                                    \
  SK_VNNI static void name(weight_block *panel, const void *const *rows, size_t count,     \
                            size_t first, size_t blocks) {                                  \
    pack(type, panel, rows, count, first, blocks);                                          \
  }
PACK(pack_q4_0, sk_type_q4_0)
PACK(pack_q4_1, sk_type_q4_1)
PACK(pack_q5_0, sk_type_q5_0)
PACK(pack_q5_1, sk_type_q5_1)
PACK(pack_q8_0, sk_type_q8_0)
PACK(pack_q4_k, sk_type_q4_k)
PACK(pack_q5_k, sk_type_q5_k)
PACK(pack_q6_k, sk_type_q6_k)
PACK(pack_iq4_nl, sk_type_iq4_nl)
PACK(pack_iq4_xs, sk_type_iq4_xs)
PACK(pack_mxfp4, sk_type_mxfp4)
PACK(pack_mxfp4_apart, sk_type_mxfp4_apart)

void sk_int16_pack_whole(int type, weight_block *panel, const void *const *rows, size_t count,
                         size_t first, size_t blocks) {
  switch (type) {
    case sk_type_q4_0: return pack_q4_0(panel, rows, count, first, blocks);
    case sk_type_q4_1: return pack_q4_1(panel, rows, count, first, blocks);
    case sk_type_q5_0: return pack_q5_0(panel, rows, count, first, blocks);
    case sk_type_q5_1: return pack_q5_1(panel, rows, count, first, blocks);
    case sk_type_q8_0: return pack_q8_0(panel, rows, count, first, blocks);
    case sk_type_q4_k: return pack_q4_k(panel, rows, count, first, blocks);
    case sk_type_q5_k: return pack_q5_k(panel, rows, count, first, blocks);
    case sk_type_q6_k: return pack_q6_k(panel, rows, count, first, blocks);
    case sk_type_iq4_nl: return pack_iq4_nl(panel, rows, count, first, blocks);
    case sk_type_iq4_xs: return pack_iq4_xs(panel, rows, count, first, blocks);
    case sk_type_mxfp4: return pack_mxfp4(panel, rows, count, first, blocks);
    case sk_type_mxfp4_apart: return pack_mxfp4_apart(panel, rows, count, first, blocks);
  }
}

#else

void sk_int16_pack_whole(int type, weight_block *panel, const void *const *rows, size_t count,
                         size_t first, size_t blocks) {
  (void)type, (void)panel, (void)rows, (void)count, (void)first, (void)blocks;
}

#endif
