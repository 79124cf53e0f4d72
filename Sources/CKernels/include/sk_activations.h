#pragma once
#include <stddef.h>

// GELU (Hendrycks and Gimpel 2016): x times the normal distribution below x; `tanh` is its usual
// approximation, 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).

/// `out = gelu_tanh(x)`, elementwise; out may be x.
void sk_gelu_tanh(float *out, const float *x, size_t count);

/// The gradient of `sk_gelu_tanh` for the output's gradient `dy`; dx may be dy.
void sk_gelu_tanh_backward(float *dx, const float *dy, const float *x, size_t count);

/// `out = gelu(x)`, elementwise; out may be x.
void sk_gelu(float *out, const float *x, size_t count);

/// The gradient of `sk_gelu` for the output's gradient `dy`; dx may be dy.
void sk_gelu_backward(float *dx, const float *dy, const float *x, size_t count);

/// `out = gelu_tanh(gate) * up`, elementwise; out may be gate.
void sk_gelu_tanh_multiply(float *out, const float *gate, const float *up, size_t count);

/// The gradients of `sk_gelu_tanh_multiply` for the output's gradient `dy`; dgate may be dy.
void sk_gelu_tanh_multiply_backward(float *dgate, float *dup, const float *dy, const float *gate,
                                    const float *up, size_t count);

/// `out = gelu(gate) * up`, elementwise; out may be gate.
void sk_gelu_multiply(float *out, const float *gate, const float *up, size_t count);

/// The gradients of `sk_gelu_multiply` for the output's gradient `dy`; dgate may be dy.
void sk_gelu_multiply_backward(float *dgate, float *dup, const float *dy, const float *gate,
                               const float *up, size_t count);

/// `out = max(x, 0)`, elementwise; out may be x.
void sk_relu(float *out, const float *x, size_t count);

/// The gradient of `sk_relu` for the output's gradient `dy`, 0 at 0; dx may be dy.
void sk_relu_backward(float *dx, const float *dy, const float *x, size_t count);

/// `out = relu(gate) * up`, elementwise; out may be gate.
void sk_relu_multiply(float *out, const float *gate, const float *up, size_t count);

/// The gradients of `sk_relu_multiply` for the output's gradient `dy`; dgate may be dy.
void sk_relu_multiply_backward(float *dgate, float *dup, const float *dy, const float *gate,
                               const float *up, size_t count);

/// `out = x / (1 + exp(-x))`, elementwise; out may be x.
void sk_silu(float *out, const float *x, size_t count);

/// The gradient of `sk_silu` for the output's gradient `dy`; dx may be dy.
void sk_silu_backward(float *dx, const float *dy, const float *x, size_t count);

/// `x = cap * tanh(x / cap)`, elementwise.
void sk_soft_cap(float *x, size_t count, float cap);

/// The slope of `sk_soft_cap` where its result is `capped`: `out = 1 - (capped / cap)^2`.
void sk_soft_cap_slope(float *out, const float *capped, size_t count, float cap);

/// `x *= factors`, elementwise.
void sk_multiply(float *x, const float *factors, size_t count);

/// Adds `bias` (width) to each of `count` rows.
void sk_add_bias(float *rows, const float *bias, size_t count, size_t width);

/// `x += factor * y`, elementwise.
void sk_add_scaled(float *x, const float *y, size_t count, float factor);

/// `x *= factor`.
void sk_scale(float *x, size_t count, float factor);
