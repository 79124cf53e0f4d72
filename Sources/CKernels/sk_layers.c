#include "include/sk_layers.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "sk_clones.h"

// Sums may be reordered into vector lanes in this file: every caller accepts the last bits.
#pragma clang fp reassociate(on) contract(fast)

// e^x to about one unit in the last place of a float, for x of any size, in a form that compilers
// turn into vectors: 2^n from the exponent bits times a polynomial on [-ln2/2, ln2/2]
// (coefficients: Cephes' expf).
static inline __attribute__((always_inline)) float exponential(float x) {
  x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
  float n = __builtin_rintf(x * 1.44269504088896341f);
  float r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  int32_t bits = ((int32_t)n + 127) << 23;
  float power;
  memcpy(&power, &bits, 4);
  return p * power;
}

SK_CLONES void sk_rms_norm(float *out, const float *x, const float *weight, size_t count,
                           float epsilon) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i] * x[i];
  float scale = 1.0f / sqrtf(sum / (float)count + epsilon);
  for (size_t i = 0; i < count; i++) out[i] = x[i] * scale * weight[i];
}

SK_CLONES void sk_silu_multiply(float *gate, const float *up, size_t count) {
  for (size_t i = 0; i < count; i++)
    gate[i] = gate[i] / (1.0f + exponential(-gate[i])) * up[i];
}

SK_CLONES void sk_softmax(float *x, size_t count) {
  if (count == 0) return;
  float largest = x[0];
  for (size_t i = 1; i < count; i++) largest = x[i] > largest ? x[i] : largest;
  float sum = 0;
  for (size_t i = 0; i < count; i++) {
    x[i] = exponential(x[i] - largest);
    sum += x[i];
  }
  float scale = 1.0f / sum;
  for (size_t i = 0; i < count; i++) x[i] *= scale;
}

SK_CLONES void sk_rotate(float *x, const float *cosines, const float *sines, size_t half) {
  for (size_t i = 0; i < half; i++) {
    float a = x[i], b = x[i + half];
    x[i] = a * cosines[i] - b * sines[i];
    x[i + half] = b * cosines[i] + a * sines[i];
  }
}

SK_CLONES void sk_dots(float *out, const float *rows, size_t row_stride, size_t count,
                       const float *x, size_t width) {
  for (size_t i = 0; i < count; i++) {
    float sum = 0;
    for (size_t j = 0; j < width; j++) sum += rows[i * row_stride + j] * x[j];
    out[i] = sum;
  }
}

SK_CLONES void sk_weighted_sum(float *out, const float *rows, size_t row_stride, size_t count,
                               const float *weights, size_t width) {
  for (size_t j = 0; j < width; j++) out[j] = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < width; j++) out[j] += weights[i] * rows[i * row_stride + j];
}
