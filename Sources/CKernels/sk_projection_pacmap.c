#include "include/sk_projection_pacmap.h"

#include <math.h>

#include "sk_clones.h"
#include "sk_map_pairs.h"

#define LANES 16

// Adds sum of scale / (offset + 1 + d^2)^2 * (point - other) over a row's pairs of one kind. Sixteen
// partial sums, so that the loop is vectors and the order of additions is fixed.
static inline __attribute__((always_inline)) void add_pairs(float *force, const float *points,
                                                            const sk_pacmap_pairs *pairs, size_t i,
                                                            float offset, float scale) {
  const float x = points[2 * i], y = points[2 * i + 1];
  float sum_x[LANES] = {0}, sum_y[LANES] = {0};
  uint32_t e = pairs->offsets[i];
  const uint32_t end = pairs->offsets[i + 1];
  for (; e + LANES <= end; e += LANES) {
    float dx[LANES], dy[LANES];
    for (int lane = 0; lane < LANES; lane++) {
      const float *other = points + 2 * (size_t)pairs->indices[e + (uint32_t)lane];
      dx[lane] = x - other[0];
      dy[lane] = y - other[1];
    }
    for (int lane = 0; lane < LANES; lane++) {
      float distance = offset + 1 + dx[lane] * dx[lane] + dy[lane] * dy[lane];
      float weight = 1 / (distance * distance);
      sum_x[lane] += weight * dx[lane];
      sum_y[lane] += weight * dy[lane];
    }
  }
  float rest_x = 0, rest_y = 0;
  for (; e < end; e++) {
    const float *other = points + 2 * (size_t)pairs->indices[e];
    float dx = x - other[0], dy = y - other[1];
    float distance = offset + 1 + dx * dx + dy * dy;
    float weight = 1 / (distance * distance);
    rest_x += weight * dx;
    rest_y += weight * dy;
  }
  for (int lane = 0; lane < LANES; lane++) {
    rest_x += sum_x[lane];
    rest_y += sum_y[lane];
  }
  force[0] += scale * rest_x;
  force[1] += scale * rest_y;
}

// Adam's step of one point.
static inline __attribute__((always_inline)) void descend(float *next, const float *points,
                                                          float *means, float *squares, size_t i,
                                                          const float *force, float rate) {
  for (size_t axis = 0; axis < 2; axis++) {
    size_t place = 2 * i + axis;
    float gradient = force[axis];
    means[place] += 0.1f * (gradient - means[place]);
    squares[place] += 0.001f * (gradient * gradient - squares[place]);
    next[place] = points[place] - rate * means[place] / (sqrtf(squares[place]) + 1e-7f);
  }
}

SK_CLONES
static void move_portable(float *next, const float *points, float *means, float *squares,
                          const sk_pacmap_pairs *near, const sk_pacmap_pairs *middle,
                          const sk_pacmap_pairs *far, size_t first, size_t last,
                          const sk_pacmap_step *step) {
  for (size_t i = first; i < last; i++) {
    float force[2] = {0, 0};
    add_pairs(force, points, near, i, 10, 20 * step->near);
    if (step->middle > 0) add_pairs(force, points, middle, i, 10000, 20000 * step->middle);
    add_pairs(force, points, far, i, 1, -2 * step->far);
    descend(next, points, means, squares, i, force, step->rate);
  }
}

#if defined(__x86_64__)
// The same for eight pairs at a time, x and y side by side; `own` is the point eight times over.
TARGET_AVX512 static inline __m512 add_pairs_avx512(__m512 force, __m512 own, const double *points,
                                                    const sk_pacmap_pairs *pairs, size_t i,
                                                    float offset, float scale) {
  const __m512 least = _mm512_set1_ps(offset + 1), factor = _mm512_set1_ps(scale);
  uint32_t e = pairs->offsets[i];
  const uint32_t end = pairs->offsets[i + 1];
  while (e < end) {
    uint32_t rest[8];
    const uint32_t *others = pairs->indices + e;
    if (end - e < 8) {
      // Pairs of a point with itself pull nothing.
      for (uint32_t lane = 0; lane < 8; lane++) rest[lane] = e + lane < end ? others[lane] : (uint32_t)i;
      others = rest;
    }
    __m512 apart = _mm512_sub_ps(own, load_pairs(points, others));
    __m512 square = _mm512_mul_ps(apart, apart);
    __m512 distance =
        _mm512_add_ps(least, _mm512_add_ps(square, _mm512_permute_ps(square, 0xB1)));
    __m512 weight = reciprocal(distance);
    weight = _mm512_mul_ps(_mm512_mul_ps(weight, weight), factor);
    force = _mm512_fmadd_ps(weight, apart, force);
    e += 8;
  }
  return force;
}

TARGET_AVX512
static void move_avx512(float *next, const float *points, float *means, float *squares,
                        const sk_pacmap_pairs *near, const sk_pacmap_pairs *middle,
                        const sk_pacmap_pairs *far, size_t first, size_t last,
                        const sk_pacmap_step *step) {
  const double *pairs = (const double *)points;
  for (size_t i = first; i < last; i++) {
    __m512 own = _mm512_castpd_ps(_mm512_set1_pd(pairs[i]));
    __m512 sum = add_pairs_avx512(_mm512_setzero_ps(), own, pairs, near, i, 10, 20 * step->near);
    if (step->middle > 0) {
      sum = add_pairs_avx512(sum, own, pairs, middle, i, 10000, 20000 * step->middle);
    }
    sum = add_pairs_avx512(sum, own, pairs, far, i, 1, -2 * step->far);
    float force[2] = {_mm512_mask_reduce_add_ps(0x5555, sum), _mm512_mask_reduce_add_ps(0xAAAA, sum)};
    descend(next, points, means, squares, i, force, step->rate);
  }
}
#endif

void sk_pacmap_move(float *next, const float *points, float *means, float *squares,
                    const sk_pacmap_pairs *near, const sk_pacmap_pairs *middle,
                    const sk_pacmap_pairs *far, size_t first, size_t last,
                    const sk_pacmap_step *step, int portable) {
#if defined(__x86_64__)
  if (!portable && sk_has_avx512()) {
    move_avx512(next, points, means, squares, near, middle, far, first, last, step);
    return;
  }
#endif
  move_portable(next, points, means, squares, near, middle, far, first, last, step);
}

double sk_pacmap_loss(const float *points, const sk_pacmap_pairs *near, const sk_pacmap_pairs *far,
                      size_t first, size_t last) {
  double loss = 0;
  for (size_t i = first; i < last; i++) {
    for (uint32_t e = near->offsets[i]; e < near->offsets[i + 1]; e++) {
      const float *other = points + 2 * (size_t)near->indices[e];
      double dx = points[2 * i] - other[0], dy = points[2 * i + 1] - other[1];
      double distance = 1 + dx * dx + dy * dy;
      loss += distance / (10 + distance);
    }
    for (uint32_t e = far->offsets[i]; e < far->offsets[i + 1]; e++) {
      const float *other = points + 2 * (size_t)far->indices[e];
      double dx = points[2 * i] - other[0], dy = points[2 * i + 1] - other[1];
      loss += 1 / (2 + dx * dx + dy * dy);
    }
  }
  return loss;
}
