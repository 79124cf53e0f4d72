// Single-precision matrix products for AVX-512, independent of the kernels that OpenBLAS chose.
//
// One register tile is 14 rows x 32 columns: 28 accumulators, two loads of the panel and 14
// broadcasts of `a` for 28 fused multiply-adds a step, so the two FMA units are the limit and not
// the two load ports. Up to 16 columns, the products with LoRA's rank, take 28 rows x 16 columns.
// The panel is (k, 32) contiguous and is read once per tile; the engine expands quantised weights
// straight into that form, and packs `a` where its rows are a multiple of 4 KB apart: they would
// all fall into the same few lines of the cache.
#include "include/sk_gemm.h"

#include "sk_avx512.h"
#include "sk_scratch.h"
#include "sk_transpose.h"

int sk_gemm_supported(void) { return sk_has_avx512(); }

#if defined(__x86_64__)
enum { tile_rows = sk_token_tile, narrow_rows = 2 * sk_token_tile };

// `rows` is a constant at every call, so the loops unroll and `sum` stays in registers. So is
// `fetches`: whether the rows after these are asked for on the way, a line a step. (The processor's
// own fetching ends with each row; products alone gain 4 %, a training step 1 to 2 %.)
SK_WIDE void tile(const int rows, const int fetches, size_t n, size_t k, float alpha,
                  const float *a, size_t a_row, size_t a_column, const float *panel, float beta,
                  float *c, size_t c_row) {
  __m512 sum[tile_rows][2];
  // The results' lines are wanted when all is summed: by then they have come.
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    _mm_prefetch((const char *)(c + (size_t)i * c_row), _MM_HINT_T0);
    _mm_prefetch((const char *)(c + (size_t)i * c_row + 16), _MM_HINT_T0);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) sum[i][0] = sum[i][1] = _mm512_setzero_ps();
  for (size_t p = 0; p < k; p++) {
    __m512 b0 = _mm512_loadu_ps(panel + p * 32), b1 = _mm512_loadu_ps(panel + p * 32 + 16);
    const float *column = a + p * a_column;
    if (fetches) {
      const float *next = a + (rows + p % 16) * a_row + p / 16 * 16;
      _mm_prefetch((const char *)next, _MM_HINT_T0);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      __m512 x = _mm512_set1_ps(column[(size_t)i * a_row]);
      sum[i][0] = _mm512_fmadd_ps(x, b0, sum[i][0]);
      sum[i][1] = _mm512_fmadd_ps(x, b1, sum[i][1]);
    }
  }
  __mmask16 m0 = n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1);
  __mmask16 m1 = n >= 32 ? 0xffff : n <= 16 ? 0 : (__mmask16)((1u << (n - 16)) - 1);
  __m512 scale = _mm512_set1_ps(alpha);
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    float *row = c + (size_t)i * c_row;
    __m512 r0 = _mm512_mul_ps(scale, sum[i][0]), r1 = _mm512_mul_ps(scale, sum[i][1]);
    if (beta != 0) {
      r0 = _mm512_add_ps(r0, _mm512_maskz_loadu_ps(m0, row));
      r1 = _mm512_add_ps(r1, _mm512_maskz_loadu_ps(m1, row + 16));
    }
    _mm512_mask_storeu_ps(row, m0, r0);
    _mm512_mask_storeu_ps(row + 16, m1, r1);
  }
}

// The same for at most 16 columns of a panel, whose other half is not read.
SK_WIDE void narrow_tile(size_t n, size_t k, float alpha, const float *a, size_t a_row,
                         size_t a_column, const float *panel, float beta, float *c, size_t c_row) {
  __m512 sum[narrow_rows];
#pragma clang loop unroll(full)
  for (int i = 0; i < narrow_rows; i++) {
    _mm_prefetch((const char *)(c + (size_t)i * c_row), _MM_HINT_T0);
    sum[i] = _mm512_setzero_ps();
  }
  for (size_t p = 0; p < k; p++) {
    __m512 b = _mm512_loadu_ps(panel + p * 32);
    const float *column = a + p * a_column;
#pragma clang loop unroll(full)
    for (int i = 0; i < narrow_rows; i++)
      sum[i] = _mm512_fmadd_ps(_mm512_set1_ps(column[(size_t)i * a_row]), b, sum[i]);
  }
  __mmask16 mask = n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1);
  __m512 scale = _mm512_set1_ps(alpha);
