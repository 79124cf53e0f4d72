// Products of many vectors with stored weights on whole numbers of 16 bits (AVX-512 VNNI).
//
// A vector becomes whole numbers of 15 bits with a scale for every 32 elements (a block), and so do
// weights, which in most quantised types are whole numbers already. One instruction multiplies 32
// pairs and adds them two by two, where float32 multiplies 16; a block's sum is exact in 32 bits,
// is turned to float32, multiplied by both scales and added there.
//
// One register tile is 14 vectors x 32 columns, as in sk_gemm.c; its float32 sums stay in the
// first-level cache.
//   a block of a tile of vectors: 14 x 32 numbers, 14 scales, 2 unused, 14 sums of elements, 2 unused
//   a block of a panel: pair of elements (16), column (32), element of the pair (2); 32 scales,
//   32 minimums
#include "include/sk_int16.h"

#include <stdint.h>
#include <string.h>

#include "include/sk_blocks.h"
#include "include/sk_gemm.h"
#include "sk_int16_types.h"
#include "sk_scratch.h"

#if defined(__x86_64__)
#include "sk_transpose.h"

int sk_int16_supported(void) { return sk_has_vnni(); }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }
static size_t up(size_t count, size_t to) { return (count + to - 1) / to; }

// Elements of a product that are summed before the sums go to memory: a tile of vectors takes 32 KB
// of the first-level cache, a group of panels 580 KB of the second. Depths are equal but for the last.
enum { largest_depth = 1024 };

static size_t depth_of(size_t width) {
  size_t pieces = up(width, largest_depth);
  return pieces ? up(up(width, pieces), side) * side : side;
}

size_t sk_int16_tiles(size_t tokens) { return up(tokens, tile_rows); }

size_t sk_int16_packed_floats(size_t tokens, size_t width) {
  return sk_int16_tiles(tokens) * up(width, side) * (sizeof(vector_block) / sizeof(float));
}

SK_INLINE __mmask16 lanes(size_t left) {
  return left >= 16 ? 0xffff : (__mmask16)((1u << left) - 1);
}

// What is left of 16 vectors when the 16 numbers of each become one: their sum where `is_sum`, a
// constant, else the largest of them without signs. A tree in which every step halves the vectors.
SK_INLINE __m512i reduce16(const int is_sum, __m512i v[16]) {
#define BOTH(a, b) (is_sum ? _mm512_add_epi32(a, b) : _mm512_max_epu32(a, b))
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++)
    v[i] = BOTH(_mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]),
                _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]));
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++)
    v[i] = BOTH(_mm512_unpacklo_epi64(v[2 * i], v[2 * i + 1]),
                _mm512_unpackhi_epi64(v[2 * i], v[2 * i + 1]));
  // Now v[i] holds, in every 128-bit lane, what is left of vectors 4 i ... 4 i + 3.
#pragma clang loop unroll(full)
  for (int i = 0; i < 2; i++)
    v[i] = BOTH(_mm512_shuffle_i32x4(v[2 * i], v[2 * i + 1], 0x88),
                _mm512_shuffle_i32x4(v[2 * i], v[2 * i + 1], 0xdd));
  return BOTH(_mm512_shuffle_i32x4(v[0], v[1], 0x88), _mm512_shuffle_i32x4(v[0], v[1], 0xdd));
#undef BOTH
}

// A block of `count` <= 16 rows as whole numbers, with what each row is multiplied with and the sum of
// its elements, as they are rounded; rows that are not there are zeros, and so is what is beyond `left`
// elements. A row's scale is not finite where one of its elements is not.
SK_INLINE void round_rows(const float *x, size_t x_row, size_t count, size_t left, float largest,
                          __m512i numbers[16], __m512 *scales, __m512 *totals) {
  __mmask16 m0 = lanes(left), m1 = lanes(left > 16 ? left - 16 : 0);
  const __m512i size = _mm512_set1_epi32(0x7fffffff), one = _mm512_set1_epi16(1);
  // As whole numbers, sizes of floats are in order, and what is not finite is above all others.
  __m512i most[16], sums[16];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 16; i++) {
    most[i] = _mm512_setzero_si512();
    if (i >= count) continue;
    __m512i a = _mm512_maskz_loadu_epi32(m0, x + i * x_row);
    __m512i b = _mm512_maskz_loadu_epi32(m1, x + i * x_row + 16);
    most[i] = _mm512_max_epu32(_mm512_and_si512(a, size), _mm512_and_si512(b, size));
  }
  __m512 top = _mm512_castsi512_ps(reduce16(0, most)), limit = _mm512_set1_ps(largest);
  *scales = _mm512_div_ps(top, limit);
  __mmask16 some = _mm512_cmp_ps_mask(top, _mm512_set1_ps(1e-30f), _CMP_GT_OQ);
  _Alignas(64) float inverses[16];
  _mm512_store_ps(inverses, _mm512_maskz_div_ps(some, limit, top));
  const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 16; i++) {
    numbers[i] = sums[i] = _mm512_setzero_si512();
    if (i >= count) continue;
    __m512 inverse = _mm512_set1_ps(inverses[i]);
    __m512 a = _mm512_mul_ps(_mm512_maskz_loadu_ps(m0, x + i * x_row), inverse);
    __m512 b = _mm512_mul_ps(_mm512_maskz_loadu_ps(m1, x + i * x_row + 16), inverse);
    __m512i both = _mm512_packs_epi32(_mm512_cvtps_epi32(a), _mm512_cvtps_epi32(b));
    sums[i] = _mm512_madd_epi16(both, one);
    numbers[i] = _mm512_permutexvar_epi64(order, both);
  }
  *totals = _mm512_mul_ps(*scales, _mm512_cvtepi32_ps(reduce16(1, sums)));
}

