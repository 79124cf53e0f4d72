// The formats whose four bits stand for one of 16 numbers, as they lie in files.
#pragma once
#include <stdint.h>
#include <string.h>

typedef struct { _Float16 scale; uint8_t nibbles[16]; } block_iq4_nl;
typedef struct { uint8_t scale, nibbles[16]; } block_mxfp4;
// 256 weights, with scales of six bits: four in a nibble, two in a word.
typedef struct { _Float16 scale; uint16_t high; uint8_t low[4], nibbles[128]; } block_iq4_xs;

// The scale of a part of 32 weights.
static inline float sk_scale_of(const block_iq4_xs *block, size_t p) {
  int bits = (block->low[p / 2] >> p % 2 * 4 & 15) | (block->high >> 2 * p & 3) << 4;
  return (float)block->scale * (float)(bits - 32);
}

static inline float sk_float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

// 2^(exponent - 127), which below 2^-126 is subnormal and for 255 infinity.
static inline float sk_power(uint32_t exponent) {
  return sk_float_of(exponent ? exponent << 23 : 0x00400000u);
}

// Half of it, which is finite.
static inline float sk_half_power(uint32_t exponent) {
  return sk_float_of(exponent < 2 ? 0x00200000u << exponent : (exponent - 1) << 23);
}
