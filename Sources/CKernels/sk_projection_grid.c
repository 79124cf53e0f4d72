#include "include/sk_projection_grid.h"

#include <math.h>
#include <string.h>

#include "sk_clones.h"
#include "sk_projection_fft.h"

#define WIDE __attribute__((min_vector_width(512)))

void sk_fft_twiddles(float *table, size_t length) {
  for (size_t left = length; left > 1; left /= fft_radix(left)) {
    size_t radix = fft_radix(left);
    for (size_t p = 0; p < left / radix; p++)
      for (size_t k = 1; k < radix; k++) {
        double angle = -2 * M_PI * (double)(p * k) / (double)left;
        *table++ = (float)cos(angle);
        *table++ = (float)sin(angle);
      }
  }
}

// The transform of the quintic B-spline sampled at the nodes.
static double spline_symbol(size_t frequency, size_t length) {
  double angle = 2 * M_PI * (double)frequency / (double)length;
  return (66 + 52 * cos(angle) + 2 * cos(2 * angle)) / 120;
}

SK_CLONES WIDE
void sk_grid_kernel(float *kernel, float *scratch, size_t width, size_t height, float spacing,
                    const float *twiddles_x, const float *twiddles_y) {
  const size_t nx = 2 * width, ny = 2 * height, stride = width + 16;
  c16 buffers[2][nx > ny ? nx : ny];
  // Along x, for the offsets in y of one half: the kernel is even, so its transform is real.
  for (size_t row = 0; row <= height; row += 16) {
    v16 dy;
    for (int lane = 0; lane < 16; lane++) dy[lane] = (float)(row + (size_t)lane) * spacing;
    for (size_t k = 0; k < nx; k++) {
      float dx = (float)(k <= width ? k : nx - k) * spacing;
      buffers[0][k] = (c16){1.0f / (1.0f + dx * dx + dy * dy), (v16){0}};
    }
    c16 *result = fft(buffers[0], buffers[1], nx, twiddles_x);
#pragma clang loop unroll(full)
    for (int lane = 0; lane < 16; lane++) {
      if (row + (size_t)lane > height) break;
      for (size_t k = 0; k <= width; k++)
        scratch[(row + (size_t)lane) * stride + k] = result[k].re[lane];
    }
  }
  // Along y. The factor 1 / 2 belongs to the two real columns that share a complex one.
  const double normalisation = 0.5 / ((double)nx * (double)ny);
  for (size_t column = 0; column <= width; column += 16) {
    for (size_t k = 0; k < ny; k++) {
      const float *from = scratch + (k <= height ? k : ny - k) * stride + column;
      buffers[0][k] = (c16){*(const v16u *)from, (v16){0}};
    }
    c16 *result = fft(buffers[0], buffers[1], ny, twiddles_y);
    for (size_t row = 0; row < height; row++) {
      double symbol_y = spline_symbol(row, ny);
      for (size_t lane = 0; lane < 16; lane++) {
        size_t k = column + lane;
        if (k > width) break;
        double symbol = symbol_y * spline_symbol(k, nx);
        float value = (float)(result[row].re[lane] * normalisation / (symbol * symbol));
        float *block = kernel + (row / 16) * 16 * nx + row % 16;
        block[16 * k] = value;
        if (k > 0) block[16 * (nx - k)] = value;
      }
    }
  }
}

// The six weights of each axis in lanes 0-5 (x) and 8-13 (y) of polynomials in t, times 120.
#define ROW(a, b, c, d, e, f) {a, b, c, d, e, f, 0, 0, a, b, c, d, e, f, 0, 0}
static const float spline[6][16] __attribute__((aligned(64))) = {
    ROW(1, 26, 66, 26, 1, 0),    ROW(-5, -50, 0, 50, 5, 0),  ROW(10, 20, -60, 20, 10, 0),
    ROW(-10, 20, 0, -20, 10, 0), ROW(5, -20, 30, -20, 5, 0), ROW(-1, 5, -10, 10, -5, 1)};
static const float slope[5][16] __attribute__((aligned(64))) = {
    ROW(-5, -50, 0, 50, 5, 0), ROW(20, 40, -120, 40, 20, 0), ROW(-30, 60, 0, -60, 30, 0),
    ROW(20, -80, 120, -80, 20, 0), ROW(-5, 25, -50, 50, -25, 5)};

