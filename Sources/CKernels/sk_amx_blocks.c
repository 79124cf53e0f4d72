// Products on the matrix unit with weights that are stored in blocks of 32 whole numbers with a scale,
// and a minimum in some types: w = scale * q + minimum.
//
// A whole number of at most 8 bits is a bfloat16. So a block of a row times 32 elements of a vector is
// scale * (high + middle + low) . q + minimum * (the elements' sum): three products on the unit
// where weights of 24 bits take six, and float32 sums of blocks on the other units meanwhile. Where
// q has no sign it is taken from its middle, 8, so that the two terms do not cancel.
//
// A chunk of columns: half (2), pair of elements (16), column (16), element of the pair (2), then the
// 32 columns' scales and minima.
#include "include/sk_amx.h"
#include "include/sk_blocks.h"

#if defined(__x86_64__) && defined(__linux__)
#include "sk_amx_tiles.h"
#include "sk_block_types.h"
#include "sk_scratch.h"
#include "sk_transpose.h"

enum { columns_elements = sk_amx_block_bytes / 2 };

int sk_amx_has_blocks(int type) {
  return type == sk_type_q4_0 || type == sk_type_q4_1 || type == sk_type_q8_0;
}

SK_AMX_INLINE __m256i centred(const uint8_t nibbles[16]) {
  const __m128i low = _mm_set1_epi8(15), eight = _mm_set1_epi8(8);
  __m128i packed = _mm_loadu_si128((const __m128i *)nibbles);
  __m128i high = _mm_and_si128(_mm_srli_epi16(packed, 4), low);
  return _mm256_set_m128i(_mm_sub_epi8(high, eight),
                          _mm_sub_epi8(_mm_and_si128(packed, low), eight));
}

// 32 whole numbers as bfloat16, and what they are multiplied with and moved by.
SK_AMX_INLINE __m512 whole_numbers(int type, const void *row, size_t block, float *scale,
                                   float *minimum) {
  __m256i bytes;
  *minimum = 0;
  if (type == sk_type_q4_0) {
    const block_q4_0 *b = (const block_q4_0 *)row + block;
    bytes = centred(b->nibbles);
    *scale = (float)b->scale;
  } else if (type == sk_type_q4_1) {
    const block_q4_1 *b = (const block_q4_1 *)row + block;
    bytes = centred(b->nibbles);
    *scale = (float)b->scale;
    *minimum = (float)b->minimum + 8 * *scale;
  } else {
    const block_q8_0 *b = (const block_q8_0 *)row + block;
    bytes = _mm256_loadu_si256((const __m256i *)b->values);
    *scale = (float)b->scale;
  }
  __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm256_castsi256_si128(bytes)));
  __m512 high = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm256_extracti128_si256(bytes, 1)));
  return _mm512_castsi512_ps((__m512i)_mm512_cvtne2ps_pbh(high, low));
}

// 32 rows' blocks, of which `count` rows are there, as chunks of columns.
SK_AMX static void gather(int type, uint16_t *chunks, const void *const *rows, size_t count,
                          size_t first_block, size_t blocks) {
  for (size_t block = 0; block < blocks; block++, chunks += columns_elements) {
    float *scales = (float *)(chunks + part_elements), *minima = scales + side;
    for (size_t half = 0; half < 2; half++) {
      __m512 pairs[16];
      for (size_t j = 0; j < 16; j++) {
        size_t column = half * 16 + j;
        if (column < count) {
          pairs[j] = whole_numbers(type, rows[column], first_block + block, scales + column,
                                   minima + column);
        } else {
          pairs[j] = _mm512_setzero_ps();
          scales[column] = minima[column] = 0;
        }
      }
      sk_transpose16(pairs);
      for (int i = 0; i < 16; i++)
        _mm512_store_ps(chunks + half * tile_elements + i * 32, pairs[i]);
    }
  }
}

// Adds a block's products to the sums of some rows: scale * products + minimum * sum of elements.
#define ADD_ROWS(from, to) \
  _Pragma("clang loop unroll(full)") \
  for (int r = from; r < to; r++) { \
    __m512 elements = _mm512_set1_ps(row_sums[r]); \
    __m512 s0 = _mm512_load_ps(sums + r * side), s1 = _mm512_load_ps(sums + r * side + 16); \
    s0 = _mm512_fmadd_ps(scale0, _mm512_load_ps(ready + r * side), s0); \
    s1 = _mm512_fmadd_ps(scale1, _mm512_load_ps(ready + r * side + 16), s1); \
    _mm512_store_ps(sums + r * side, _mm512_fmadd_ps(minimum0, elements, s0)); \
    _mm512_store_ps(sums + r * side + 16, _mm512_fmadd_ps(minimum1, elements, s1)); \
  }

