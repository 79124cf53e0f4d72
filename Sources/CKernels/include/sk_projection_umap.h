#pragma once
#include <stddef.h>
#include <stdint.h>

/// One epoch of UMAP (McInnes, Healy and Melville 2018) for some of the points.
typedef struct {
  /// The curve of the map: 1 / (1 + a d^2b).
  float a, b;
  /// The step size.
  float rate;
  /// Random others that push, for each neighbour that pulls.
  uint32_t negatives;
  uint32_t epoch;
  /// Points in all.
  uint32_t count;
  uint64_t seed;
} sk_umap_epoch;

/// Moves points `first..<last` of `points` (x, y pairs) into `next`.
///
/// A neighbour pulls in a share of the epochs, its rate divided by 2^32. Each point is moved by its
/// own neighbours one after the other, while all others stand where they stood: the result depends
/// on neither the order of the points nor on how they are dealt to threads.
void sk_umap_move(float *next, const float *points, const uint32_t *offsets,
                  const uint32_t *indices, const uint32_t *rates, size_t first, size_t last,
                  const sk_umap_epoch *epoch);

/// What the moves descend, summed over points `first..<last`: attraction over all memberships and
/// repulsion over `samples` seeded others a point (Damrich and Hamprecht 2021, equation 5).
double sk_umap_loss(const float *points, const uint32_t *offsets, const uint32_t *indices,
                    const float *values, size_t first, size_t last, uint32_t samples,
                    const sk_umap_epoch *epoch);
