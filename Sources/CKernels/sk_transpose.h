#pragma once
#include "sk_avx512.h"

#if defined(__x86_64__)
// 16 rows x 16 columns in registers: log2(16) rounds of interleaving.
SK_WIDE void sk_transpose16(__m512 r[16]) {
  __m512 t[16];
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++) {
    t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    __m512d a = _mm512_castps_pd(t[4 * i]), b = _mm512_castps_pd(t[4 * i + 2]);
    __m512d c = _mm512_castps_pd(t[4 * i + 1]), d = _mm512_castps_pd(t[4 * i + 3]);
    r[4 * i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
    r[4 * i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    r[4 * i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(c, d));
    r[4 * i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(c, d));
  }
  // Now r[4 i + j] holds, in its 128-bit lane l, column 4 l + j of rows 4 i ... 4 i + 3.
#pragma clang loop unroll(full)
  for (int j = 0; j < 4; j++) {
    __m512 a = _mm512_shuffle_f32x4(r[j], r[4 + j], 0x88);
    __m512 b = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0x88);
    __m512 c = _mm512_shuffle_f32x4(r[j], r[4 + j], 0xdd);
    __m512 d = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0xdd);
    t[j] = _mm512_shuffle_f32x4(a, b, 0x88);
    t[8 + j] = _mm512_shuffle_f32x4(a, b, 0xdd);
    t[4 + j] = _mm512_shuffle_f32x4(c, d, 0x88);
    t[12 + j] = _mm512_shuffle_f32x4(c, d, 0xdd);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i++) r[i] = t[i];
}
#endif
