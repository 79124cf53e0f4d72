#include "include/sk_projection_affinities.h"

#include <math.h>

#include "sk_clones.h"

// exp(x) for x <= 0 to 2 ulp or so: x = n ln 2 + r, and a polynomial for exp(r).
static inline float exp_negative(float x) {
  x = x < -87.0f ? -87.0f : x;
  float n = __builtin_rintf(x * 1.44269504f);
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1;
  union {
    int32_t bits;
    float value;
  } scale = {.bits = ((int32_t)n + 127) << 23};
  return p * scale.value;
}

SK_CLONES
double sk_conditional_row(float *restrict probabilities, const float *restrict distances,
                          size_t count, double log_perplexity) {
  if (count == 0) return 0;
  float nearest = INFINITY;
  double mean = 0;
  for (size_t i = 0; i < count; i++) {
    nearest = distances[i] < nearest ? distances[i] : nearest;
    mean += distances[i];
  }
  mean = mean / (double)count - nearest;
  double beta = mean > 0 ? 1 / mean : 1, low = 0, high = INFINITY;
  double total = (double)count;
  for (int round = 0; round < 100; round++) {
    float b = (float)beta;
    // Sixteen partial sums, so that the loop is vectors and the order of additions is fixed.
    float s0[16] = {0}, s1[16] = {0}, s2[16] = {0};
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
      for (size_t lane = 0; lane < 16; lane++) {
        float d = distances[i + lane] - nearest;
        float p = exp_negative(-b * d);
        probabilities[i + lane] = p;
        s0[lane] += p;
        s1[lane] += p * d;
        s2[lane] += p * d * d;
      }
    for (; i < count; i++) {
      float d = distances[i] - nearest;
      float p = exp_negative(-b * d);
      probabilities[i] = p;
      s0[i % 16] += p;
      s1[i % 16] += p * d;
      s2[i % 16] += p * d * d;
    }
    double sum = 0, first = 0, second = 0;
#pragma clang loop unroll(full)
    for (size_t lane = 0; lane < 16; lane++) {
      sum += s0[lane];
      first += s1[lane];
      second += s2[lane];
    }
    total = sum;
    double average = first / sum, variance = second / sum - average * average;
    double excess = log(sum) + beta * average - log_perplexity;
    if (fabs(excess) < 1e-5) break;
    if (excess > 0) low = beta;
    else high = beta;
    // Newton's step for the logarithm of beta, kept between the bounds found so far.
    double slope = beta * beta * variance;
    double next = slope > 1e-12 ? beta * exp(fmin(3, fmax(-3, excess / slope))) : 0;
    if (!(next > low && next < high)) next = isinf(high) ? beta * 2 : (low + high) / 2;
    if (next == beta || next > 1e30) break;
    beta = next;
  }
  float scale = (float)(1 / total);
  for (size_t i = 0; i < count; i++) probabilities[i] *= scale;
  return beta;
}

size_t sk_merge_rows(uint32_t *indices, float *values, const uint32_t *a_indices,
                     const float *a_values, size_t a_count, const uint32_t *b_indices,
                     const float *b_values, size_t b_count, float overlap) {
  size_t i = 0, j = 0, count = 0;
  while (i < a_count || j < b_count) {
    int takes_a = j == b_count || (i < a_count && a_indices[i] <= b_indices[j]);
    int takes_b = i == a_count || (j < b_count && b_indices[j] <= a_indices[i]);
    if (indices) {
      indices[count] = takes_a ? a_indices[i] : b_indices[j];
      float a = takes_a ? a_values[i] : 0, b = takes_b ? b_values[j] : 0;
      values[count] = a + b - overlap * a * b;
    }
    i += (size_t)takes_a;
    j += (size_t)takes_b;
    count++;
  }
  return count;
}

void sk_sort_row(uint32_t *indices, float *values, size_t count) {
  for (size_t gap = count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
    for (size_t i = gap; i < count; i++) {
      uint32_t index = indices[i];
      float value = values[i];
      size_t j = i;
      for (; j >= gap && indices[j - gap] > index; j -= gap) {
        indices[j] = indices[j - gap];
        values[j] = values[j - gap];
      }
      indices[j] = index;
      values[j] = value;
    }
}
