#include "include/sk_projection_tree.h"

#include <string.h>

#include "sk_clones.h"

enum { leaf_points = 8, levels = 16 };

// The bits of a 16-bit number, one zero between each two.
static inline uint32_t spread_bits(uint32_t v) {
  v = (v | v << 8) & 0x00ff00ffu;
  v = (v | v << 4) & 0x0f0f0f0fu;
  v = (v | v << 2) & 0x33333333u;
  return (v | v << 1) & 0x55555555u;
}

static inline uint32_t cell(float value, float scale) {
  float cell = value * scale;
  return !(cell > 0) ? 0 : cell >= 65535 ? 65535 : (uint32_t)cell;
}

// Sorts by the upper 32 bits, equal ones in their order.
static void radix_sort(uint64_t *keys, uint64_t *spare, size_t count) {
  for (int shift = 32; shift < 64; shift += 8) {
    size_t places[257] = {0};
    for (size_t i = 0; i < count; i++) places[(keys[i] >> shift & 255) + 1]++;
    for (int digit = 0; digit < 256; digit++) places[digit + 1] += places[digit];
    for (size_t i = 0; i < count; i++) spare[places[keys[i] >> shift & 255]++] = keys[i];
    uint64_t *swap = keys;
    keys = spare;
    spare = swap;
  }
}

typedef struct {
  sk_tree_node *nodes;
  size_t count;
  const float *sorted;
  const uint64_t *keys;
  float side, angle;
} builder;

static void build(builder *tree, uint32_t first, uint32_t last, double *sum_x, double *sum_y) {
  size_t index = tree->count++;
  sk_tree_node *node = tree->nodes + index;
  uint32_t low = (uint32_t)(tree->keys[first] >> 32), high = (uint32_t)(tree->keys[last - 1] >> 32);
  // Levels on which all points share a cell are left out.
  int level = low == high ? levels : __builtin_clz(low ^ high) / 2;
  double x = 0, y = 0;
  node->first = node->last = 0;
  if (level == levels || last - first <= leaf_points) {
    for (uint32_t i = first; i < last; i++) {
      x += tree->sorted[2 * i];
      y += tree->sorted[2 * i + 1];
    }
    node->first = first;
    node->last = last;
  } else {
    int shift = 2 * (levels - 1 - level);
    for (uint32_t start = first; start < last;) {
      uint32_t digit = (uint32_t)(tree->keys[start] >> 32) >> shift & 3;
      uint32_t from = start, to = last;
      while (from < to) {  // the first point of a later child
        uint32_t middle = from + (to - from) / 2;
        if (((uint32_t)(tree->keys[middle] >> 32) >> shift & 3) == digit) from = middle + 1;
        else to = middle;
      }
      build(tree, start, from, &x, &y);
      start = from;
    }
  }
  float count = (float)(last - first), side = tree->side / (float)(1u << level);
  node->x = (float)(x / count);
  node->y = (float)(y / count);
  node->count = count;
  // Points that no level tells apart stand together at any distance.
  node->reach = level == levels && last - first > leaf_points
                    ? -1 : side * side / (tree->angle * tree->angle);
  node->skip = (uint32_t)tree->count;
  *sum_x += x;
  *sum_y += y;
}

size_t sk_tree_build(sk_tree_node *nodes, float *sorted, uint64_t *keys, uint64_t *spare,
                     const float *points, size_t count, float x, float y, float side,
                     float angle) {
  if (count == 0) return 0;
  float scale = side > 0 ? 65536 / side : 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t code = spread_bits(cell(points[2 * i] - x, scale)) |
                    spread_bits(cell(points[2 * i + 1] - y, scale)) << 1;
    keys[i] = (uint64_t)code << 32 | i;
  }
  radix_sort(keys, spare, count);
  for (size_t i = 0; i < count; i++)
    memcpy(sorted + 2 * i, points + 2 * (uint32_t)keys[i], 2 * sizeof(float));
  builder tree = {nodes, 0, sorted, keys, side, angle};
  double sum_x = 0, sum_y = 0;
  build(&tree, 0, (uint32_t)count, &sum_x, &sum_y);
  return tree.count;
}

SK_CLONES
double sk_tree_repulsion(float *forces, const float *points, size_t first, size_t last,
                         const sk_tree_node *nodes, size_t node_count, const float *sorted) {
  double total = 0;
  for (size_t i = first; i < last; i++) {
    float x = points[2 * i], y = points[2 * i + 1], force_x = 0, force_y = 0, sum = 0;
    for (size_t n = 0; n < node_count;) {
      const sk_tree_node *node = nodes + n;
      float dx = x - node->x, dy = y - node->y, square = dx * dx + dy * dy;
      if (square > node->reach) {
        float w = 1 / (1 + square), all = node->count * w;
        sum += all;
        force_x += all * w * dx;
        force_y += all * w * dy;
        n = node->skip;
        continue;
      }
      for (uint32_t j = node->first; j < node->last; j++) {
        dx = x - sorted[2 * j];
        dy = y - sorted[2 * j + 1];
        float w = 1 / (1 + dx * dx + dy * dy);
        sum += w;
        force_x += w * w * dx;
        force_y += w * w * dy;
      }
      n++;
    }
    forces[2 * i] = force_x;
    forces[2 * i + 1] = force_y;
    total += sum;
  }
  return total;
}
