// Products of stored rows with a few vectors, straight from the blocks: what decoding does.
//
// A quantised weight is a small integer times its block's scale. Where the processor multiplies
// bytes (AVX-512 VNNI), the vectors are split into integers too: 23 bits with a scale a block of
// 32, as three signed bytes, most significant first. Their products are exact, so the result
// differs from one in float32 by no more than two float32 sums in different order do, and one
// instruction does 64 of them. (Measured on Zen 5, Q4_1 in the second-level cache: 35 GB/s a core,
// against 16 for converting the weights to floats: reading memory is the limit again.)
#include "include/sk_dot.h"

#include <stdint.h>
#include <string.h>

#include "include/sk_blocks.h"
#include "include/sk_gemm.h"
#include "sk_clones.h"
#include "sk_scratch.h"

enum { order_none, order_nibbles, order_plain };

SK_CLONES static float dot(const float *a, const float *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

SK_CLONES static float dot_f16(const _Float16 *a, const float *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += (float)a[i] * b[i];
  return sum;
}

SK_CLONES static float dot_bf16(const uint16_t *a, const float *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)a[i] << 16;
    float value;
    memcpy(&value, &bits, 4);
    sum += value * b[i];
  }
  return sum;
}

// Any type: each row is read, or expanded, once for all vectors.
static int dot_rows_floats(int type, float *out, size_t out_row, const char *rows, size_t row_bytes,
                          size_t count, const float *x, size_t width, size_t tokens) {
  int isFloat = type == sk_type_f32 || type == sk_type_f16 || type == sk_type_bf16;
  float *expanded = isFloat ? NULL : sk_scratch(width);
  if (!isFloat && !expanded) return 0;
  for (size_t r = 0; r < count; r++, rows += row_bytes) {
    if (!isFloat && !sk_expand(type, expanded, rows, width)) return 0;
    for (size_t t = 0; t < tokens; t++) {
      const float *vector = x + t * width;
      float *target = out + t * out_row + r;
      switch (type) {
        case sk_type_f32: *target = dot((const float *)rows, vector, width); break;
        case sk_type_f16: *target = dot_f16((const _Float16 *)rows, vector, width); break;
        case sk_type_bf16: *target = dot_bf16((const uint16_t *)rows, vector, width); break;
        default: *target = dot(expanded, vector, width);
      }
    }
  }
  return 1;
}

// 128 elements, four blocks: each row of 64 bytes holds the first 16 elements of the four blocks,
// then the last 16, as the nibbles of the 4-bit types lie.
typedef struct {
  int8_t digits[3][2][64];
  float scales[16];  // each block's four times
  int32_t sums[16];  // of the integers that meet in each 32-bit lane
  float totals[16];  // 0, the sum of a block's elements, 0, the next ...
} nibble_group;

// 64 elements, two blocks, in their own order.
typedef struct {
  int8_t digits[3][64];
  float scales[16];  // each block's eight times
  int32_t sums[16];
} plain_group;

size_t sk_prepared_bytes(size_t width) {
  size_t nibbles = (width + 127) / 128 * sizeof(nibble_group);
  size_t plain = (width + 63) / 64 * sizeof(plain_group);
  return nibbles > plain ? nibbles : plain;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define SK_VNNI \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,bmi2,fma,f16c")))
#define SK_INLINE static inline __attribute__((always_inline)) SK_VNNI

static int has_byte_products(void) {
  return sk_gemm_supported() && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c");
}

// Three digits of a vector against one register of weights: exact in 32 bits.
SK_INLINE __m512i byte_products(__m512i sum, __m512i weights, const void *digits) {
  return _mm512_dpbusd_epi32(sum, weights, _mm512_load_si512(digits));
}

// One block of 32 elements as integers, and its scale. The largest is below 2^22, so that four
// products with -128 fit into 32 bits.
SK_INLINE float split_block(const float *x, int8_t *first[3], int8_t *last[3]) {
  const __m512i half = _mm512_set1_epi32(128);
  __m512 a = _mm512_loadu_ps(x), b = _mm512_loadu_ps(x + 16);
  float largest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(a), _mm512_abs_ps(b)));
  // The maximum hides NaN; a sum of absolute values does not, nor does it make one.
  float check = _mm512_reduce_add_ps(_mm512_add_ps(_mm512_abs_ps(a), _mm512_abs_ps(b)));
  const float limit = 4194000;
  __m512 inverse = _mm512_set1_ps(largest > 1e-30f ? limit / largest : 0);
  __m512i u = _mm512_cvtps_epi32(_mm512_mul_ps(a, inverse));
  __m512i v = _mm512_cvtps_epi32(_mm512_mul_ps(b, inverse));