// `sums = a * b` for 32 rows and columns. While the unit multiplies one block, the products of the
// block before are added; meanwhile `lines` lines a block, from `next` on, are fetched.
SK_AMX_INLINE void multiply_blocks(const uint16_t *a, const uint16_t *b, size_t blocks, float *sums,
                                   const char *next, size_t lines) {
  _Alignas(64) float products[2][side * side];
  memset(sums, 0, side * side * sizeof(float));
  memset(products[1], 0, sizeof products[1]);
  __m512 scale0 = _mm512_setzero_ps(), scale1 = scale0, minimum0 = scale0, minimum1 = scale0;
  const float *row_sums = (const float *)(a + 3 * part_elements), *ready = products[1];
  for (size_t k = 0; k < blocks; k++, a += vector_chunk(sk_amx_exact), b += columns_elements) {
    float *now = products[k % 2];
    for (size_t line = 0; line < lines; line++, next += 64) _mm_prefetch(next, _MM_HINT_T1);
    LOAD_B(0)
    _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
    LOAD_A(0) MULTIPLY
    ADD_ROWS(0, 11)
    LOAD_A(1) MULTIPLY
    ADD_ROWS(11, 22)
    LOAD_A(2) MULTIPLY
    ADD_ROWS(22, 32)
    _tile_stored(0, now, side * 4);
    _tile_stored(1, now + 16, side * 4);
    _tile_stored(2, now + 16 * side, side * 4);
    _tile_stored(3, now + 16 * side + 16, side * 4);
    const float *scales = (const float *)(b + part_elements);
    scale0 = _mm512_load_ps(scales), scale1 = _mm512_load_ps(scales + 16);
    minimum0 = _mm512_load_ps(scales + side), minimum1 = _mm512_load_ps(scales + side + 16);
    row_sums = (const float *)(a + 3 * part_elements);
    ready = now;
  }
  ADD_ROWS(0, 32)
}

// Writes sums to `c`, or adds them where beta is 1.
SK_AMX_INLINE void put(const float *sums, size_t rows, size_t columns, float beta, float *c,
                       size_t c_row) {
  __mmask16 m0 = lanes(columns), m1 = lanes(columns > 16 ? columns - 16 : 0);
  for (size_t i = 0; i < rows; i++, sums += side, c += c_row) {
    __m512 s0 = _mm512_load_ps(sums), s1 = _mm512_load_ps(sums + 16);
    if (beta != 0) {
      s0 = _mm512_add_ps(s0, _mm512_maskz_loadu_ps(m0, c));
      s1 = _mm512_add_ps(s1, _mm512_maskz_loadu_ps(m1, c + 16));
    }
    _mm512_mask_storeu_ps(c, m0, s0);
    _mm512_mask_storeu_ps(c + 16, m1, s1);
  }
}

// Vectors that were split already, with every block of columns.
SK_AMX static void multiply(const uint16_t *vectors, size_t count, size_t blocks,
                            const uint16_t *columns, size_t n, float beta, float *c,
                            size_t c_row) {
  _Alignas(64) float sums[side * side];
  size_t elements = blocks * vector_chunk(sk_amx_exact);
  size_t lines = up(vector_chunk(sk_amx_exact) * 2 / 64, up(n, side));
  sk_amx_configure();
  for (size_t i = 0; i < count; i += side, vectors += elements) {
    const char *next = (const char *)(vectors + elements);
    for (size_t j = 0; j < n; j += side, next += blocks * lines * 64) {
      float *target = c + i * c_row + j;
      size_t rows = least(count - i, side);
      for (size_t r = 0; r < rows; r++) {
        _mm_prefetch((const char *)(target + r * c_row), _MM_HINT_ET0);
        _mm_prefetch((const char *)(target + r * c_row + 16), _MM_HINT_ET0);
      }
      multiply_blocks(vectors, columns + j / side * blocks * columns_elements, blocks, sums, next,
                      lines);
      put(sums, rows, least(n - j, side), beta, target, c_row);
    }
  }
  _tile_release();
}

int sk_amx_product_blocks(int type, const void *const *row_pointers, size_t rows, size_t width,
                          size_t tokens, size_t first, size_t count, const float *packed,
                          float beta, float *out, size_t out_row) {
  if (!sk_amx_has_blocks(type) || width % chunk_depth) return -1;
  size_t depth = depth_of(sk_amx_exact, width), most = depth / chunk_depth;
  uint16_t *columns = (uint16_t *)sk_scratch(up(rows, side) * most * sk_amx_block_bytes / 4);
  if (!columns) return 0;
  out += first * out_row;
  for (size_t start = 0; start < width; start += depth) {
    size_t blocks = least(width - start, depth) / chunk_depth;
    for (size_t r = 0; r < rows; r += side)
      gather(type, columns + r / side * blocks * columns_elements, row_pointers + r,
             least(rows - r, side), start / chunk_depth, blocks);
    multiply(vectors_at(sk_amx_exact, packed, tokens, start, first, blocks), count, blocks, columns,
             rows, start == 0 ? beta : 1, out, out_row);
  }
  return 1;
}

#else

int sk_amx_has_blocks(int type) { return (void)type, 0; }

#endif
