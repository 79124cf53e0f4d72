#pragma once
#include <stddef.h>
#include <stdint.h>

/// The conditional probabilities of one point's `count` neighbours: exp(-beta d) / sum, with beta
/// such that their entropy is `log_perplexity` (natural logarithm). Where no beta reaches it (too
/// many equal distances) they stay as even as the distances are. Returns beta.
double sk_conditional_row(float *probabilities, const float *squared_distances, size_t count,
                          double log_perplexity);

/// Merges two lists of (index, value), each sorted by index; values a and b of equal indices become
/// a + b - overlap * a * b. Returns the merged length; with null outputs it only counts.
size_t sk_merge_rows(uint32_t *indices, float *values, const uint32_t *a_indices,
                     const float *a_values, size_t a_count, const uint32_t *b_indices,
                     const float *b_values, size_t b_count, float overlap);

/// Sorts pairs by index.
void sk_sort_row(uint32_t *indices, float *values, size_t count);
