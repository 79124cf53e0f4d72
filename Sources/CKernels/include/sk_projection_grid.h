#pragma once
#include <stddef.h>
#include <stdint.h>

// The potential sum over j of 1 / (1 + |y - y_j|^2) on a grid of fixed spacing: charges are spread
// by quintic B-splines, convolved with the kernel by fast Fourier transforms, and the potential and
// its gradient are read back by the same splines. The division of the kernel's transform by the
// squared transform of the spline makes this the spline interpolant of the kernel in both places.
// Repulsion is minus half the gradient, and Z the sum of the potentials, so that one charge does
// what needs four in Linderman et al. 2019 (https://doi.org/10.1038/s41592-018-0308-4).

/// Nodes beside a point that its spline reaches, a margin included.
enum { sk_grid_margin = 4 };

typedef struct {
  size_t width, height;  // nodes; multiples of 32
  float spacing;
  float centre_x, centre_y;  // lies on the node (width / 2, height / 2)
} sk_grid;

/// Fills the twiddle factors of a transform of `length` = 2^a 3^b 5^c; `table` has 2 * length.
void sk_fft_twiddles(float *table, size_t length);

/// The spectrum of the kernel on a grid whose transforms are twice as long as it is wide and high:
/// `kernel` has 2 * width * height floats, `scratch` has (height + 16) * (width + 16).
void sk_grid_kernel(float *kernel, float *scratch, size_t width, size_t height, float spacing,
                    const float *twiddles_x, const float *twiddles_y);

/// Adds every point's charge of 1 to `charges` (height, width).
void sk_grid_spread(float *charges, const sk_grid *grid, const float *points, size_t count);

/// Transforms 32 columns from `column` of the sum of `parts` grids, `part_stride` floats apart,
/// along y into the planes `real` and `imaginary` (height, width).
void sk_grid_forward(float *real, float *imaginary, const float *charges, size_t parts,
                     size_t part_stride, size_t width, size_t height, size_t column,
                     const float *twiddles_y);

/// Convolves 16 rows from `row` of the planes along x, in place.
void sk_grid_convolve(float *real, float *imaginary, const float *kernel, size_t width,
                      size_t row, const float *twiddles_x);

/// Transforms 32 columns back into `potential` (height, width).
void sk_grid_backward(float *potential, const float *real, const float *imaginary, size_t width,
                      size_t height, size_t column, const float *twiddles_y);

/// Reads the repulsion at `count` points into `forces`, and returns the sum of their potentials.
double sk_grid_sample(float *forces, const float *potential, const sk_grid *grid,
                      const float *points, size_t count);
