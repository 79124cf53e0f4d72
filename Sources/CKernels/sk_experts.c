#include "include/sk_experts.h"

#include <string.h>

#include "include/sk_activations.h"
#include "include/sk_layers.h"
#include "sk_clones.h"

// Sums may be reordered into vector lanes in this file: every caller accepts the last bits.
#pragma clang fp reassociate(on) contract(fast)

#include "sk_exponential.h"

void sk_route(int *ids, float *weights, float *logits, size_t experts, size_t used, int kind) {
  if (kind != sk_route_chosen) sk_softmax(logits, experts);
  size_t held = 0;
  for (size_t e = 0; e < experts; e++) {
    float value = logits[e];
    if (held == used && !(value > weights[held - 1])) continue;
    size_t place = held < used ? held++ : used - 1;
    while (place > 0 && value > weights[place - 1]) {
      weights[place] = weights[place - 1];
      ids[place] = ids[place - 1];
      place--;
    }
    weights[place] = value;
    ids[place] = (int)e;
  }
  if (kind == sk_route_chosen) {
    sk_softmax(weights, used);
  } else if (kind == sk_route_normalised) {
    float sum = 0;
    for (size_t i = 0; i < used; i++) sum += weights[i];
    for (size_t i = 0; i < used; i++) weights[i] /= sum;
  }
}

// With weights w of the chosen ones that sum to 1: dl_i = w_i (dw_i - sum(w dw)), for the others 0.
// With probabilities p of all: dl_j = p_j (dw_j - sum(p dw)), where dw is 0 for those not chosen.
void sk_route_backward(float *dlogits, const float *dweights, const float *probabilities,
                       const float *weights, const int *ids, size_t experts, size_t used,
                       int kind) {
  float sum = 0;
  for (size_t i = 0; i < used; i++) sum += weights[i] * dweights[i];
  for (size_t e = 0; e < experts; e++)
    dlogits[e] = kind == sk_route_all ? -probabilities[e] * sum : 0.0f;
  for (size_t i = 0; i < used; i++)
    dlogits[ids[i]] += weights[i] * (kind == sk_route_all ? dweights[i] : dweights[i] - sum);
}

void sk_group_slots(int *starts, int *order, const int *ids, size_t slots, size_t experts) {
  memset(starts, 0, (experts + 1) * sizeof *starts);
  for (size_t s = 0; s < slots; s++) starts[ids[s] + 1]++;
  for (size_t e = 0; e < experts; e++) starts[e + 1] += starts[e];
  // Each start moves to the next one's place while its slots are put down, and back afterwards.
  for (size_t s = 0; s < slots; s++) order[starts[ids[s]]++] = (int)s;
  for (size_t e = experts; e > 0; e--) starts[e] = starts[e - 1];
  starts[0] = 0;
}

void sk_gather_slots(float *rows, const float *x, const int *slots, size_t count, size_t used,
                     size_t width) {
  for (size_t i = 0; i < count; i++)
    memcpy(rows + i * width, x + (size_t)slots[i] / used * width, width * sizeof *rows);
}

void sk_scatter_slots(float *x, const float *rows, const float *weights, const int *slots,
                      size_t count, size_t used, size_t width, float scale) {
  for (size_t i = 0; i < count; i++)
    sk_add_scaled(x + (size_t)slots[i] / used * width, rows + i * width, width,
                  weights ? weights[slots[i]] * scale : scale);
}

SK_CLONES float sk_inner_product(const float *x, const float *y, size_t count) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i] * y[i];
  return sum;
}

SK_CLONES float sk_logistic(float x) { return 1.0f / (1.0f + exponential(-x)); }

static inline __attribute__((always_inline)) float at_most(float x, float limit) {
  return x > limit ? limit : x;
}

SK_CLONES void sk_clamped_multiply(float *out, const float *gate, const float *up, size_t count,
                                   float alpha, float limit) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float g = at_most(gate[i], limit), u = -at_most(-at_most(up[i], limit), limit);
    out[i] = (u + 1.0f) * g / (1.0f + exponential(-alpha * g));
  }
}

SK_CLONES void sk_clamped_multiply_backward(float *dgate, float *dup, const float *dy,
                                            const float *gate, const float *up, size_t count,
                                            float alpha, float limit) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float g = at_most(gate[i], limit), u = -at_most(-at_most(up[i], limit), limit);
    float sigmoid = 1.0f / (1.0f + exponential(-alpha * g)), slope = dy[i];
    dup[i] = up[i] == u ? slope * g * sigmoid : 0.0f;
    dgate[i] =
        gate[i] == g ? slope * (u + 1.0f) * sigmoid * (1.0f + alpha * g * (1.0f - sigmoid)) : 0.0f;
  }
}
