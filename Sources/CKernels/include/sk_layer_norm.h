#pragma once
#include <stddef.h>

/// `out = (x - mean) / sqrt(variance + epsilon) * weight + bias` over one vector
/// (Ba, Kiros and Hinton 2016); out may be x, and bias null for none.
void sk_layer_norm(float *out, const float *x, const float *weight, const float *bias,
                   size_t count, float epsilon);

/// Adds to `dx` the gradient of `sk_layer_norm` at x for the output's gradient `dy`.
void sk_layer_norm_backward(float *dx, const float *dy, const float *x, const float *weight,
                            size_t count, float epsilon);
