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

static inline __attribute__((always_inline)) float gelu(float x) {
  float density;
  return x * normal_below(x, &density);
}

static inline __attribute__((always_inline)) float gelu_slope(float x) {
  float density, below = normal_below(x, &density);
  return below + 0.3989422804014327f * x * density;
}

static inline __attribute__((always_inline)) float relu(float x) { return x > 0 ? x : 0; }

static inline __attribute__((always_inline)) float relu_slope(float x) { return x > 0 ? 1 : 0; }

static inline __attribute__((always_inline)) float silu(float x) {
  return x / (1.0f + exponential(-x));
}

static inline __attribute__((always_inline)) float silu_slope(float x) {
  float sigmoid = 1.0f / (1.0f + exponential(-x));
  return sigmoid * (1.0f + x * (1.0f - sigmoid));
}

// Results may be written over an argument, element by element: the compiler need not guard against
// that in any loop of this file.
#define EACH _Pragma("clang loop vectorize(assume_safety)") for (size_t i = 0; i < count; i++)

#define ALONE(name)                                                                               \
  SK_CLONES void sk_##name(float *out, const float *x, size_t count) { EACH out[i] = name(x[i]); } \
  SK_CLONES void sk_##name##_backward(float *dx, const float *dy, const float *x, size_t count) { \
    EACH dx[i] = dy[i] * name##_slope(x[i]);                                                      \
  }

#define GATE(name)                                                                               \
  SK_CLONES void sk_##name##_multiply(float *out, const float *gate, const float *up,            \
                                      size_t count) {                                            \
    EACH out[i] = name(gate[i]) * up[i];                                                         \
  }                                                                                              \
  SK_CLONES void sk_##name##_multiply_backward(float *dgate, float *dup, const float *dy,        \
                                               const float *gate, const float *up, size_t count) { \
    EACH {                                                                                       \
      float slope = dy[i];                                                                       \
      dup[i] = slope * name(gate[i]);                                                            \
      dgate[i] = slope * up[i] * name##_slope(gate[i]);                                          \
    }                                                                                            \
  }

ALONE(gelu_tanh)
ALONE(gelu)
ALONE(relu)
ALONE(silu)
GATE(gelu_tanh)
GATE(gelu)
GATE(relu)

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

SK_CLONES void sk_add_scaled(float *x, const float *y, size_t count, float factor) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) x[i] += factor * y[i];
}

SK_CLONES void sk_scale(float *x, size_t count, float factor) {
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}
