// Nearest neighbours by brute force: a tile of inner products lives in registers only, and is
// compared with each query's threshold before it is forgotten.
#include "include/sk_projection_neighbours.h"

#include <math.h>
#include <string.h>

#include "sk_clones.h"
#include "sk_processor.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

void sk_pack_panel(float *panel, float *norms, const float *points, size_t rows, size_t columns,
                   size_t stride) {
  for (size_t lane = 0; lane < sk_panel_width; lane++) {
    if (lane >= rows) {
      for (size_t k = 0; k < columns; k++) panel[k * sk_panel_width + lane] = 0;
      norms[lane] = INFINITY;
      continue;
    }
    const float *point = points + lane * stride;
    double norm = 0;
    for (size_t k = 0; k < columns; k++) {
      panel[k * sk_panel_width + lane] = point[k];
      norm += (double)point[k] * point[k];
    }
    norms[lane] = (float)norm;
  }
}

// A distance and an index as one number that sorts by distance, then index.
static inline uint64_t key_of(float distance, uint32_t index) {
  uint32_t bits;
  memcpy(&bits, &distance, sizeof bits);
  bits ^= (bits >> 31) ? 0xffffffffu : 0x80000000u;
  return (uint64_t)bits << 32 | index;
}

static inline float distance_of(uint64_t key) {
  uint32_t bits = (uint32_t)(key >> 32);
  bits ^= (bits >> 31) ? 0x80000000u : 0xffffffffu;
  float distance;
  memcpy(&distance, &bits, sizeof distance);
  return distance;
}

// Moves the `wanted` smallest keys to the front (Hoare's selection); returns the largest of them.
static uint64_t select_smallest(uint64_t *keys, size_t count, size_t wanted) {
  size_t low = 0, high = count - 1, target = wanted - 1;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    uint64_t a = keys[low], b = keys[middle], c = keys[high];
    uint64_t pivot = a < b ? (b < c ? b : (a < c ? c : a)) : (a < c ? a : (b < c ? c : b));
    size_t i = low, j = high;
    for (;;) {
      while (keys[i] < pivot) i++;
      while (keys[j] > pivot) j--;
      if (i >= j) break;
      uint64_t swap = keys[i];
      keys[i++] = keys[j];
      keys[j--] = swap;
    }
    // Keys differ (their indices do), so j is the last position of the lower part.
    if (keys[j] > pivot) j--;
    if (target <= j) high = j;
    else low = j + 1;
  }
  return keys[target];
}

static __attribute__((noinline)) void prune(sk_neighbour_search *search, size_t query) {
  size_t count = search->counts[query], wanted = search->wanted;
  if (count <= wanted) return;
  float *distances = search->distances + query * search->capacity;
  uint32_t *indices = search->indices + query * search->capacity;
  uint64_t keys[count];
  for (size_t i = 0; i < count; i++) keys[i] = key_of(distances[i], indices[i]);
  uint64_t last = select_smallest(keys, count, wanted);
  for (size_t i = 0; i < wanted; i++) {
    distances[i] = distance_of(keys[i]);
    indices[i] = (uint32_t)keys[i];
  }
  search->counts[query] = (uint32_t)wanted;
  search->thresholds[query] = distance_of(last);
}

