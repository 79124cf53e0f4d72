#include "include/sk_activations.h"

#include "sk_clones.h"

#pragma clang fp contract(fast)

#include "sk_exponential.h"

static const float bend = 0.044715f, root = 0.79788456080286536f;

static inline __attribute__((always_inline)) float gelu_tanh(float x) {
  return 0.5f * x * (1.0f + hyperbolic_tangent(root * (x + bend * x * x * x)));
}

static inline __attribute__((always_inline)) float gelu_tanh_slope(float x) {
  float t = hyperbolic_tangent(root * (x + bend * x * x * x));
  return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * root * (1.0f + 3.0f * bend * x * x);
}

// Results may be written over an argument, element by element: the compiler need not guard against
// that in any loop of this file.

SK_CLONES void sk_gelu_tanh(float *out, const float *x, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) out[i] = gelu_tanh(x[i]);
}

SK_CLONES void sk_gelu_tanh_backward(float *dx, const float *dy, const float *x, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) dx[i] = dy[i] * gelu_tanh_slope(x[i]);
}

SK_CLONES void sk_gelu(float *out, const float *x, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float density;
    out[i] = x[i] * normal_below(x[i], &density);
  }
}

SK_CLONES void sk_gelu_backward(float *dx, const float *dy, const float *x, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float density, below = normal_below(x[i], &density);
    dx[i] = dy[i] * (below + 0.3989422804014327f * x[i] * density);
  }
}

SK_CLONES void sk_gelu_tanh_multiply(float *out, const float *gate, const float *up,
                                     size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) out[i] = gelu_tanh(gate[i]) * up[i];
}

SK_CLONES void sk_gelu_tanh_multiply_backward(float *dgate, float *dup, const float *dy,
                                              const float *gate, const float *up, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float slope = dy[i];
    dup[i] = slope * gelu_tanh(gate[i]);
    dgate[i] = slope * up[i] * gelu_tanh_slope(gate[i]);
  }
}

SK_CLONES void sk_soft_cap(float *x, size_t count, float cap) {
  for (size_t i = 0; i < count; i++) x[i] = cap * hyperbolic_tangent(x[i] / cap);
}

SK_CLONES void sk_soft_cap_slope(float *out, const float *capped, size_t count, float cap) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float t = capped[i] / cap;
    out[i] = 1.0f - t * t;
  }
}

SK_CLONES void sk_multiply(float *x, const float *factors, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) x[i] *= factors[i];
}

SK_CLONES void sk_add_bias(float *rows, const float *bias, size_t count, size_t width) {
  for (size_t row = 0; row < count; row++, rows += width) {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < width; i++) rows[i] += bias[i];
  }
}

SK_CLONES void sk_scale(float *x, size_t count, float factor) {
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}
