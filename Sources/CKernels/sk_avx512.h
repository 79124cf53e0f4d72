// Functions written for AVX-512 by hand, and whether the processor runs them.
#pragma once
#if defined(__x86_64__)
#include <immintrin.h>

#define SK_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,f16c,fma")))
#define SK_WIDE static inline __attribute__((always_inline)) SK_AVX512

static inline int sk_has_avx512(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("f16c");
}
#else
static inline int sk_has_avx512(void) { return 0; }
#endif
