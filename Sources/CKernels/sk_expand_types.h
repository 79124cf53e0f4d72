#pragma once
#include <stddef.h>

/// Expand `count` weights of a stored row from weight `first` on, both multiples of 32, for the types
/// that each knows; return 0 for others.
int sk_expand_k(int type, float *target, const void *row, size_t first, size_t count);
int sk_expand_table(int type, float *target, const void *row, size_t first, size_t count);
int sk_expand_few(int type, float *target, const void *row, size_t first, size_t count);
