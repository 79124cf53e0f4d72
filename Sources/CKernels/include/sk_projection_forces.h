#pragma once
#include <stddef.h>
#include <stdint.h>

// Points lie as x, y pairs. Gradients leave out t-SNE's factor 4. Sparse rows are padded to
// multiples of 16 entries; padding has value 0 and any valid index.

/// For rows `first ..< last`: forces[i] = sum over j of p_ij (y_i - y_j) / (1 + |y_i - y_j|^2).
/// `offsets` has one entry a row and one more. `portable` avoids instructions beyond the baseline.
void sk_attraction(float *forces, const float *points, const uint32_t *offsets,
                   const uint32_t *indices, const float *values, size_t first, size_t last,
                   int portable);

/// The sum over rows `first ..< last` of p_ij ln(1 + |y_i - y_j|^2).
double sk_attraction_divergence(const float *points, const uint32_t *offsets,
                                const uint32_t *indices, const float *values, size_t first,
                                size_t last);

/// For points `first ..< last`: forces[i] = sum over j of (y_i - s_j) / (1 + |y_i - s_j|^2)^2.
/// The sources' coordinates are apart in `x` and `y`, padded with 1e18 to `padded`, a multiple of
/// 16. Writes the sum over j of 1 / (1 + |y_i - s_j|^2) to `sums[i]` unless it is null; returns
/// the sum of all of them.
double sk_exact_repulsion(float *forces, float *sums, const float *points, const float *x,
                          const float *y, size_t padded, size_t first, size_t last);

/// How one step moves the points.
typedef struct {
  float exaggeration;
  float inverse_normalisation;  // 1 / Z
  float learning_rate;
  float momentum;
  float largest_step;
  float least_gain;
  float shift_x, shift_y;  // added to every point
} sk_descent;

/// Sums over the moved points, for centring and for the next grid.
typedef struct {
  double x, y;
  float lowest_x, lowest_y, highest_x, highest_y;
} sk_layout_sums;

/// One step of gradient descent with momentum, gains and clipping on points `first ..< last`.
void sk_descend(float *points, float *velocities, float *gains, const float *attraction,
                const float *repulsion, size_t first, size_t last, const sk_descent *descent,
                sk_layout_sums *sums);
