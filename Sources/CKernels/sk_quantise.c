#include "include/sk_quantise.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "include/sk_convert.h"

void sk_quantise_q8_0(void *blocks, const float *source, size_t count) {
  uint8_t *block = blocks;
  for (size_t b = 0; b < count / 32; b++, block += 34, source += 32) {
    float largest = 0;
    for (int i = 0; i < 32; i++) largest = fmaxf(largest, fabsf(source[i]));
    float scale = largest / 127.0f, inverse = scale > 0 ? 1.0f / scale : 0.0f;
    uint16_t half;
    sk_f32_to_f16(&half, &scale, 1);
    memcpy(block, &half, 2);
    for (int i = 0; i < 32; i++) block[2 + i] = (uint8_t)(int8_t)roundf(source[i] * inverse);
  }
}
