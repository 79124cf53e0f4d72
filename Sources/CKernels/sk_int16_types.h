// What products on whole numbers of 16 bits share: the forms of vectors and of weights.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "include/sk_gemm.h"
#include "include/sk_int16.h"
#include "sk_prepared.h"

enum {
  tile_rows = sk_token_tile,  // vectors of one tile
  side = 32,                  // elements of one block
  largest_weight = 4096       // 32 x 4096 x 16383 is below 2^31
};

// A block of the vectors of a tile.
typedef struct {
  union {
    int16_t numbers[tile_rows][side];
    int32_t pairs[tile_rows][side / 2];
  };
  float scales[16];
  float totals[16];  // the sums of the rounded elements, for weights with minimums
} vector_block;

// A block of the 32 columns of a panel.
typedef struct {
  int32_t pairs[side / 2][32];
  float scales[32];
  float minimums[32];
} weight_block;

// What the weights of a type are made of.
typedef enum { kind_rounded, kind_scaled, kind_with_minimums } weight_kind;

__attribute__((visibility("hidden"))) weight_kind sk_int16_kind(int type);

// Packs `blocks` blocks of up to 32 stored rows, from weight `first` on, of the other two kinds.
__attribute__((visibility("hidden"))) void sk_int16_pack_whole(
    int type, weight_block *panel, const void *const *rows, size_t count, size_t first,
    size_t blocks);
