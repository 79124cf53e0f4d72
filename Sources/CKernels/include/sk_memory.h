#pragma once

/// Lets all threads share two arenas of the allocator from here on. By itself it makes a new one for
/// almost every thread, and keeps what the threads of jobs that ended have freed there. Does nothing
/// where the allocator has no arenas.
void sk_share_arenas(void);
