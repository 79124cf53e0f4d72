#include "include/sk_projection_forces.h"

#include <math.h>
#include <string.h>

#include "sk_clones.h"
#include "sk_map_pairs.h"

static void attraction_portable(float *forces, const float *points, const uint32_t *offsets,
                                const uint32_t *indices, const float *values, size_t first,
                                size_t last) {
  for (size_t i = first; i < last; i++) {
    float x = points[2 * i], y = points[2 * i + 1], force_x = 0, force_y = 0;
    for (uint32_t e = offsets[i]; e < offsets[i + 1]; e++) {
      const float *other = points + 2 * (size_t)indices[e];
      float dx = x - other[0], dy = y - other[1];
      float weight = values[e] / (1 + dx * dx + dy * dy);
      force_x += weight * dx;
      force_y += weight * dy;
    }
    forces[2 * i] = force_x;
    forces[2 * i + 1] = force_y;
  }
}

#if defined(__x86_64__)
TARGET_AVX512
static void attraction_avx512(float *forces, const float *points, const uint32_t *offsets,
                              const uint32_t *indices, const float *values, size_t first,
                              size_t last) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  const double *pairs = (const double *)points;
  const __m512 one = _mm512_set1_ps(1);
  for (size_t i = first; i < last; i++) {
    __m512 x = _mm512_set1_ps(points[2 * i]), y = _mm512_set1_ps(points[2 * i + 1]);
    __m512 force_x = _mm512_setzero_ps(), force_y = _mm512_setzero_ps();
    for (uint32_t e = offsets[i]; e < offsets[i + 1]; e += 16) {
      __m512 low = load_pairs(pairs, indices + e), high = load_pairs(pairs, indices + e + 8);
      __m512 dx = _mm512_sub_ps(x, _mm512_permutex2var_ps(low, even, high));
      __m512 dy = _mm512_sub_ps(y, _mm512_permutex2var_ps(low, odd, high));
      __m512 distance = _mm512_fmadd_ps(dx, dx, _mm512_fmadd_ps(dy, dy, one));
      __m512 weight = _mm512_mul_ps(_mm512_loadu_ps(values + e), reciprocal(distance));
      force_x = _mm512_fmadd_ps(weight, dx, force_x);
      force_y = _mm512_fmadd_ps(weight, dy, force_y);
    }
    forces[2 * i] = _mm512_reduce_add_ps(force_x);
    forces[2 * i + 1] = _mm512_reduce_add_ps(force_y);
  }
}
#endif

void sk_attraction(float *forces, const float *points, const uint32_t *offsets,
                   const uint32_t *indices, const float *values, size_t first, size_t last,
                   int portable) {
#if defined(__x86_64__)
  if (!portable && sk_has_avx512()) {
    attraction_avx512(forces, points, offsets, indices, values, first, last);
    return;
  }
#endif
  (void)portable;
  attraction_portable(forces, points, offsets, indices, values, first, last);
}

// ln(x) for x >= 1, to a few ulp: x = 2^n m with m in [sqrt(1/2), sqrt(2)).
static inline float log_at_least_one(float x) {
  union {
    float value;
    int32_t bits;
  } u = {.value = x};
  int32_t n = (u.bits - 0x3f3504f3) >> 23;
  u.bits -= n * (1 << 23);
  float m = u.value - 1;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  p = p * m * m * m - 0.5f * m * m + m;
  return p + (float)n * 0.69314718056f;
}

SK_CLONES
double sk_attraction_divergence(const float *restrict points, const uint32_t *restrict offsets,
                                const uint32_t *restrict indices, const float *restrict values,
                                size_t first, size_t last) {
  double sum = 0;
  for (size_t i = first; i < last; i++) {
    float x = points[2 * i], y = points[2 * i + 1], lanes[16] = {0};
    for (uint32_t e = offsets[i]; e < offsets[i + 1]; e += 16) {
      for (size_t lane = 0; lane < 16; lane++) {
        const float *other = points + 2 * (size_t)indices[e + lane];
        float dx = x - other[0], dy = y - other[1];
        lanes[lane] += values[e + lane] * log_at_least_one(1 + dx * dx + dy * dy);
      }
    }
    for (size_t lane = 0; lane < 16; lane++) sum += lanes[lane];
  }
  return sum;
}

typedef float v16 __attribute__((vector_size(64), aligned(4)));

