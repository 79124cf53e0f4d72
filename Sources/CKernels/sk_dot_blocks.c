// Rows of 32-weight blocks (Q4_0, Q4_1, Q5_0, Q5_1, Q8_0) against prepared vectors.
#include <string.h>

#include "include/sk_blocks.h"
#include "sk_dot_types.h"

#if defined(__x86_64__)

// Groups are longer than a line of the cache: asked for once each, one line in 17 of Q8_0 and one in
// 5 of Q4_1 would be waited for.
SK_INLINE void ask_ahead(const uint8_t *group) {
  _mm_prefetch((const char *)group + prefetch_distance, _MM_HINT_T0);
  _mm_prefetch((const char *)group + prefetch_distance + 64, _MM_HINT_T0);
}

// 64 bytes from `offset`, zeros from the group's end on. `left` is a constant for whole groups.
SK_INLINE __m512i bytes_at(const uint8_t *group, size_t offset, size_t left) {
  if (left >= offset + 64) return _mm512_loadu_si512(group + offset);
  __mmask64 mask = left > offset ? _bzhi_u64(~0ull, (unsigned)(left - offset)) : 0;
  return _mm512_maskz_loadu_epi8(mask, group + offset);
}

// Word `w` of a group that lies in two registers, the second beginning at word `s`, where the first
// does not hold it.
#define W(w, s) ((w) < 32 ? (w) : (w) - (s) + 32)
#define W8(w, s) \
  W(w, s), W(w + 1, s), W(w + 2, s), W(w + 3, s), W(w + 4, s), W(w + 5, s), W(w + 6, s), W(w + 7, s)
#define WORDS(a, b, c, d, s) ((const int16_t[32]){W8(a, s), W8(b, s), W8(c, s), W8(d, s)})

typedef struct {
  __m512i low, high;  // integers without sign, in the order of a nibble_group
  __m512 scales;      // each block's in four lanes
  __m256 minimums;    // in the odd lanes, where the type has them
} nibble_weights;

SK_INLINE __m512 four_times(__m128 scales) {
  const __m512i lanes = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  return _mm512_permutexvar_ps(lanes, _mm512_castps128_ps512(scales));
}

// Scales and minimums from the first 32 bits of four blocks.
SK_INLINE void load_pairs(nibble_weights *w, __m512i bytes, __m512i places) {
  __m512i pairs = _mm512_permutexvar_epi32(places, bytes);
  w->minimums = _mm256_cvtph_ps(_mm512_castsi512_si128(pairs));
  w->scales = _mm512_permutexvar_ps(
      _mm512_setr_epi32(0, 0, 0, 0, 2, 2, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6),
      _mm512_castps256_ps512(w->minimums));
}

// Scales from words of four blocks.
SK_INLINE void load_scales(nibble_weights *w, __m512i bytes, __m128i places) {
  __m512i halves = _mm512_permutexvar_epi16(_mm512_castsi128_si512(places), bytes);
  w->scales = four_times(_mm_cvtph_ps(_mm512_castsi512_si128(halves)));
}

// Fifth bits: the low 16 of each block's 32 belong to its first 16 weights.
SK_INLINE void add_fifth_bits(nibble_weights *w, __m128i bits) {
  const __m512i sixteen = _mm512_set1_epi8(16);
  const __m128i words = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
  bits = _mm_shuffle_epi8(bits, words);
  uint64_t low = (uint64_t)_mm_cvtsi128_si64(bits), high = (uint64_t)_mm_extract_epi64(bits, 1);
  w->low = _mm512_mask_add_epi8(w->low, low, w->low, sixteen);
  w->high = _mm512_mask_add_epi8(w->high, high, w->high, sixteen);
}

SK_INLINE size_t block_bytes(const int type) {
  switch (type) {
    case sk_type_q4_0: return 18;
    case sk_type_q4_1: return 20;
    case sk_type_q5_0: return 22;
    default: return 24;  // Q5_1
  }
}

