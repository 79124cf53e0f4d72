#pragma once
#include <stddef.h>

/// GGML's numbers of the block types below.
enum {
  sk_type_f32 = 0,
  sk_type_f16 = 1,
  sk_type_q4_0 = 2,
  sk_type_q4_1 = 3,
  sk_type_q8_0 = 8,
  sk_type_bf16 = 30
};

/// Expands `count` stored weights (a whole number of blocks) to float32, bit for bit as the
/// format's definition computes them: no product is fused with a sum. Returns 0 for an unknown
/// type, with the target untouched.
int sk_expand(int type, float *target, const void *blocks, size_t count);

/// One panel of a product with stored weights: expands `rows` <= 32 stored rows of `width` weights
/// and computes `out[t][r] = x[t] . row r (+ out[t][r] when beta is 1)` for `tokens` vectors.
/// Needs sk_gemm_supported(). Uses a scratch buffer of the calling thread that it keeps.
/// Returns 0 for an unknown type or when out of memory.
int sk_panel_product(int type, const void *const *row_pointers, size_t rows, size_t width,
                     size_t tokens, const float *x, size_t x_row, float beta, float *out,
                     size_t out_row);

/// One panel of a product with the transpose: adds to (or, where beta is 0, sets)
/// `out[t][c] = sum over r of y[t][r] * row r[c]` for the `columns` <= 32 columns that begin
/// `column_bytes` into each of the `rows` stored rows; y is (tokens, rows) with stride `y_row`.
/// Needs sk_gemm_supported(). Returns 0 for an unknown type or when out of memory.
int sk_panel_product_back(int type, const void *const *row_pointers, size_t rows,
                          size_t column_bytes, size_t columns, size_t tokens, const float *y,
                          size_t y_row, float beta, float *out, size_t out_row);