// Only ever inlined: no vector crosses a call.
#pragma clang diagnostic ignored "-Wpsabi"
static inline __attribute__((always_inline)) float sum16(v16 v) {
  float sum = 0;
  for (int lane = 0; lane < 16; lane++) sum += v[lane];
  return sum;
}

SK_CLONES __attribute__((min_vector_width(512)))
double sk_exact_repulsion(float *restrict forces, float *restrict sums,
                          const float *restrict points, const float *restrict x,
                          const float *restrict y, size_t padded, size_t first, size_t last) {
  double total = 0;
  // Two points at a time share the loads of the others.
  for (size_t i = first; i < last; i += 2) {
    size_t next = i + 1 < last ? i + 1 : i;
    v16 ax = (v16){0} + points[2 * i], ay = (v16){0} + points[2 * i + 1];
    v16 bx = (v16){0} + points[2 * next], by = (v16){0} + points[2 * next + 1];
    v16 afx = {0}, afy = {0}, az = {0}, bfx = {0}, bfy = {0}, bz = {0};
    for (size_t j = 0; j < padded; j += 16) {
      v16 ox = *(const v16 *)(x + j), oy = *(const v16 *)(y + j);
      v16 dx = ax - ox, dy = ay - oy;
      v16 w = 1.0f / (1.0f + dx * dx + dy * dy);
      az += w;
      w *= w;
      afx += w * dx;
      afy += w * dy;
      dx = bx - ox;
      dy = by - oy;
      w = 1.0f / (1.0f + dx * dx + dy * dy);
      bz += w;
      w *= w;
      bfx += w * dx;
      bfy += w * dy;
    }
    forces[2 * i] = sum16(afx);
    forces[2 * i + 1] = sum16(afy);
    float sum = sum16(az);
    if (sums) sums[i] = sum;
    total += sum;
    if (next == i) break;
    forces[2 * next] = sum16(bfx);
    forces[2 * next + 1] = sum16(bfy);
    sum = sum16(bz);
    if (sums) sums[next] = sum;
    total += sum;
  }
  return total;
}

SK_CLONES
void sk_descend(float *restrict points, float *restrict velocities, float *restrict gains,
                const float *restrict attraction, const float *restrict repulsion, size_t first,
                size_t last, const sk_descent *descent, sk_layout_sums *sums) {
  const float exaggeration = descent->exaggeration, scale = descent->inverse_normalisation;
  const float rate = descent->learning_rate, momentum = descent->momentum;
  const float largest = descent->largest_step, least_gain = descent->least_gain;
  const float shift[2] = {descent->shift_x, descent->shift_y};
  sk_layout_sums result = {0, 0, INFINITY, INFINITY, -INFINITY, -INFINITY};
  // Blocks of 32 points: the sums inside a block are float vectors, across blocks double.
  enum { block = 32 };
  for (size_t start = first; start < last; start += block) {
    size_t count = last - start < block ? last - start : block;
    float *restrict y = points + 2 * start, *restrict v = velocities + 2 * start;
    float *restrict g = gains + 2 * start;
    const float *restrict a = attraction + 2 * start, *restrict r = repulsion + 2 * start;
    for (size_t k = 0; k < 2 * count; k++) {
      float gradient = exaggeration * a[k] - scale * r[k];
      float raised = g[k] + 0.2f, lowered = g[k] * 0.8f;
      float gain = gradient * v[k] < 0 ? raised : lowered;
      gain = gain < least_gain ? least_gain : gain;
      g[k] = gain;
      v[k] = momentum * v[k] - rate * gain * gradient;
    }
    for (size_t k = 0; k < count; k++) {
      float square = v[2 * k] * v[2 * k] + v[2 * k + 1] * v[2 * k + 1];
      float factor = square > largest * largest ? largest / sqrtf(square) : 1;
      v[2 * k] *= factor;
      v[2 * k + 1] *= factor;
    }
    for (size_t k = 0; k < count; k++) {
      float px = y[2 * k] + v[2 * k] + shift[0], py = y[2 * k + 1] + v[2 * k + 1] + shift[1];
      y[2 * k] = px;
      y[2 * k + 1] = py;
      result.x += px;
      result.y += py;
      result.lowest_x = px < result.lowest_x ? px : result.lowest_x;
      result.lowest_y = py < result.lowest_y ? py : result.lowest_y;
      result.highest_x = px > result.highest_x ? px : result.highest_x;
      result.highest_y = py > result.highest_y ? py : result.highest_y;
    }
  }
  *sums = result;
}
