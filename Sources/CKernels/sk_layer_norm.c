#include "include/sk_layer_norm.h"

#include <math.h>

#include "sk_clones.h"

// Sums may be reordered into vector lanes in this file: every caller accepts the last bits.
#pragma clang fp reassociate(on) contract(fast)

static inline __attribute__((always_inline)) float mean_of(const float *x, size_t count) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i];
  return sum / (float)count;
}

static inline __attribute__((always_inline)) float scale_of(const float *x, size_t count,
                                                            float mean, float epsilon) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += (x[i] - mean) * (x[i] - mean);
  return 1.0f / sqrtf(sum / (float)count + epsilon);
}

SK_CLONES void sk_layer_norm(float *out, const float *x, const float *weight, const float *bias,
                             size_t count, float epsilon) {
  float mean = mean_of(x, count), scale = scale_of(x, count, mean, epsilon);
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) out[i] = (x[i] - mean) * scale * weight[i];
  if (!bias) return;
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) out[i] += bias[i];
}

// With n = (x - mean) r and g = w dy: dx_i = r (g_i - mean(g) - n_i mean(g n)).
SK_CLONES void sk_layer_norm_backward(float *dx, const float *dy, const float *x,
                                      const float *weight, size_t count, float epsilon) {
  float mean = mean_of(x, count), scale = scale_of(x, count, mean, epsilon);
  float sum = 0, product = 0;
  for (size_t i = 0; i < count; i++) {
    float slope = weight[i] * dy[i];
    sum += slope;
    product += slope * (x[i] - mean);
  }
  sum /= (float)count;
  product *= scale * scale / (float)count;
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++)
    dx[i] += scale * (weight[i] * dy[i] - sum - (x[i] - mean) * product);
}
