#pragma once
#include <stddef.h>

// One buffer a thread, 64-byte aligned, grown as needed and kept: panels are needed hundreds of
// times a pass. Null when out of memory. A call invalidates what the last one gave.
__attribute__((visibility("hidden"))) float *sk_scratch(size_t floats);
