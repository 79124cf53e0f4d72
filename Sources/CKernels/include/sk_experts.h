#pragma once
#include <stddef.h>

// Mixtures of experts: which experts a token goes to, and the rows that travel there and back.

/// How a token's experts get their weights.
enum {
  /// The softmax over all experts, as it is.
  sk_route_all = 0,
  /// The same, divided by the chosen ones' sum.
  sk_route_normalised = 1,
  /// The softmax over the chosen ones.
  sk_route_chosen = 2,
};

/// The `used` largest of a token's `logits`, which become probabilities unless `kind` is
/// `sk_route_chosen`: ids and weights, the largest first; of equal ones the lowest id comes first.
/// Every id is below `experts`, even where logits are no numbers.
void sk_route(int *ids, float *weights, float *logits, size_t experts, size_t used, int kind);

/// The gradient of the logits, all of them, for one of the chosen experts' weights.
///
/// @param probabilities as `sk_route` left them.
void sk_route_backward(float *dlogits, const float *dweights, const float *probabilities,
                       const float *weights, const int *ids, size_t experts, size_t used,
                       int kind);

/// Sorts slots 0 to `slots` by their expert, ascending within each: those of expert e are
/// `order[starts[e]]` up to `order[starts[e + 1]]`. `starts` takes `experts + 1` numbers.
void sk_group_slots(int *starts, int *order, const int *ids, size_t slots, size_t experts);

/// Copies the row of x, (tokens, width), of each of `count` slots; slot s is of token s / used.
void sk_gather_slots(float *rows, const float *x, const int *slots, size_t count, size_t used,
                     size_t width);

/// Adds each slot's row, times its weight (1 where there are none) and `scale`, to its token's.
void sk_scatter_slots(float *x, const float *rows, const float *weights, const int *slots,
                      size_t count, size_t used, size_t width, float scale);

/// The sum of products of two vectors.
float sk_inner_product(const float *x, const float *y, size_t count);

/// `1 / (1 + exp(-x))`.
float sk_logistic(float x);

/// `out = (u + 1) * g / (1 + exp(-alpha * g))` with g = min(gate, limit) and u = up within
/// -limit and limit, elementwise (gpt-oss, OpenAI 2025); out may be gate.
void sk_clamped_multiply(float *out, const float *gate, const float *up, size_t count, float alpha,
                         float limit);

/// The gradients of `sk_clamped_multiply` for the output's gradient `dy`; dgate may be dy.
void sk_clamped_multiply_backward(float *dgate, float *dup, const float *dy, const float *gate,
                                  const float *up, size_t count, float alpha, float limit);
