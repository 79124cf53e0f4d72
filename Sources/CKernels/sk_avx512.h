// Functions written for AVX-512 by hand; `sk_has_avx512` says whether they may be called.
#pragma once
#include "sk_processor.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define SK_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,f16c,fma")))
#define SK_WIDE static inline __attribute__((always_inline)) SK_AVX512
#endif
