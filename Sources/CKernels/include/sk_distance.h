// Distances between rows.
#pragma once

#include <stddef.h>

// Two distances of a and b at once: the sum of |a[i] - b[i]|, and the Euclidean one.
void sk_distances(const float *a, const float *b, size_t count, float *absolute,
                  float *euclidean);
