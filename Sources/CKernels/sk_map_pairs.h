// Points of a map, x, y pairs, many at a time.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "sk_processor.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET_AVX512 __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))

// Eight x, y pairs. Loads one by one: gathers are slow on some processors.
TARGET_AVX512 static inline __m512 load_pairs(const double *points, const uint32_t *indices) {
  __m128d a = _mm_loadh_pd(_mm_load_sd(points + indices[0]), points + indices[1]);
  __m128d b = _mm_loadh_pd(_mm_load_sd(points + indices[2]), points + indices[3]);
  __m128d c = _mm_loadh_pd(_mm_load_sd(points + indices[4]), points + indices[5]);
  __m128d d = _mm_loadh_pd(_mm_load_sd(points + indices[6]), points + indices[7]);
  __m256d low = _mm256_insertf128_pd(_mm256_castpd128_pd256(a), b, 1);
  __m256d high = _mm256_insertf128_pd(_mm256_castpd128_pd256(c), d, 1);
  return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castpd256_pd512(low), high, 1));
}

// 1 / x to nearly full precision: an estimate and one step of Newton's method.
TARGET_AVX512 static inline __m512 reciprocal(__m512 x) {
  __m512 estimate = _mm512_rcp14_ps(x);
  return _mm512_mul_ps(estimate, _mm512_fnmadd_ps(x, estimate, _mm512_set1_ps(2)));
}
#endif