#pragma clang loop unroll(full)
  for (int i = 0; i < narrow_rows; i++) {
    float *row = c + (size_t)i * c_row;
    __m512 r = _mm512_mul_ps(scale, sum[i]);
    if (beta != 0) r = _mm512_add_ps(r, _mm512_maskz_loadu_ps(mask, row));
    _mm512_mask_storeu_ps(row, mask, r);
  }
}

// A tile of fewer rows, none too; each count is a kernel of its own.
SK_WIDE void short_tile(size_t rows, size_t n, size_t k, float alpha, const float *a, size_t a_row,
                        size_t a_column, const float *panel, float beta, float *c, size_t c_row) {
#define ROWS(count) \
  case count: tile(count, 0, n, k, alpha, a, a_row, a_column, panel, beta, c, c_row); break;
  switch (rows) {
    ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7)
    ROWS(8) ROWS(9) ROWS(10) ROWS(11) ROWS(12) ROWS(13)
  }
#undef ROWS
}

SK_AVX512 void sk_gemm_panel(size_t m, size_t n, size_t k, float alpha, const float *a,
                             size_t a_row, size_t a_column, const float *panel, float beta,
                             float *c, size_t c_row) {
  size_t i = 0;
  if (n <= 16)
    for (; i + narrow_rows <= m; i += narrow_rows)
      narrow_tile(n, k, alpha, a + i * a_row, a_row, a_column, panel, beta, c + i * c_row, c_row);
  for (; i + tile_rows <= m; i += tile_rows)
    tile(tile_rows, 0, n, k, alpha, a + i * a_row, a_row, a_column, panel, beta, c + i * c_row,
         c_row);
  a += i * a_row;
  c += i * c_row;
  short_tile(m - i, n, k, alpha, a, a_row, a_column, panel, beta, c, c_row);
}

SK_AVX512 void sk_gemm_rows(size_t n, size_t k, const float *a, size_t a_row, const float *panel,
                            float beta, float *c, size_t c_row) {
  tile(tile_rows, 1, n, k, 1, a, a_row, 1, panel, beta, c, c_row);
}

SK_AVX512 void sk_gemm_tile(size_t m, size_t n, size_t k, const float *packed, const float *panel,
                            float beta, float *c, size_t c_row) {
  if (m == tile_rows)
    tile(tile_rows, 0, n, k, 1, packed, 1, tile_rows, panel, beta, c, c_row);
  else
    short_tile(m, n, k, 1, packed, 1, tile_rows, panel, beta, c, c_row);
}

SK_AVX512 void sk_pack_rows(float *panel, const float *rows, size_t row_stride, size_t count,
                            size_t k) {
  for (size_t half = 0; half < 2; half++) {
    size_t first = half * 16, present = count <= first ? 0 : count - first < 16 ? count - first : 16;
    for (size_t p = 0; p < k; p += 16) {
      size_t width = k - p < 16 ? k - p : 16;
      __mmask16 mask = (__mmask16)((1u << width) - 1);
      __m512 r[16];
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 16; i++)
        r[i] = i < present ? _mm512_maskz_loadu_ps(mask, rows + (first + i) * row_stride + p)
                           : _mm512_setzero_ps();
      sk_transpose16(r);
      float *target = panel + p * 32 + first;
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 16; i++)
        if (i < width) _mm512_storeu_ps(target + i * 32, r[i]);
    }
  }
}

SK_AVX512 void sk_pack_columns(float *panel, const float *columns, size_t row_stride, size_t count,
                               size_t k) {
  __mmask16 m0 = count >= 16 ? 0xffff : (__mmask16)((1u << count) - 1);
  __mmask16 m1 = count >= 32 ? 0xffff : count <= 16 ? 0 : (__mmask16)((1u << (count - 16)) - 1);
  for (size_t p = 0; p < k; p++) {
    const float *row = columns + p * row_stride;
    _mm512_storeu_ps(panel + p * 32, _mm512_maskz_loadu_ps(m0, row));
    _mm512_storeu_ps(panel + p * 32 + 16, _mm512_maskz_loadu_ps(m1, row + 16));
  }
}

