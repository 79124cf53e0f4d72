#pragma once
#include <stddef.h>

/// How `sk_dot_rows` wants its vectors for rows of a block type: 0 as they are, else prepared by
/// `sk_prepare` in this order. Below `sk_orders`.
int sk_dot_order(int type);

enum { sk_orders = 3 };

/// Bytes that one prepared vector of `width` floats takes, in any order; a multiple of 64.
size_t sk_prepared_bytes(size_t width);

/// Writes a vector of `width` floats (a multiple of 32) as blocks of integers of 23 bits, split into
/// signed bytes, with one scale a block: within 2^-22 of the block's largest element, or, where
/// `is_short`, rounded to the 15 bits that `sk_int16_pack` takes, which are two bytes.
/// `prepared` is 64-byte aligned. Only for an order that `sk_dot_order` gave.
void sk_prepare(int order, int is_short, void *prepared, const float *x, size_t width);

/// `out[t * out_row + r] = dot(row r, x[t])` for `count` stored rows of `width` weights,
/// `row_bytes` apart, and `tokens` vectors, (tokens, width). `prepared` holds the same vectors one
/// after another in the type's order, short or not as `is_short` says; it is not read where the order
/// is 0.
/// Returns 0 for an unknown type or when out of memory.
int sk_dot_rows(int type, float *out, size_t out_row, const void *rows, size_t row_bytes,
                size_t count, const float *x, int is_short, const void *prepared, size_t width,
                size_t tokens);
