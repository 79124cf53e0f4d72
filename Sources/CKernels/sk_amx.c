// Products of float32 matrices on a matrix unit that multiplies bfloat16 (Intel's AMX).
//
// A float32 has 24 bits and a bfloat16 has 8, so every number is split exactly into three: x =
// high + middle + low. Of the nine products of two such sums the three smallest lie below float32's
// last bit; the other six are summed in float32 by the unit. That costs six times the unit's work
// and is as precise as float32. Products that make gradients leave the low part away: three
// products, 16 bits of every number. Fast ones take the high part alone: one product
// (docs/performance.md has errors and speed of all).

//
// Tiles are 16 rows of 64 bytes. Four of the eight hold 32 x 32 sums, two 32 rows of `a`, two 32
// columns of `b`, of 32 elements of depth at a time (a chunk):
//   a chunk of `a`: part, half (2), row (16), element (32)
//   a chunk of `b`: part, half (2), pair of elements (16), column (16), element of the pair (2)
// so a chunk of either is 2 KB a part; where `a` is exact, each row's sum over the chunk follows, for
// sk_amx_blocks.c. Some 300 columns of `b` stay in the second-level cache, where they meet every 32
// rows of `a`; those are split once for all columns.
#include "include/sk_amx.h"

#include <stdint.h>
#include <string.h>

#include "include/sk_blocks.h"
#include "sk_scratch.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sk_amx_tiles.h"
#include "sk_transpose.h"

enum {
  most_parts = 3,
  columns_bytes = 1200000           // of a piece's columns: with some rows they fill 2 MB of cache
};

// Linux lets a process use tiles once it has asked: arch_prctl(2), ARCH_REQ_XCOMP_PERM.
static int ask(void) {
  unsigned a, b, c, d;
  if (sk_is_off("SEER_AMX") || !sk_has_avx512()) return 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  if (!(d >> 22 & 1) || !(d >> 24 & 1)) return 0;  // amx-bf16, amx-tile
  if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a >> 5 & 1)) return 0;  // avx512-bf16
  return syscall(SYS_arch_prctl, 0x1023, 18) == 0;
}

int sk_amx_supported(void) {
  static int answer;
  return sk_known(&answer, ask);
}

// 32 numbers as bfloat16: the first 16 from `low`, the others from `high`.
SK_AMX_INLINE __m512i rounded(__m512 low, __m512 high) {
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}
SK_AMX_INLINE __m512 low_half(__m512i x) {
  return _mm512_castsi512_ps(
      _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(x)), 16));
}
SK_AMX_INLINE __m512 high_half(__m512i x) {
  return _mm512_castsi512_ps(
      _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(x, 1)), 16));
}

// Below, `parts` is a constant wherever it is given to an inlined function.

// The parts of 32 numbers, rounded to nearest; the sum of three is the number.
SK_AMX_INLINE void split(const int parts, __m512 x0, __m512 x1, __m512i out[most_parts]) {
#pragma clang loop unroll(full)
  for (int part = 0; part < parts; part++) {
    out[part] = rounded(x0, x1);
    x0 = _mm512_sub_ps(x0, low_half(out[part]));
    x1 = _mm512_sub_ps(x1, high_half(out[part]));
  }
}

// The parts of 32 numbers that lie side by side; where only `left` are left, the others are 0.
SK_AMX_INLINE void split_line(const int parts, const float *x, size_t left,
                              __m512i out[most_parts]) {
  split(parts, _mm512_maskz_loadu_ps(lanes(left), x),
        _mm512_maskz_loadu_ps(lanes(left > 16 ? left - 16 : 0), x + 16), out);
}

SK_AMX_INLINE float sum_of(const float *x, size_t left) {
  return _mm512_reduce_add_ps(
      _mm512_add_ps(_mm512_maskz_loadu_ps(lanes(left), x),
                    _mm512_maskz_loadu_ps(lanes(left > 16 ? left - 16 : 0), x + 16)));
}

// 32 rows of `a`, of which `count` are there, as chunks; element (i, p) at a[i * a_row + p].
SK_AMX_INLINE void split_rows(const int parts, uint16_t *chunks, const float *a, size_t a_row,
                              size_t count, size_t k) {
  for (size_t p = 0; p < k; p += chunk_depth, chunks += vector_chunk(parts)) {
    size_t left = k - p;
    float *sums = (float *)(chunks + parts * part_elements);
    for (size_t i = 0; i < side; i++) {
      __m512i line[most_parts] = {_mm512_setzero_si512(), _mm512_setzero_si512(),
                                  _mm512_setzero_si512()};
      if (i < count) split_line(parts, a + i * a_row + p, left, line);
      if (parts == sk_amx_exact) sums[i] = i < count ? sum_of(a + i * a_row + p, left) : 0;
#pragma clang loop unroll(full)
      for (int part = 0; part < parts; part++)
        _mm512_storeu_si512(chunks + part * part_elements + i * chunk_depth, line[part]);
    }
  }
}

