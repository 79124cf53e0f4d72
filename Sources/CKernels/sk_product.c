// Products of stored weights with many float32 vectors.
//
// Depth by depth: a group of panels of weights is expanded into the second-level cache, then every
// tile of 14 vectors, which stays in the first-level cache, is multiplied with all of them. So a
// weight is expanded once for all vectors, and a vector is read from memory once for each group.
#include "include/sk_blocks.h"
#include "include/sk_gemm.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sk_scratch.h"

// Elements of a product that are summed at a time: a tile of vectors takes 28 KB of the first-level
// cache, a group of panels 512 KB of the second. Parts of quantised rows begin at multiples of 32.
// Rows that are little longer are taken whole.
enum { usual_depth = 512, largest_depth = 768 };

static size_t depth_of(size_t width) { return width <= largest_depth ? width : usual_depth; }

// Vectors a multiple of 4 KB apart would all fall into the same lines of the first-level cache, so
// those are packed into tiles; others are read where they lie, which saves a pass over memory.
static int packs(size_t width) { return width > largest_depth && width % 1024 == 0; }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t tiles_of(size_t tokens) { return (tokens + sk_token_tile - 1) / sk_token_tile; }

size_t sk_packed_floats(size_t tokens, size_t width) {
  return packs(width) ? tiles_of(tokens) * sk_token_tile * width : 0;
}

void sk_pack_vectors(float *packed, const float *x, size_t tokens, size_t width, size_t tile) {
  size_t first = tile * sk_token_tile, count = least(tokens - first, sk_token_tile);
  size_t all = tiles_of(tokens) * sk_token_tile, depth = depth_of(width);
  for (size_t start = 0; start < width; start += depth) {
    size_t length = least(width - start, depth);
    sk_pack_tile(packed + start * all + first * length, x + first * width + start, width, count,
                 length);
  }
}

// Every vector with every panel, from element `start` on.
static void multiply(const float *x, size_t width, size_t tokens, size_t start, size_t length,
                     const float *panels, size_t columns, float beta, float *out, size_t out_row) {
  int is_packed = packs(width);
  x += is_packed ? start * tiles_of(tokens) * sk_token_tile : start;
  size_t row = is_packed ? length : width;
  // The next tile is asked for while this one is multiplied: of a packed one a part with every
  // panel, of rows as they lie all with the last.
  size_t share = length * sk_token_tile * sk_panel_width / (columns + sk_panel_width - 1);
  for (size_t first = 0; first < tokens; first += sk_token_tile) {
    size_t count = least(tokens - first, sk_token_tile);
    const float *tile = x + first * row, *next = tile + sk_token_tile * row;
    for (size_t c = 0; c < columns; c += sk_panel_width, next += share) {
      size_t n = least(columns - c, sk_panel_width);
      float *target = out + first * out_row + c;
      for (size_t ahead = 0; is_packed && ahead < share; ahead += 16)
        __builtin_prefetch(next + ahead, 0, 2);
      if (is_packed)
        sk_gemm_tile(count, n, length, tile, panels + c * length, beta, target, out_row);
      else if (count == sk_token_tile && c + n == columns)
        sk_gemm_rows(n, length, tile, width, panels + c * length, beta, target, out_row);
      else
        sk_gemm_panel(count, n, length, 1, tile, width, 1, panels + c * length, beta, target,
                      out_row);
    }
  }
}

int sk_product(int type, const void *const *row_pointers, size_t rows, size_t width, size_t tokens,
               const float *x, float beta, float *out, size_t out_row) {
  size_t depth = depth_of(width), padded = (depth + 15) / 16 * 16;
  size_t panel_rows = (rows + sk_panel_width - 1) / sk_panel_width * sk_panel_width;
  float *lines = sk_scratch((sk_panel_width + panel_rows) * padded);
  if (!lines) return 0;
  float *panels = lines + sk_panel_width * padded;
  for (size_t start = 0; start < width; start += depth) {
    size_t length = least(width - start, depth);
    for (size_t r = 0; r < rows; r += sk_panel_width) {
      size_t count = least(rows - r, sk_panel_width);
      for (size_t i = 0; i < count; i++)
        if (!sk_expand_part(type, lines + i * padded, row_pointers[r + i], start, length)) return 0;
      sk_pack_rows(panels + r * length, lines, padded, count, length);
    }
    multiply(x, width, tokens, start, length, panels, rows, start == 0 ? beta : 1, out, out_row);
  }
  return 1;
}

int sk_product_back(int type, const void *const *row_pointers, size_t rows, size_t first_column,
                    size_t columns, size_t tokens, const float *y, float beta, float *out,
                    size_t out_row) {
  size_t depth = depth_of(rows);
  size_t padded = (columns + sk_panel_width - 1) / sk_panel_width * sk_panel_width;
  float *line = sk_scratch(padded * (depth + 1));
  if (!line) return 0;
  float *panels = line + padded;
  memset(line, 0, padded * sizeof(float));
  for (size_t start = 0; start < rows; start += depth) {
    size_t length = least(rows - start, depth);
    for (size_t i = 0; i < length; i++) {
      if (!sk_expand_part(type, line, row_pointers[start + i], first_column, columns)) return 0;
      for (size_t c = 0; c < padded; c += sk_panel_width)
        memcpy(panels + c * length + i * sk_panel_width, line + c, sk_panel_width * sizeof(float));
    }
    multiply(y, rows, tokens, start, length, panels, columns, start == 0 ? beta : 1, out, out_row);
  }
  return 1;
}
