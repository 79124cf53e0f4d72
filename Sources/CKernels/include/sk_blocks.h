#pragma once
#include <stddef.h>

/// GGML's numbers of the block types below.
enum {
  sk_type_f32 = 0,
  sk_type_f16 = 1,
  sk_type_q4_0 = 2,
  sk_type_q4_1 = 3,
  sk_type_q5_0 = 6,
  sk_type_q5_1 = 7,
  sk_type_q8_0 = 8,
  sk_type_q2_k = 10,
  sk_type_q3_k = 11,
  sk_type_q4_k = 12,
  sk_type_q5_k = 13,
  sk_type_q6_k = 14,
  sk_type_iq4_nl = 20,
  sk_type_bf16 = 30
};

/// Expands `count` stored weights (a whole number of blocks) to float32, bit for bit as the
/// format's definition computes them: no product is fused with a sum. Returns 0 for an unknown
/// type, with the target untouched.
int sk_expand(int type, float *target, const void *blocks, size_t count);

/// The same for `count` weights from weight `first` of a row on. For quantised types both are
/// multiples of 32, which may begin and end inside a block of 256.
int sk_expand_part(int type, float *target, const void *row, size_t first, size_t count);

/// One panel of a product with stored weights: expands `rows` <= 32 stored rows of `width` weights
/// and computes `out[t][r] = x[t] . row r (+ out[t][r] when beta is 1)` for `tokens` vectors.
/// Needs sk_gemm_supported(). Uses a scratch buffer of the calling thread that it keeps.
/// Returns 0 for an unknown type or when out of memory.
int sk_panel_product(int type, const void *const *row_pointers, size_t rows, size_t width,
                     size_t tokens, const float *x, size_t x_row, float beta, float *out,
                     size_t out_row);

/// One panel of a product with the transpose: adds to (or, where beta is 0, sets)
/// `out[t][c] = sum over r of y[t][r] * row r[c]` for the `columns` <= 32 columns from
/// `first_column` (a multiple of 32) of each of the `rows` stored rows; y is (tokens, rows) with
/// stride `y_row`.
/// Needs sk_gemm_supported(). Returns 0 for an unknown type or when out of memory.
int sk_panel_product_back(int type, const void *const *row_pointers, size_t rows,
                          size_t first_column, size_t columns, size_t tokens, const float *y,
                          size_t y_row, float beta, float *out, size_t out_row);
