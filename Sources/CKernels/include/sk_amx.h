#pragma once
#include <stddef.h>

/// Whether this process may use the processor's matrix unit (AMX with bfloat16 tiles); the functions
/// below must not be called elsewhere. The first call asks the system for it. `SEER_AMX=0` in the
/// environment leaves it alone.
int sk_amx_supported(void);

/// Into how many bfloat16 numbers products split a float32: three are all of it, two its first 16 bits,
/// one its first 8. Weights in blocks of 32 whole numbers with a scale are not split.
enum { sk_amx_exact = 3, sk_amx_short = 2, sk_amx_single = 1, sk_amx_blocks = 0 };

/// Whether the weights of a type are such blocks.
int sk_amx_has_blocks(int type);

/// Vectors of one tile, and columns of one block.
enum { sk_amx_side = 32 };

/// Floats that `tokens` packed vectors of `width` elements take, and the tiles they are packed in.
size_t sk_amx_packed_floats(int parts, size_t tokens, size_t width);
size_t sk_amx_tiles(size_t tokens);

/// Packs tile number `tile` of x, (tokens, width), as the products below read it. Tiles are
/// independent. A target that begins at a multiple of 64 bytes is read faster.
void sk_amx_pack(int parts, float *packed, const float *x, size_t tokens, size_t width,
                 size_t tile);

/// Rows (or columns, for the transpose) of one piece of the products below, of `columns` in all:
/// about as many as stay in the second-level cache, in pieces of one size. `parts` is that of the
/// vectors; `weights` are split as they are, or `sk_amx_blocks`.
size_t sk_amx_piece(int parts, int weights, size_t width, size_t columns);

/// As `sk_product`, on the matrix unit, for the vectors first ... first + count - 1 of `tokens` that
/// were packed by `sk_amx_pack` as exact or as single numbers, and weights as the vectors; `first` is a
/// multiple of 32. `out` begins at vector 0. A product of single numbers is within 2^-8 of itself.
int sk_amx_product(int parts, int type, const void *const *row_pointers, size_t rows, size_t width,
                   size_t tokens, size_t first, size_t count, const float *packed, float beta,
                   float *out, size_t out_row);

/// As `sk_product_back`, on the matrix unit, in the same way but of short numbers: what it makes are
/// gradients. The error of a sum is some 4e-6 (root mean square) of the root of its terms' squares.
int sk_amx_product_back(int type, const void *const *row_pointers, size_t rows,
                        size_t first_column, size_t columns, size_t tokens, size_t first,
                        size_t count, const float *packed, float beta, float *out,
                        size_t out_row);
