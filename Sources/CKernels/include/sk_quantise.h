#pragma once
#include <stddef.h>

/// Quantises `count` floats (a multiple of 32) to Q8_0 blocks of 34 bytes: scale = largest / 127
/// as float16, then 32 rounded integers.
void sk_quantise_q8_0(void *blocks, const float *source, size_t count);
