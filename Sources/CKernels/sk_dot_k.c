// Rows of 256-weight superblocks (Q4_K, Q5_K, Q6_K) against prepared vectors, 64 weights at a time.
#include "include/sk_blocks.h"
#include "sk_block_types.h"
#include "sk_dot_types.h"

#if defined(__x86_64__)

enum {
  quarters = 4,  // groups of 64 weights in a block
  upper_half = 0xff00,
};

// The scales of a block in each of up to four rows, as floats: of its 16 parts of 16.
SK_INLINE void load_scales_of_16(const int rows, __m512 *scales, const uint8_t *bytes,
                                 size_t row_bytes) {
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    const block_q6_k *block = (const block_q6_k *)(bytes + (size_t)r * row_bytes);
    __m128i integers = _mm_loadu_si128((const __m128i *)block->scales);
    scales[r] = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(integers)),
                              _mm512_set1_ps((float)block->scale));
  }
}

// Four rows' lanes of 32 bits, the same in each.
SK_INLINE __m512i each_row(int a, int b, int c, int d) {
  return _mm512_broadcast_i32x4(_mm_setr_epi32(a, b, c, d));
}

// The same of its 8 parts of 32, and then their minimums (Q4_K, Q5_K). A block's head is two float16
// and 12 bytes a, b, c with six bits a number: those of parts 0 ... 3 in one piece (a: scales,
// b: minimums), those of parts 4 ... 7 in two. 128 bits are a row's, so that four are unpacked at once.
SK_INLINE void load_scales_of_32(const int rows, __m512 *scales, const uint8_t *bytes,
                                 size_t row_bytes) {
  __m512i heads = _mm512_setzero_si512();
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
    heads = _mm512_mask_broadcast_i32x4(
        heads, (__mmask16)(15 << 4 * r),
        _mm_loadu_si128((const __m128i *)(bytes + (size_t)r * row_bytes)));
  enum { head, a, b, c };
  __m512i pieces = _mm512_shuffle_epi32(heads, (_MM_PERM_ENUM)(a | c << 2 | b << 4 | c << 6));
  pieces = _mm512_and_si512(_mm512_srlv_epi32(pieces, each_row(0, 0, 0, 4)),
                            each_row(0x3f3f3f3f, 0x0f0f0f0f, 0x3f3f3f3f, 0x0f0f0f0f));
  __m512i tops = _mm512_shuffle_epi32(heads, (_MM_PERM_ENUM)(head | a << 2 | head << 4 | b << 6));
  tops = _mm512_and_si512(_mm512_srli_epi32(tops, 2), each_row(0, 0x30303030, 0, 0x30303030));
  __m128i integers[4];
  _mm512_storeu_si512(integers, _mm512_or_si512(pieces, tops));
  const __m512i heads_first = _mm512_setr_epi32(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
  __m256 factors = _mm256_cvtph_ps(
      _mm512_castsi512_si128(_mm512_permutexvar_epi32(heads_first, heads)));
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    const int s = 2 * r, m = s + 1;
    __m512 both = _mm512_permutexvar_ps(
        _mm512_setr_epi32(s, s, s, s, s, s, s, s, m, m, m, m, m, m, m, m),
        _mm512_castps256_ps512(factors));
    scales[r] = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(integers[r])), both);
  }
}

// The same times a vector's: its eight scales for the parts, its eight sums for the minimums.
SK_INLINE __m512 times_vector(const int type, __m512 scales, const plain_group *x) {
  __m512 eight = _mm512_load_ps(x->eight);
  if (type == sk_type_q6_k) {
    const __m512i twice = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    eight = _mm512_permutexvar_ps(twice, eight);
  }
  return _mm512_mul_ps(scales, eight);
}

// The low 4 bits of each byte of the first 32, then the high 4 bits of each of the same.
SK_INLINE __m512i halves_of(const uint8_t *bytes) {
  const __m512i shifts = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 4, 4, 4);
  __m512i twice = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)bytes));
  return _mm512_and_si512(_mm512_srlv_epi32(twice, shifts), _mm512_set1_epi8(15));
}

