#pragma once
#include <stddef.h>

// Backward passes that carry relevance (Achtibat et al. 2024): what a value is multiplied with
// counts as a constant, and the factors of a product share.

/// Adds to `dx` the gradient of `sk_rms_norm` with its scale held.
void sk_rms_norm_held(float *dx, const float *dy, const float *x, const float *weight, size_t count,
                      float epsilon);

/// Adds to `dx` the gradient of `sk_layer_norm` with its scale, but not the mean, held.
void sk_layer_norm_held(float *dx, const float *dy, const float *x, const float *weight,
                        size_t count, float epsilon);

/// `dx = dy * gelu_tanh(x) / x`, elementwise; dx may be dy.
void sk_gelu_tanh_held(float *dx, const float *dy, const float *x, size_t count);

/// `dx = dy * gelu(x) / x`, elementwise; dx may be dy.
void sk_gelu_held(float *dx, const float *dy, const float *x, size_t count);

/// `dx = dy * silu(x) / x`, elementwise; dx may be dy.
void sk_silu_held(float *dx, const float *dy, const float *x, size_t count);

/// `dgate = share * dy * up * silu(gate) / gate`, `dup = share * dy * silu(gate)`; dgate may be dy.
void sk_silu_multiply_held(float *dgate, float *dup, const float *dy, const float *gate,
                           const float *up, size_t count, float share);

/// The same with gelu_tanh in place of silu.
void sk_gelu_tanh_multiply_held(float *dgate, float *dup, const float *dy, const float *gate,
                                const float *up, size_t count, float share);

/// The same with gelu in place of silu.
void sk_gelu_multiply_held(float *dgate, float *dup, const float *dy, const float *gate,
                           const float *up, size_t count, float share);

/// The same with relu in place of silu.
void sk_relu_multiply_held(float *dgate, float *dup, const float *dy, const float *gate,
                           const float *up, size_t count, float share);

/// The same of `sk_clamped_multiply`: what the clamps leave of a value counts as its factor, and
/// the one that is added to `up` as a bias.
void sk_clamped_multiply_held(float *dgate, float *dup, const float *dy, const float *gate,
                              const float *up, size_t count, float alpha, float limit, float share);

/// What `sk_soft_cap` multiplied its input with where its result is `capped`.
void sk_soft_cap_ratio(float *out, const float *capped, size_t count, float cap);