typedef float v8 __attribute__((vector_size(32)));
typedef float v8u __attribute__((vector_size(32), aligned(4)));

// The first of a point's six by six nodes, and how far into its cell it lies.
INLINE size_t locate(const sk_grid *grid, const float *point, float inverse, float *tx, float *ty) {
  float u = (point[0] - grid->centre_x) * inverse, v = (point[1] - grid->centre_y) * inverse;
  float column = __builtin_floorf(u), row = __builtin_floorf(v);
  *tx = u - column;
  *ty = v - row;
  return ((size_t)((int)row + (int)(grid->height / 2) - 2)) * grid->width +
         (size_t)((int)column + (int)(grid->width / 2) - 2);
}

INLINE v16 weights(float tx, float ty) {
  v16 t = {tx, tx, tx, tx, tx, tx, tx, tx, ty, ty, ty, ty, ty, ty, ty, ty};
  v16 w = *(const v16 *)spline[5];
  for (int power = 4; power >= 0; power--) w = w * t + *(const v16 *)spline[power];
  return w * (1.0f / 120);
}

INLINE v16 slopes(float tx, float ty) {
  v16 t = {tx, tx, tx, tx, tx, tx, tx, tx, ty, ty, ty, ty, ty, ty, ty, ty};
  v16 w = *(const v16 *)slope[4];
  for (int power = 3; power >= 0; power--) w = w * t + *(const v16 *)slope[power];
  return w * (1.0f / 120);
}

#define LOW(v) __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7)

SK_CLONES WIDE
void sk_grid_spread(float *charges, const sk_grid *grid, const float *points, size_t count) {
  const float inverse = 1 / grid->spacing;
  const size_t width = grid->width;
  for (size_t i = 0; i < count; i++) {
    float tx, ty;
    float *node = charges + locate(grid, points + 2 * i, inverse, &tx, &ty);
    v16 w = weights(tx, ty);
    v8 x = LOW(w);
    for (int row = 0; row < 6; row++) {
      v8u *target = (v8u *)(node + (size_t)row * width);
      *target = *target + x * w[8 + row];
    }
  }
}

SK_CLONES WIDE
double sk_grid_sample(float *forces, const float *potential, const sk_grid *grid,
                      const float *points, size_t count) {
  const float inverse = 1 / grid->spacing;
  const size_t width = grid->width;
  double total = 0;
  for (size_t i = 0; i < count; i++) {
    float tx, ty;
    const float *node = potential + locate(grid, points + 2 * i, inverse, &tx, &ty);
    v16 w = weights(tx, ty), s = slopes(tx, ty);
    v8 along = {0}, across = {0};
    for (int row = 0; row < 6; row++) {
      v8 values = *(const v8u *)(node + (size_t)row * width);
      along += values * w[8 + row];
      across += values * s[8 + row];
    }
    v8 x = LOW(w), value = along * x, dx = along * LOW(s), dy = across * x;
    float sum = 0, sum_x = 0, sum_y = 0;
    for (int lane = 0; lane < 6; lane++) {
      sum += value[lane];
      sum_x += dx[lane];
      sum_y += dy[lane];
    }
    total += sum;
    forces[2 * i] = -0.5f * inverse * sum_x;
    forces[2 * i + 1] = -0.5f * inverse * sum_y;
  }
  return total;
}

SK_CLONES WIDE
void sk_grid_forward(float *real, float *imaginary, const float *charges, size_t parts,
                     size_t part_stride, size_t width, size_t height, size_t column,
                     const float *twiddles_y) {
  const size_t ny = 2 * height;
  c16 buffers[2][ny];
  for (size_t k = 0; k < height; k++) {
    v16 a = {0}, b = {0};
    for (size_t part = 0; part < parts; part++) {
      const float *row = charges + part * part_stride + k * width + column;
      a += *(const v16u *)row;
      b += *(const v16u *)(row + 16);
    }
    buffers[0][k] = (c16){a, b};
  }
  memset(buffers[0] + height, 0, height * sizeof(c16));
  c16 *z = fft(buffers[0], buffers[1], ny, twiddles_y);
  for (size_t k = 0; k < height; k++) {
    c16 a = z[k], b = z[k == 0 ? 0 : ny - k];
    size_t place = k * width + column;
    // Twice the spectra of the two real columns; the kernel holds the half.
    *(v16u *)(real + place) = a.re + b.re;
    *(v16u *)(imaginary + place) = a.im - b.im;
    *(v16u *)(real + place + 16) = a.im + b.im;
    *(v16u *)(imaginary + place + 16) = b.re - a.re;
  }
}

