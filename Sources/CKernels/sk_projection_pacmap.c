#include "include/sk_projection_pacmap.h"

#include <math.h>

#include "sk_clones.h"

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

SK_CLONES
void sk_pacmap_move(float *next, const float *points, float *means, float *squares,
                    const sk_pacmap_pairs *near, const sk_pacmap_pairs *middle,
                    const sk_pacmap_pairs *far, size_t first, size_t last,
                    const sk_pacmap_step *step) {
  for (size_t i = first; i < last; i++) {
    float force[2] = {0, 0};
    add_pairs(force, points, near, i, 10, 20 * step->near);
    if (step->middle > 0) add_pairs(force, points, middle, i, 10000, 20000 * step->middle);
    add_pairs(force, points, far, i, 1, -2 * step->far);
    for (size_t place = 2 * i; place < 2 * i + 2; place++) {
      float gradient = force[place - 2 * i];
      means[place] += 0.1f * (gradient - means[place]);
      squares[place] += 0.001f * (gradient * gradient - squares[place]);
      next[place] = points[place] - step->rate * means[place] / (sqrtf(squares[place]) + 1e-7f);
    }
  }
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
