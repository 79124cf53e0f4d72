#pragma once
#include <stddef.h>

/// Adds each column of a (rows, columns) block to `sums`, in double, rows in order.
void sk_column_sums(double *sums, const float *block, size_t rows, size_t columns, size_t stride);

/// target = block - mean, row by row; `target` is packed, (rows, columns).
void sk_centre_rows(float *target, const float *block, const float *mean, size_t rows,
                    size_t columns, size_t stride);

/// The index of the first value that is not finite, or `count`.
size_t sk_first_not_finite(const float *values, size_t count);
