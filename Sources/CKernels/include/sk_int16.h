#pragma once
#include <stddef.h>

/// Whether this processor runs the kernels below (AVX-512 with VNNI); they must not be called
/// elsewhere. `SEER_VNNI=0` in the environment leaves the unit alone.
int sk_int16_supported(void);

/// Whether a type's weights are whole numbers with a scale (and a minimum) for every 32, which the
/// products below take as they are. Weights of other types are rounded to 13 bits of the largest of
/// 32.
int sk_int16_is_whole(int type);

/// The largest of 32 elements of a vector becomes so many.
enum { sk_int16_largest = 16383 };

/// Floats that `tokens` packed vectors of `width` elements take, and the tiles they are packed in.
size_t sk_int16_packed_floats(size_t tokens, size_t width);
size_t sk_int16_tiles(size_t tokens);

/// Packs tile number `tile` of x, (tokens, width), as whole numbers of 15 bits with a scale for every
/// 32: within 2^-15 of the largest of them. Tiles are independent, and so are vectors. A target that
/// begins at a multiple of 64 bytes is read faster.
void sk_int16_pack(float *packed, const float *x, size_t tokens, size_t width, size_t tile);

/// As `sk_product`, of vectors that were packed by `sk_int16_pack`. The sums of 32 products are exact,
/// those of all are float32's in ascending order: what comes out for a vector and a row does not
/// depend on the others.
int sk_int16_product(int type, const void *const *row_pointers, size_t rows, size_t width,
                     size_t tokens, const float *packed, float beta, float *out, size_t out_row);

/// As `sk_product_back`, in the same way. Weights of every type are rounded to 13 bits of the largest
/// of 32 rows.
int sk_int16_product_back(int type, const void *const *row_pointers, size_t rows,
                          size_t first_column, size_t columns, size_t tokens, const float *packed,
                          float beta, float *out, size_t out_row);