#pragma clang loop unroll(full)
  for (int d = 2; d >= 0; d--) {
    _mm_storeu_si128((__m128i *)first[d], _mm512_cvtepi32_epi8(u));
    _mm_storeu_si128((__m128i *)last[d], _mm512_cvtepi32_epi8(v));
    u = _mm512_srai_epi32(_mm512_add_epi32(u, half), 8);
    v = _mm512_srai_epi32(_mm512_add_epi32(v, half), 8);
  }
  return check * 0 == 0 ? largest / limit : __builtin_nanf("");
}

SK_VNNI static void prepare_nibbles(nibble_group *group, const float *x, size_t blocks) {
  for (; blocks; group++) {
    memset(group, 0, sizeof *group);
    for (int b = 0; b < 4 && blocks; b++, blocks--, x += 32) {
      int8_t *first[3], *last[3];
      for (int d = 0; d < 3; d++) {
        first[d] = group->digits[d][0] + 16 * b;
        last[d] = group->digits[d][1] + 16 * b;
      }
      float scale = split_block(x, first, last);
      for (int i = 0; i < 4; i++) group->scales[4 * b + i] = scale;
      group->totals[2 * b + 1] =
          _mm512_reduce_add_ps(_mm512_add_ps(_mm512_loadu_ps(x), _mm512_loadu_ps(x + 16)));
    }
    const __m512i one = _mm512_set1_epi8(1);
    __m512i sum = _mm512_setzero_si512();
    for (int d = 0; d < 3; d++) {
      sum = byte_products(_mm512_slli_epi32(sum, 8), one, group->digits[d][0]);
      sum = byte_products(sum, one, group->digits[d][1]);
    }
    _mm512_storeu_si512(group->sums, sum);
  }
}

SK_VNNI static void prepare_plain(plain_group *group, const float *x, size_t blocks) {
  for (; blocks; group++) {
    memset(group, 0, sizeof *group);
    for (int b = 0; b < 2 && blocks; b++, blocks--, x += 32) {
      int8_t *first[3], *last[3];
      for (int d = 0; d < 3; d++) {
        first[d] = group->digits[d] + 32 * b;
        last[d] = first[d] + 16;
      }
      float scale = split_block(x, first, last);
      for (int i = 0; i < 8; i++) group->scales[8 * b + i] = scale;
    }
    const __m512i one = _mm512_set1_epi8(1);
    __m512i sum = _mm512_setzero_si512();
    for (int d = 0; d < 3; d++)
      sum = byte_products(_mm512_slli_epi32(sum, 8), one, group->digits[d]);
    _mm512_storeu_si512(group->sums, sum);
  }
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
  __m256 minimums;    // in the odd lanes; Q4_1 only
} nibble_weights;

SK_INLINE __m512 four_times(__m128 scales) {
  const __m512i lanes = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  return _mm512_permutexvar_ps(lanes, _mm512_castps128_ps512(scales));
}

SK_INLINE nibble_weights load_nibbles(const int type, const uint8_t *group, size_t left) {
  const __m512i mask = _mm512_set1_epi8(15);
  nibble_weights w;
  __m512i packed, a = bytes_at(group, 0, left);
  if (type == sk_type_q4_1) {
    __m512i b = bytes_at(group, 16, left);
    packed = _mm512_permutex2var_epi32(
        a, _mm512_setr_epi32(1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 28, 29, 30, 31), b);
    __m512i pairs = _mm512_permutexvar_epi32(
        _mm512_setr_epi32(0, 5, 10, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), a);
    w.minimums = _mm256_cvtph_ps(_mm512_castsi512_si128(pairs));
    w.scales = _mm512_permutexvar_ps(
        _mm512_setr_epi32(0, 0, 0, 0, 2, 2, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6),
        _mm512_castps256_ps512(w.minimums));
  } else {
    __m512i b = bytes_at(group, 8, left);
    packed = _mm512_permutex2var_epi16(a, _mm512_loadu_si512(WORDS(1, 10, 19, 28, 4)), b);
    __m512i halves = _mm512_permutexvar_epi16(
        _mm512_castsi128_si512(_mm_setr_epi16(0, 9, 18, 27, 0, 0, 0, 0)), a);
    w.scales = four_times(_mm_cvtph_ps(_mm512_castsi512_si128(halves)));
    w.minimums = _mm256_setzero_ps();
  }
  w.low = _mm512_and_si512(packed, mask);
  w.high = _mm512_and_si512(_mm512_srli_epi16(packed, 4), mask);
  return w;
}

