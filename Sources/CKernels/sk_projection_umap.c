#include "include/sk_projection_umap.h"

#include <math.h>
#include <string.h>

#include "sk_clones.h"
#include "sk_exponential.h"

// ln x for positive x to about 1e-7 (coefficients: Cephes' logf).
static inline __attribute__((always_inline)) float logarithm(float x) {
  int32_t bits;
  memcpy(&bits, &x, 4);
  int32_t exponent = (bits >> 23) - 126;
  bits = (bits & 0x007fffff) | 0x3f000000;
  float m;
  memcpy(&m, &bits, 4);
  int low = m < 0.707106781186547524f;
  float e = (float)(exponent - low);
  float r = low ? m + m - 1.0f : m - 1.0f;
  float z = r * r;
  float p = 7.0376836292e-2f;
  p = p * r - 1.1514610310e-1f;
  p = p * r + 1.1676998740e-1f;
  p = p * r - 1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r - 1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r - 2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  float y = r * z * p + e * -2.12194440e-4f - 0.5f * z;
  return r + y + e * 0.693359375f;
}

static inline __attribute__((always_inline)) float clipped(float x) {
  return x > 4.0f ? 4.0f : x < -4.0f ? -4.0f : x;
}

// SplitMix64: a stream of its own for every point and epoch.
static inline uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static inline uint64_t stream(uint64_t seed, uint64_t epoch, uint64_t point) {
  return mixed(mixed(seed + 0x9E3779B97F4A7C15u * (epoch + 1)) + 0xD1B54A32D192ED03u * point);
}

// A random one of `count`; moves the stream on.
static inline uint32_t chosen(uint64_t *state, uint32_t count) {
  *state += 0x9E3779B97F4A7C15u;
  return (uint32_t)(((mixed(*state) >> 32) * count) >> 32);
}

#define GROUP 8

SK_CLONES
void sk_umap_move(float *next, const float *points, const uint32_t *offsets,
                  const uint32_t *indices, const uint32_t *rates, size_t first, size_t last,
                  const sk_umap_epoch *epoch) {
  const float a = epoch->a, b = epoch->b, rate = epoch->rate;
  const uint32_t count = epoch->count, negatives = epoch->negatives;
  const uint64_t now = epoch->epoch, half = 1u << 31;
  for (size_t i = first; i < last; i++) {
    float x = points[2 * i], y = points[2 * i + 1];
    uint64_t state = stream(epoch->seed, now, i);
    for (uint32_t e = offsets[i]; e < offsets[i + 1]; e++) {
      uint64_t share = rates[e];
      if (((now + 1) * share + half) >> 32 == (now * share + half) >> 32) continue;
      const float *other = points + 2 * (size_t)indices[e];
      // Twice: as the end that is moved by its own neighbours, and as the end that a neighbour moves.
      for (int end = 0; end < 2; end++) {
        float dx = x - other[0], dy = y - other[1];
        float square = dx * dx + dy * dy;
        if (square <= 0) break;
        float power = exponential(b * logarithm(square));
        float pull = 2 * a * b * power / (square * (1 + a * power));
        x -= rate * clipped(pull * dx);
        y -= rate * clipped(pull * dy);
      }
      for (uint32_t done = 0; done < negatives; done += GROUP) {
        uint32_t here = negatives - done < GROUP ? negatives - done : GROUP;
        float dx[GROUP], dy[GROUP], push_x[GROUP], push_y[GROUP];
        for (uint32_t lane = 0; lane < GROUP; lane++) {
          // A lane without another stands on the point itself, which nothing pushes.
          const float *far = lane < here ? points + 2 * (size_t)chosen(&state, count) : NULL;
          dx[lane] = far ? x - far[0] : 0;
          dy[lane] = far ? y - far[1] : 0;
        }
        for (uint32_t lane = 0; lane < GROUP; lane++) {
          float square = dx[lane] * dx[lane] + dy[lane] * dy[lane];
          float power = exponential(b * logarithm(square > 1e-30f ? square : 1e-30f));
          float push = 2 * b / ((0.001f + square) * (1 + a * power));
          push_x[lane] = clipped(push * dx[lane]);
          push_y[lane] = clipped(push * dy[lane]);
        }
        float sum_x = 0, sum_y = 0;
        for (uint32_t lane = 0; lane < GROUP; lane++) {
          sum_x += push_x[lane];
          sum_y += push_y[lane];
        }
        x += rate * sum_x;
        y += rate * sum_y;
      }
    }
    next[2 * i] = x;
    next[2 * i + 1] = y;
  }
}

double sk_umap_loss(const float *points, const uint32_t *offsets, const uint32_t *indices,
                    const float *values, size_t first, size_t last, uint32_t samples,
                    const sk_umap_epoch *epoch) {
  const double a = epoch->a, b = epoch->b;
  double loss = 0;
  for (size_t i = first; i < last; i++) {
    double degree = 0, pull = 0, push = 0;
    for (uint32_t e = offsets[i]; e < offsets[i + 1]; e++) {
      const float *other = points + 2 * (size_t)indices[e];
      double dx = points[2 * i] - other[0], dy = points[2 * i + 1] - other[1];
      double square = dx * dx + dy * dy;
      degree += values[e];
      pull += values[e] * log1p(a * pow(square, b));
    }
    uint64_t state = stream(epoch->seed, UINT32_MAX, i);
    for (uint32_t sample = 0; sample < samples; sample++) {
      const float *other = points + 2 * (size_t)chosen(&state, epoch->count);
      double dx = points[2 * i] - other[0], dy = points[2 * i + 1] - other[1];
      double power = a * pow(dx * dx + dy * dy + 0.001, b);
      // -ln(1 - 1 / (1 + power))
      push += log1p(1 / power);
    }
    loss += pull + (samples ? push / samples * degree * epoch->negatives / 2 : 0);
  }
  return loss;
}
