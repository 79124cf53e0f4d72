#pragma once
#include <stddef.h>

/// `out[h * out_row + i] = dot(key i, query h)` for `count` keys and `heads` queries of `width`
/// floats; the other sizes are the floats from one to the next.
void sk_dots(float *out, size_t out_row, const float *keys, size_t key_row, size_t count,
             const float *queries, size_t query_row, size_t heads, size_t width);

/// `out[h] = sum over i of weights[h][i] * value i`, (heads, width), likewise.
void sk_weighted_sums(float *out, size_t out_row, const float *values, size_t value_row,
                      size_t count, const float *weights, size_t weight_row, size_t heads,
                      size_t width);
