// Memory for panels, one piece a thread.
#include "sk_scratch.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_key_t key;
static int has_key;

static void make_key(void) { has_key = pthread_key_create(&key, free) == 0; }

float *sk_scratch(size_t floats) {
  static _Thread_local float *buffer;
  static _Thread_local size_t size;
  if (floats > size) {
    // Jobs run on threads that come and go, and the buffer of one that ends is freed.
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_key);
    free(buffer);
    buffer = aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64);
    size = buffer ? floats : 0;
    if (has_key) pthread_setspecific(key, buffer);
  }
  return buffer;
}
