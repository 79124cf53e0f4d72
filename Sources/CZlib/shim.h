#pragma once
#include <zlib.h>

// `inflateInit2` is a macro, which Swift does not see. 31: gzip members with the largest window.
static inline int czlib_begin_gzip(z_stream *stream) { return inflateInit2(stream, 31); }
