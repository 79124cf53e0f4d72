// The block formats of one to three bits to float32, in parts of 32 weights: IQ1 to IQ3, whose
// groups of four or eight weights are entries of a codebook, and TQ, whose weights are -1, 0 or 1.
// Contraction is off, as in sk_expand.c: every bit is the format's definition.
#include <stdint.h>
#include <string.h>

#include "include/sk_blocks.h"
#include "sk_clones.h"
#include "sk_expand_types.h"
#include "sk_grids.h"

#pragma STDC FP_CONTRACT OFF

// 256 weights a block. Several fields that are read as wider integers lie at odd places.
typedef struct { _Float16 scale; uint8_t parts[8][8]; } block_iq2_xxs;
typedef struct { _Float16 scale; uint8_t entries[64], scales[8]; } block_iq2_xs;
typedef struct { _Float16 scale; uint8_t entries[32], signs[32], high[8], scales[8]; } block_iq2_s;
typedef struct { _Float16 scale; uint8_t entries[64], signs[32]; } block_iq3_xxs;
typedef struct { _Float16 scale; uint8_t entries[64], high[8], signs[32], scales[4]; } block_iq3_s;
typedef struct { _Float16 scale; uint8_t entries[32], high[16]; } block_iq1_s;
typedef struct { uint8_t entries[32], high[16], scales[8]; } block_iq1_m;
typedef struct { uint8_t fives[48], fours[4]; _Float16 scale; } block_tq1_0;
typedef struct { uint8_t pairs[64]; _Float16 scale; } block_tq2_0;

enum { part = 32, parts_a_block = 8 };

static inline uint16_t word(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }

static inline uint32_t double_word(const uint8_t *bytes) {
  return word(bytes) | (uint32_t)word(bytes + 2) << 16;
}

static inline int nibble(uint8_t byte, size_t second) { return byte >> 4 * second & 15; }

// Seven signs and an eighth, which makes the number of minus signs even.
static inline unsigned eight_signs(uint32_t bits) {
  unsigned seven = bits & 127;
  return seven | (unsigned)__builtin_parity(seven) << 7;
}

static inline void put(float *target, int value, unsigned signs, int i, float scale) {
  target[i] = scale * (float)(signs >> i & 1 ? -value : value);
}

// Eight weights: an entry's codes are 8, 25 and 43.
static inline void put_eight(float *target, uint16_t entry, unsigned signs, float scale) {
  for (int i = 0; i < 8; i++) {
    int code = entry >> 2 * i & 3;
    put(target, 8 + 17 * code + (code >> 1), signs, i, scale);
  }
}

static inline void part_iq2_xxs(float *target, const block_iq2_xxs *block, size_t p) {
  const uint8_t *entries = block->parts[p];
  uint32_t rest = double_word(entries + 4);
  float scale = (float)block->scale * (0.5f + (float)(rest >> 28)) * 0.25f;
  for (int i = 0; i < 4; i++)
    put_eight(target + 8 * i, sk_grid_iq2_xxs[entries[i]], eight_signs(rest >> 7 * i), scale);
}

static inline void part_iq2_xs(float *target, const block_iq2_xs *block, size_t p) {
  for (size_t i = 0; i < 4; i++) {
    uint16_t entry = word(block->entries + 8 * p + 2 * i);
    float scale = (float)block->scale * (0.5f + (float)nibble(block->scales[p], i / 2)) * 0.25f;
    put_eight(target + 8 * i, sk_grid_iq2_xs[entry & 511], eight_signs(entry >> 9), scale);
  }
}

static inline void part_iq2_s(float *target, const block_iq2_s *block, size_t p) {
  for (size_t i = 0; i < 4; i++) {
    int entry = block->entries[4 * p + i] | (block->high[p] >> 2 * i & 3) << 8;
    float scale = (float)block->scale * (0.5f + (float)nibble(block->scales[p], i / 2)) * 0.25f;
    put_eight(target + 8 * i, sk_grid_iq2_s[entry], block->signs[4 * p + i], scale);
  }
}

static inline void part_iq3_xxs(float *target, const block_iq3_xxs *block, size_t p) {
  uint32_t rest = double_word(block->signs + 4 * p);
  float scale = (float)block->scale * (0.5f + (float)(rest >> 28)) * 0.5f;
  for (int i = 0; i < 8; i++) {
    uint16_t entry = sk_grid_iq3_xxs[block->entries[8 * p + (size_t)i]];
    unsigned signs = eight_signs(rest >> i / 2 * 7) >> i % 2 * 4;
    for (int j = 0; j < 4; j++) {
      int code = entry >> 3 * j & 7;
      put(target + 4 * i, 4 + 8 * code + 2 * (code == 7), signs, j, scale);
    }
  }
}

