// What the processor runs. The environment may turn a unit off (`SEER_AVX512=0`, `SEER_VNNI=0`,
// `SEER_AMX=0`), so that the ways of lesser processors are tested and measured on this one; built with
// SK_AVX2 nothing beyond AVX2 is used at all.
#pragma once

#define SK_HIDDEN __attribute__((visibility("hidden")))

/// AVX-512 as all server processors since 2017 have it, with 16-bit floats.
SK_HIDDEN int sk_has_avx512(void);

/// That and products of whole numbers that are summed at once (VNNI).
SK_HIDDEN int sk_has_vnni(void);

/// Whether a variable of the environment is 0.
SK_HIDDEN int sk_is_off(const char *variable);

// What `ask` says, asked once; `answer` begins as 0. Asking twice does no harm.
static inline int sk_known(int *answer, int (*ask)(void)) {
  int known = __atomic_load_n(answer, __ATOMIC_RELAXED);
  if (!known) {
    known = ask() ? 2 : 1;
    __atomic_store_n(answer, known, __ATOMIC_RELAXED);
  }
  return known == 2;
}
