#pragma once
#include <stddef.h>

/// Expands `count` weights of a stored row from weight `first` on, both multiples of 32, for the
/// types that sk_expand_k.c knows; returns 0 for others.
int sk_expand_k(int type, float *target, const void *row, size_t first, size_t count);
