// One binary, several instruction sets: the loader picks the best variant of each function.
//
// Not under the thread sanitizer: the loader runs the functions that choose before its runtime is
// there, and they are instrumented like all others.
#pragma once
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SK_CLONES
#endif
#endif
#if defined(SK_CLONES)
#elif defined(__x86_64__) && defined(SK_AVX2)
#define SK_CLONES __attribute__((target_clones("default", "arch=x86-64-v3")))
#elif defined(__x86_64__)
#define SK_CLONES \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define SK_CLONES
#endif