// 64 weights without sign; `q` is a constant.
SK_INLINE __m512i load_quarter(const int type, const uint8_t *bytes, const int q) {
  if (type == sk_type_q4_k) return halves_of(((const block_q4_k *)bytes)->nibbles + 32 * q);
  if (type == sk_type_q5_k) {
    const block_q5_k *block = (const block_q5_k *)bytes;
    __m512i high = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)block->high));
    const char first = (char)(1 << (2 * q)), second = (char)(2 << (2 * q));
    __m512i bits = _mm512_inserti64x4(_mm512_set1_epi8(first), _mm256_set1_epi8(second), 1);
    __m512i w = halves_of(block->nibbles + 32 * q);
    return _mm512_mask_add_epi8(w, _mm512_test_epi8_mask(high, bits), w, _mm512_set1_epi8(16));
  }
  const block_q6_k *block = (const block_q6_k *)bytes;
  __m512i low = _mm512_loadu_si512(block->nibbles + 64 * (q / 2));
  low = _mm512_and_si512(_mm512_srli_epi16(low, 4 * (q % 2)), _mm512_set1_epi8(15));
  const int s = 4 * (q % 2), t = s + 2;
  const __m512i shifts = _mm512_setr_epi32(s, s, s, s, s, s, s, s, t, t, t, t, t, t, t, t);
  __m512i high = _mm512_broadcast_i64x4(
      _mm256_loadu_si256((const __m256i *)(block->high + 32 * (q / 2))));
  high = _mm512_and_si512(_mm512_srlv_epi32(high, shifts), _mm512_set1_epi8(3));
  return _mm512_or_si512(low, _mm512_slli_epi16(high, 4));
}

// The lanes of a quarter's scales: four lanes hold 16 weights.
SK_INLINE __m512i scale_lanes(const int type, const int q) {
  const int a = 2 * q, b = a + 1;
  if (type != sk_type_q6_k)
    return _mm512_setr_epi32(a, a, a, a, a, a, a, a, b, b, b, b, b, b, b, b);
  const int c = 4 * q, d = c + 1, e = c + 2, f = c + 3;
  return _mm512_setr_epi32(c, c, c, c, d, d, d, d, e, e, e, e, f, f, f, f);
}

SK_INLINE void dot_k(const int type, const int digits, const int rows, const int tokens, float *out,
                     size_t out_row, const uint8_t *row, size_t row_bytes, const char *x,
                     size_t vector, size_t width) {
  const size_t bytes = type == sk_type_q4_k   ? sizeof(block_q4_k)
                       : type == sk_type_q5_k ? sizeof(block_q5_k)
                                              : sizeof(block_q6_k);
  __m512 sums[4][4];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows * tokens; i++) sums[i / tokens][i % tokens] = _mm512_setzero_ps();
  for (size_t b = 0; b < width / 256; b++) {
    const char *group = x + b * quarters * sizeof(plain_group);
    __m512 own[4], scales[4][4];
    if (type == sk_type_q6_k)
      load_scales_of_16(rows, own, row + b * bytes, row_bytes);
    else
      load_scales_of_32(rows, own, row + b * bytes, row_bytes);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      const uint8_t *block = row + (size_t)r * row_bytes + b * bytes;
      for (size_t ahead = 0; ahead < bytes; ahead += 64)
        _mm_prefetch((const char *)block + prefetch_distance + ahead, _MM_HINT_T0);
#pragma clang loop unroll(full)
      for (int t = 0; t < tokens; t++) {
        scales[r][t] =
            times_vector(type, own[r], (const plain_group *)(group + (size_t)t * vector));
        if (type != sk_type_q6_k)
          sums[r][t] = _mm512_mask_sub_ps(sums[r][t], upper_half, sums[r][t], scales[r][t]);
      }
    }
#pragma clang loop unroll(full)
    for (int q = 0; q < quarters; q++) {
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) {
        __m512i w = load_quarter(type, row + (size_t)r * row_bytes + b * bytes, q);
#pragma clang loop unroll(full)
        for (int t = 0; t < tokens; t++) {
          const plain_group *v = (const plain_group *)(group + (size_t)t * vector) + q;
          __m512i sum = plain_products(digits, w, v);
          if (type == sk_type_q6_k)
            sum = _mm512_sub_epi32(sum, _mm512_slli_epi32(_mm512_load_si512(v->sums), 5));
          __m512 scale = _mm512_permutexvar_ps(scale_lanes(type, q), scales[r][t]);
          sums[r][t] = _mm512_fmadd_ps(scale, _mm512_cvtepi32_ps(sum), sums[r][t]);
        }
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++)
      out[(size_t)t * out_row + (size_t)r] = _mm512_reduce_add_ps(sums[r][t]);
}

#define DOT_Q4_K(...) dot_k(sk_type_q4_k, __VA_ARGS__)
#define DOT_Q5_K(...) dot_k(sk_type_q5_k, __VA_ARGS__)
#define DOT_Q6_K(...) dot_k(sk_type_q6_k, __VA_ARGS__)

DOT_ROWS(sk_dot_rows_q4_k, DOT_Q4_K)
DOT_ROWS(sk_dot_rows_q5_k, DOT_Q5_K)
DOT_ROWS(sk_dot_rows_q6_k, DOT_Q6_K)

#endif
