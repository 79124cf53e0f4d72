// Kernels that the Swift compiler cannot reach (F16C, AVX-512, function multiversioning) and the
// pool of threads under every parallel loop. Every name starts with `sk_`. Nothing allocates
// unless it says so; lengths are preconditions of the caller.
#pragma once
#include "sk_attend.h"
#include "sk_activations.h"
#include "sk_amx.h"
#include "sk_blocks.h"
#include "sk_convert.h"
#include "sk_dot.h"
#include "sk_gemm.h"
#include "sk_layer_norm.h"
#include "sk_layers.h"
#include "sk_pool.h"
#include "sk_projection_affinities.h"
#include "sk_projection_forces.h"
#include "sk_projection_grid.h"
#include "sk_projection_neighbours.h"
#include "sk_projection_pacmap.h"
#include "sk_projection_pca.h"
#include "sk_projection_tree.h"
#include "sk_projection_umap.h"
#include "sk_quantise.h"
