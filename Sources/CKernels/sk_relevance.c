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

static inline __attribute__((always_inline)) float silu_ratio(float x) {
  return 1.0f / (1.0f + exponential(-x));
}

static inline __attribute__((always_inline)) float gelu_ratio(float x) {
  float density;
  return normal_below(x, &density);
}

static inline __attribute__((always_inline)) float gelu_tanh_ratio(float x) {
  return 0.5f * (1.0f + hyperbolic_tangent(0.79788456080286536f * (x + 0.044715f * x * x * x)));
}

static inline __attribute__((always_inline)) float relu_ratio(float x) {
  return x > 0.0f ? 1.0f : 0.0f;
}

// Results may be written over an argument, element by element: the compiler need not guard against
// that in the loops below.

#define HELD(name)                                                                              \
  SK_CLONES void sk_##name##_held(float *dx, const float *dy, const float *x, size_t count) {   \
    _Pragma("clang loop vectorize(assume_safety)") for (size_t i = 0; i < count; i++) dx[i] =   \
        dy[i] * name##_ratio(x[i]);                                                             \
  }
#define MULTIPLY_HELD(name)                                                                     \
  SK_CLONES void sk_##name##_multiply_held(float *dgate, float *dup, const float *dy,           \
                                           const float *gate, const float *up, size_t count,    \
                                           float share) {                                       \
    _Pragma("clang loop vectorize(assume_safety)") for (size_t i = 0; i < count; i++) {         \
      float slope = share * dy[i] * name##_ratio(gate[i]);                                      \
      dup[i] = slope * gate[i];                                                                 \
      dgate[i] = slope * up[i];                                                                 \
    }                                                                                           \
  }

HELD(silu)
HELD(gelu)
HELD(gelu_tanh)
MULTIPLY_HELD(silu)
MULTIPLY_HELD(gelu)
MULTIPLY_HELD(gelu_tanh)
MULTIPLY_HELD(relu)

// What a clamp leaves of a value, relative to it; nothing is taken from 0.
static inline __attribute__((always_inline)) float clamp_ratio(float clamped, float x) {
  return x == clamped ? 1.0f : clamped / x;
}

SK_CLONES void sk_clamped_multiply_held(float *dgate, float *dup, const float *dy,
                                        const float *gate, const float *up, size_t count,
                                        float alpha, float limit, float share) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float g = gate[i] < limit ? gate[i] : limit;
    float u = up[i] < -limit ? -limit : up[i] < limit ? up[i] : limit;
    float slope = share * dy[i] * silu_ratio(alpha * g);
    dup[i] = slope * g * clamp_ratio(u, up[i]);
    dgate[i] = slope * (u + 1.0f) * clamp_ratio(g, gate[i]);
  }
}

void sk_soft_cap_ratio(float *out, const float *capped, size_t count, float cap) {
  for (size_t i = 0; i < count; i++) {
    float t = fabsf(capped[i] / cap);
    // Near 0, where both vanish, t / atanh(t) = 1 - t^2 / 3; at 1 the input was without bounds.
    out[i] = t < 1e-2f ? 1.0f - t * t / 3.0f : t < 1.0f ? t / atanhf(t) : 0.0f;
  }
}
