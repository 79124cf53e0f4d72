#include "include/sk_relevance.h"

#include <math.h>

#include "sk_clones.h"

// Sums may be reordered into vector lanes in this file: every caller accepts the last bits.
#pragma clang fp reassociate(on) contract(fast)

#include "sk_exponential.h"

SK_CLONES void sk_rms_norm_held(float *dx, const float *dy, const float *x, const float *weight,
                                size_t count, float epsilon) {
  float squares = 0;
  for (size_t i = 0; i < count; i++) squares += x[i] * x[i];
  float scale = 1.0f / sqrtf(squares / (float)count + epsilon);
  for (size_t i = 0; i < count; i++) dx[i] += scale * weight[i] * dy[i];
}

// With the scale r held, y = w r (x - mean(x)) + b: dx_i = r (g_i - mean(g)), g = w dy.
SK_CLONES void sk_layer_norm_held(float *dx, const float *dy, const float *x, const float *weight,
                                  size_t count, float epsilon) {
  float mean = 0, squares = 0, slope = 0;
  for (size_t i = 0; i < count; i++) mean += x[i];
  mean /= (float)count;
  for (size_t i = 0; i < count; i++) {
    squares += (x[i] - mean) * (x[i] - mean);
    slope += weight[i] * dy[i];
  }
  float scale = 1.0f / sqrtf(squares / (float)count + epsilon);
  slope /= (float)count;
  for (size_t i = 0; i < count; i++) dx[i] += scale * (weight[i] * dy[i] - slope);
}

static inline __attribute__((always_inline)) float gelu_tanh_ratio(float x) {
  return 0.5f * (1.0f + hyperbolic_tangent(0.79788456080286536f * (x + 0.044715f * x * x * x)));
}

// Results may be written over an argument, element by element: the compiler need not guard against
// that in the loops below.

SK_CLONES void sk_gelu_tanh_held(float *dx, const float *dy, const float *x, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) dx[i] = dy[i] * gelu_tanh_ratio(x[i]);
}

SK_CLONES void sk_gelu_held(float *dx, const float *dy, const float *x, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float density;
    dx[i] = dy[i] * normal_below(x[i], &density);
  }
}

SK_CLONES void sk_silu_multiply_held(float *dgate, float *dup, const float *dy, const float *gate,
                                     const float *up, size_t count, float share) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float slope = share * dy[i] / (1.0f + exponential(-gate[i]));
    dup[i] = slope * gate[i];
    dgate[i] = slope * up[i];
  }
}

SK_CLONES void sk_gelu_tanh_multiply_held(float *dgate, float *dup, const float *dy,
                                          const float *gate, const float *up, size_t count,
                                          float share) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float slope = share * dy[i] * gelu_tanh_ratio(gate[i]);
    dup[i] = slope * gate[i];
    dgate[i] = slope * up[i];
  }
}

void sk_soft_cap_ratio(float *out, const float *capped, size_t count, float cap) {
  for (size_t i = 0; i < count; i++) {
    float t = fabsf(capped[i] / cap);
    // Near 0, where both vanish, t / atanh(t) = 1 - t^2 / 3; at 1 the input was without bounds.
    out[i] = t < 1e-2f ? 1.0f - t * t / 3.0f : t < 1.0f ? t / atanhf(t) : 0.0f;
  }
}
