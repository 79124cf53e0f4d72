#include "sk_processor.h"

#include <stdlib.h>
#include <string.h>

int sk_is_off(const char *variable) {
  const char *value = getenv(variable);
  return value && strcmp(value, "0") == 0;
}

#if defined(__x86_64__) && !defined(SK_AVX2)

static int ask_avx512(void) {
  __builtin_cpu_init();
  return !sk_is_off("SEER_AVX512") && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("f16c");
}

static int ask_vnni(void) {
  return sk_has_avx512() && !sk_is_off("SEER_VNNI") && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("bmi2");
}

int sk_has_avx512(void) {
  static int answer;
  return sk_known(&answer, ask_avx512);
}

int sk_has_vnni(void) {
  static int answer;
  return sk_known(&answer, ask_vnni);
}

#else

int sk_has_avx512(void) { return 0; }
int sk_has_vnni(void) { return 0; }

#endif
