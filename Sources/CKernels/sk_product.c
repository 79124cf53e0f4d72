// Products of stored weights with float32 vectors: one vector straight from the blocks, many
// vectors through a panel expanded into the cache.
#include "include/sk_blocks.h"
#include "include/sk_gemm.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sk_clones.h"

// One buffer a thread, grown as needed and kept: panels are needed hundreds of times a pass.
static float *scratch(size_t floats) {
  static _Thread_local float *buffer;
  static _Thread_local size_t size;
  if (floats > size) {
    free(buffer);
    buffer = aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64);
    size = buffer ? floats : 0;
  }
  return buffer;
}

int sk_panel_product(int type, const void *const *row_pointers, size_t rows, size_t width,
                     size_t tokens, const float *x, size_t x_row, float beta, float *out,
                     size_t out_row) {
  size_t padded = (width + 15) / 16 * 16;
  float *tile = scratch(2 * sk_panel_width * padded);
  if (!tile) return 0;
  float *panel = tile + sk_panel_width * padded;
  for (size_t r = 0; r < rows; r++)
    if (!sk_expand(type, tile + r * padded, row_pointers[r], width)) return 0;
  sk_pack_rows(panel, tile, padded, rows, width);
  sk_gemm_panel(tokens, rows, width, 1, x, x_row, 1, panel, beta, out, out_row);
  return 1;
}

// Rows expanded at a time: 1024 x 32 floats stay in the second-level cache.
enum { back_depth = 1024 };

int sk_panel_product_back(int type, const void *const *row_pointers, size_t rows,
                          size_t first_column, size_t columns, size_t tokens, const float *y,
                          size_t y_row, float beta, float *out, size_t out_row) {
  float *panel = scratch(back_depth * sk_panel_width);
  if (!panel) return 0;
  if (columns < sk_panel_width) memset(panel, 0, back_depth * sk_panel_width * sizeof(float));
  for (size_t r = 0; r < rows; r += back_depth) {
    size_t depth = rows - r < back_depth ? rows - r : back_depth;
    for (size_t i = 0; i < depth; i++) {
      float *row = panel + i * sk_panel_width;
      if (!sk_expand_part(type, row, row_pointers[r + i], first_column, columns)) return 0;
    }
    sk_gemm_panel(tokens, columns, depth, 1, y + r, y_row, 1, panel, r == 0 ? beta : 1, out,
                  out_row);
  }
  return 1;
}

SK_CLONES static float dot(const float *a, const float *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

static int dot_rows_expanded(int type, float *out, const char *rows, size_t row_bytes,
                             size_t count, const float *x, size_t width) {
  float *row = scratch(width);
  if (!row) return 0;
  for (size_t r = 0; r < count; r++) {
    if (!sk_expand(type, row, rows + r * row_bytes, width)) return 0;
    out[r] = dot(row, x, width);
  }
  return 1;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define SK_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c")))
#define SK_INLINE static inline __attribute__((always_inline)) SK_AVX512

SK_INLINE float half(const void *bits) {
  uint16_t value;
  memcpy(&value, bits, 2);
  return _cvtsh_ss(value);
}

SK_INLINE __m512 bytes_to_floats(__m128i bytes) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
}

// A row's dot product is sum over blocks of scale * (integers . x) + minimum * sum(x): the sums of
// x a block are the same for every row and come precomputed, negated eightfold for Q4_0.
enum { rows_at_once = 4 };

SK_INLINE void dot_q4(const int rows, const size_t block_bytes, const size_t nibble_offset,
                      float *out, const uint8_t *row, size_t row_bytes, const float *x,
                      const float *sums, size_t blocks) {
  __m512 sum[rows_at_once];
  float offset[rows_at_once];
  const __m128i low = _mm_set1_epi8(15);
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) sum[r] = _mm512_setzero_ps(), offset[r] = 0;
  for (size_t b = 0; b < blocks; b++) {
    __m512 x0 = _mm512_loadu_ps(x + b * 32), x1 = _mm512_loadu_ps(x + b * 32 + 16);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      const uint8_t *block = row + (size_t)r * row_bytes + b * block_bytes;
      __m128i packed = _mm_loadu_si128((const __m128i *)(block + nibble_offset));
      __m128i high = _mm_and_si128(_mm_srli_epi16(packed, 4), low);
      __m512 t = _mm512_mul_ps(bytes_to_floats(_mm_and_si128(packed, low)), x0);
      t = _mm512_fmadd_ps(bytes_to_floats(high), x1, t);
      float scale = half(block);
      sum[r] = _mm512_fmadd_ps(_mm512_set1_ps(scale), t, sum[r]);
      offset[r] += (nibble_offset == 4 ? half(block + 2) : -8 * scale) * sums[b];
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) out[r] = _mm512_reduce_add_ps(sum[r]) + offset[r];
}

