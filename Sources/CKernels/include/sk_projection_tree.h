#pragma once
#include <stddef.h>
#include <stdint.h>

// A quadtree over a map for Barnes and Hut's approximation of the repulsion.

/// Nodes lie in depth-first order: a node's first child follows it, `skip` is the next node that
/// is not below it.
typedef struct {
  float x, y;     // mean of the points
  float count;
  float reach;    // squared distance from which the node stands for its points; less than 0 never
  uint32_t skip;
  uint32_t first, last;  // points of a leaf, in sorted order; empty for other nodes
} sk_tree_node;

/// Builds a tree of at most 2 * count nodes and returns their number. `sorted` receives the points
/// as x, y pairs in the tree's order; `keys` and `spare` have `count` entries. `side` is the side of
/// the square at (x, y) that holds all points; `angle` is Barnes and Hut's theta.
size_t sk_tree_build(sk_tree_node *nodes, float *sorted, uint64_t *keys, uint64_t *spare,
                     const float *points, size_t count, float x, float y, float side, float angle);

/// forces[i] = sum over j of (y_i - y_j) / (1 + |y_i - y_j|^2)^2 for points `first ..< last`;
/// returns the sum of 1 / (1 + |y_i - y_j|^2), each point's 1 with itself included.
double sk_tree_repulsion(float *forces, const float *points, size_t first, size_t last,
                         const sk_tree_node *nodes, size_t node_count, const float *sorted);