// 32 columns of `b`, of which `count` are there, as chunks; element (p, j) at b[j * b_column + p].
SK_AMX_INLINE void split_columns(const int parts, uint16_t *chunks, const float *b,
                                 size_t b_column, size_t count, size_t k) {
  for (size_t p = 0; p < k; p += chunk_depth, chunks += parts * part_elements) {
    size_t left = k - p;
    for (size_t half = 0; half < 2; half++) {
      __m512i columns[16][most_parts];
      for (size_t j = 0; j < 16; j++) {
        if (half * 16 + j < count)
          split_line(parts, b + (half * 16 + j) * b_column + p, left, columns[j]);
        else
          columns[j][0] = columns[j][1] = columns[j][2] = _mm512_setzero_si512();
      }
#pragma clang loop unroll(full)
      for (int part = 0; part < parts; part++) {
        __m512 pairs[16];
#pragma clang loop unroll(full)
        for (int j = 0; j < 16; j++) pairs[j] = _mm512_castsi512_ps(columns[j][part]);
        sk_transpose16(pairs);
        uint16_t *target = chunks + part * part_elements + half * tile_elements;
        for (int i = 0; i < 16; i++) _mm512_store_ps(target + i * 32, pairs[i]);
      }
    }
  }
}

// Columns of `b` that lie side by side: two rows of `count` floats become one row of pairs of a
// short chunk. `second` is null where the depth ends between them.
SK_AMX static void split_pair(uint16_t *chunk, size_t pair, const float *first,
                              const float *second, size_t count) {
  enum { parts = sk_amx_short };
  for (size_t half = 0; half < 2 && half * 16 < count; half++) {
    __mmask16 mask = lanes(count - half * 16);
    __m512i both[most_parts];
    split(parts, _mm512_maskz_loadu_ps(mask, first + half * 16),
          second ? _mm512_maskz_loadu_ps(mask, second + half * 16) : _mm512_setzero_ps(), both);
    for (int part = 0; part < parts; part++) {
      __m512i even = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(both[part]));
      __m512i odd = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(both[part], 1));
      _mm512_store_si512(chunk + part * part_elements + half * tile_elements + pair * 32,
                         _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
    }
  }
}

// Adds to the four tiles of sums. Each step changes one side: seven pairs of loads for six products,
// four for three, two for one. Meanwhile `lines` lines of 64 bytes a chunk, from `next` on, are fetched into the
// cache.
SK_AMX_INLINE void multiply_chunks(const int parts, const uint16_t *a, const uint16_t *b,
                                   size_t chunks, const char *next, size_t lines) {
  for (; chunks--; a += vector_chunk(parts), b += parts * part_elements) {
    for (size_t line = 0; line < lines; line++, next += 64) _mm_prefetch(next, _MM_HINT_T1);
    if (parts == sk_amx_exact) {
      LOAD_A(0) LOAD_B(2) MULTIPLY
      LOAD_B(1) MULTIPLY
      LOAD_A(1) MULTIPLY
      LOAD_B(0) MULTIPLY
      LOAD_A(0) MULTIPLY
      LOAD_A(2) MULTIPLY
    } else if (parts == sk_amx_short) {
      LOAD_A(0) LOAD_B(1) MULTIPLY
      LOAD_B(0) MULTIPLY
      LOAD_A(1) MULTIPLY
    } else {
      LOAD_A(0) LOAD_B(0) MULTIPLY
    }
  }
}

// `c = a * b + beta * c` for 32 rows and columns at the most; beta is 0 (c is not read) or 1.
SK_AMX_INLINE void block(const int parts, const uint16_t *a, const uint16_t *b, size_t chunks,
                         size_t rows, size_t columns, float beta, float *c, size_t c_row,
                         const char *next, size_t lines) {
  for (size_t i = 0; i < rows; i++) {
    _mm_prefetch((const char *)(c + i * c_row), _MM_HINT_ET0);
    _mm_prefetch((const char *)(c + i * c_row + 16), _MM_HINT_ET0);
  }
  if (rows == side && columns == side) {
    if (beta != 0) {
      _tile_loadd(0, c, c_row * 4);
      _tile_loadd(1, c + 16, c_row * 4);
      _tile_loadd(2, c + 16 * c_row, c_row * 4);
      _tile_loadd(3, c + 16 * c_row + 16, c_row * 4);
    } else {
      _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
    }
    multiply_chunks(parts, a, b, chunks, next, lines);
    _tile_stored(0, c, c_row * 4);
    _tile_stored(1, c + 16, c_row * 4);
    _tile_stored(2, c + 16 * c_row, c_row * 4);
    _tile_stored(3, c + 16 * c_row + 16, c_row * 4);
    return;
  }
  // A block at an edge takes the same way, so that a sum does not depend on where it stands.
  _Alignas(64) float sums[side * side] = {0};
  for (size_t i = 0; beta != 0 && i < rows; i++) memcpy(sums + i * side, c + i * c_row, columns * 4);
  _tile_loadd(0, sums, side * 4);
  _tile_loadd(1, sums + 16, side * 4);
  _tile_loadd(2, sums + 16 * side, side * 4);
  _tile_loadd(3, sums + 16 * side + 16, side * 4);
  multiply_chunks(parts, a, b, chunks, next, lines);
  _tile_stored(0, sums, side * 4);
  _tile_stored(1, sums + 16, side * 4);
  _tile_stored(2, sums + 16 * side, side * 4);
  _tile_stored(3, sums + 16 * side + 16, side * 4);
  for (size_t i = 0; i < rows; i++) memcpy(c + i * c_row, sums + i * side, columns * 4);
}

