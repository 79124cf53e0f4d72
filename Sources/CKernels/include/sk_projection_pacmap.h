#pragma once
#include <stddef.h>
#include <stdint.h>

/// One step of PaCMAP (Wang, Huang, Rudin and Shaposhnik 2021): Adam on its three kinds of pairs.
typedef struct {
  /// Weights of near, middle and far pairs.
  float near, middle, far;
  /// Adam's step size with its corrections for a step's number.
  float rate;
} sk_pacmap_step;

/// The pairs of a kind: row i pulls or pushes with `indices[offsets[i]..<offsets[i + 1]]`, and each
/// pair stands in both rows.
typedef struct {
  const uint32_t *offsets;
  const uint32_t *indices;
} sk_pacmap_pairs;

/// Moves points `first..<last` of `points` (x, y pairs) into `next`; `means` and `squares` are Adam's
/// moments of the same shape. Points depend on `points` alone, so any split gives the same bits.
/// `portable` avoids instructions beyond the baseline.
void sk_pacmap_move(float *next, const float *points, float *means, float *squares,
                    const sk_pacmap_pairs *near, const sk_pacmap_pairs *middle,
                    const sk_pacmap_pairs *far, size_t first, size_t last,
                    const sk_pacmap_step *step, int portable);

/// The loss of points `first..<last` with the weights of the last phase, each pair counted from both
/// of its rows.
double sk_pacmap_loss(const float *points, const sk_pacmap_pairs *near, const sk_pacmap_pairs *far,
                      size_t first, size_t last);