SK_AVX512 void sk_pack_tile(float *packed, const float *x, size_t x_row, size_t count, size_t k) {
  for (size_t p = 0; p < k; p += 16) {
    size_t width = k - p < 16 ? k - p : 16;
    __mmask16 mask = (__mmask16)((1u << width) - 1);
    __m512 r[16];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 16; i++)
      r[i] = i < count ? _mm512_maskz_loadu_ps(mask, x + i * x_row + p) : _mm512_setzero_ps();
    sk_transpose16(r);
    float *target = packed + p * tile_rows;
    // The two elements too many that a whole store writes are overwritten by the next.
    if (p + 16 < k) {
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 16; i++) _mm512_storeu_ps(target + i * tile_rows, r[i]);
    } else {
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 16; i++)
        if (i < width)
          _mm512_mask_storeu_ps(target + i * tile_rows, (1u << tile_rows) - 1, r[i]);
    }
  }
}

#else

void sk_gemm_tile(size_t m, size_t n, size_t k, const float *packed, const float *panel,
                  float beta, float *c, size_t c_row) {
  (void)m, (void)n, (void)k, (void)packed, (void)panel, (void)beta, (void)c, (void)c_row;
}
void sk_gemm_rows(size_t n, size_t k, const float *a, size_t a_row, const float *panel,
                  float beta, float *c, size_t c_row) {
  (void)n, (void)k, (void)a, (void)a_row, (void)panel, (void)beta, (void)c, (void)c_row;
}
void sk_pack_tile(float *packed, const float *x, size_t x_row, size_t count, size_t k) {
  (void)packed, (void)x, (void)x_row, (void)count, (void)k;
}
void sk_pack_rows(float *panel, const float *rows, size_t row_stride, size_t count, size_t k) {
  (void)panel, (void)rows, (void)row_stride, (void)count, (void)k;
}
void sk_pack_columns(float *panel, const float *columns, size_t row_stride, size_t count,
                     size_t k) {
  (void)panel, (void)columns, (void)row_stride, (void)count, (void)k;
}
void sk_gemm_panel(size_t m, size_t n, size_t k, float alpha, const float *a, size_t a_row,
                   size_t a_column, const float *panel, float beta, float *c, size_t c_row) {
  (void)m, (void)n, (void)k, (void)alpha, (void)a, (void)a_row, (void)a_column, (void)panel;
  (void)beta, (void)c, (void)c_row;
}

#endif

// Rows of `b` per panel: 32 x 1024 floats are 128 KB and stay in the second-level cache.
enum { panel_depth = 1024 };

int sk_sgemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, float alpha,
             const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
             size_t ldc) {
  size_t depth = k < panel_depth ? (k + 15) / 16 * 16 : panel_depth;
  float *panel = sk_scratch((depth ? depth : 16) * sk_panel_width);
  if (!panel) return 0;
  if (beta != 0 && beta != 1)
    for (size_t i = 0; i < m; i++)
      for (size_t j = 0; j < n; j++) c[i * ldc + j] *= beta;
  for (size_t j = 0; j < n; j += sk_panel_width) {
    size_t columns = n - j < sk_panel_width ? n - j : sk_panel_width;
    size_t p = 0;
    do {
      size_t length = k - p < panel_depth ? k - p : panel_depth;
      if (transpose_b)
        sk_pack_rows(panel, b + j * ldb + p, ldb, columns, length);
      else
        sk_pack_columns(panel, b + p * ldb + j, ldb, columns, length);
      sk_gemm_panel(m, columns, length, alpha, transpose_a ? a + p * lda : a + p,
                    transpose_a ? 1 : lda, transpose_a ? lda : 1, panel, p == 0 ? beta : 1, c + j,
                    ldc);
      p += length;
    } while (p < k);
  }
  return 1;
}