#define EXCHANGE(d, low, high)                            \
  _Pragma("clang loop unroll(full)")                      \
  for (int i = 0; i < 16; i++)                            \
    if (!(i & d)) {                                       \
      v16 a = rows[i], b = rows[i + d];                   \
      rows[i] = __builtin_shufflevector(a, b, low);       \
      rows[i + d] = __builtin_shufflevector(a, b, high);  \
    }
#define LOW1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define HIGH1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define LOW2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define HIGH2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define LOW4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define HIGH4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define LOW8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define HIGH8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31

INLINE void transpose(v16 rows[16]) {
  EXCHANGE(1, LOW1, HIGH1)
  EXCHANGE(2, LOW2, HIGH2)
  EXCHANGE(4, LOW4, HIGH4)
  EXCHANGE(8, LOW8, HIGH8)
}

SK_CLONES WIDE
void sk_grid_convolve(float *real, float *imaginary, const float *kernel, size_t width,
                      size_t row, const float *twiddles_x) {
  const size_t nx = 2 * width;
  c16 buffers[2][nx];
  for (size_t column = 0; column < width; column += 16) {
    v16 a[16], b[16];
#pragma clang loop unroll(full)
    for (size_t k = 0; k < 16; k++) {
      a[k] = *(const v16u *)(real + (row + k) * width + column);
      b[k] = *(const v16u *)(imaginary + (row + k) * width + column);
    }
    transpose(a);
    transpose(b);
#pragma clang loop unroll(full)
    for (size_t k = 0; k < 16; k++) buffers[0][column + k] = (c16){a[k], b[k]};
  }
  memset(buffers[0] + width, 0, width * sizeof(c16));
  c16 *z = fft(buffers[0], buffers[1], nx, twiddles_x);
  const float *block = kernel + row * nx;
  // The inverse is the forward transform with real and imaginary parts exchanged before and after.
  for (size_t k = 0; k < nx; k++) {
    v16 factor = *(const v16u *)(block + 16 * k);
    z[k] = (c16){z[k].im * factor, z[k].re * factor};
  }
  z = fft(z, z == buffers[0] ? buffers[1] : buffers[0], nx, twiddles_x);
  for (size_t column = 0; column < width; column += 16) {
    v16 a[16], b[16];
#pragma clang loop unroll(full)
    for (size_t k = 0; k < 16; k++) {
      a[k] = z[column + k].im;
      b[k] = z[column + k].re;
    }
    transpose(a);
    transpose(b);
#pragma clang loop unroll(full)
    for (size_t k = 0; k < 16; k++) {
      *(v16u *)(real + (row + k) * width + column) = a[k];
      *(v16u *)(imaginary + (row + k) * width + column) = b[k];
    }
  }
}

SK_CLONES WIDE
void sk_grid_backward(float *potential, const float *real, const float *imaginary, size_t width,
                      size_t height, size_t column, const float *twiddles_y) {
  const size_t ny = 2 * height;
  c16 buffers[2][ny];
  for (size_t k = 0; k < height; k++) {
    size_t place = k * width + column;
    v16 ar = *(const v16u *)(real + place), ai = *(const v16u *)(imaginary + place);
    v16 br = *(const v16u *)(real + place + 16), bi = *(const v16u *)(imaginary + place + 16);
    // a + i b at k, and conj(a) + i conj(b) at -k, with real and imaginary parts exchanged.
    buffers[0][k] = (c16){ai + br, ar - bi};
    if (k > 0) buffers[0][ny - k] = (c16){br - ai, ar + bi};
  }
  // The highest frequency: there is next to nothing in it, and its sign would be arbitrary.
  buffers[0][height] = (c16){(v16){0}, (v16){0}};
  c16 *z = fft(buffers[0], buffers[1], ny, twiddles_y);
  for (size_t k = 0; k < height; k++) {
    float *row = potential + k * width + column;
    *(v16u *)row = z[k].im;
    *(v16u *)(row + 16) = z[k].re;
  }
}
