// Products of stored weights with many float32 vectors, through a panel expanded into the cache.
#include "include/sk_blocks.h"
#include "include/sk_gemm.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sk_scratch.h"

float *sk_scratch(size_t floats) {
  static _Thread_local float *buffer;
  static _Thread_local size_t size;
  if (floats > size) {
    free(buffer);
    buffer = aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64);
    size = buffer ? floats : 0;
  }
  return buffer;
}

int sk_panel_product(int type, const void *const *row_pointers, size_t rows, size_t width,
                     size_t tokens, const float *x, size_t x_row, float beta, float *out,
                     size_t out_row) {
  size_t padded = (width + 15) / 16 * 16;
  float *tile = sk_scratch(2 * sk_panel_width * padded);
  if (!tile) return 0;
  float *panel = tile + sk_panel_width * padded;
  for (size_t r = 0; r < rows; r++)
    if (!sk_expand(type, tile + r * padded, row_pointers[r], width)) return 0;
  sk_pack_rows(panel, tile, padded, rows, width);
  sk_gemm_panel(tokens, rows, width, 1, x, x_row, 1, panel, beta, out, out_row);
  return 1;
}

// Rows expanded at a time: 1024 x 32 floats stay in the second-level cache.
enum { back_depth = 1024 };

int sk_panel_product_back(int type, const void *const *row_pointers, size_t rows,
                          size_t first_column, size_t columns, size_t tokens, const float *y,
                          size_t y_row, float beta, float *out, size_t out_row) {
  float *panel = sk_scratch(back_depth * sk_panel_width);
  if (!panel) return 0;
  if (columns < sk_panel_width) memset(panel, 0, back_depth * sk_panel_width * sizeof(float));
  for (size_t r = 0; r < rows; r += back_depth) {
    size_t depth = rows - r < back_depth ? rows - r : back_depth;
    for (size_t i = 0; i < depth; i++) {
      float *row = panel + i * sk_panel_width;
      if (!sk_expand_part(type, row, row_pointers[r + i], first_column, columns)) return 0;
    }
    sk_gemm_panel(tokens, columns, depth, 1, y + r, y_row, 1, panel, r == 0 ? beta : 1, out,
                  out_row);
  }
  return 1;
}
