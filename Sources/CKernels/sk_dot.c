// Products of stored rows with a few vectors, straight from the blocks: what decoding does.
//
// A quantised weight is a small integer times its block's scale. Where the processor multiplies
// bytes (AVX-512 VNNI), the vectors are split into integers too: 23 bits with a scale a block of
// 32, as three signed bytes, most significant first. Their products are exact, so the result
// differs from one in float32 by no more than two float32 sums in different order do, and one
// instruction does 64 of them. (Measured on Zen 5, Q4_1 in the second-level cache: 35 GB/s a core,
// against 16 for converting the weights to floats: reading memory is the limit again.)
#include "include/sk_dot.h"

#include <stdint.h>
#include <string.h>

#include "include/sk_blocks.h"
#include "include/sk_gemm.h"
#include "sk_clones.h"
#include "sk_dot_types.h"
#include "sk_processor.h"
#include "sk_scratch.h"

SK_CLONES static float dot(const float *a, const float *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

SK_CLONES static float dot_f16(const _Float16 *a, const float *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += (float)a[i] * b[i];
  return sum;
}

SK_CLONES static float dot_bf16(const uint16_t *a, const float *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)a[i] << 16;
    float value;
    memcpy(&value, &bits, 4);
    sum += value * b[i];
  }
  return sum;
}

// Any type: each row is read, or expanded, once for all vectors.
static int dot_rows_floats(int type, float *out, size_t out_row, const char *rows, size_t row_bytes,
                          size_t count, const float *x, size_t width, size_t tokens) {
  int isFloat = type == sk_type_f32 || type == sk_type_f16 || type == sk_type_bf16;
  float *expanded = isFloat ? NULL : sk_scratch(width);
  if (!isFloat && !expanded) return 0;
  for (size_t r = 0; r < count; r++, rows += row_bytes) {
    if (!isFloat && !sk_expand(type, expanded, rows, width)) return 0;
    for (size_t t = 0; t < tokens; t++) {
      const float *vector = x + t * width;
      float *target = out + t * out_row + r;
      switch (type) {
        case sk_type_f32: *target = dot((const float *)rows, vector, width); break;
        case sk_type_f16: *target = dot_f16((const _Float16 *)rows, vector, width); break;
        case sk_type_bf16: *target = dot_bf16((const uint16_t *)rows, vector, width); break;
        default: *target = dot(expanded, vector, width);
      }
    }
  }
  return 1;
}

#if defined(__x86_64__)

typedef void dot_kernel(int is_short, float *out, size_t out_row, const uint8_t *rows,
                        size_t row_bytes, size_t count, const char *x, size_t width,
                        size_t tokens);

static dot_kernel *kernel_of(int type, int *order) {
  *order = order_nibbles;
  switch (type) {
    case sk_type_q4_0: return sk_dot_rows_q4_0;
    case sk_type_q4_1: return sk_dot_rows_q4_1;
    case sk_type_q5_0: return sk_dot_rows_q5_0;
    case sk_type_q5_1: return sk_dot_rows_q5_1;
  }
  *order = order_plain;
  switch (type) {
    case sk_type_q8_0: return sk_dot_rows_q8_0;
    case sk_type_q4_k: return sk_dot_rows_q4_k;
    case sk_type_q5_k: return sk_dot_rows_q5_k;
    case sk_type_q6_k: return sk_dot_rows_q6_k;
    case sk_type_iq4_nl: return sk_dot_rows_iq4_nl;
    case sk_type_iq4_xs: return sk_dot_rows_iq4_xs;
    case sk_type_mxfp4: return sk_dot_rows_mxfp4;
    case sk_type_mxfp4_apart: return sk_dot_rows_mxfp4_apart;
  }
  *order = order_none;
  return NULL;
}

int sk_dot_order(int type) {
  int order;
  return kernel_of(type, &order) && sk_has_vnni() ? order : order_none;
}

int sk_dot_rows(int type, float *out, size_t out_row, const void *rows, size_t row_bytes,
                size_t count, const float *x, int is_short, const void *prepared, size_t width,
                size_t tokens) {
  int order;
  dot_kernel *kernel = kernel_of(type, &order);
  if (!kernel || !sk_has_vnni())
    return dot_rows_floats(type, out, out_row, rows, row_bytes, count, x, width, tokens);
  kernel(is_short, out, out_row, rows, row_bytes, count, prepared, width, tokens);
  return 1;
}

#else

int sk_dot_order(int type) {
  (void)type;
  return order_none;
}

int sk_dot_rows(int type, float *out, size_t out_row, const void *rows, size_t row_bytes,
                size_t count, const float *x, int is_short, const void *prepared, size_t width,
                size_t tokens) {
  (void)is_short, (void)prepared;
  return dot_rows_floats(type, out, out_row, rows, row_bytes, count, x, width, tokens);
}

#endif
