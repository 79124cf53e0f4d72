// Rows whose four bits stand for one of 16 numbers (IQ4_NL, IQ4_XS, MXFP4 in both forms) against
// prepared vectors. The numbers are whole (those of MXFP4 twice what they stand for), so a table of
// bytes takes the place of the nibbles, and the rest is as for Q8_0.
#include "include/sk_blocks.h"
#include "sk_dot_types.h"
#include "sk_table_blocks.h"

#if defined(__x86_64__)

// Two blocks of 32 weights.
typedef struct {
  __m512i bytes;  // their numbers and 128, in the order of a plain_group
  __m512 scales;  // each block's in eight lanes
} table_weights;

SK_INLINE table_weights load_table(const int type, const uint8_t *row, size_t block, int has_two) {
  float first, second = 0;
  const uint8_t *nibbles = block_at(type, row, block, &first);
  _mm_prefetch((const char *)nibbles + prefetch_distance, _MM_HINT_T0);
  __m256i codes = codes_of(type, nibbles);
  __m512i both = _mm512_castsi256_si512(codes);
  if (has_two)
    both = _mm512_inserti64x4(both, codes_of(type, block_at(type, row, block + 1, &second)), 1);
  else
    both = _mm512_inserti64x4(both, codes, 1);
  table_weights w;
  w.bytes = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(raised_numbers(type)), both);
  w.scales = _mm512_insertf32x8(_mm512_set1_ps(first), _mm256_set1_ps(second), 1);
  return w;
}

// As add_bytes of sk_dot_blocks.c.
SK_INLINE void add_table(const int type, const int digits, const int rows, const int tokens, __m512 sums[4][4],
                         const uint8_t *row, size_t row_bytes, size_t block, int has_two,
                         const char *x, size_t vector) {
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    table_weights w = load_table(type, row + (size_t)r * row_bytes, block, has_two);
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++) {
      const plain_group *v = (const plain_group *)(x + (size_t)t * vector);
      __m512i sum = plain_products(digits, w.bytes, v);
      sum = _mm512_sub_epi32(sum, _mm512_slli_epi32(_mm512_load_si512(v->sums), 7));
      __m512 scales = _mm512_mul_ps(w.scales, _mm512_load_ps(v->scales));
      sums[r][t] = _mm512_fmadd_ps(scales, _mm512_cvtepi32_ps(sum), sums[r][t]);
    }
  }
}

SK_INLINE void dot_table(const int type, const int digits, const int rows, const int tokens, float *out,
                         size_t out_row, const uint8_t *row, size_t row_bytes, const char *x,
                         size_t vector, size_t width) {
  const size_t blocks = width / 32;
  __m512 sums[4][4];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows * tokens; i++) sums[i / tokens][i % tokens] = _mm512_setzero_ps();
  size_t block = 0;
  for (; block + 2 <= blocks; block += 2, x += sizeof(plain_group))
    add_table(type, digits, rows, tokens, sums, row, row_bytes, block, 1, x, vector);
  if (block < blocks) add_table(type, digits, rows, tokens, sums, row, row_bytes, block, 0, x, vector);
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++)
      out[(size_t)t * out_row + (size_t)r] = _mm512_reduce_add_ps(sums[r][t]);
}

#define DOT_TABLE(name)                                                                      \
  SK_INLINE void dot_##name(const int digits, const int rows, const int tokens, float *out, size_t out_row,    \
                            const uint8_t *row, size_t row_bytes, const char *x,             \
                            size_t vector, size_t width) {                                   \
    dot_table(sk_type_##name, digits, rows, tokens, out, out_row, row, row_bytes, x, vector, width); \
  }                                                                                          \
  DOT_ROWS(sk_dot_rows_##name, dot_##name)
DOT_TABLE(iq4_nl)
DOT_TABLE(iq4_xs)
DOT_TABLE(mxfp4)
DOT_TABLE(mxfp4_apart)

#endif
