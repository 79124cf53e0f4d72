// What products on the matrix unit share: the form of the vectors, and the tiles.
#pragma once
#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "include/sk_amx.h"

#define SK_AMX \
  __attribute__((target("amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,f16c,fma")))
#define SK_AMX_INLINE static inline __attribute__((always_inline)) SK_AMX

enum {
  side = sk_amx_side,               // rows of `a`, or columns of `b`, of one block
  chunk_depth = 32,                 // elements of depth
  tile_elements = 16 * 32,          // of one tile
  part_elements = 2 * tile_elements,
  depth_parts = 2304                // a piece's depth times its parts
};

// Eight tiles of 16 rows of 64 bytes, for the calling thread.
SK_AMX_INLINE void sk_amx_configure(void) {
  struct {
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } config;
  memset(&config, 0, sizeof config);
  config.palette = 1;
  for (int i = 0; i < 8; i++) config.bytes[i] = 64, config.rows[i] = 16;
  _tile_loadconfig(&config);
}

#define MULTIPLY \
  _tile_dpbf16ps(0, 4, 6); _tile_dpbf16ps(1, 4, 7); \
  _tile_dpbf16ps(2, 5, 6); _tile_dpbf16ps(3, 5, 7);
#define LOAD_A(part) \
  _tile_loadd(4, a + (part) * part_elements, 64); \
  _tile_loadd(5, a + (part) * part_elements + tile_elements, 64);
#define LOAD_B(part) \
  _tile_loadd(6, b + (part) * part_elements, 64); \
  _tile_loadd(7, b + (part) * part_elements + tile_elements, 64);

// Lanes that are there of 16, where `left` numbers are left.
SK_AMX_INLINE __mmask16 lanes(size_t left) {
  return left >= 16 ? 0xffff : (__mmask16)((1u << left) - 1);
}

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t up(size_t count, size_t to) { return (count + to - 1) / to; }

// Depths that are equal but for the last, and no longer than they may be.
static inline size_t depth_of(int parts, size_t width) {
  size_t pieces = up(width, depth_parts / (size_t)parts);
  return up(up(width, pieces), chunk_depth) * chunk_depth;
}

// Of 32 vectors: their parts, and where they are exact the sum of each one's 32 elements.
static inline size_t vector_chunk(int parts) {
  return (size_t)parts * part_elements + (parts == sk_amx_exact ? 2 * side : 0);
}

// Where the vectors' elements from `start` on lie: depths one after the other, tiles in each.
static inline size_t place(int parts, size_t tokens, size_t start) {
  return sk_amx_tiles(tokens) * (start / chunk_depth) * vector_chunk(parts);
}

// The vectors of tile `first / side` on, from element `start` on, which are so many chunks deep.
static inline const uint16_t *vectors_at(int parts, const float *packed, size_t tokens,
                                         size_t start, size_t first, size_t chunks) {
  return (const uint16_t *)packed + place(parts, tokens, start) +
         first / side * chunks * vector_chunk(parts);
}

// A chunk of 32 columns whose weights are whole numbers.
enum { sk_amx_block_bytes = 2 * part_elements + 4 * 2 * side };

// As sk_amx_product, of weights in blocks of whole numbers with a scale; -1 for other types.
__attribute__((visibility("hidden")))
int sk_amx_product_blocks(int type, const void *const *row_pointers, size_t rows, size_t width,
                          size_t tokens, size_t first, size_t count, const float *packed,
                          float beta, float *out, size_t out_row);
#endif