// Of 32 columns.
static size_t column_chunk(int parts) { return (size_t)parts * part_elements; }

// Vectors that were split already, with every block of columns.
SK_AMX_INLINE void multiply(const int parts, const uint16_t *vectors, size_t count, size_t length,
                            const uint16_t *columns, size_t n, float beta, float *c,
                            size_t c_row) {
  size_t chunks = up(length, chunk_depth), panels = up(n, side);
  size_t row_elements = chunks * vector_chunk(parts), column_elements = chunks * column_chunk(parts);
  size_t lines = up(vector_chunk(parts) * 2 / 64, panels);
  sk_amx_configure();
  for (size_t i = 0; i < count; i += side, vectors += row_elements) {
    const char *next = (const char *)(vectors + row_elements);
    for (size_t j = 0; j < n; j += side, next += chunks * lines * 64)
      block(parts, vectors, columns + j / side * column_elements, chunks, least(count - i, side),
            least(n - j, side), beta, c + i * c_row + j, c_row, next, lines);
  }
  _tile_release();
}

SK_AMX static void multiply_exact(const uint16_t *vectors, size_t count, size_t length,
                                  const uint16_t *columns, size_t n, float beta, float *c,
                                  size_t c_row) {
  multiply(sk_amx_exact, vectors, count, length, columns, n, beta, c, c_row);
}

SK_AMX static void multiply_short(const uint16_t *vectors, size_t count, size_t length,
                                  const uint16_t *columns, size_t n, float beta, float *c,
                                  size_t c_row) {
  multiply(sk_amx_short, vectors, count, length, columns, n, beta, c, c_row);
}

SK_AMX static void multiply_single(const uint16_t *vectors, size_t count, size_t length,
                                   const uint16_t *columns, size_t n, float beta, float *c,
                                   size_t c_row) {
  multiply(sk_amx_single, vectors, count, length, columns, n, beta, c, c_row);
}

size_t sk_amx_piece(int parts, int weights, size_t width, size_t columns) {
  size_t bytes = weights == sk_amx_blocks ? sk_amx_block_bytes : column_chunk(parts) * 2;
  size_t panel = depth_of(parts, width) / chunk_depth * bytes;
  size_t most = columns_bytes / panel;
  return up(columns, up(columns, (most ? most : 1) * side) * side) * side;
}

size_t sk_amx_tiles(size_t tokens) { return up(tokens, side); }

size_t sk_amx_packed_floats(int parts, size_t tokens, size_t width) {
  return sk_amx_tiles(tokens) * up(width, chunk_depth) * vector_chunk(parts) / 2;
}

SK_AMX void sk_amx_pack(int parts, float *packed, const float *x, size_t tokens, size_t width,
                        size_t tile) {
  size_t first = tile * side, depth = depth_of(parts, width);
  for (size_t start = 0; start < width; start += depth) {
    size_t length = least(width - start, depth);
    size_t before = place(parts, tokens, start) + tile * up(length, chunk_depth) * vector_chunk(parts);
    uint16_t *target = (uint16_t *)packed + before;
    const float *source = x + first * width + start;
    size_t count = least(tokens - first, side);
    if (parts == sk_amx_exact)
      split_rows(sk_amx_exact, target, source, width, count, length);
    else if (parts == sk_amx_single)
      split_rows(sk_amx_single, target, source, width, count, length);
    else
      split_rows(sk_amx_short, target, source, width, count, length);
  }
}

// Room for some columns and some floats in the thread's scratch buffer.
static uint16_t *make_room(int parts, size_t depth, size_t columns, size_t floats, float **rest) {
  size_t taken = up(columns, side) * up(depth, chunk_depth) * column_chunk(parts) / 2;
  float *base = sk_scratch(taken + floats);
  if (base) *rest = base + taken;
  return (uint16_t *)base;
}

