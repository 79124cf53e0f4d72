#pragma once
#include <stddef.h>
#include <stdint.h>

#include "sk_gemm.h"

/// Packs up to `sk_panel_width` (32) rows of `points` (stride floats apart) as (columns, 32), zeros in place of
/// missing rows, and writes their squared lengths to `norms` (32; infinity for missing rows).
void sk_pack_panel(float *panel, float *norms, const float *points, size_t rows, size_t columns,
                   size_t stride);

/// One search: candidates of each of `query_count` queries, gathered panel by panel.
typedef struct {
  size_t columns;
  size_t query_count;    // at most sk_query_block
  size_t wanted;         // nearest candidates to keep
  size_t capacity;       // room for each query: at least wanted + 64
  const float *queries;  // (columns, sk_query_block), a query a column
  float *thresholds;     // (query_count): squared length of a point less twice the product
  uint32_t *counts;      // (query_count)
  float *distances;      // (query_count, capacity)
  uint32_t *indices;     // (query_count, capacity)
} sk_neighbour_search;

enum { sk_query_block = 12 };

/// Compares the queries with every point of the panels `first ..< last`, keeping at least the
/// nearest `wanted` of all points seen so far. `norms` holds 32 values a panel.
/// `portable` avoids what is written for AVX-512 by hand; both ways see the same points in order.
void sk_search_panels(sk_neighbour_search *search, const float *panels, const float *norms,
                      size_t first, size_t last, int portable);

/// Orders one query's candidates by their exact distance to `query` (direct differences, then the
/// lower index) and writes the nearest `count` of them, leaving out the index `self`. Returns how
/// many there were. `points` is (any, columns), packed.
size_t sk_take_nearest(const sk_neighbour_search *search, size_t query_index, const float *query,
                       const float *points, uint32_t self, size_t count, uint32_t *indices,
                       float *squared_distances);

/// The squared distance of two rows.
float sk_squared_distance(const float *a, const float *b, size_t columns);

/// values[i] += addends[i].
void sk_add_rows(float *values, const float *addends, size_t count);

/// How many values are below a limit.
size_t sk_count_below(const float *values, size_t count, float limit);