static inline void part_iq3_s(float *target, const block_iq3_s *block, size_t p) {
  float scale = (float)block->scale * (float)(1 + 2 * nibble(block->scales[p / 2], p % 2));
  for (size_t i = 0; i < 8; i++) {
    int number = block->entries[8 * p + i] | (block->high[p] >> i & 1) << 8;
    unsigned signs = block->signs[4 * p + i / 2] >> i % 2 * 4;
    for (int j = 0; j < 4; j++)
      put(target + 4 * i, 1 + 2 * (sk_grid_iq3_s[number] >> 3 * j & 7), signs, j, scale);
  }
}

// Eight weights: -1, 0 or 1, all moved by an eighth.
static inline void put_moved(float *target, int number, int is_down, float scale) {
  float by = is_down ? -0.125f : 0.125f;
  for (int i = 0; i < 8; i++)
    target[i] = scale * ((float)((sk_grid_iq1[number] >> 2 * i & 3) - 1) + by);
}

static inline void part_iq1_s(float *target, const block_iq1_s *block, size_t p) {
  unsigned high = word(block->high + 2 * p);
  float scale = (float)block->scale * (float)(2 * (high >> 12 & 7) + 1);
  for (size_t i = 0; i < 4; i++) {
    int number = block->entries[4 * p + i] | (int)(high >> 3 * i & 7) << 8;
    put_moved(target + 8 * i, number, high >> 15 & 1, scale);
  }
}

static inline void part_iq1_m(float *target, const block_iq1_m *block, size_t p) {
  // The block's scale is what four words have in their upper four bits.
  uint16_t bits = 0;
  for (int i = 0; i < 4; i++) bits |= (uint16_t)(block->scales[2 * i + 1] >> 4 << 4 * i);
  _Float16 whole;
  memcpy(&whole, &bits, 2);
  unsigned scales = word(block->scales + p / 2 * 2) >> p % 2 * 6;
  for (size_t i = 0; i < 4; i++) {
    int high = nibble(block->high[2 * p + i / 2], i % 2);
    float scale = (float)whole * (float)(2 * (scales >> i / 2 * 3 & 7) + 1);
    put_moved(target + 8 * i, block->entries[4 * p + i] | (high & 7) << 8, high >> 3, scale);
  }
}

// A byte holds five ternary digits as a fraction of 256; `power` of 3 moves one to the front.
static inline float ternary(uint8_t fraction, int power) {
  return (float)((uint8_t)(fraction * power) * 3 / 256 - 1);
}

static inline void part_tq1_0(float *target, const block_tq1_0 *block, size_t p) {
  static const int powers[5] = {1, 3, 9, 27, 81};
  float scale = (float)block->scale;
  // Digit by digit: of the first 32 bytes, of 16, and four digits of the last four.
  for (size_t half = 0; half < 2; half++) {
    const uint8_t *bytes = p < 5 ? block->fives + 16 * half : block->fives + 32;
    size_t digit = p < 5 ? p : 2 * (p - 5) + half;
    for (size_t i = 0; i < 16; i++)
      target[16 * half + i] = scale * (digit < 5 ? ternary(bytes[i], powers[digit])
                                                 : ternary(block->fours[i % 4], powers[i / 4]));
  }
}

static inline void part_tq2_0(float *target, const block_tq2_0 *block, size_t p) {
  const uint8_t *pairs = block->pairs + p / 4 * 32;
  for (int i = 0; i < part; i++)
    target[i] = (float)block->scale * (float)((pairs[i] >> p % 4 * 2 & 3) - 1);
}

#define EXPAND(type)                                                                     \
  SK_CLONES static void expand_##type(float *target, const block_##type *block,          \
                                      size_t first, size_t parts) {                      \
    block += first / parts_a_block;                                                      \
    for (size_t p = first % parts_a_block; parts--; target += part) {                    \
      part_##type(target, block, p);                                                     \
      if (++p == parts_a_block) p = 0, block++;                                          \
    }                                                                                    \
  }
EXPAND(iq2_xxs)
EXPAND(iq2_xs)
EXPAND(iq2_s)
EXPAND(iq3_xxs)
EXPAND(iq3_s)
EXPAND(iq1_s)
EXPAND(iq1_m)
EXPAND(tq1_0)
EXPAND(tq2_0)

int sk_expand_few(int type, float *target, const void *row, size_t first, size_t count) {
  size_t f = first / part, n = count / part;
  switch (type) {
    case sk_type_iq2_xxs: expand_iq2_xxs(target, row, f, n); return 1;
    case sk_type_iq2_xs: expand_iq2_xs(target, row, f, n); return 1;
    case sk_type_iq2_s: expand_iq2_s(target, row, f, n); return 1;
    case sk_type_iq3_xxs: expand_iq3_xxs(target, row, f, n); return 1;
    case sk_type_iq3_s: expand_iq3_s(target, row, f, n); return 1;
    case sk_type_iq1_s: expand_iq1_s(target, row, f, n); return 1;
    case sk_type_iq1_m: expand_iq1_m(target, row, f, n); return 1;
    case sk_type_tq1_0: expand_tq1_0(target, row, f, n); return 1;
    case sk_type_tq2_0: expand_tq2_0(target, row, f, n); return 1;
    default: return 0;
  }
}
