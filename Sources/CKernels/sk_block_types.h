// The blocks of ggml's block formats:
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
#pragma once
#include <stddef.h>
#include <stdint.h>

// 32 weights a block. The fifth bits of Q5 stand in `high`, weight 0 lowest.
typedef struct { _Float16 scale; uint8_t nibbles[16]; } block_q4_0;
typedef struct { _Float16 scale, minimum; uint8_t nibbles[16]; } block_q4_1;
typedef struct { _Float16 scale; int8_t values[32]; } block_q8_0;
typedef struct { _Float16 scale; uint8_t high[4], nibbles[16]; } block_q5_0;
typedef struct { _Float16 scale, minimum; uint8_t high[4], nibbles[16]; } block_q5_1;
// 256 weights a block, in 8 parts with one or two scales each, themselves quantised.
typedef struct { uint8_t scales[16], pairs[64]; _Float16 scale, minimum; } block_q2_k;
typedef struct { uint8_t high[32], pairs[64], scales[12]; _Float16 scale; } block_q3_k;
typedef struct { _Float16 scale, minimum; uint8_t scales[12], nibbles[128]; } block_q4_k;
typedef struct { _Float16 scale, minimum; uint8_t scales[12], high[32], nibbles[128]; } block_q5_k;
typedef struct { uint8_t nibbles[128], high[64]; int8_t scales[16]; _Float16 scale; } block_q6_k;

// A part of Q4_K and Q5_K: the block's scale and minimum times the part's own, six bits each.
typedef struct { float scale, minimum; } part_scales;

static inline part_scales scales_of(_Float16 scale, _Float16 minimum, const uint8_t *packed,
                                    size_t p) {
  int s = packed[p] & 63, m = packed[p + 4] & 63;
  if (p >= 4) {
    s = (packed[p + 4] & 15) | (packed[p - 4] >> 6) << 4;
    m = packed[p + 4] >> 4 | (packed[p] >> 6) << 4;
  }
  return (part_scales){(float)scale * (float)s, (float)minimum * (float)m};
}
