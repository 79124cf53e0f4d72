// What the program asks of the allocator.
#include "include/sk_memory.h"

#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>

void sk_share_arenas(void) { mallopt(M_ARENA_MAX, 2); }

#else

void sk_share_arenas(void) {}

#endif
