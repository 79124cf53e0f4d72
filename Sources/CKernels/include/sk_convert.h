#pragma once
#include <stddef.h>
#include <stdint.h>

/// float16 to float32, exact. `source` needs no alignment beyond 2.
void sk_f16_to_f32(float *target, const uint16_t *source, size_t count);

/// bfloat16 to float32, exact.
void sk_bf16_to_f32(float *target, const uint16_t *source, size_t count);

/// float32 to float16, to nearest even. Returns how many values were too large for float16
/// (above 65504 in magnitude) or not finite; those become infinities or NaN.
size_t sk_f32_to_f16(uint16_t *target, const float *source, size_t count);
