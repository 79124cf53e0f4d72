// The blocks of ggml's block formats, 32 weights each:
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
#pragma once
#include <stdint.h>

typedef struct { _Float16 scale; uint8_t nibbles[16]; } block_q4_0;
typedef struct { _Float16 scale, minimum; uint8_t nibbles[16]; } block_q4_1;
typedef struct { _Float16 scale; int8_t values[32]; } block_q8_0;
