#pragma once
#include <png.h>

// The formats of pixels that are written, macros of casts, too.
static const int cpng_rgb = PNG_FORMAT_RGB, cpng_palette = PNG_FORMAT_RGB_COLORMAP;

// The most bytes a file of this image can take: a macro of casts, which Swift does not see.
static inline size_t cpng_largest_size(png_image image) { return PNG_IMAGE_PNG_SIZE_MAX(image); }