SK_INLINE nibble_weights load_nibbles(const int type, const uint8_t *group, size_t left) {
  const __m512i mask = _mm512_set1_epi8(15);
  nibble_weights w;
  __m512i packed, b, a = bytes_at(group, 0, left);
  w.minimums = _mm256_setzero_ps();
  if (type == sk_type_q4_0) {
    b = bytes_at(group, 8, left);
    packed = _mm512_permutex2var_epi16(a, _mm512_loadu_si512(WORDS(1, 10, 19, 28, 4)), b);
    load_scales(&w, a, _mm_setr_epi16(0, 9, 18, 27, 0, 0, 0, 0));
  } else if (type == sk_type_q4_1) {
    b = bytes_at(group, 16, left);
    packed = _mm512_permutex2var_epi32(
        a, _mm512_setr_epi32(1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 28, 29, 30, 31), b);
    load_pairs(&w, a, _mm512_setr_epi32(0, 5, 10, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  } else if (type == sk_type_q5_0) {
    b = bytes_at(group, 24, left);
    packed = _mm512_permutex2var_epi16(a, _mm512_loadu_si512(WORDS(3, 14, 25, 36, 12)), b);
    // Block 3 begins at byte 66, behind the first register.
    const __m512i places = _mm512_castsi128_si512(_mm_setr_epi16(0, 11, 22, W(33, 12), 0, 0, 0, 0));
    w.scales = four_times(_mm_cvtph_ps(
        _mm512_castsi512_si128(_mm512_permutex2var_epi16(a, places, b))));
  } else {
    b = bytes_at(group, 32, left);
    packed = _mm512_permutex2var_epi32(
        a, _mm512_setr_epi32(2, 3, 4, 5, 8, 9, 10, 11, 14, 15, 24, 25, 28, 29, 30, 31), b);
    __m512i heads = _mm512_permutex2var_epi32(
        a, _mm512_setr_epi32(0, 6, 12, 26, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), b);
    load_pairs(&w, heads, _mm512_setr_epi32(0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  }
  w.low = _mm512_and_si512(packed, mask);
  w.high = _mm512_and_si512(_mm512_srli_epi16(packed, 4), mask);
  if (type == sk_type_q5_0) {
    const __m512i places = _mm512_castsi128_si512(
        _mm_setr_epi16(1, 2, 12, 13, 23, 24, W(34, 12), W(35, 12)));
    add_fifth_bits(&w, _mm512_castsi512_si128(_mm512_permutex2var_epi16(a, places, b)));
  } else if (type == sk_type_q5_1) {
    __m512i heads = _mm512_permutex2var_epi32(
        a, _mm512_setr_epi32(1, 7, 13, 27, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), b);
    add_fifth_bits(&w, _mm512_castsi512_si128(heads));
  }
  return w;
}

// Adds the products of a group of up to four blocks, of which `left` bytes are there: a constant for
// whole groups, whose loop then has no question to ask.
SK_INLINE void add_nibbles(const int type, const int digits, const int rows, const int tokens, __m512 sums[4][4],
                           __m256 offsets[4][4], const uint8_t *start, size_t row_bytes,
                           size_t left, const char *x, size_t vector) {
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    const uint8_t *group = start + (size_t)r * row_bytes;
    ask_ahead(group);
    nibble_weights w = load_nibbles(type, group, left);
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++) {
      const nibble_group *v = (const nibble_group *)(x + (size_t)t * vector);
      __m512i sum = _mm512_setzero_si512();
#pragma clang loop unroll(full)
      for (int d = 0; d < digits; d++) {
        if (d) sum = _mm512_slli_epi32(sum, 8);
        sum = byte_products(sum, w.low, v->digits[d][0]);
        sum = byte_products(sum, w.high, v->digits[d][1]);
      }
      // Weights of these types are the integers less 8 and less 16.
      if (type == sk_type_q4_0)
        sum = _mm512_sub_epi32(sum, _mm512_slli_epi32(_mm512_load_si512(v->sums), 3));
      if (type == sk_type_q5_0)
        sum = _mm512_sub_epi32(sum, _mm512_slli_epi32(_mm512_load_si512(v->sums), 4));
      __m512 scales = _mm512_mul_ps(w.scales, _mm512_load_ps(v->scales));
      sums[r][t] = _mm512_fmadd_ps(scales, _mm512_cvtepi32_ps(sum), sums[r][t]);
      if (type == sk_type_q4_1 || type == sk_type_q5_1)
        offsets[r][t] = _mm256_fmadd_ps(w.minimums, _mm256_load_ps(v->totals), offsets[r][t]);
    }
  }
}

SK_INLINE void dot_nibbles(const int type, const int digits, const int rows, const int tokens, float *out,
                           size_t out_row, const uint8_t *row, size_t row_bytes,
                           const char *x, size_t vector, size_t width) {
  const size_t bytes = block_bytes(type);
  const size_t groups = (width + 127) / 128;
  __m512 sums[4][4];
  __m256 offsets[4][4];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows * tokens; i++) {
    sums[i / tokens][i % tokens] = _mm512_setzero_ps();
    offsets[i / tokens][i % tokens] = _mm256_setzero_ps();
  }
  for (size_t g = 0; g < groups; g++) {
    const size_t blocks = width / 32 - 4 * g;
    const uint8_t *start = row + g * 4 * bytes;
    const char *vectors = x + g * sizeof(nibble_group);
    if (blocks >= 4)
      add_nibbles(type, digits, rows, tokens, sums, offsets, start, row_bytes, 4 * bytes, vectors, vector);
    else
      add_nibbles(type, digits, rows, tokens, sums, offsets, start, row_bytes, blocks * bytes, vectors,
                  vector);
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++) {
      __m512 offset = _mm512_zextps256_ps512(offsets[r][t]);
      out[(size_t)t * out_row + (size_t)r] = _mm512_reduce_add_ps(_mm512_add_ps(sums[r][t], offset));
    }
}

// As add_nibbles, for a group of up to two blocks of Q8_0.
SK_INLINE void add_bytes(const int digits, const int rows, const int tokens, __m512 sums[4][4],
                         const uint8_t *start, size_t row_bytes, size_t left, const char *x,
                         size_t vector) {
  const __m512i sign = _mm512_set1_epi8(-128);
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    const uint8_t *group = start + (size_t)r * row_bytes;
    ask_ahead(group);
    __m512i a = bytes_at(group, 0, left), b = bytes_at(group, 4, left);
    __m512i w =
        _mm512_permutex2var_epi16(a, _mm512_loadu_si512(WORDS(1, 9, 18, 26, 2)), b);
    const __m256i words = _mm256_setr_epi16(0, 0, 0, 0, 0, 0, 0, 0, 17, 17, 17, 17, 17, 17, 17, 17);
    __m512 scale = _mm512_cvtph_ps(_mm512_castsi512_si256(
        _mm512_permutexvar_epi16(_mm512_castsi256_si512(words), a)));
    w = _mm512_xor_si512(w, sign);
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++) {
      const plain_group *v = (const plain_group *)(x + (size_t)t * vector);
      __m512i sum = plain_products(digits, w, v);
      sum = _mm512_sub_epi32(sum, _mm512_slli_epi32(_mm512_load_si512(v->sums), 7));
      __m512 scales = _mm512_mul_ps(scale, _mm512_load_ps(v->scales));
      sums[r][t] = _mm512_fmadd_ps(scales, _mm512_cvtepi32_ps(sum), sums[r][t]);
    }
  }
}

