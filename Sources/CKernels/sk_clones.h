// One binary, several instruction sets: the loader picks the best variant of each function.
#pragma once
#if defined(__x86_64__)
#define SK_CLONES \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define SK_CLONES
#endif