SK_VNNI void sk_int16_pack(float *packed, const float *x, size_t tokens, size_t width,
                            size_t tile) {
  size_t first = tile * tile_rows, count = least(tokens - first, tile_rows);
  size_t all = sk_int16_tiles(tokens), depth = depth_of(width);
  for (size_t start = 0; start < width; start += depth) {
    size_t length = least(width - start, depth), blocks = up(length, side);
    vector_block *target = (vector_block *)packed + all * (start / side) + tile * blocks;
    const float *source = x + first * width + start;
    for (size_t b = 0; b < blocks; b++, target++, source += side) {
      __m512i numbers[16];
      __m512 scales, totals;
      round_rows(source, width, count, width - start - b * side, sk_int16_largest, numbers, &scales,
                 &totals);
#pragma clang loop unroll(full)
      for (size_t i = 0; i < tile_rows; i++)
        _mm512_storeu_si512(target->numbers[i], numbers[i]);
      _mm512_storeu_ps(target->scales, scales);
      _mm512_storeu_ps(target->totals, totals);
    }
  }
}

// Adds the products of 32 pairs. In assembly, since clang makes two instructions of a chain of these.
SK_INLINE __m512i add_products(__m512i sum, __m512i a, __m512i b) {
  __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  return sum;
}

// The products of a tile of vectors and a panel: `rows` and `has_minimums` are constants at every
// call, so the loops unroll and `sum` stays in registers.
SK_INLINE void tile(const int rows, const int has_minimums, const vector_block *x,
                          const weight_block *w, size_t blocks, float total[tile_rows][32]) {
  for (; blocks--; x++, w++) {
    // The float32 sums are to stay in memory: registers are for the others.
    __asm__ volatile("" ::: "memory");
    __m512i sum[tile_rows][2];
    __m512i a = _mm512_load_si512(w->pairs[0]), b = _mm512_load_si512(w->pairs[0] + 16);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      __m512i pair = _mm512_set1_epi32(x->pairs[i][0]);
      sum[i][0] = _mm512_madd_epi16(a, pair);
      sum[i][1] = _mm512_madd_epi16(b, pair);
    }
#pragma clang loop unroll_count(3)
    for (int p = 1; p < 16; p++) {
      a = _mm512_load_si512(w->pairs[p]), b = _mm512_load_si512(w->pairs[p] + 16);
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) {
        __m512i pair = _mm512_set1_epi32(x->pairs[i][p]);
        sum[i][0] = add_products(sum[i][0], a, pair);
        sum[i][1] = add_products(sum[i][1], b, pair);
      }
    }
    __m512 s0 = _mm512_load_ps(w->scales), s1 = _mm512_load_ps(w->scales + 16);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      __m512 scale = _mm512_set1_ps(x->scales[i]);
      __m512 r0 = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[i][0]), _mm512_mul_ps(s0, scale),
                                  _mm512_load_ps(total[i]));
      __m512 r1 = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[i][1]), _mm512_mul_ps(s1, scale),
                                  _mm512_load_ps(total[i] + 16));
      if (has_minimums) {
        __m512 all = _mm512_set1_ps(x->totals[i]);
        r0 = _mm512_fmadd_ps(_mm512_load_ps(w->minimums), all, r0);
        r1 = _mm512_fmadd_ps(_mm512_load_ps(w->minimums + 16), all, r1);
      }
      _mm512_store_ps(total[i], r0);
      _mm512_store_ps(total[i] + 16, r1);
    }
  }
}

// A tile of each count of vectors is a kernel of its own.
#define TILE(count)                                                                             \
  SK_VNNI static void tile_##count(int has_minimums, const vector_block *x,                    \
                                    const weight_block *w, size_t blocks,                       \
                                    float total[tile_rows][32]) {                               \
    if (has_minimums)                                                                           \
      tile(count, 1, x, w, blocks, total);                                                      \
    else                                                                                        \
      tile(count, 0, x, w, blocks, total);                                                      \
  }
TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7)
TILE(8) TILE(9) TILE(10) TILE(11) TILE(12) TILE(13) TILE(14)
#undef TILE

typedef void tile_kernel(int has_minimums, const vector_block *x, const weight_block *w,
                         size_t blocks, float total[tile_rows][32]);

static tile_kernel *const kernels[tile_rows + 1] = {
    NULL,   tile_1, tile_2, tile_3,  tile_4,  tile_5,  tile_6, tile_7,
    tile_8, tile_9, tile_10, tile_11, tile_12, tile_13, tile_14};

// Every tile with every panel. `beta` is 0 (out is not read) or 1.
SK_VNNI static void multiply(const vector_block *x, size_t tokens, int has_minimums,
                              const weight_block *panels, size_t blocks, size_t columns,
                              float beta, float *out, size_t out_row) {
  _Alignas(64) float total[tile_rows][32];
  size_t share = up(blocks * sizeof(vector_block), up(columns, 32) * 64) * 64;
  for (size_t first = 0; first < tokens; first += tile_rows, x += blocks) {
    size_t count = least(tokens - first, tile_rows);
    const char *next = (const char *)(x + blocks);
    for (size_t c = 0; c < columns; c += 32, next += share) {
      // The next tile is asked for while this one is multiplied, a part with every panel.
      for (size_t ahead = 0; ahead < share; ahead += 64) __builtin_prefetch(next + ahead, 0, 2);
      size_t present = least(columns - c, 32);
      __mmask16 m0 = lanes(present), m1 = lanes(present > 16 ? present - 16 : 0);
      float *target = out + first * out_row + c;
      for (size_t i = 0; i < count; i++) {
        const float *row = target + i * out_row;
        __m512 zero = _mm512_setzero_ps();
        _mm512_store_ps(total[i], beta != 0 ? _mm512_maskz_loadu_ps(m0, row) : zero);
        _mm512_store_ps(total[i] + 16, beta != 0 ? _mm512_maskz_loadu_ps(m1, row + 16) : zero);
      }
      kernels[count](has_minimums, x, panels + c / 32 * blocks, blocks, total);
      for (size_t i = 0; i < count; i++) {
        float *row = target + i * out_row;
        _mm512_mask_storeu_ps(row, m0, _mm512_load_ps(total[i]));
        _mm512_mask_storeu_ps(row + 16, m1, _mm512_load_ps(total[i] + 16));
      }
    }
  }
}

static const vector_block *vectors_at(const float *packed, size_t tokens, size_t start) {
  return (const vector_block *)packed + sk_int16_tiles(tokens) * (start / side);
}

// Room for the panels of some columns and some floats in the thread's scratch buffer.
static weight_block *make_room(size_t columns, size_t depth, size_t floats, float **rest) {
  size_t taken = up(columns, 32) * up(depth, side) * (sizeof(weight_block) / sizeof(float));
  float *base = sk_scratch(taken + floats);
  if (base) *rest = base + taken;
  return (weight_block *)base;
}

// A block of up to 32 rows, which become columns.
SK_VNNI static void pack_floats(weight_block *target, const float *lines, size_t line,
                                 size_t count, size_t left) {
  for (size_t half = 0; half < 2; half++) {
    __m512i numbers[16];
    __m512 rows[16], scales, totals;
    round_rows(lines + half * 16 * line, line, count > half * 16 ? count - half * 16 : 0, left,
               largest_weight, numbers, &scales, &totals);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 16; i++) rows[i] = _mm512_castsi512_ps(numbers[i]);
    sk_transpose16(rows);
#pragma clang loop unroll(full)
    for (size_t p = 0; p < 16; p++) _mm512_store_ps(target->pairs[p] + 16 * half, rows[p]);
    _mm512_store_ps(target->scales + 16 * half, scales);
    _mm512_store_ps(target->minimums + 16 * half, _mm512_setzero_ps());
  }
}

int sk_int16_product(int type, const void *const *row_pointers, size_t rows, size_t width,
                     size_t tokens, const float *packed, float beta, float *out, size_t out_row) {
  size_t depth = depth_of(width);
  weight_kind kind = sk_int16_kind(type);
  float *lines;
  weight_block *panels = make_room(rows, depth, kind == kind_rounded ? 32 * depth : 0, &lines);
  if (!panels) return 0;
  for (size_t start = 0; start < width; start += depth) {
    size_t length = least(width - start, depth), blocks = up(length, side);
    for (size_t r = 0; r < rows; r += 32) {
      size_t count = least(rows - r, 32);
      weight_block *panel = panels + r / 32 * blocks;
      if (kind != kind_rounded) {
        sk_int16_pack_whole(type, panel, row_pointers + r, count, start, blocks);
        continue;
      }
      for (size_t i = 0; i < count; i++)
        if (!sk_expand_part(type, lines + i * depth, row_pointers[r + i], start, length)) return 0;
      for (size_t b = 0; b < blocks; b++)
        pack_floats(panel + b, lines + b * side, depth, count, length - b * side);
    }
    multiply(vectors_at(packed, tokens, start), tokens, kind == kind_with_minimums, panels, blocks, rows,
             start == 0 ? beta : 1, out, out_row);
  }
  return 1;
}

