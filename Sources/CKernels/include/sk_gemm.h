#pragma once
#include <stddef.h>

/// Columns of one panel, and rows of one tile of packed vectors.
enum { sk_panel_width = 32, sk_token_tile = 14 };

/// Whether this processor runs the kernels below (AVX-512F); they must not be called elsewhere.
int sk_gemm_supported(void);

/// Transposes `count` <= 32 rows of `k` floats into a panel (k, 32), zero-padded to 32 columns.
void sk_pack_rows(float *panel, const float *rows, size_t row_stride, size_t count, size_t k);

/// Copies `count` <= 32 columns of a (k, n) matrix into a panel (k, 32), zero-padded.
void sk_pack_columns(float *panel, const float *columns, size_t row_stride, size_t count, size_t k);

/// `c = alpha * a * panel + beta * c` for a panel of `n` <= 32 columns:
/// a is (m, k) with element (i, p) at `a[i * a_row + p * a_column]`; c is (m, n) row-major.
/// `beta` is 0 (c is not read) or 1.
void sk_gemm_panel(size_t m, size_t n, size_t k, float alpha, const float *a, size_t a_row,
                   size_t a_column, const float *panel, float beta, float *c, size_t c_row);

/// As sk_gemm_panel for 14 rows `a_row` apart, with alpha 1; meanwhile the 14 rows after them, which
/// need not be there, are fetched into the cache.
void sk_gemm_rows(size_t n, size_t k, const float *a, size_t a_row, const float *panel, float beta,
                  float *c, size_t c_row);

/// Packs `count` <= 14 rows of `k` floats as (k, 14): element (i, p) at `packed[p * 14 + i]`.
void sk_pack_tile(float *packed, const float *x, size_t x_row, size_t count, size_t k);

/// As sk_gemm_panel for `m` <= 14 rows that sk_pack_tile packed, with alpha 1.
void sk_gemm_tile(size_t m, size_t n, size_t k, const float *packed, const float *panel,
                  float beta, float *c, size_t c_row);

/// `c = alpha * op(a) * op(b) + beta * c` on the calling thread, row-major with row strides;
/// op(a) is (m, k), op(b) is (k, n). Uses a scratch buffer of the calling thread
/// that it keeps. Returns 0 when out of memory.
int sk_sgemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, float alpha,
             const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
             size_t ldc);
