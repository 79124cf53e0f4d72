// A pool made for loops of a few microseconds: workers spin briefly for the next loop before they
// sleep, so that the hundreds of loops of one decoded token do not each pay for a wake-up.
//
// Nobody waits for a worker that has not begun: one that another process keeps from its core joins
// late or never, and the caller does its share. Only indices that were begun are waited for.
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

enum { spin_rounds = 8000 };  // about 100 microseconds of _mm_pause on current processors

static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;  // held for the length of one loop
static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static int worker_count = 1;

static void (*loop_body)(void *, size_t);
static void *loop_context;
static size_t loop_count;
static _Alignas(64) atomic_size_t next_index;

// The loop's number, whether workers may still join it, and how many are inside, in one word: a
// worker joins by adding 1 to a word that it saw open.
enum { is_open = 1 << 16, one_loop = 1 << 17, inside = is_open - 1 };
static _Alignas(64) atomic_uint_fast64_t gate;
static _Alignas(64) atomic_int sleepers;

static void run_indices(void) {
  size_t count = loop_count;
  for (;;) {
    size_t index = atomic_fetch_add_explicit(&next_index, 1, memory_order_relaxed);
    if (index >= count) return;
    loop_body(loop_context, index);
  }
}

// Whether the word shows a loop that a worker who last saw `number` may join.
static int is_new(uint_fast64_t word, uint_fast64_t number) {
  return (word & is_open) && word / one_loop != number;
}

static void *worker(void *unused) {
  (void)unused;
  uint_fast64_t number = 0;
  for (int rounds = 0;;) {
    uint_fast64_t word = atomic_load_explicit(&gate, memory_order_relaxed);
    if (is_new(word, number)) {
      if (!atomic_compare_exchange_weak_explicit(&gate, &word, word + 1, memory_order_acquire,
                                                 memory_order_relaxed))
        continue;
      number = word / one_loop;
      run_indices();
      atomic_fetch_sub_explicit(&gate, 1, memory_order_release);
      rounds = 0;
    } else if (++rounds < spin_rounds) {
      sk_relax();
    } else {
      // Either the caller sees that somebody sleeps, or the sleeper sees the loop.
      pthread_mutex_lock(&sleep_lock);
      atomic_fetch_add(&sleepers, 1);
      while (!is_new(atomic_load(&gate), number)) pthread_cond_wait(&wake, &sleep_lock);
      atomic_fetch_sub(&sleepers, 1);
      pthread_mutex_unlock(&sleep_lock);
      rounds = 0;
    }
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
    int failed = pthread_create(&thread, &attributes, worker, NULL);
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
  // Nobody is inside and the gate is closed: these are the caller's alone until it opens.
  loop_body = body;
  loop_context = context;
  loop_count = count;
  atomic_store_explicit(&next_index, 0, memory_order_relaxed);
  uint_fast64_t number = atomic_load_explicit(&gate, memory_order_relaxed) / one_loop + 1;
  atomic_store(&gate, number * one_loop + is_open);
  if (atomic_load(&sleepers) > 0) {
    pthread_mutex_lock(&sleep_lock);
    pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&sleep_lock);
  }
  run_indices();
  uint_fast64_t word = atomic_fetch_and_explicit(&gate, ~(uint_fast64_t)is_open, memory_order_acquire);
  // Who is inside has at most one index left, unless another process has its core: then it may
  // have ours.
  for (int rounds = 0; word & inside; rounds++) {
    if (rounds < spin_rounds)
      sk_relax();
    else
      sched_yield();
    word = atomic_load_explicit(&gate, memory_order_acquire);
  }
  pthread_mutex_unlock(&owner);
}
