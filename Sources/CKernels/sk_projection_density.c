#include "include/sk_projection_density.h"

#include "sk_clones.h"
#include "sk_exponential.h"

#define LANES 16

// Squared distances of a point to sixteen neighbours, and their weights by the curve: 0 for what is no
// edge.
static inline __attribute__((always_inline)) void weigh(float *dx, float *dy, float *square,
                                                        float *weight, const float *points,
                                                        const sk_density_graph *graph, size_t i,
                                                        uint32_t e) {
  const float x = points[2 * i], y = points[2 * i + 1], a = graph->a, b = graph->b;
  for (int lane = 0; lane < LANES; lane++) {
    const float *other = points + 2 * (size_t)graph->indices[e + (uint32_t)lane];
    dx[lane] = x - other[0];
    dy[lane] = y - other[1];
  }
  for (int lane = 0; lane < LANES; lane++) {
    float s = dx[lane] * dx[lane] + dy[lane] * dy[lane];
    float power = exponential(b * logarithm(s > 1e-30f ? s : 1e-30f));
    square[lane] = s;
    weight[lane] = graph->values[e + (uint32_t)lane] > 0 ? 1 / (1 + a * power) : 0;
  }
}

SK_CLONES
void sk_density_radii(float *radii, float *sums, const float *points, const sk_density_graph *graph,
                      size_t first, size_t last) {
  for (size_t i = first; i < last; i++) {
    float total[LANES] = {0}, moment[LANES] = {0};
    for (uint32_t e = graph->offsets[i]; e < graph->offsets[i + 1]; e += LANES) {
      float dx[LANES], dy[LANES], square[LANES], weight[LANES];
      weigh(dx, dy, square, weight, points, graph, i, e);
      for (int lane = 0; lane < LANES; lane++) {
        total[lane] += weight[lane];
        moment[lane] += weight[lane] * square[lane];
      }
    }
    float sum = 0, radius = 0;
    for (int lane = 0; lane < LANES; lane++) {
      sum += total[lane];
      radius += moment[lane];
    }
    sums[i] = sum;
    radii[i] = sum > 0 ? radius / sum : 0;
  }
}

SK_CLONES
void sk_density_row_radii(float *radii, const float *rows, size_t columns,
                          const sk_density_graph *graph, size_t first, size_t last) {
  for (size_t i = first; i < last; i++) {
    const float *own = rows + i * columns;
    double sum = 0, moment = 0;
    for (uint32_t e = graph->offsets[i]; e < graph->offsets[i + 1]; e++) {
      if (graph->values[e] <= 0) continue;
      const float *other = rows + (size_t)graph->indices[e] * columns;
      double square = 0;
      for (size_t column = 0; column < columns; column++) {
        double difference = (double)own[column] - other[column];
        square += difference * difference;
      }
      sum += graph->values[e];
      moment += graph->values[e] * square;
    }
    radii[i] = sum > 0 ? (float)(moment / sum) : 0;
  }
}

SK_CLONES
void sk_density_forces(float *forces, const float *points, const float *radii, const float *sums,
                       const float *slopes, const sk_density_graph *graph, size_t first,
                       size_t last) {
  const float b = graph->b;
  for (size_t i = first; i < last; i++) {
    const float own = sums[i] > 0 ? slopes[i] / sums[i] : 0, far = own * radii[i];
    float force_x[LANES] = {0}, force_y[LANES] = {0};
    for (uint32_t e = graph->offsets[i]; e < graph->offsets[i + 1]; e += LANES) {
      float dx[LANES], dy[LANES], square[LANES], weight[LANES], near[LANES], wide[LANES];
      weigh(dx, dy, square, weight, points, graph, i, e);
      for (int lane = 0; lane < LANES; lane++) {
        size_t other = graph->indices[e + (uint32_t)lane];
        float share = sums[other] > 0 ? slopes[other] / sums[other] : 0;
        near[lane] = own + share;
        wide[lane] = far + share * radii[other];
      }
      for (int lane = 0; lane < LANES; lane++) {
        // The weight falls with the squared distance s by b w (1 - w) / s.
        float fall = b * (1 - weight[lane]);
        float s = square[lane] > 1e-30f ? square[lane] : 1e-30f;
        float factor = 2 * weight[lane] * ((1 - fall) * near[lane] + fall / s * wide[lane]);
        force_x[lane] += factor * dx[lane];
        force_y[lane] += factor * dy[lane];
      }
    }
    float x = 0, y = 0;
    for (int lane = 0; lane < LANES; lane++) {
      x += force_x[lane];
      y += force_y[lane];
    }
    forces[2 * i] = x;
    forces[2 * i + 1] = y;
  }
}

void sk_add_limited(float *values, const float *addends, float scale, float limit, float rate,
                    size_t first, size_t last) {
  for (size_t i = first; i < last; i++) {
    float step = scale * addends[i];
    values[i] += rate * (step > limit ? limit : step < -limit ? -limit : step);
  }
}