// Bytes ahead of the group at work to ask memory for.
enum { prefetch_distance = 4096 };

SK_INLINE void dot_nibbles(const int type, const int rows, const int tokens, float *out,
                           size_t out_row, const uint8_t *row, size_t row_bytes,
                           const char *x, size_t vector, size_t width) {
  const size_t block_bytes = type == sk_type_q4_1 ? 20 : 18;
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
    const uint8_t *start = row + g * 4 * block_bytes;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      const uint8_t *group = start + (size_t)r * row_bytes;
      _mm_prefetch((const char *)group + prefetch_distance, _MM_HINT_T0);
      nibble_weights w = blocks >= 4 ? load_nibbles(type, group, 4 * block_bytes)
                                     : load_nibbles(type, group, blocks * block_bytes);
#pragma clang loop unroll(full)
      for (int t = 0; t < tokens; t++) {
        const nibble_group *v = (const nibble_group *)(x + (size_t)t * vector) + g;
        __m512i sum = _mm512_setzero_si512();
#pragma clang loop unroll(full)
        for (int d = 0; d < 3; d++) {
          if (d) sum = _mm512_slli_epi32(sum, 8);
          sum = byte_products(sum, w.low, v->digits[d][0]);
          sum = byte_products(sum, w.high, v->digits[d][1]);
        }
        if (type == sk_type_q4_0)
          sum = _mm512_sub_epi32(sum, _mm512_slli_epi32(_mm512_load_si512(v->sums), 3));
        __m512 scales = _mm512_mul_ps(w.scales, _mm512_load_ps(v->scales));
        sums[r][t] = _mm512_fmadd_ps(scales, _mm512_cvtepi32_ps(sum), sums[r][t]);
        if (type == sk_type_q4_1)
          offsets[r][t] = _mm256_fmadd_ps(w.minimums, _mm256_load_ps(v->totals), offsets[r][t]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++) {
      __m512 offset = _mm512_zextps256_ps512(offsets[r][t]);
      out[(size_t)t * out_row + (size_t)r] = _mm512_reduce_add_ps(_mm512_add_ps(sums[r][t], offset));
    }
}

SK_INLINE void dot_bytes(const int rows, const int tokens, float *out, size_t out_row,
                         const uint8_t *row, size_t row_bytes, const char *x, size_t vector,
                         size_t width) {
  const size_t groups = (width + 63) / 64;
  const __m512i sign = _mm512_set1_epi8(-128);
  __m512 sums[4][4];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows * tokens; i++) sums[i / tokens][i % tokens] = _mm512_setzero_ps();
  for (size_t g = 0; g < groups; g++) {
    const size_t left = (width / 32 - 2 * g) * 34;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      const uint8_t *group = row + (size_t)r * row_bytes + g * 68;
      _mm_prefetch((const char *)group + prefetch_distance, _MM_HINT_T0);
      __m512i a, b;
      if (left >= 68)
        a = bytes_at(group, 0, 68), b = bytes_at(group, 4, 68);
      else
        a = bytes_at(group, 0, left), b = bytes_at(group, 4, left);
      __m512i w =
          _mm512_permutex2var_epi16(a, _mm512_loadu_si512(WORDS(1, 9, 18, 26, 2)), b);
      const __m256i words = _mm256_setr_epi16(0, 0, 0, 0, 0, 0, 0, 0, 17, 17, 17, 17, 17, 17, 17, 17);
      __m512 scale = _mm512_cvtph_ps(_mm512_castsi512_si256(
          _mm512_permutexvar_epi16(_mm512_castsi256_si512(words), a)));
      w = _mm512_xor_si512(w, sign);
#pragma clang loop unroll(full)
      for (int t = 0; t < tokens; t++) {
        const plain_group *v = (const plain_group *)(x + (size_t)t * vector) + g;
        __m512i sum = _mm512_setzero_si512();
#pragma clang loop unroll(full)
        for (int d = 0; d < 3; d++)
          sum = byte_products(d ? _mm512_slli_epi32(sum, 8) : sum, w, v->digits[d]);
        sum = _mm512_sub_epi32(sum, _mm512_slli_epi32(_mm512_load_si512(v->sums), 7));
        __m512 scales = _mm512_mul_ps(scale, _mm512_load_ps(v->scales));
        sums[r][t] = _mm512_fmadd_ps(scales, _mm512_cvtepi32_ps(sum), sums[r][t]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++)
      out[(size_t)t * out_row + (size_t)r] = _mm512_reduce_add_ps(sums[r][t]);
}

// Four rows share the loads of a vector, four vectors share the unpacking of a row.
#define DOT_ROWS(name, kernel)                                                                \
  SK_VNNI static void name(float *out, size_t out_row, const uint8_t *rows, size_t row_bytes, \
                           size_t count, const char *x, size_t width, size_t tokens) {        \
    const size_t vector = sk_prepared_bytes(width);                                           \
    while (tokens) {                                                                          \
      size_t r = 0, together = tokens >= 4 ? 4 : tokens >= 2 ? 2 : 1;                         \
      switch (together) {                                                                     \
        case 4:                                                                               \
          for (; r + 2 <= count; r += 2) kernel(2, 4, ARGUMENTS);                             \
          for (; r < count; r++) kernel(1, 4, ARGUMENTS);                                     \
          break;                                                                              \
        case 2:                                                                               \
          for (; r + 4 <= count; r += 4) kernel(4, 2, ARGUMENTS);                             \
          for (; r < count; r++) kernel(1, 2, ARGUMENTS);                                     \
          break;                                                                              \
        default:                                                                              \
          for (; r + 4 <= count; r += 4) kernel(4, 1, ARGUMENTS);                             \
          for (; r < count; r++) kernel(1, 1, ARGUMENTS);                                     \
      }                                                                                       \
      tokens -= together, out += together * out_row, x += together * vector;                  \
    }                                                                                         \
  }
#define ARGUMENTS out + r, out_row, rows + r * row_bytes, row_bytes, x, vector, width
#define DOT_Q4_0(...) dot_nibbles(sk_type_q4_0, __VA_ARGS__)
#define DOT_Q4_1(...) dot_nibbles(sk_type_q4_1, __VA_ARGS__)

DOT_ROWS(dot_rows_q4_0, DOT_Q4_0)
DOT_ROWS(dot_rows_q4_1, DOT_Q4_1)
DOT_ROWS(dot_rows_q8_0, dot_bytes)

int sk_dot_order(int type) {
  switch (type) {
    case sk_type_q4_0:
    case sk_type_q4_1: return has_byte_products() ? order_nibbles : order_none;
    case sk_type_q8_0: return has_byte_products() ? order_plain : order_none;
    default: return order_none;
  }
}

void sk_prepare(int order, void *prepared, const float *x, size_t width) {
  if (order == order_nibbles) prepare_nibbles(prepared, x, width / 32);
  if (order == order_plain) prepare_plain(prepared, x, width / 32);
}

static int dot_rows_prepared(int type, float *out, size_t out_row, const void *rows,
                             size_t row_bytes, size_t count, const void *x, size_t width,
                             size_t tokens) {
  switch (type) {
    case sk_type_q4_0: dot_rows_q4_0(out, out_row, rows, row_bytes, count, x, width, tokens); break;
    case sk_type_q4_1: dot_rows_q4_1(out, out_row, rows, row_bytes, count, x, width, tokens); break;
    case sk_type_q8_0: dot_rows_q8_0(out, out_row, rows, row_bytes, count, x, width, tokens); break;
    default: return 0;
  }
  return 1;
}

#else

int sk_dot_order(int type) {
  (void)type;
  return order_none;
}

void sk_prepare(int order, void *prepared, const float *x, size_t width) {
  (void)order, (void)prepared, (void)x, (void)width;
}

static int dot_rows_prepared(int type, float *out, size_t out_row, const void *rows,
                             size_t row_bytes, size_t count, const void *x, size_t width,
                             size_t tokens) {
  (void)type, (void)out, (void)out_row, (void)rows, (void)row_bytes, (void)count, (void)x;
  (void)width, (void)tokens;
  return 0;
}

#endif

int sk_dot_rows(int type, float *out, size_t out_row, const void *rows, size_t row_bytes,
                size_t count, const float *x, const void *prepared, size_t width, size_t tokens) {
  if (sk_dot_order(type) != order_none)
    return dot_rows_prepared(type, out, out_row, rows, row_bytes, count, prepared, width, tokens);
  return dot_rows_floats(type, out, out_row, rows, row_bytes, count, x, width, tokens);
}
