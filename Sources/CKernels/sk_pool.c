// A pool made for loops of a few microseconds: workers spin briefly for the next loop before they
// sleep, so that the hundreds of loops of one decoded token do not each pay for a wake-up.
#include "include/sk_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define sk_relax() _mm_pause()
#else
#define sk_relax() ((void)0)
#endif

enum { spin_rounds = 4000 };  // about 50 microseconds of _mm_pause on current processors

static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;  // held for the length of one loop
static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static int worker_count = 1;

static void (*loop_body)(void *, size_t);
static void *loop_context;
static size_t loop_count;
static atomic_size_t next_index;
static atomic_uint generation;  // raised once a loop; workers wait for it to change
static atomic_int active;       // workers that have not finished the current loop

static void run_indices(void) {
  size_t count = loop_count;
  for (;;) {
    size_t index = atomic_fetch_add_explicit(&next_index, 1, memory_order_relaxed);
    if (index >= count) return;
    loop_body(loop_context, index);
  }
}

static void *worker(void *first_generation) {
  unsigned seen = (unsigned)(uintptr_t)first_generation;
  for (;;) {
    int rounds = 0;
    while (atomic_load_explicit(&generation, memory_order_acquire) == seen) {
      if (++rounds < spin_rounds) {
        sk_relax();
        continue;
      }
      pthread_mutex_lock(&sleep_lock);
      while (atomic_load_explicit(&generation, memory_order_acquire) == seen)
        pthread_cond_wait(&wake, &sleep_lock);
      pthread_mutex_unlock(&sleep_lock);
    }
    seen = atomic_load_explicit(&generation, memory_order_acquire);
    run_indices();
    atomic_fetch_sub_explicit(&active, 1, memory_order_release);
  }
  return NULL;
}

void sk_pool_start(int workers) {
  pthread_mutex_lock(&owner);
  for (; worker_count < workers; worker_count++) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 8 << 20);
    int failed = pthread_create(&thread, &attributes, worker,
                                (void *)(uintptr_t)atomic_load(&generation));
    pthread_attr_destroy(&attributes);
    if (failed) break;
  }
  pthread_mutex_unlock(&owner);
}

int sk_pool_workers(void) { return worker_count; }

void sk_pool_for(size_t count, void (*body)(void *, size_t), void *context) {
  if (count <= 1 || worker_count == 1 || pthread_mutex_trylock(&owner) != 0) {
    for (size_t index = 0; index < count; index++) body(context, index);
    return;
  }
  loop_body = body;
  loop_context = context;
  loop_count = count;
  atomic_store_explicit(&next_index, 0, memory_order_relaxed);
  atomic_store_explicit(&active, worker_count - 1, memory_order_relaxed);
  // The lock orders the new generation against a worker that is about to sleep.
  pthread_mutex_lock(&sleep_lock);
  atomic_fetch_add_explicit(&generation, 1, memory_order_release);
  pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&sleep_lock);
  run_indices();
  // The others are about to finish, unless another process has their core: then it may have ours.
  for (int rounds = 0; atomic_load_explicit(&active, memory_order_acquire) != 0; rounds++) {
    if (rounds < spin_rounds)
      sk_relax();
    else
      sched_yield();
  }
  pthread_mutex_unlock(&owner);
}
