#pragma once
#include <stddef.h>

/// `out = x / sqrt(mean(x^2) + epsilon) * weight` over one vector (Zhang and Sennrich 2019).
void sk_rms_norm(float *out, const float *x, const float *weight, size_t count, float epsilon);

/// `gate = silu(gate) * up`, elementwise, with silu(x) = x / (1 + exp(-x)).
void sk_silu_multiply(float *gate, const float *up, size_t count);

/// Softmax of one vector in place. An empty vector is left alone.
void sk_softmax(float *x, size_t count);

/// Rotates one head's vector of `2 * half` floats by the angles whose cosines and sines are given
/// (`half` of each), pairing element i with element i + half (Su et al. 2021, split form).
void sk_rotate(float *x, const float *cosines, const float *sines, size_t half);

/// `out[i] = dot(row i, x)` for `count` rows of `width` floats, `row_stride` floats apart.
void sk_dots(float *out, const float *rows, size_t row_stride, size_t count, const float *x,
             size_t width);

/// `out = sum over i of weights[i] * row i`.
void sk_weighted_sum(float *out, const float *rows, size_t row_stride, size_t count,
                     const float *weights, size_t width);
