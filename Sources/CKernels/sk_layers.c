#include "include/sk_layers.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "sk_clones.h"

// Sums may be reordered into vector lanes in this file: every caller accepts the last bits.
#pragma clang fp reassociate(on) contract(fast)

#include "sk_exponential.h"

// The largest of at least one number. (Compilers make vectors of a loop that adds, but of one that
// compares only where its lanes are written out.)
static inline __attribute__((always_inline)) float largest_of(const float *x, size_t count) {
  float largest = x[0];
  size_t i = 0;
  if (count >= 16) {
    float lanes[16];
    memcpy(lanes, x, sizeof lanes);
    for (i = 16; i + 16 <= count; i += 16)
      for (size_t j = 0; j < 16; j++) lanes[j] = x[i + j] > lanes[j] ? x[i + j] : lanes[j];
    for (size_t j = 0; j < 16; j++) largest = lanes[j] > largest ? lanes[j] : largest;
  }
  for (; i < count; i++) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

// For rows of some ten numbers: what a whole vector does not hold takes a masked one.
#define SHORT_LOOP \
  _Pragma("clang loop vectorize_predicate(enable) vectorize_width(16) interleave_count(1)")

SK_CLONES void sk_rms_norm(float *out, const float *x, const float *weight, size_t count,
                           float epsilon) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i] * x[i];
  float scale = 1.0f / sqrtf(sum / (float)count + epsilon);
  for (size_t i = 0; i < count; i++) out[i] = x[i] * scale * weight[i];
}

// With r = 1 / sqrt(mean(x^2) + epsilon): dx_i = r w_i dy_i - r^3 x_i mean(w dy x).
SK_CLONES void sk_rms_norm_backward(float *dx, const float *dy, const float *x,
                                    const float *weight, size_t count, float epsilon) {
  float squares = 0, product = 0;
  for (size_t i = 0; i < count; i++) {
    squares += x[i] * x[i];
    product += dy[i] * weight[i] * x[i];
  }
  float r = 1.0f / sqrtf(squares / (float)count + epsilon);
  float slope = r * r * r * product / (float)count;
  for (size_t i = 0; i < count; i++) dx[i] += r * weight[i] * dy[i] - slope * x[i];
}

SK_CLONES void sk_silu_multiply(float *out, const float *gate, const float *up, size_t count) {
  // `out` may be `gate` itself, element by element: the compiler need not guard against that.
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++)
    out[i] = gate[i] / (1.0f + exponential(-gate[i])) * up[i];
}

SK_CLONES void sk_silu_multiply_backward(float *dgate, float *dup, const float *dy,
                                         const float *gate, const float *up, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float sigmoid = 1.0f / (1.0f + exponential(-gate[i])), slope = dy[i];
    dup[i] = slope * gate[i] * sigmoid;
    dgate[i] = slope * up[i] * sigmoid * (1.0f + gate[i] * (1.0f - sigmoid));
  }
}

SK_CLONES void sk_softmax_backward(float *dp, const float *p, size_t count, float scale) {
  float sum = 0;
  SHORT_LOOP
  for (size_t i = 0; i < count; i++) sum += p[i] * dp[i];
  SHORT_LOOP
  for (size_t i = 0; i < count; i++) dp[i] = scale * p[i] * (dp[i] - sum);
}

SK_CLONES float sk_log_sum_exp(const float *x, size_t count) {
  float largest = largest_of(x, count);
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += exponential(x[i] - largest);
  return largest + logf(sum);
}

SK_CLONES float sk_divergence(float *x, const float *base, size_t count, float scale) {
  float all = sk_log_sum_exp(x, count), all_base = sk_log_sum_exp(base, count), sum = 0;
  for (size_t i = 0; i < count; i++) {
    float p = exponential(base[i] - all_base);
    sum += p * ((base[i] - x[i]) - (all_base - all));
    x[i] = scale * (exponential(x[i] - all) - p);
  }
  return sum;
}

SK_CLONES void sk_rotate_back(float *x, const float *cosines, const float *sines, size_t half) {
  for (size_t i = 0; i < half; i++) {
    float a = x[i], b = x[i + half];
    x[i] = a * cosines[i] + b * sines[i];
    x[i + half] = b * cosines[i] - a * sines[i];
  }
}

// A mask that is a function of the place, so that the backward pass makes it again instead of
// keeping it: two rounds of a 32-bit mixing function (Steele, Lea and Flood 2014's finaliser).
static inline __attribute__((always_inline)) float kept(unsigned long place, unsigned long key,
                                                        uint32_t threshold, float scale) {
  uint32_t h = (uint32_t)place ^ (uint32_t)key;
  h = (h ^ (h >> 16)) * 0x21f0aaadu;
  h ^= (uint32_t)(key >> 32) + (uint32_t)(place >> 32) * 0x9e3779b9u;
  h = (h ^ (h >> 15)) * 0x735a2d97u;
  h ^= h >> 15;
  return (h >> 8) >= threshold ? scale : 0.0f;
}

SK_CLONES void sk_dropout(float *out, const float *x, size_t count, unsigned long first,
                          unsigned long key, float rate) {
  uint32_t threshold = (uint32_t)(rate * 16777216.0f);
  float scale = 1.0f / (1.0f - rate);
  for (size_t i = 0; i < count; i++) out[i] = x[i] * kept(first + i, key, threshold, scale);
}

SK_CLONES void sk_dropout_add(float *out, const float *x, size_t count, unsigned long first,
                              unsigned long key, float rate) {
  uint32_t threshold = (uint32_t)(rate * 16777216.0f);
  float scale = 1.0f / (1.0f - rate);
  for (size_t i = 0; i < count; i++) out[i] += x[i] * kept(first + i, key, threshold, scale);
}

static inline __attribute__((always_inline)) void softmax(float *x, size_t count, float largest,
                                                          float sum) {
  SHORT_LOOP
  for (size_t i = 0; i < count; i++) {
    x[i] = exponential(x[i] - largest);
    sum += x[i];
  }
  float scale = 1.0f / sum;
  SHORT_LOOP
  for (size_t i = 0; i < count; i++) x[i] *= scale;
}

SK_CLONES void sk_softmax(float *x, size_t count) {
  if (count > 0) softmax(x, count, largest_of(x, count), 0);
}

SK_CLONES void sk_softmax_with_sink(float *x, size_t count, float sink) {
  if (count == 0) return;
  float largest = largest_of(x, count);
  if (sink > largest) largest = sink;
  softmax(x, count, largest, exponential(sink - largest));
}

SK_CLONES void sk_rotate(float *x, const float *cosines, const float *sines, size_t half) {
  for (size_t i = 0; i < half; i++) {
    float a = x[i], b = x[i + half];
    x[i] = a * cosines[i] - b * sines[i];
    x[i + half] = b * cosines[i] + a * sines[i];
  }
}

SK_CLONES void sk_rotate_neighbours(float *x, const float *cosines, const float *sines,
                                    size_t half) {
  for (size_t i = 0; i < half; i++) {
    float a = x[2 * i], b = x[2 * i + 1];
    x[2 * i] = a * cosines[i] - b * sines[i];
    x[2 * i + 1] = b * cosines[i] + a * sines[i];
  }
}

SK_CLONES void sk_rotate_neighbours_back(float *x, const float *cosines, const float *sines,
                                         size_t half) {
  for (size_t i = 0; i < half; i++) {
    float a = x[2 * i], b = x[2 * i + 1];
    x[2 * i] = a * cosines[i] + b * sines[i];
    x[2 * i + 1] = b * cosines[i] - a * sines[i];
  }
}
