#pragma once
#include <stddef.h>

/// `out = x / sqrt(mean(x^2) + epsilon) * weight` over one vector (Zhang and Sennrich 2019).
void sk_rms_norm(float *out, const float *x, const float *weight, size_t count, float epsilon);

/// Adds to `dx` the gradient of `sk_rms_norm` at x for the output's gradient `dy`.
void sk_rms_norm_backward(float *dx, const float *dy, const float *x, const float *weight,
                          size_t count, float epsilon);

/// `out = silu(gate) * up`, elementwise, with silu(x) = x / (1 + exp(-x)); out may be gate.
void sk_silu_multiply(float *out, const float *gate, const float *up, size_t count);

/// The gradients of `sk_silu_multiply` for the output's gradient `dy`; dgate may be dy.
void sk_silu_multiply_backward(float *dgate, float *dup, const float *dy, const float *gate,
                               const float *up, size_t count);

/// Softmax of one vector in place. An empty vector is left alone.
void sk_softmax(float *x, size_t count);

/// The same with one more number, `sink`, whose probability is not kept (Xiao et al. 2023).
void sk_softmax_with_sink(float *x, size_t count, float sink);

/// `dp = scale * p * (dp - sum(p * dp))`: softmax's gradient in place, for probabilities `p`.
void sk_softmax_backward(float *dp, const float *p, size_t count, float scale);

/// `log(sum(exp(x)))` of one vector.
float sk_log_sum_exp(const float *x, size_t count);

/// KL(softmax(base) || softmax(x)) in nats; x becomes `scale * (softmax(x) - softmax(base))`, the
/// gradient of `scale` times it.
float sk_divergence(float *x, const float *base, size_t count, float scale);

/// Rotates one head's vector of `2 * half` floats by the angles whose cosines and sines are given
/// (`half` of each), pairing element i with element i + half (Su et al. 2021, split form).
void sk_rotate(float *x, const float *cosines, const float *sines, size_t half);

/// The inverse of `sk_rotate`, which is also its gradient.
void sk_rotate_back(float *x, const float *cosines, const float *sines, size_t half);

/// As `sk_rotate`, pairing element 2 i with element 2 i + 1 (Su et al. 2021's own form).
void sk_rotate_neighbours(float *x, const float *cosines, const float *sines, size_t half);

/// The inverse of `sk_rotate_neighbours`, which is also its gradient.
void sk_rotate_neighbours_back(float *x, const float *cosines, const float *sines, size_t half);

/// `out = x / (1 - rate)` where a hash of (key, first + i) keeps the element, else 0.
void sk_dropout(float *out, const float *x, size_t count, unsigned long first, unsigned long key,
                float rate);

/// Adds to `out` the same elements of `x`, scaled and kept or left out as `sk_dropout` does.
void sk_dropout_add(float *out, const float *x, size_t count, unsigned long first,
                    unsigned long key, float rate);
