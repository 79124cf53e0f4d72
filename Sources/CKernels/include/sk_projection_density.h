#pragma once
#include <stddef.h>
#include <stdint.h>

// The local radii of a map's points, and what moves them (Narayan, Berger and Cho 2021). Points lie as
// x, y pairs. Sparse rows are padded to multiples of 16 entries; entries of value 0 are no edges.

/// A graph of neighbours, and the curve that says how near two points of a map are:
/// 1 / (1 + a d^2b).
typedef struct {
  const uint32_t *offsets;
  const uint32_t *indices;
  const float *values;
  float a, b;
} sk_density_graph;

/// For rows `first ..< last`: the mean squared distance to a point's neighbours on the map, weighted by
/// the curve, and the sum of those weights; zeros for a point without neighbours.
void sk_density_radii(float *radii, float *sums, const float *points, const sk_density_graph *graph,
                      size_t first, size_t last);

/// The same of the rows of a matrix (any, columns), weighted by the graph's values.
void sk_density_row_radii(float *radii, const float *rows, size_t columns,
                          const sk_density_graph *graph, size_t first, size_t last);

/// For rows `first ..< last`: forces[i] = the derivative by point i of the sum over k of
/// slopes[k] * radii[k], where `radii` and `sums` are what ``sk_density_radii`` gives.
void sk_density_forces(float *forces, const float *points, const float *radii, const float *sums,
                       const float *slopes, const sk_density_graph *graph, size_t first,
                       size_t last);

/// values[i] += scale * addends[i] with each addend at most `limit` in magnitude after scaling, times
/// `rate`.
void sk_add_limited(float *values, const float *addends, float scale, float limit, float rate,
                    size_t first, size_t last);
