#pragma once
#include <stddef.h>

/// Starts `workers - 1` threads that wait for work (the caller is the remaining worker).
/// Later calls are ignored.
void sk_pool_start(int workers);

/// The number of workers, the caller included; 1 before `sk_pool_start`.
int sk_pool_workers(void);

/// Calls `body(context, index)` for every index below `count`, each exactly once, spread over the
/// workers, and returns when all are done. Indices are handed out in order, one at a time. A call
/// from inside a body, or while another thread's loop holds the pool, runs on the calling thread.
void sk_pool_for(size_t count, void (*body)(void *context, size_t index), void *context);
