// Elementary functions in a form that compilers turn into vectors.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

// e^x to about one unit in the last place of a float, for x of any size: 2^n from the exponent
// bits times a polynomial on [-ln2/2, ln2/2] (coefficients: Cephes' expf).
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

// ln x for positive x to about 1e-7 (coefficients: Cephes' logf).
static inline __attribute__((always_inline)) float logarithm(float x) {
  int32_t bits;
  memcpy(&bits, &x, 4);
  int32_t exponent = (bits >> 23) - 126;
  bits = (bits & 0x007fffff) | 0x3f000000;
  float m;
  memcpy(&m, &bits, 4);
  int low = m < 0.707106781186547524f;
  float e = (float)(exponent - low);
  float r = low ? m + m - 1.0f : m - 1.0f;
  float z = r * r;
  float p = 7.0376836292e-2f;
  p = p * r - 1.1514610310e-1f;
  p = p * r + 1.1676998740e-1f;
  p = p * r - 1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r - 1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r - 2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  float y = r * z * p + e * -2.12194440e-4f - 0.5f * z;
  return r + y + e * 0.693359375f;
}

// tanh x to a few units in the last place: a series where 1 - 2 / (e^2x + 1) would cancel.
static inline __attribute__((always_inline)) float hyperbolic_tangent(float x) {
  float square = x * x;
  float series = 62.0f / 2835.0f;
  series = series * square - 17.0f / 315.0f;
  series = series * square + 2.0f / 15.0f;
  series = series * square - 1.0f / 3.0f;
  series = x + x * square * series;
  float far = 1.0f - 2.0f / (exponential(2.0f * x) + 1.0f);
  return square < 0.0625f ? series : far;
}

// The normal distribution below x, to 1.5e-7 (Abramowitz and Stegun 7.1.26); relative to the
// value in the lower tail, so that gelu has no steps there. `density` becomes e^(-x^2 / 2).
static inline __attribute__((always_inline)) float normal_below(float x, float *density) {
  float e = exponential(-0.5f * x * x);
  float t = 1.0f / (1.0f + 0.3275911f * 0.70710678118f * fabsf(x));
  float p = 1.061405429f;
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  float tail = 0.5f * p * t * e;
  *density = e;
  return x < 0.0f ? tail : 1.0f - tail;
}