SK_AMX int sk_amx_product(int parts, int type, const void *const *row_pointers, size_t rows,
                          size_t width, size_t tokens, size_t first, size_t count,
                          const float *packed, float beta, float *out, size_t out_row) {
  const int is_exact = parts == sk_amx_exact;
  int done = is_exact ? sk_amx_product_blocks(type, row_pointers, rows, width, tokens, first, count,
                                              packed, beta, out, out_row)
                      : -1;
  if (done >= 0) return done;
  size_t depth = depth_of(parts, width);
  out += first * out_row;
  float *lines;
  uint16_t *columns = make_room(parts, depth, rows, side * depth, &lines);
  if (!columns) return 0;
  for (size_t start = 0; start < width; start += depth) {
    size_t length = least(width - start, depth);
    size_t chunks = up(length, chunk_depth), size = chunks * column_chunk(parts);
    for (size_t r = 0; r < rows; r += side) {
      size_t present = least(rows - r, side);
      for (size_t i = 0; i < present; i++)
        if (!sk_expand_part(type, lines + i * depth, row_pointers[r + i], start, length)) return 0;
      uint16_t *target = columns + r / side * size;
      if (is_exact)
        split_columns(sk_amx_exact, target, lines, depth, present, length);
      else
        split_columns(sk_amx_single, target, lines, depth, present, length);
    }
    (is_exact ? multiply_exact : multiply_single)(
        vectors_at(parts, packed, tokens, start, first, chunks), count, length, columns, rows,
        start == 0 ? beta : 1, out, out_row);
  }
  return 1;
}

int sk_amx_product_back(int type, const void *const *row_pointers, size_t rows,
                        size_t first_column, size_t columns, size_t tokens, size_t first,
                        size_t count, const float *packed, float beta, float *out,
                        size_t out_row) {
  enum { parts = sk_amx_short };
  out += first * out_row;
  size_t depth = depth_of(parts, rows), line = up(columns, side) * side;
  float *lines;
  uint16_t *split = make_room(parts, depth, columns, 2 * line, &lines);
  if (!split) return 0;
  for (size_t start = 0; start < rows; start += depth) {
    size_t length = least(rows - start, depth);
    size_t chunks = up(length, chunk_depth), size = chunks * column_chunk(parts);
    // What lies beyond the last row or column must be 0.
    if (length % chunk_depth || columns % side)
      memset(split, 0, up(columns, side) * size * sizeof(uint16_t));
    for (size_t i = 0; i < length; i += 2) {
      int is_pair = i + 1 < length;
      for (int second = 0; second <= is_pair; second++)
        if (!sk_expand_part(type, lines + (size_t)second * line,
                            row_pointers[start + i + (size_t)second], first_column, columns))
          return 0;
      for (size_t c = 0; c < columns; c += side)
        split_pair(split + c / side * size + i / chunk_depth * column_chunk(parts),
                   i % chunk_depth / 2, lines + c, is_pair ? lines + line + c : NULL,
                   least(columns - c, side));
    }
    multiply_short(vectors_at(parts, packed, tokens, start, first, chunks), count, length, split,
                   columns, start == 0 ? beta : 1, out, out_row);
  }
  return 1;
}

#else

int sk_amx_supported(void) { return 0; }
size_t sk_amx_piece(int parts, int weights, size_t width, size_t columns) {
  return (void)parts, (void)weights, (void)width, columns;
}
size_t sk_amx_tiles(size_t tokens) { return (void)tokens, 0; }
size_t sk_amx_packed_floats(int parts, size_t tokens, size_t width) {
  return (void)parts, (void)tokens, (void)width, 0;
}
void sk_amx_pack(int parts, float *packed, const float *x, size_t tokens, size_t width,
                 size_t tile) {
  (void)parts, (void)packed, (void)x, (void)tokens, (void)width, (void)tile;
}
int sk_amx_product(int parts, int type, const void *const *row_pointers, size_t rows, size_t width,
                   size_t tokens, size_t first, size_t count, const float *packed, float beta,
                   float *out, size_t out_row) {
  (void)parts, (void)type, (void)row_pointers, (void)rows, (void)width, (void)tokens, (void)first, (void)count;
  (void)packed, (void)beta, (void)out, (void)out_row;
  return 0;
}
int sk_amx_product_back(int type, const void *const *row_pointers, size_t rows,
                        size_t first_column, size_t columns, size_t tokens, size_t first,
                        size_t count, const float *packed, float beta, float *out,
                        size_t out_row) {
  (void)type, (void)row_pointers, (void)rows, (void)first_column, (void)columns, (void)tokens;
  (void)first, (void)count, (void)packed, (void)beta, (void)out, (void)out_row;
  return 0;
}

#endif