SK_INLINE void dot_q8_0(const int rows, float *out, const uint8_t *row, size_t row_bytes,
                        const float *x, size_t blocks) {
  __m512 sum[rows_at_once];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) sum[r] = _mm512_setzero_ps();
  for (size_t b = 0; b < blocks; b++) {
    __m512 x0 = _mm512_loadu_ps(x + b * 32), x1 = _mm512_loadu_ps(x + b * 32 + 16);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      const uint8_t *block = row + (size_t)r * row_bytes + b * 34;
      __m128i q0 = _mm_loadu_si128((const __m128i *)(block + 2));
      __m128i q1 = _mm_loadu_si128((const __m128i *)(block + 18));
      __m512 t = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(q0)), x0);
      t = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(q1)), x1, t);
      sum[r] = _mm512_fmadd_ps(_mm512_set1_ps(half(block)), t, sum[r]);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) out[r] = _mm512_reduce_add_ps(sum[r]);
}

SK_AVX512 static int dot_rows_blocks(int type, float *out, const uint8_t *rows, size_t row_bytes,
                                     size_t count, const float *x, size_t width) {
  size_t blocks = width / 32;
  float *sums = scratch(blocks + 1);
  if (!sums) return 0;
  for (size_t b = 0; b < blocks; b++)
    sums[b] = _mm512_reduce_add_ps(
        _mm512_add_ps(_mm512_loadu_ps(x + b * 32), _mm512_loadu_ps(x + b * 32 + 16)));
#define EACH(call)                                                                \
  {                                                                               \
    size_t r = 0;                                                                 \
    const uint8_t *row = rows;                                                    \
    for (; r + rows_at_once <= count; r += rows_at_once, row += rows_at_once * row_bytes) { \
      enum { n = rows_at_once };                                                  \
      call;                                                                       \
    }                                                                             \
    for (; r < count; r++, row += row_bytes) {                                    \
      enum { n = 1 };                                                             \
      call;                                                                       \
    }                                                                             \
  }
  switch (type) {
    case sk_type_q4_0: EACH(dot_q4(n, 18, 2, out + r, row, row_bytes, x, sums, blocks)) return 1;
    case sk_type_q4_1: EACH(dot_q4(n, 20, 4, out + r, row, row_bytes, x, sums, blocks)) return 1;
    case sk_type_q8_0: EACH(dot_q8_0(n, out + r, row, row_bytes, x, blocks)) return 1;
    default: return 0;
  }
#undef EACH
}
#endif

int sk_dot_rows(int type, float *out, const void *rows, size_t row_bytes, size_t count,
                const float *x, size_t width) {
  if (type == sk_type_f32) {
    for (size_t r = 0; r < count; r++)
      out[r] = dot((const float *)((const char *)rows + r * row_bytes), x, width);
    return 1;
  }
#if defined(__x86_64__)
  int quantised = type == sk_type_q4_0 || type == sk_type_q4_1 || type == sk_type_q8_0;
  if (quantised && sk_gemm_supported())
    return dot_rows_blocks(type, out, rows, row_bytes, count, x, width);
#endif
  return dot_rows_expanded(type, out, rows, row_bytes, count, x, width);
}
