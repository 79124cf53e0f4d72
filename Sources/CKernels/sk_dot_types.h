// The kernels that sk_dot.c chooses from.
#pragma once
#include "sk_prepared.h"

#if defined(__x86_64__)
#define SK_DOT_ROWS(name)                                                                        \
  __attribute__((visibility("hidden"))) void name(                                               \
      int is_short, float *out, size_t out_row, const uint8_t *rows, size_t row_bytes,           \
      size_t count, const char *x, size_t width, size_t tokens)
SK_DOT_ROWS(sk_dot_rows_q4_0);
SK_DOT_ROWS(sk_dot_rows_q4_1);
SK_DOT_ROWS(sk_dot_rows_q5_0);
SK_DOT_ROWS(sk_dot_rows_q5_1);
SK_DOT_ROWS(sk_dot_rows_q8_0);
SK_DOT_ROWS(sk_dot_rows_q4_k);
SK_DOT_ROWS(sk_dot_rows_q5_k);
SK_DOT_ROWS(sk_dot_rows_q6_k);
SK_DOT_ROWS(sk_dot_rows_iq4_nl);
SK_DOT_ROWS(sk_dot_rows_iq4_xs);
SK_DOT_ROWS(sk_dot_rows_mxfp4);
SK_DOT_ROWS(sk_dot_rows_mxfp4_apart);
#endif
