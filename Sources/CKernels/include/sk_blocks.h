#pragma once
#include <stddef.h>
#include <stdint.h>

/// GGML's numbers of the block types below, and ours of those that GGML has not.
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
  sk_type_iq2_xxs = 16,
  sk_type_iq2_xs = 17,
  sk_type_iq3_xxs = 18,
  sk_type_iq1_s = 19,
  sk_type_iq4_nl = 20,
  sk_type_iq3_s = 21,
  sk_type_iq2_s = 22,
  sk_type_iq4_xs = 23,
  sk_type_iq1_m = 29,
  sk_type_bf16 = 30,
  sk_type_tq1_0 = 34,
  sk_type_tq2_0 = 35,
  sk_type_mxfp4 = 39,
  sk_type_mxfp4_apart = 1000,
  sk_type_fp8 = 1001
};

/// A row of the types whose scales lie apart from the weights. Where a function takes such rows,
/// it takes the addresses of these.
typedef struct {
  /// FP8: a byte in E4M3 for each weight. MXFP4: 16 bytes for every 32, the first weight of each
  /// byte in its lower half.
  const uint8_t *weights;
  /// FP8: float32, one for every `span` weights of the row. MXFP4: bytes, exponents of two plus
  /// 127, one for every 32.
  const void *scales;
  size_t span;
} sk_row_apart;

/// Expands `count` stored weights (a whole number of blocks) to float32, bit for bit as the
/// format's definition computes them: no product is fused with a sum. Returns 0 for an unknown
/// type, with the target untouched.
int sk_expand(int type, float *target, const void *blocks, size_t count);

/// The same for `count` weights from weight `first` of a row on. For types in blocks both are
/// multiples of 32, which may begin and end inside a block of 256.
int sk_expand_part(int type, float *target, const void *row, size_t first, size_t count);

/// Rows (or columns, for the transpose) of a piece of a product whose expanded form stays in the
/// second-level cache.
enum { sk_piece_rows = 256 };

/// Floats that `tokens` packed vectors of `width` elements take; 0 where the products below read
/// them as they lie, row-major, and packing does not pay.
size_t sk_packed_floats(size_t tokens, size_t width);

/// Packs tile number `tile` (vectors 14 tile ... 14 tile + 13) of x, (tokens, width), in the order
/// in which the products read it. Tiles are independent. Needs sk_gemm_supported().
void sk_pack_vectors(float *packed, const float *x, size_t tokens, size_t width, size_t tile);

/// A piece of a product with stored weights: `out[t][r] = x[t] . row r (+ out[t][r] when beta is
/// 1)` for `rows` stored rows of `width` weights and `tokens` vectors x, packed if they are to be.
/// What comes out for a row does not depend on the other rows of the piece.
/// Needs sk_gemm_supported(). Uses a scratch buffer of the calling thread that it keeps.
/// Returns 0 for an unknown type or when out of memory.
int sk_product(int type, const void *const *row_pointers, size_t rows, size_t width, size_t tokens,
               const float *x, float beta, float *out, size_t out_row);

/// A piece of a product with the transpose: adds to (or, where beta is 0, sets)
/// `out[t][c] = sum over r of y[t][r] * row r[first_column + c]` for `columns` columns of the
/// `rows` stored rows; `first_column` is a multiple of 32, and so is `columns` unless the row ends
/// there. The vectors y, (tokens, rows), are packed if they are to be.
/// Needs sk_gemm_supported(). Returns 0 for an unknown type or when out of memory.
int sk_product_back(int type, const void *const *row_pointers, size_t rows, size_t first_column,
                    size_t columns, size_t tokens, const float *y, float beta, float *out,
                    size_t out_row);