SK_CLONES static void search_portable(sk_neighbour_search *search, const float *panels,
                                      const float *norms, size_t first, size_t last) {
  // The same bits with whatever instructions, as in squared_distance below.
#pragma clang fp contract(off)
  size_t columns = search->columns;
  for (size_t p = first; p < last; p++) {
    const float *panel = panels + p * columns * sk_panel_width;
    for (size_t query = 0; query < search->query_count; query++) {
      float products[sk_panel_width] = {0};
      for (size_t k = 0; k < columns; k++) {
        float value = search->queries[k * sk_query_block + query];
        for (size_t lane = 0; lane < sk_panel_width; lane++)
          products[lane] += value * panel[k * sk_panel_width + lane];
      }
      float *distances = search->distances + query * search->capacity;
      uint32_t *indices = search->indices + query * search->capacity;
      uint32_t count = search->counts[query];
      for (size_t lane = 0; lane < sk_panel_width; lane++) {
        float distance = norms[p * sk_panel_width + lane] - 2 * products[lane];
        if (distance < search->thresholds[query]) {
          distances[count] = distance;
          indices[count++] = (uint32_t)(p * sk_panel_width + lane);
        }
      }
      search->counts[query] = count;
      if (count + sk_panel_width > search->capacity) prune(search, query);
    }
  }
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))
static void search_avx512(sk_neighbour_search *search, const float *panels, const float *norms,
                          size_t first, size_t last) {
  size_t columns = search->columns;
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (size_t p = first; p < last; p++) {
    const float *panel = panels + p * columns * sk_panel_width;
    const float *queries = search->queries;
    __m512 low[sk_query_block], high[sk_query_block];
#pragma clang loop unroll(full)
    for (int q = 0; q < sk_query_block; q++) low[q] = high[q] = _mm512_setzero_ps();
    for (size_t k = 0; k < columns; k++) {
      __m512 a = _mm512_loadu_ps(panel), b = _mm512_loadu_ps(panel + 16);
#pragma clang loop unroll(full)
      for (int q = 0; q < sk_query_block; q++) {
        __m512 value = _mm512_set1_ps(queries[q]);
        low[q] = _mm512_fmadd_ps(value, a, low[q]);
        high[q] = _mm512_fmadd_ps(value, b, high[q]);
      }
      panel += sk_panel_width;
      queries += sk_query_block;
    }
    __m512 norm_low = _mm512_loadu_ps(norms + p * sk_panel_width);
    __m512 norm_high = _mm512_loadu_ps(norms + p * sk_panel_width + 16);
    __m512 minus_two = _mm512_set1_ps(-2);
#pragma clang loop unroll(full)
    for (int q = 0; q < sk_query_block; q++) {
      if ((size_t)q >= search->query_count) break;
      __m512 threshold = _mm512_set1_ps(search->thresholds[q]);
      __m512 d0 = _mm512_fmadd_ps(minus_two, low[q], norm_low);
      __m512 d1 = _mm512_fmadd_ps(minus_two, high[q], norm_high);
      __mmask16 hit0 = _mm512_cmp_ps_mask(d0, threshold, _CMP_LT_OQ);
      __mmask16 hit1 = _mm512_cmp_ps_mask(d1, threshold, _CMP_LT_OQ);
      if (__builtin_expect((hit0 | hit1) == 0, 1)) continue;
      // Compressed in registers: compressing stores are slow on some processors.
      float *distances = search->distances + q * search->capacity;
      uint32_t *indices = search->indices + q * search->capacity;
      size_t count = search->counts[q];
      __m512i base = _mm512_add_epi32(lanes, _mm512_set1_epi32((int)(p * sk_panel_width)));
      _mm512_storeu_ps(distances + count, _mm512_maskz_compress_ps(hit0, d0));
      _mm512_storeu_si512(indices + count, _mm512_maskz_compress_epi32(hit0, base));
      count += (size_t)__builtin_popcount(hit0);
      base = _mm512_add_epi32(base, _mm512_set1_epi32(16));
      _mm512_storeu_ps(distances + count, _mm512_maskz_compress_ps(hit1, d1));
      _mm512_storeu_si512(indices + count, _mm512_maskz_compress_epi32(hit1, base));
      count += (size_t)__builtin_popcount(hit1);
      search->counts[q] = (uint32_t)count;
      // Room for a panel's hits plus the full vectors they are stored as.
      if (count + sk_panel_width + 16 > search->capacity) prune(search, (size_t)q);
    }
  }
}
#endif

void sk_search_panels(sk_neighbour_search *search, const float *panels, const float *norms,
                      size_t first, size_t last, int portable) {
#if defined(__x86_64__)
  if (!portable && sk_has_avx512()) {
    search_avx512(search, panels, norms, first, last);
    return;
  }
#endif
  (void)portable;
  search_portable(search, panels, norms, first, last);
}

static inline __attribute__((always_inline)) float squared_distance(
    const float *restrict a, const float *restrict b, size_t columns) {
  // Sixteen partial sums: one vector, and the same order of additions for every processor. No
  // square is fused with its sum: processors that can would order neighbours unlike the others.
#pragma clang fp contract(off)
  float sums[16] = {0};
  size_t k = 0;
  for (; k + 16 <= columns; k += 16)
    for (size_t lane = 0; lane < 16; lane++) {
      float difference = a[k + lane] - b[k + lane];
      sums[lane] += difference * difference;
    }
  for (; k < columns; k++) {
    float difference = a[k] - b[k];
    sums[k % 16] += difference * difference;
  }
  float sum = 0;
  for (size_t lane = 0; lane < 16; lane++) sum += sums[lane];
  return sum;
}

SK_CLONES
float sk_squared_distance(const float *a, const float *b, size_t columns) {
  return squared_distance(a, b, columns);
}

SK_CLONES
size_t sk_take_nearest(const sk_neighbour_search *search, size_t query_index, const float *query,
                       const float *points, uint32_t self, size_t count, uint32_t *indices,
                       float *squared_distances) {
  size_t found = search->counts[query_index], kept = 0;
  const uint32_t *candidates = search->indices + query_index * search->capacity;
  uint64_t keys[found + 1];
  for (size_t i = 0; i < found; i++) {
    uint32_t index = candidates[i];
    if (index == self) continue;
    float distance = squared_distance(query, points + (size_t)index * search->columns,
                                      search->columns);
    keys[kept++] = key_of(distance, index);
  }
  if (kept > count) select_smallest(keys, kept, count);
  else count = kept;
  // Shell sort: a hundred keys or so.
  for (size_t gap = count / 2; gap > 0; gap /= 2)
    for (size_t i = gap; i < count; i++) {
      uint64_t key = keys[i];
      size_t j = i;
      for (; j >= gap && keys[j - gap] > key; j -= gap) keys[j] = keys[j - gap];
      keys[j] = key;
    }
  for (size_t i = 0; i < count; i++) {
    indices[i] = (uint32_t)keys[i];
    squared_distances[i] = distance_of(keys[i]);
  }
  return count;
}

SK_CLONES
void sk_add_rows(float *restrict values, const float *restrict addends, size_t count) {
  for (size_t i = 0; i < count; i++) values[i] += addends[i];
}

SK_CLONES
size_t sk_count_below(const float *values, size_t count, float limit) {
  uint32_t below = 0;
  for (size_t i = 0; i < count; i++) below += values[i] < limit;
  return below;
}
