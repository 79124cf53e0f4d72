// Complex transforms of sixteen sequences side by side: element k of the sequences is a vector of
// real parts and a vector of imaginary parts. Stockham's ordering, radices 4, 2, 3 and 5.
#pragma once
#include <stddef.h>

typedef float v16 __attribute__((vector_size(64)));
typedef float v16u __attribute__((vector_size(64), aligned(4)));
typedef struct {
  v16 re, im;
} c16;

// Everything here is inlined: no vector crosses a call.
#pragma clang diagnostic ignored "-Wpsabi"
#define INLINE static inline __attribute__((always_inline))

INLINE c16 add(c16 a, c16 b) { return (c16){a.re + b.re, a.im + b.im}; }
INLINE c16 sub(c16 a, c16 b) { return (c16){a.re - b.re, a.im - b.im}; }
// -i a
INLINE c16 turn(c16 a) { return (c16){a.im, -a.re}; }
INLINE c16 scale(c16 a, float s) { return (c16){a.re * s, a.im * s}; }
INLINE c16 times(c16 a, const float *w) {
  return (c16){a.re * w[0] - a.im * w[1], a.re * w[1] + a.im * w[0]};
}

INLINE size_t fft_radix(size_t length) {
  return length % 4 == 0 ? 4 : length % 2 == 0 ? 2 : length % 3 == 0 ? 3 : 5;
}

// One pass of radix r over a sequence of which `stride` transforms are interleaved; returns the
// twiddle factors of the next pass.
INLINE const float *fft_pass(const c16 *from, c16 *to, size_t radix, size_t length, size_t stride,
                             const float *twiddles) {
  const size_t part = length / radix;
  for (size_t p = 0; p < part; p++) {
    const float *w = twiddles + 2 * p * (radix - 1);
    for (size_t q = 0; q < stride; q++) {
      const c16 *x = from + q + stride * p;
      c16 *y = to + q + stride * radix * p;
      const size_t step = stride * part;
      if (radix == 4) {
        c16 a = add(x[0], x[2 * step]), b = sub(x[0], x[2 * step]);
        c16 c = add(x[step], x[3 * step]), d = turn(sub(x[step], x[3 * step]));
        y[0] = add(a, c);
        y[stride] = times(add(b, d), w);
        y[2 * stride] = times(sub(a, c), w + 2);
        y[3 * stride] = times(sub(b, d), w + 4);
      } else if (radix == 2) {
        c16 a = x[0], b = x[step];
        y[0] = add(a, b);
        y[stride] = times(sub(a, b), w);
      } else if (radix == 3) {
        c16 a = x[0], sum = add(x[step], x[2 * step]);
        c16 d = scale(turn(sub(x[step], x[2 * step])), 0.86602540378f);
        c16 m = sub(a, scale(sum, 0.5f));
        y[0] = add(a, sum);
        y[stride] = times(add(m, d), w);
        y[2 * stride] = times(sub(m, d), w + 2);
      } else {
        const float c1 = 0.30901699437f, c2 = -0.80901699437f;
        const float s1 = 0.95105651630f, s2 = 0.58778525229f;
        c16 a = x[0];
        c16 p1 = add(x[step], x[4 * step]), m1 = turn(sub(x[step], x[4 * step]));
        c16 p2 = add(x[2 * step], x[3 * step]), m2 = turn(sub(x[2 * step], x[3 * step]));
        c16 u = add(a, add(scale(p1, c1), scale(p2, c2)));
        c16 v = add(a, add(scale(p1, c2), scale(p2, c1)));
        c16 s = add(scale(m1, s1), scale(m2, s2)), t = sub(scale(m1, s2), scale(m2, s1));
        y[0] = add(a, add(p1, p2));
        y[stride] = times(add(u, s), w);
        y[2 * stride] = times(add(v, t), w + 2);
        y[3 * stride] = times(sub(v, t), w + 4);
        y[4 * stride] = times(sub(u, s), w + 6);
      }
    }
  }
  return twiddles + 2 * part * (radix - 1);
}

// The forward transform; the result is in one of the two buffers, which is returned.
INLINE c16 *fft(c16 *data, c16 *other, size_t length, const float *twiddles) {
  size_t left = length, stride = 1;
  while (left > 1) {
    size_t radix = fft_radix(left);
    if (radix == 4) twiddles = fft_pass(data, other, 4, left, stride, twiddles);
    else if (radix == 2) twiddles = fft_pass(data, other, 2, left, stride, twiddles);
    else if (radix == 3) twiddles = fft_pass(data, other, 3, left, stride, twiddles);
    else twiddles = fft_pass(data, other, 5, left, stride, twiddles);
    left /= radix;
    stride *= radix;
    c16 *swap = data;
    data = other;
    other = swap;
  }
  return data;
}