SK_INLINE void dot_bytes(const int digits, const int rows, const int tokens, float *out, size_t out_row,
                         const uint8_t *row, size_t row_bytes, const char *x, size_t vector,
                         size_t width) {
  const size_t groups = (width + 63) / 64;
  __m512 sums[4][4];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows * tokens; i++) sums[i / tokens][i % tokens] = _mm512_setzero_ps();
  for (size_t g = 0; g < groups; g++) {
    const size_t left = (width / 32 - 2 * g) * 34;
    const uint8_t *start = row + g * 68;
    const char *vectors = x + g * sizeof(plain_group);
    if (left >= 68)
      add_bytes(digits, rows, tokens, sums, start, row_bytes, 68, vectors, vector);
    else
      add_bytes(digits, rows, tokens, sums, start, row_bytes, left, vectors, vector);
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++)
      out[(size_t)t * out_row + (size_t)r] = _mm512_reduce_add_ps(sums[r][t]);
}

#define DOT_Q4_0(...) dot_nibbles(sk_type_q4_0, __VA_ARGS__)
#define DOT_Q4_1(...) dot_nibbles(sk_type_q4_1, __VA_ARGS__)
#define DOT_Q5_0(...) dot_nibbles(sk_type_q5_0, __VA_ARGS__)
#define DOT_Q5_1(...) dot_nibbles(sk_type_q5_1, __VA_ARGS__)

DOT_ROWS(sk_dot_rows_q4_0, DOT_Q4_0)
DOT_ROWS(sk_dot_rows_q4_1, DOT_Q4_1)
DOT_ROWS(sk_dot_rows_q5_0, DOT_Q5_0)
DOT_ROWS(sk_dot_rows_q5_1, DOT_Q5_1)
DOT_ROWS(sk_dot_rows_q8_0, dot_bytes)

#endif
