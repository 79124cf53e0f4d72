#include "include/sk_projection_umap.h"

#include <math.h>

#include "sk_clones.h"
#include "sk_exponential.h"

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
#define LANES 16

// The next entry from `e` on that pulls in this epoch; `end` without one.
static inline uint32_t pulling(const uint32_t *rates, uint32_t e, uint32_t end, uint64_t now) {
  const uint64_t half = 1u << 31;
  for (; e < end; e++) {
    uint64_t share = rates[e];
    if (((now + 1) * share + half) >> 32 != (now * share + half) >> 32) break;
  }
  return e;
}

// Sixteen points side by side, each moved by its own neighbours one after the other: what a pull and
// its pushes cost is the way from one number to the next, which sixteen points share.
static inline __attribute__((always_inline)) void move_together(
    float *next, const float *points, const uint32_t *offsets, const uint32_t *indices,
    const uint32_t *rates, size_t first, size_t count, const sk_umap_epoch *epoch) {
  const float a = epoch->a, b = epoch->b, rate = epoch->rate;
  const uint32_t negatives = epoch->negatives;
  const uint64_t now = epoch->epoch;
  float x[LANES] = {0}, y[LANES] = {0}, other_x[LANES], other_y[LANES], moves[LANES];
  uint64_t state[LANES] = {0};
  uint32_t entry[LANES] = {0}, end[LANES] = {0};
  for (size_t lane = 0; lane < count; lane++) {
    size_t i = first + lane;
    x[lane] = points[2 * i];
    y[lane] = points[2 * i + 1];
    state[lane] = stream(epoch->seed, now, i);
    end[lane] = offsets[i + 1];
    entry[lane] = pulling(rates, offsets[i], end[lane], now);
  }
  for (;;) {
    uint32_t left = 0;
    for (size_t lane = 0; lane < LANES; lane++) {
      // A lane that is done stays where it is.
      int pulls = entry[lane] < end[lane];
      left += (uint32_t)pulls;
      const float *other = pulls ? points + 2 * (size_t)indices[entry[lane]] : NULL;
      other_x[lane] = other ? other[0] : x[lane];
      other_y[lane] = other ? other[1] : y[lane];
      moves[lane] = pulls ? rate : 0;
    }
    if (left == 0) break;
    // Twice: as the end that is moved by its own neighbours, and as the end that a neighbour moves.
    for (int turn = 0; turn < 2; turn++) {
      for (int lane = 0; lane < LANES; lane++) {
        float dx = x[lane] - other_x[lane], dy = y[lane] - other_y[lane];
        float square = dx * dx + dy * dy;
        // Points in one place pull each other nowhere.
        float apart = square > 1e-30f ? square : 1e-30f;
        float power = exponential(b * logarithm(apart));
        float pull = 2 * a * b * power / (apart * (1 + a * power));
        // At most a quarter of the way: the neighbour comes towards this point twice, too, from where
        // both stood, and the first epochs' steps would take them past each other.
        float reach = moves[lane] * pull < 0.25f ? moves[lane] : 0.25f / pull;
        x[lane] -= reach * clipped(pull * dx);
        y[lane] -= reach * clipped(pull * dy);
      }
    }
    for (uint32_t done = 0; done < negatives; done += GROUP) {
      float sum_x[LANES] = {0}, sum_y[LANES] = {0};
      for (uint32_t number = done; number < negatives && number < done + GROUP; number++) {
        for (size_t lane = 0; lane < LANES; lane++) {
          if (moves[lane] == 0) continue;
          const float *far = points + 2 * (size_t)chosen(&state[lane], epoch->count);
          other_x[lane] = far[0];
          other_y[lane] = far[1];
        }
        for (int lane = 0; lane < LANES; lane++) {
          float dx = x[lane] - other_x[lane], dy = y[lane] - other_y[lane];
          float square = dx * dx + dy * dy;
          float power = exponential(b * logarithm(square > 1e-30f ? square : 1e-30f));
          float push = 2 * b / ((0.001f + square) * (1 + a * power));
          sum_x[lane] += clipped(push * dx);
          sum_y[lane] += clipped(push * dy);
        }
      }
      for (int lane = 0; lane < LANES; lane++) {
        x[lane] += moves[lane] * sum_x[lane];
        y[lane] += moves[lane] * sum_y[lane];
      }
    }
    for (size_t lane = 0; lane < LANES; lane++) {
      if (entry[lane] < end[lane]) entry[lane] = pulling(rates, entry[lane] + 1, end[lane], now);
    }
  }
  for (size_t lane = 0; lane < count; lane++) {
    next[2 * (first + lane)] = x[lane];
    next[2 * (first + lane) + 1] = y[lane];
  }
}

SK_CLONES __attribute__((min_vector_width(512)))
void sk_umap_move(float *next, const float *points, const uint32_t *offsets,
                  const uint32_t *indices, const uint32_t *rates, size_t first, size_t last,
                  const sk_umap_epoch *epoch) {
  for (size_t i = first; i < last; i += LANES) {
    move_together(
        next, points, offsets, indices, rates, i, last - i < LANES ? last - i : LANES, epoch);
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