// 32 rows of which some are there, of 32 columns.
SK_VNNI static void pack_columns(weight_block *target, const float *lines, size_t line,
                                  size_t count) {
  for (size_t half = 0; half < 2; half++) {
    const float *column = lines + half * 16;
    __m512 largest = _mm512_setzero_ps(), total = _mm512_setzero_ps();
    for (size_t i = 0; i < count; i++) {
      __m512 row = _mm512_loadu_ps(column + i * line);
      largest = _mm512_max_ps(_mm512_abs_ps(row), largest);
      total = _mm512_add_ps(total, row);
    }
    __mmask16 some = _mm512_cmp_ps_mask(largest, _mm512_set1_ps(1e-30f), _CMP_GT_OQ);
    __m512 limit = _mm512_set1_ps(largest_weight);
    __m512 inverse = _mm512_maskz_div_ps(some, limit, largest);
    // Zero, unless an element is not finite.
    __m512 stain = _mm512_mul_ps(total, _mm512_setzero_ps());
    _mm512_store_ps(target->scales + 16 * half,
                    _mm512_add_ps(_mm512_div_ps(largest, limit), stain));
    _mm512_store_ps(target->minimums + 16 * half, _mm512_setzero_ps());
    for (size_t p = 0; p < 16; p++) {
      __m512i even = _mm512_setzero_si512(), odd = even;
      if (2 * p < count)
        even = _mm512_cvtps_epi32(
            _mm512_mul_ps(_mm512_loadu_ps(column + 2 * p * line), inverse));
      if (2 * p + 1 < count)
        odd = _mm512_cvtps_epi32(
            _mm512_mul_ps(_mm512_loadu_ps(column + (2 * p + 1) * line), inverse));
      __m512i both = _mm512_mask_blend_epi16(0xaaaaaaaa, even, _mm512_slli_epi32(odd, 16));
      _mm512_store_si512(target->pairs[p] + 16 * half, both);
    }
  }
}

int sk_int16_product_back(int type, const void *const *row_pointers, size_t rows,
                          size_t first_column, size_t columns, size_t tokens, const float *packed,
                          float beta, float *out, size_t out_row) {
  size_t depth = depth_of(rows), line = up(columns, 32) * 32;
  float *lines;
  weight_block *panels = make_room(columns, depth, side * line, &lines);
  if (!panels) return 0;
  memset(lines, 0, side * line * sizeof(float));
  for (size_t start = 0; start < rows; start += depth) {
    size_t length = least(rows - start, depth), blocks = up(length, side);
    for (size_t b = 0; b < blocks; b++) {
      size_t count = least(length - b * side, side);
      for (size_t i = 0; i < count; i++)
        if (!sk_expand_part(type, lines + i * line, row_pointers[start + b * side + i],
                            first_column, columns))
          return 0;
      for (size_t c = 0; c < columns; c += 32)
        pack_columns(panels + c / 32 * blocks + b, lines + c, line, count);
    }
    multiply(vectors_at(packed, tokens, start), tokens, 0, panels, blocks, columns,
             start == 0 ? beta : 1, out, out_row);
  }
  return 1;
}

#else

int sk_int16_supported(void) { return 0; }
size_t sk_int16_tiles(size_t tokens) { return tokens; }
size_t sk_int16_packed_floats(size_t tokens, size_t width) { return tokens * width; }
void sk_int16_pack(float *packed, const float *x, size_t tokens, size_t width, size_t tile) {
  (void)packed, (void)x, (void)tokens, (void)width, (void)tile;
}
int sk_int16_product(int type, const void *const *row_pointers, size_t rows, size_t width,
                     size_t tokens, const float *packed, float beta, float *out, size_t out_row) {
  (void)type, (void)row_pointers, (void)rows, (void)width, (void)tokens, (void)packed, (void)beta;
  (void)out, (void)out_row;
  return 0;
}
int sk_int16_product_back(int type, const void *const *row_pointers, size_t rows,
                          size_t first_column, size_t columns, size_t tokens, const float *packed,
                          float beta, float *out, size_t out_row) {
  (void)type, (void)row_pointers, (void)rows, (void)first_column, (void)columns, (void)tokens;
  (void)packed, (void)beta, (void)out, (void)out_row;
  return 0;
}

#endif
