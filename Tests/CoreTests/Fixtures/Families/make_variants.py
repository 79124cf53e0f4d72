"""What transformers makes of the families' tiny models under other configurations.

    python make_variants.py [NAME...]     (numpy, torch, transformers, safetensors)

Needs the folders that make_families.py wrote; writes variants.json, of the families named the others
stay as they are: for each family a list of
{"name", "set", "unset", "extra", "drop", "state"}. `set` and `unset` are keys of config.json, `extra`
tensors beside the family's own ([shape, values]), `drop` endings of tensors that are left out;
`state` is the last token's state after the last block, float32 and eager, for the family's row 0,
or its first `tokens` tokens; null where transformers refuses to load or run it.
"""

import json
import os
import shutil
import sys
import tempfile

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM
from transformers.utils import logging

logging.set_verbosity_error()
FOLDER = os.path.dirname(os.path.abspath(__file__))
HEADS = {"llama3": 8, "mistral": 8, "qwen2": 8, "qwen3": 12, "gemma2": 12, "gemma3": 12, "phi3": 6,
         "neox": 4, "granite": 8, "cohere": 8, "glm": 4, "mixtral": 8, "qwen2moe": 8, "qwen3moe": 12,
         "gptoss": 12}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0,
        "original_max_position_embeddings": 32}


def rope(**values):
    return {"set": {"rope_parameters": values}}


def scaling(values, **more):
    """The spelling of before transformers 5."""
    return {"set": {"rope_scaling": values, "rope_theta": 10000.0, **more},
            "unset": ["rope_parameters"]}


def longrope(family, **more):
    count = HEADS[family] // 2
    return {"rope_type": "longrope", "rope_theta": 10000.0,
            "short_factor": [1.0 + 0.5 * i for i in range(count)],
            "long_factor": [2.0 + 1.5 * i for i in range(count)], **more}


def scaled(family):
    """Every kind of scaled positions, for families whose heads turn as Llama's do."""
    return {
        "yarn": rope(**YARN),
        "yarn, attention factor": rope(**YARN, attention_factor=0.7),
        "yarn, betas": rope(**YARN, beta_fast=4, beta_slow=2),
        "yarn, betas null": rope(**YARN, beta_fast=None, beta_slow=None),
        "yarn, mscale": rope(**YARN, mscale=1.0, mscale_all_dim=0.5),
        "yarn, mscale alone": rope(**YARN, mscale=0.5),
        "yarn, truncate": rope(**YARN, truncate=False),
        "yarn, no original": rope(rope_type="yarn", rope_theta=100.0, factor=4.0),
        "yarn, factor null": rope(**{**YARN, "factor": None}),
        "yarn, factor below 1": rope(**{**YARN, "factor": 0.5}),
        "yarn, old": scaling({"type": "yarn", "factor": 4.0,
                              "original_max_position_embeddings": 32}),
        "yarn, original outside": {"set": {
            "rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0},
            "original_max_position_embeddings": 32}},
        "linear": rope(rope_type="linear", rope_theta=10000.0, factor=4.0),
        "linear, old": scaling({"type": "linear", "factor": 4.0}),
        "linear, two types": scaling({"type": "dynamic", "rope_type": "linear", "factor": 4.0}),
        "dynamic within": rope(rope_type="dynamic", rope_theta=10000.0, factor=2.0),
        "dynamic beyond": {"set": {"rope_parameters": {
            "rope_type": "dynamic", "rope_theta": 10000.0, "factor": 4.0},
            "max_position_embeddings": 40}},
        "dynamic, old": scaling({"type": "dynamic", "factor": 4.0}, max_position_embeddings=40),
        "llama3": rope(rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0,
                       high_freq_factor=4.0, original_max_position_embeddings=64),
        "llama3, no original": rope(rope_type="llama3", rope_theta=500.0, factor=8.0,
                                    low_freq_factor=1.0, high_freq_factor=4.0),
        "longrope short": rope(**longrope(family, original_max_position_embeddings=128)),
        "longrope long": rope(**longrope(family, original_max_position_embeddings=32)),
        "longrope, factor": rope(**longrope(family, original_max_position_embeddings=32,
                                            factor=3.0)),
        "longrope, attention factor": rope(
            **longrope(family, original_max_position_embeddings=32, attention_factor=0.8)),
        "longrope, no original": rope(**longrope(family, factor=4.0)),
        "proportional": rope(rope_type="proportional", rope_theta=10000.0, factor=2.0,
                             partial_rotary_factor=0.5),
        "mrope": rope(rope_type="mrope", rope_theta=10000.0),
        "su": rope(**{**longrope(family, original_max_position_embeddings=32),
                      "rope_type": "su"}),
        "unknown": rope(rope_type="strange", rope_theta=10000.0, factor=2.0),
        "a factor without a type": scaling({"factor": 4.0}),
        "both spellings": {"set": {"rope_scaling": {"type": "linear", "factor": 4.0},
                                   "rope_theta": 50.0}},
        "scaling null": scaling(None),
        "no base": {"unset": ["rope_parameters", "rope_theta"]},
        "base outside": {"set": {"rope_theta": 50.0}, "unset": ["rope_parameters"]},
        "base inside wins": {"set": {"rope_theta": 50.0}},
        "part of a head": {"set": {"partial_rotary_factor": 0.5}},
        "part of a head, linear": {"set": {
            "partial_rotary_factor": 0.5,
            "rope_parameters": {"rope_type": "linear", "rope_theta": 100.0, "factor": 4.0}}},
        "part of a head, inside": rope(rope_type="default", rope_theta=100.0,
                                       partial_rotary_factor=0.5),
        "not causal": {"set": {"is_causal": False}},
        "causal null": {"set": {"is_causal": None}},
        "bidirectional key": {"set": {"use_bidirectional_attention": True}},
        "epsilon absent": {"unset": ["rms_norm_eps"]},
        "epsilon": {"set": {"rms_norm_eps": 0.1}},
    }


WINDOW = {
    "window": {"set": {"sliding_window": 5}},
    "window null": {"set": {"sliding_window": None}},
    "window absent": {"unset": ["sliding_window"]},
}
SWITCHED = {
    "switched off": {"set": {"use_sliding_window": False, "sliding_window": 5}},
    "no layers": {"set": {"use_sliding_window": True, "sliding_window": 5},
                  "unset": ["max_window_layers", "layer_types"]},
    "upper layers": {"set": {"use_sliding_window": True, "sliding_window": 5,
                             "max_window_layers": 1}, "unset": ["layer_types"]},
    "layer types": {"set": {
        "use_sliding_window": True, "sliding_window": 5, "max_window_layers": 0,
        "layer_types": ["full_attention", "sliding_attention", "full_attention"]}},
    "layer types, switched off": {"set": {
        "use_sliding_window": False, "sliding_window": 5,
        "layer_types": ["full_attention", "sliding_attention", "full_attention"]}},
    "window null": {"set": {"use_sliding_window": True, "sliding_window": None,
                            "max_window_layers": 0}, "unset": ["layer_types"]},
    "not causal, window": {"set": {
        "use_sliding_window": True, "sliding_window": 5, "max_window_layers": 0,
        "is_causal": False}, "unset": ["layer_types"]},
    "all layers": {"set": {"use_sliding_window": True, "sliding_window": 5,
                           "max_window_layers": 0}, "unset": ["layer_types"]},
    "window absent": {"set": {"use_sliding_window": True, "max_window_layers": 0},
                      "unset": ["layer_types", "sliding_window"]},
}


def activations(key, *names):
    return {"activation " + name: {"set": {key: name}} for name in names} | {
        "activation absent": {"unset": [key]}}


GATED = activations("hidden_act", "silu", "swish", "gelu_pytorch_tanh", "gelu_new", "gelu", "relu")
BIASED = {
    "attention bias": {"set": {"attention_bias": True}, "bias": ["q", "k", "v", "o"]},
    "attention bias off": {"bias": ["q", "k", "v", "o"]},
}
MIXED = ["full_attention", "sliding_attention", "full_attention"]
MULTIPLIERS = [
    "embedding_multiplier", "attention_multiplier", "residual_multiplier", "logits_scaling"]
LOOKALIKES = {
    "keys of other families": {"set": {
        "attention_multiplier": 0.5, "embedding_multiplier": 3.0, "residual_multiplier": 0.2,
        "logits_scaling": 2.0, "scale_attn_weights": False, "query_pre_attn_scalar": 100,
        "attn_logit_softcapping": 1.0, "attention_chunk_size": 4, "clip_qkv": 0.1,
        "pretraining_tp": 2, "hidden_activation": "relu", "activation_function": "relu",
        "use_parallel_residual": False}},
}
# Keys of every mixture of experts.
MIXTURE = {
    "experts a token": {"set": {"num_experts_per_tok": 1}},
    "all experts": {"set": {"num_experts_per_tok": 5}},
    "more than there are": {"set": {"num_experts_per_tok": 9}},
    "no experts a token": {"set": {"num_experts_per_tok": 0}},
    "router's training": {"set": {"router_jitter_noise": 0.1, "router_aux_loss_coef": 0.5,
                                  "output_router_logits": True}},
}
FAMILIES = {
    "llama3": {
        **scaled("llama3"), **WINDOW, **GATED, **LOOKALIKES,
        **activations("hidden_act", "quick_gelu"),
        "all window keys": {"set": {
            "use_sliding_window": True, "sliding_window": 5, "max_window_layers": 0,
            "layer_types": ["sliding_attention"] * 3}},
        "attention bias": {"set": {"attention_bias": True}, "bias": ["q", "k", "v", "o"]},
        "attention bias off": {"bias": ["q", "k", "v", "o"]},
        "feed-forward bias": {"set": {"mlp_bias": True}, "bias": ["gate", "up", "down"]},
        "feed-forward bias off": {"bias": ["gate", "up", "down"]},
        "head size absent": {"unset": ["head_dim"]},
        "head size null": {"set": {"head_dim": None}},
    },
    "mistral": {
        **WINDOW, **GATED,
        "not causal": {"set": {"is_causal": False}},
        "attention bias": {"set": {"attention_bias": True}, "bias": ["q", "k", "v", "o"]},
        "yarn": rope(**YARN),
        "layer types": {"set": {
            "layer_types": ["full_attention", "sliding_attention", "full_attention"]}},
        "switched off": {"set": {"use_sliding_window": False}},
    },
    "qwen2": {
        **scaled("qwen2"), **SWITCHED, **LOOKALIKES,
        **activations("hidden_act", "silu", "gelu"),
        "head size": {"set": {"head_dim": 8}},
        "attention bias": {"set": {"attention_bias": False}},
    },
    "qwen3": {
        **SWITCHED, **activations("hidden_act", "silu", "gelu"),
        "yarn": rope(**YARN), "linear": rope(rope_type="linear", rope_theta=100.0, factor=4.0),
        "attention bias": {"set": {"attention_bias": True}, "bias": ["q", "k", "v", "o"]},
        "attention bias off": {"bias": ["q", "k", "v", "o"]},
    },
    "gemma2": {
        **WINDOW,
        **activations("hidden_activation", "gelu_pytorch_tanh", "gelu_new", "gelu", "silu"),
        **activations("hidden_act", "relu"),
        "yarn": rope(**YARN), "linear": rope(rope_type="linear", rope_theta=100.0, factor=4.0),
        "dynamic beyond": {"set": {"rope_parameters": {
            "rope_type": "dynamic", "rope_theta": 10000.0, "factor": 4.0},
            "max_position_embeddings": 40}},
        "not causal": {"set": {"is_causal": False}},
        "bidirectional": {"set": {"use_bidirectional_attention": True}},
        "cap absent": {"unset": ["attn_logit_softcapping", "final_logit_softcapping"]},
        "cap null": {"set": {"attn_logit_softcapping": None, "final_logit_softcapping": None}},
        "scale": {"set": {"query_pre_attn_scalar": 30}},
        "scale absent": {"unset": ["query_pre_attn_scalar"]},
        "layer types": {"set": {
            "layer_types": ["full_attention", "full_attention", "sliding_attention"]}},
        "layer types absent": {"unset": ["layer_types"]},
        "pattern": {"set": {"sliding_window_pattern": 3}, "unset": ["layer_types"]},
        "attention bias": {"set": {"attention_bias": True}, "bias": ["q", "k", "v", "o"]},
        "attention bias off": {"bias": ["q", "k", "v", "o"]},
    },
    "gemma3": {
        **WINDOW,
        **activations("hidden_activation", "gelu_pytorch_tanh", "gelu", "silu"),
        "bidirectional": {"set": {"use_bidirectional_attention": True}},
        "bidirectional, even window": {"set": {
            "use_bidirectional_attention": True, "sliding_window": 10}},
        "bidirectional null": {"set": {"use_bidirectional_attention": None}},
        "not causal": {"set": {"is_causal": False}},
        "cap": {"set": {"attn_logit_softcapping": 0.5}},
        "scale": {"set": {"query_pre_attn_scalar": 30}},
        "scale absent": {"unset": ["query_pre_attn_scalar"]},
        "layer types": {"set": {
            "layer_types": ["full_attention", "sliding_attention"] * 3}},
        "layer types absent": {"unset": ["layer_types"]},
        "pattern": {"set": {"sliding_window_pattern": 2}, "unset": ["layer_types"]},
        "pattern, private": {"set": {"_sliding_window_pattern": 2}, "unset": ["layer_types"]},
        "attention bias": {"set": {"attention_bias": True}, "bias": ["q", "k", "v", "o"]},
        "old": {"set": {"rope_theta": 1e5, "rope_local_base_freq": 5e3,
                        "rope_scaling": {"rope_type": "linear", "factor": 8.0}},
                "unset": ["rope_parameters"]},
        "old, unscaled": {"set": {"rope_theta": 1e5, "rope_local_base_freq": 5e3,
                                  "rope_scaling": None}, "unset": ["rope_parameters"]},
        "no base": {"unset": ["rope_parameters"]},
        "old beside new": {"set": {"rope_scaling": {"rope_type": "linear", "factor": 2.0}}},
        "sliding scaled": rope(
            full_attention={"rope_type": "default", "rope_theta": 1e5},
            sliding_attention={"rope_type": "linear", "factor": 3.0, "rope_theta": 1e4}),
        "sliding yarn": rope(
            full_attention=YARN, sliding_attention={**YARN, "rope_theta": 500.0}),
        "sliding dynamic": {"set": {"rope_parameters": {
            "full_attention": {"rope_type": "default", "rope_theta": 1e5},
            "sliding_attention": {"rope_type": "dynamic", "factor": 3.0, "rope_theta": 1e4}},
            "max_position_embeddings": 40}},
        "full alone": rope(full_attention={"rope_type": "default", "rope_theta": 1e5}),
        "full alone, null": rope(full_attention={"rope_type": "default", "rope_theta": 1e5},
                                 sliding_attention=None),
        "longrope": rope(
            full_attention=longrope("gemma3", original_max_position_embeddings=32),
            sliding_attention={"rope_type": "default", "rope_theta": 1e4}),
        "one for all": rope(rope_type="linear", factor=4.0, rope_theta=1e4),
    },
    "phi3": {
        **WINDOW, **activations("hidden_act", "silu", "gelu"),
        "plain": rope(rope_type="default", rope_theta=100.0, partial_rotary_factor=0.75),
        "part outside": {"set": {
            "rope_theta": 100.0, "partial_rotary_factor": 0.5}, "unset": ["rope_parameters"]},
        "whole head": {"set": {"rope_theta": 100.0}, "unset": ["rope_parameters"]},
        "long": {"set": {"original_max_position_embeddings": 32}},
        "original absent": {"unset": ["original_max_position_embeddings"]},
        "old": {"set": {"rope_theta": 100.0, "partial_rotary_factor": 0.75, "rope_scaling": {
            "type": "longrope", "short_factor": [1.0, 1.5, 2.5], "long_factor": [2.0, 4.0, 8.0]},
            "original_max_position_embeddings": 32}, "unset": ["rope_parameters"]},
        "old su": {"set": {"rope_theta": 100.0, "partial_rotary_factor": 0.75, "rope_scaling": {
            "type": "su", "short_factor": [1.0, 1.5, 2.5], "long_factor": [2.0, 4.0, 8.0]}},
            "unset": ["rope_parameters"]},
        "old yarn": {"set": {"rope_theta": 100.0, "partial_rotary_factor": 0.75, "rope_scaling": {
            "type": "yarn", "short_factor": [1.0, 1.5, 2.5], "long_factor": [2.0, 4.0, 8.0]}},
            "unset": ["rope_parameters"]},
        "linear": rope(rope_type="linear", rope_theta=100.0, factor=4.0,
                       partial_rotary_factor=0.75),
        "not causal": {"set": {"is_causal": False}},
    },
    "gpt2": {
        "unscaled": {"set": {"scale_attn_weights": False}},
        "scaled by layer": {"set": {"scale_attn_by_inverse_layer_idx": True}},
        "by layer alone": {"set": {
            "scale_attn_weights": False, "scale_attn_by_inverse_layer_idx": True}},
        "upcast": {"set": {"reorder_and_upcast_attn": True}},
        "not causal": {"set": {"is_causal": False}},
        "bidirectional key": {"set": {"use_bidirectional_attention": True}},
        "cross attention": {"set": {"add_cross_attention": True}},
        "window": {"set": {"sliding_window": 5}},
        "epsilon absent": {"unset": ["layer_norm_epsilon"]},
        "names of others": {
            "set": {"num_hidden_layers": 3, "num_attention_heads": 4, "hidden_size": 32},
            "unset": ["n_layer", "n_head", "n_embd"]},
        **activations("activation_function", "gelu_new", "gelu_pytorch_tanh", "gelu", "gelu_fast",
                      "relu", "silu"),
        **activations("hidden_act", "relu"),
    },
    "neox": {
        **WINDOW, **activations("hidden_act", "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast",
                                "relu"),
        "attention bias off": {"set": {"attention_bias": False},
                               "drop": ["query_key_value.bias", "attention.dense.bias"]},
        "attention bias off, in file": {"set": {"attention_bias": False}},
        "serial": {"set": {"use_parallel_residual": False}},
        "parallel absent": {"unset": ["use_parallel_residual"]},
        "old": {"set": {"rotary_emb_base": 500, "rotary_pct": 0.5}, "unset": ["rope_parameters"]},
        "no share": {"set": {"rotary_emb_base": 500}, "unset": ["rope_parameters"]},
        "base of others": {"set": {"rope_theta": 500, "partial_rotary_factor": 0.5},
                           "unset": ["rope_parameters"]},
        "linear": rope(rope_type="linear", rope_theta=100.0, factor=4.0,
                       partial_rotary_factor=0.5),
        "linear, old": {"set": {"rotary_emb_base": 500, "rotary_pct": 0.5, "rope_scaling": {
            "type": "linear", "factor": 4.0}}, "unset": ["rope_parameters"]},
        "yarn": rope(**YARN, partial_rotary_factor=0.5),
        "dynamic beyond": {"set": {"rope_parameters": {
            "rope_type": "dynamic", "rope_theta": 10000.0, "factor": 4.0,
            "partial_rotary_factor": 1.0}, "max_position_embeddings": 40}},
        "longrope": rope(**longrope("neox", original_max_position_embeddings=32,
                                    partial_rotary_factor=0.5)),
        "head size": {"set": {"head_dim": 4}},
        "head size, part": {"set": {"head_dim": 6, "rope_parameters": {
            "rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.7}}},
        "not causal": {"set": {"is_causal": False}},
        "epsilon absent": {"unset": ["layer_norm_eps"]},
    },
    "olmo2": {
        **GATED, **BIASED, **WINDOW,
        "yarn": rope(**YARN), "linear": rope(rope_type="linear", rope_theta=100.0, factor=4.0),
        "linear, old": scaling({"type": "linear", "factor": 4.0}),
        "no base": {"unset": ["rope_parameters", "rope_theta"]},
        "not causal": {"set": {"is_causal": False}},
        "epsilon absent": {"unset": ["rms_norm_eps"]},
        "layer types": {"set": {"sliding_window": 5, "layer_types": MIXED}},
        "clamps": {"set": {"clip_qkv": 0.1}},
    },
    "olmo3": {
        **WINDOW, **BIASED, **activations("hidden_act", "silu", "gelu"),
        "layer types": {"set": {"layer_types": MIXED}},
        "layer types absent": {"unset": ["layer_types"]},
        "all full": {"set": {"layer_types": ["full_attention"] * 3}},
        "pattern": {"set": {"sliding_window_pattern": 2}, "unset": ["layer_types"]},
        "no base": {"unset": ["rope_parameters"]},
        "one for all": rope(rope_type="linear", factor=4.0, rope_theta=1e4),
        "full alone": rope(full_attention={"rope_type": "default", "rope_theta": 1e5}),
        "sliding scaled": rope(
            full_attention={"rope_type": "default", "rope_theta": 1e5},
            sliding_attention={"rope_type": "linear", "factor": 3.0, "rope_theta": 1e4}),
        "old": {"set": {"rope_theta": 1e3, "rope_scaling": {
            "rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 32,
            "attention_factor": 1.2, "beta_fast": 32, "beta_slow": 1}},
            "unset": ["rope_parameters"]},
        "old, unscaled": {"set": {"rope_theta": 1e3, "rope_scaling": None},
                          "unset": ["rope_parameters"]},
        "old beside new": {"set": {"rope_theta": 1e3, "rope_parameters": {
            "full_attention": {"rope_type": "default"},
            "sliding_attention": {"rope_type": "default"}}}},
        "not causal": {"set": {"is_causal": False}},
    },
    "smollm3": {
        **GATED, **BIASED,
        "feed-forward bias": {"set": {"mlp_bias": True}, "bias": ["gate", "up", "down"]},
        "no rope": {"set": {"no_rope_layers": [0, 1, 1, 0]}},
        "no rope, longer": {"set": {"no_rope_layers": [1, 0, 1, 0, 0, 1]}},
        "no rope, shorter": {"set": {"no_rope_layers": [1, 0]}},
        "no rope absent": {"unset": ["no_rope_layers"]},
        "interval": {"set": {"no_rope_layer_interval": 2}, "unset": ["no_rope_layers"]},
        "interval 0": {"set": {"no_rope_layer_interval": 0}, "unset": ["no_rope_layers"]},
        "window": {"set": {"use_sliding_window": True, "sliding_window": 5},
                   "unset": ["layer_types"]},
        "window, switched off": {"set": {"use_sliding_window": False, "sliding_window": 5},
                                 "unset": ["layer_types"]},
        "window null": {"set": {"use_sliding_window": True, "sliding_window": None},
                        "unset": ["layer_types"]},
        "layer types": {"set": {
            "use_sliding_window": True, "sliding_window": 5,
            "layer_types": ["sliding_attention", "full_attention"] * 2}},
        "layer types, switched off": {"set": {
            "use_sliding_window": False, "sliding_window": 5,
            "layer_types": ["sliding_attention", "full_attention"] * 2}},
        "yarn": rope(**YARN), "no base": {"unset": ["rope_parameters", "rope_theta"]},
        "not causal": {"set": {"is_causal": False}},
        "head size null": {"set": {"head_dim": None}},
    },
    "seedoss": {
        **GATED, "bias off": {"set": {"attention_bias": False}},
        "bias absent": {"unset": ["attention_bias"]},
        "output bias": {"set": {"attention_out_bias": True}, "bias": ["o"]},
        "feed-forward bias": {"set": {"mlp_bias": True}, "bias": ["gate", "up", "down"]},
        "yarn": rope(**YARN), "no base": {"unset": ["rope_parameters", "rope_theta"]},
        "not causal": {"set": {"is_causal": False}},
        "epsilon absent": {"unset": ["rms_norm_eps"]},
    },
    "granite": {
        **scaled("granite"), **GATED, **BIASED, **WINDOW,
        "feed-forward bias": {"set": {"mlp_bias": True}, "bias": ["gate", "up", "down"]},
        **{key: {"set": {key: 0.7}} for key in MULTIPLIERS},
        **{key + " absent": {"unset": [key]} for key in MULTIPLIERS},
        **{key + " null": {"set": {key: None}} for key in MULTIPLIERS[:3]},
        "whole numbers": {"set": {key: 2 for key in MULTIPLIERS}},
    },
    "granite4": {
        **activations("hidden_act", "silu", "gelu"), **BIASED,
        "no positions": {"set": {"position_embedding_type": None}},
        "positions absent": {"unset": ["position_embedding_type"]},
        "other positions": {"set": {"position_embedding_type": "nope"}},
        "old names": {"set": {"layer_types": ["attention"] * 3}},
        "kinds absent": {"unset": ["layer_types"]},
        "feed-forward bias": {"set": {"mlp_bias": True}},
        "other feed-forward": {"set": {"intermediate_size": 4096}},
        "yarn": rope(**YARN),
        **{key + " absent": {"unset": [key]} for key in MULTIPLIERS},
    },
    "cohere": {
        **GATED, **BIASED, **WINDOW,
        "yarn": rope(**YARN), "linear": rope(rope_type="linear", rope_theta=100.0, factor=4.0),
        "dynamic beyond": {"set": {"rope_parameters": {
            "rope_type": "dynamic", "rope_theta": 10000.0, "factor": 4.0},
            "max_position_embeddings": 40}},
        "longrope": rope(**longrope("cohere", original_max_position_embeddings=32)),
        "no base": {"unset": ["rope_parameters", "rope_theta"]},
        "heads not normed": {"set": {"use_qk_norm": False},
                             "drop": ["q_norm.weight", "k_norm.weight"]},
        "heads not normed, in file": {"set": {"use_qk_norm": False}},
        "heads null": {"set": {"use_qk_norm": None}},
        "epsilon absent": {"unset": ["layer_norm_eps"]},
        "epsilon": {"set": {"layer_norm_eps": 0.1}},
        "epsilon of others": {"set": {"rms_norm_eps": 0.1}},
        "not causal": {"set": {"is_causal": False}},
        "serial": {"set": {"use_parallel_residual": False}},
    },
    "cohere2": {
        **WINDOW, **BIASED, **activations("hidden_act", "silu", "gelu"),
        "layer types": {"set": {"layer_types": MIXED}},
        "layer types absent": {"unset": ["layer_types"]},
        "pattern": {"set": {"sliding_window_pattern": 2}, "unset": ["layer_types"]},
        "pattern beside types": {"set": {"sliding_window_pattern": 2}},
        "all full": {"set": {"layer_types": ["full_attention"] * 3}},
        "part of a head": {"set": {"rotary_pct": 0.5, "partial_rotary_factor": 0.5}},
        "yarn": rope(**YARN), "no base": {"unset": ["rope_parameters", "rope_theta"]},
        "heads normed": {"set": {"use_qk_norm": True}},
        "not causal": {"set": {"is_causal": False}},
    },
    "glm": {
        **GATED, **WINDOW,
        "attention bias off": {"set": {"attention_bias": False},
                               "drop": ["q_proj.bias", "k_proj.bias", "v_proj.bias"]},
        "part outside": {"set": {"partial_rotary_factor": 0.25, "rope_theta": 100.0},
                         "unset": ["rope_parameters"]},
        "part absent": {"set": {"rope_theta": 100.0}, "unset": ["rope_parameters"]},
        "part inside absent": rope(rope_type="default", rope_theta=100.0),
        "part outside and object": {"set": {
            "partial_rotary_factor": 0.25, "rope_parameters": {
                "rope_type": "default", "rope_theta": 100.0}}},
        "whole head": rope(rope_type="default", rope_theta=100.0, partial_rotary_factor=1.0),
        "yarn": rope(**YARN, partial_rotary_factor=0.5),
        "linear, old": {"set": {"rope_theta": 100.0, "rope_scaling": {
            "type": "linear", "factor": 4.0}}, "unset": ["rope_parameters"]},
        "longrope": rope(**longrope("glm", original_max_position_embeddings=32,
                                    partial_rotary_factor=0.5)),
        "not causal": {"set": {"is_causal": False}},
        "epsilon absent": {"unset": ["rms_norm_eps"]},
    },
    "glm4": {
        **activations("hidden_act", "silu", "gelu"),
        "part outside": {"set": {"partial_rotary_factor": 1.0, "rope_theta": 100.0},
                         "unset": ["rope_parameters"]},
        "part absent": {"set": {"rope_theta": 100.0}, "unset": ["rope_parameters"]},
        "yarn": rope(**YARN, partial_rotary_factor=0.5),
        "attention bias off": {"set": {"attention_bias": False}},
    },
    "exaone4": {
        **GATED, **WINDOW,
        "layer types": {"set": {"layer_types": MIXED}},
        "layer types absent": {"unset": ["layer_types"]},
        "pattern": {"set": {"sliding_window_pattern": 2}, "unset": ["layer_types"]},
        "pattern in letters": {"set": {"sliding_window_pattern": "LLG"}, "unset": ["layer_types"]},
        "all full": {"set": {"layer_types": ["full_attention"] * 3}},
        "all full, no window": {"set": {
            "layer_types": ["full_attention"] * 3, "sliding_window": None}},
        "no window, no types": {"set": {"sliding_window": None}, "unset": ["layer_types"]},
        "yarn": rope(**YARN), "no base": {"unset": ["rope_parameters", "rope_theta"]},
        "llama3": rope(rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0,
                       high_freq_factor=4.0, original_max_position_embeddings=64),
        "attention bias": {"set": {"attention_bias": True}, "bias": ["q", "k", "v", "o"]},
        "not causal": {"set": {"is_causal": False}},
    },
    "stablelm": {
        **GATED, **WINDOW,
        "bias off": {"set": {"use_qkv_bias": False},
                     "drop": ["q_proj.bias", "k_proj.bias", "v_proj.bias"]},
        "bias off, in file": {"set": {"use_qkv_bias": False}},
        "part outside": {"set": {"partial_rotary_factor": 0.5, "rope_theta": 100.0},
                         "unset": ["rope_parameters"]},
        "part absent": {"set": {"rope_theta": 100.0}, "unset": ["rope_parameters"]},
        "part inside absent": rope(rope_type="default", rope_theta=100.0),
        "whole head": rope(rope_type="default", rope_theta=100.0, partial_rotary_factor=1.0),
        "yarn": rope(**YARN, partial_rotary_factor=0.5),
        "parallel": {"set": {"use_parallel_residual": True},
                     "drop": ["post_attention_layernorm.weight", "post_attention_layernorm.bias"]},
        "parallel, in file": {"set": {"use_parallel_residual": True}},
        "epsilon absent": {"unset": ["layer_norm_eps"]},
        "epsilon": {"set": {"layer_norm_eps": 0.1}},
        "head size": {"set": {"head_dim": 8}},
        "another head size": {"set": {"head_dim": 16}},
        "not causal": {"set": {"is_causal": False}},
    },
    "stablelm2": {
        "heads not normed": {"set": {"qk_layernorm": False}, "drop": ["layernorm.norms"]},
        "switches absent": {"unset": ["use_qkv_bias"]},
        **activations("hidden_act", "silu", "gelu"),
    },
    "ministral": {
        **WINDOW, **activations("hidden_act", "silu", "gelu"),
        "layer types": {"set": {"layer_types": MIXED}},
        "layer types absent": {"unset": ["layer_types"]},
        "types absent, no window": {"set": {"sliding_window": None}, "unset": ["layer_types"]},
        "all full, no window": {"set": {
            "layer_types": ["full_attention"] * 3, "sliding_window": None}},
        "yarn": rope(**YARN), "head size null": {"set": {"head_dim": None}},
        "attention bias": {"set": {"attention_bias": True}, "bias": ["q", "k", "v", "o"]},
        "switched off": {"set": {"use_sliding_window": False}},
        "not causal": {"set": {"is_causal": False}},
    },
    "ministral3": {
        **activations("hidden_act", "silu", "gelu"),
        "window": {"set": {"sliding_window": 5}},
        "layer types": {"set": {"sliding_window": 5, "layer_types": MIXED}},
        "slope 0": rope(**YARN, llama_4_scaling_beta=0.0),
        "slope": rope(**YARN, llama_4_scaling_beta=1.5),
        "no slope": rope(**YARN),
        "unscaled": rope(rope_type="default", rope_theta=100.0, llama_4_scaling_beta=0.5,
                         original_max_position_embeddings=8),
        "no original": rope(rope_type="default", rope_theta=100.0, llama_4_scaling_beta=0.5),
        "scales": rope(**YARN, llama_4_scaling_beta=0.5, mscale=1.0, mscale_all_dim=0.5),
        "no positions": {"unset": ["rope_parameters"]},
        "not causal": {"set": {"is_causal": False}},
    },
    "mixtral": {
        **WINDOW, **LOOKALIKES, **MIXTURE,
        **activations("hidden_act", "silu", "gelu_pytorch_tanh"),
        "not causal": {"set": {"is_causal": False}},
        "attention bias": {"set": {"attention_bias": True}, "bias": ["q", "k", "v", "o"]},
        "yarn": {"set": {"head_dim": 8, "rope_parameters": YARN}},
        "no base": {"unset": ["rope_parameters", "rope_theta"]},
        "other name": {"set": {"num_experts": 5}, "unset": ["num_local_experts"]},
        "both names": {"set": {"num_experts": 5}},
        "normalised": {"set": {"norm_topk_prob": False}},
    },
    "qwen2moe": {
        **SWITCHED, **MIXTURE, **activations("hidden_act", "silu", "gelu_pytorch_tanh"),
        "yarn": rope(**YARN), "normalised": {"set": {"norm_topk_prob": True}},
        "normalised absent": {"unset": ["norm_topk_prob"]},
        "bias off": {"set": {"qkv_bias": False}}, "bias absent": {"unset": ["qkv_bias"]},
        "output bias": {"set": {"attention_bias": True}, "bias": ["o"]},
        "step absent": {"unset": ["decoder_sparse_step"]},
        "upper layers, all": {"set": {"use_sliding_window": True, "sliding_window": 5,
                                      "max_window_layers": 28}, "unset": ["layer_types"]},
    },
    "qwen3moe": {
        **MIXTURE, **activations("hidden_act", "silu"),
        "switched off": {"set": {"use_sliding_window": False, "sliding_window": 5}},
        "window": {"set": {"use_sliding_window": True, "sliding_window": 5}},
        "window, layers": {"set": {"use_sliding_window": True, "sliding_window": 5,
                                   "max_window_layers": 2}},
        "window null": {"set": {"use_sliding_window": True, "sliding_window": None}},
        "not normalised": {"set": {"norm_topk_prob": False}},
        "normalised absent": {"unset": ["norm_topk_prob"]},
        "dense layers": {"set": {"decoder_sparse_step": 1, "mlp_only_layers": [0, 2]}},
        "dense layers null": {"set": {"mlp_only_layers": None}},
        "dense layers absent": {"unset": ["mlp_only_layers"]},
        "attention bias": {"set": {"attention_bias": True}, "bias": ["q", "k", "v", "o"]},
        "attention bias off": {"bias": ["q", "k", "v", "o"]},
        "linear": rope(rope_type="linear", rope_theta=100.0, factor=4.0),
        "other name": {"set": {"num_experts": 8}, "unset": ["num_local_experts"]},
        "both names": {"set": {"num_experts": 8}},
    },
    "gptoss": {
        **WINDOW, **MIXTURE, **activations("hidden_act", "silu", "relu"),
        "yarn": rope(**YARN), "yarn, truncate": rope(**YARN, truncate=True),
        "linear": rope(rope_type="linear", rope_theta=100.0, factor=4.0),
        "plain": rope(rope_type="default", rope_theta=100.0),
        "no rope": {"unset": ["rope_parameters"]},
        "no rope, base": {"set": {"rope_theta": 500.0}, "unset": ["rope_parameters"]},
        "rope null": {"set": {"rope_parameters": None}},
        "old": scaling({"rope_type": "yarn", "factor": 4.0, "truncate": False,
                        "original_max_position_embeddings": 32}),
        "layer types": {"set": {"layer_types": ["full_attention", "sliding_attention"] * 2}},
        "layer types absent": {"unset": ["layer_types"]},
        "alpha": {"set": {"swiglu_alpha": 1.0}}, "alpha absent": {"unset": ["swiglu_alpha"]},
        "limit": {"set": {"swiglu_limit": 2.0}}, "limit absent": {"unset": ["swiglu_limit"]},
        "bias off": {"set": {"attention_bias": False}},
        "not causal": {"set": {"is_causal": False}},
        "other name": {"set": {"num_experts": 6}, "unset": ["num_local_experts"]},
    },
    "olmoe": {
        **WINDOW, **MIXTURE, **activations("hidden_act", "silu", "gelu_pytorch_tanh"), **BIASED,
        "normalised": {"set": {"norm_topk_prob": True}},
        "normalised absent": {"unset": ["norm_topk_prob"]},
        "clipped": {"set": {"clip_qkv": 0.5}}, "clipped, null": {"set": {"clip_qkv": None}},
        "linear": rope(rope_type="linear", rope_theta=100.0, factor=4.0),
        "no base": {"unset": ["rope_parameters", "rope_theta"]},
        "not causal": {"set": {"is_causal": False}},
        "other name": {"set": {"num_local_experts": 8}, "unset": ["num_experts"]},
    },
    "granitemoe": {
        **WINDOW, **MIXTURE, **activations("hidden_act", "silu", "gelu_pytorch_tanh"), **BIASED,
        **{key: {"set": {key: 0.7}} for key in MULTIPLIERS},
        **{key + " absent": {"unset": [key]} for key in MULTIPLIERS},
        "shared": {"set": {"shared_intermediate_size": 24}},
        "linear": rope(rope_type="linear", rope_theta=100.0, factor=4.0),
        "not causal": {"set": {"is_causal": False}},
    },
    "granitemoeshared": {
        **MIXTURE, **BIASED, "shared absent, in file": {"unset": ["shared_intermediate_size"]},
        "linear": rope(rope_type="linear", rope_theta=100.0, factor=4.0),
    },
}
MODULES = {"q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj",
           "o": "self_attn.o_proj", "gate": "mlp.gate_proj", "up": "mlp.up_proj",
           "down": "mlp.down_proj"}


def last_state(folder, ids):
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    for path in ["model.layers", "transformer.h", "gpt_neox.layers"]:
        try:
            block = model.get_submodule(path)[-1]
        except AttributeError:
            continue
        break
    out = []
    block.register_forward_hook(
        lambda module, inputs, output: out.append(
            output[0] if isinstance(output, tuple) else output))
    with torch.no_grad():
        model(torch.tensor([ids]))
    return out[0].reshape(len(ids), -1)[-1]


def main():
    output = os.path.join(FOLDER, "variants.json")
    result = json.load(open(output)) if sys.argv[1:] else {}
    for family in sys.argv[1:] or FAMILIES:
        variants = FAMILIES[family]
        folder = os.path.join(FOLDER, family)
        base = json.load(open(os.path.join(folder, "config.json")))
        tensors = load_file(os.path.join(folder, "model.safetensors"))
        ids = [int(i) for i in load_file(os.path.join(folder, "golden.safetensors"))["0.ids"]]
        usual = last_state(folder, ids)
        random = np.random.default_rng(7)
        result[family] = []
        for name, variant in variants.items():
            config = {**base, **variant.get("set", {})}
            for key in variant.get("unset", []):
                config.pop(key, None)
            extra = {}
            for module in variant.get("bias", []):
                for block in range(base["num_hidden_layers"]):
                    path = f"model.layers.{block}.{MODULES[module]}"
                    extra[path + ".bias"] = torch.from_numpy(
                        random.standard_normal(tensors[path + ".weight"].shape[0]) * 0.3
                    ).to(torch.bfloat16)
            kept = {
                key: value for key, value in {**tensors, **extra}.items()
                if not key.endswith(tuple(variant.get("drop", ["\n"])))}
            work = tempfile.mkdtemp()
            json.dump(config, open(os.path.join(work, "config.json"), "w"))
            save_file(kept, os.path.join(work, "model.safetensors"), metadata={"format": "pt"})
            try:
                state = last_state(work, ids)
                off = float((state - usual).norm() / usual.norm())
                state = [float(f"{x:.7g}") for x in state]
                print(f"{family}: {name}: {off:.2g} off the usual")
            except Exception as error:
                state = None
                print(f"{family}: {name}: refused, {type(error).__name__}: {str(error)[:100]}")
            shutil.rmtree(work)
            result[family].append({
                "name": name, "set": variant.get("set", {}), "unset": variant.get("unset", []),
                "drop": variant.get("drop", []),
                "extra": {key: [round(float(x), 6) for x in value]
                          for key, value in extra.items()},
                "state": state})
    with open(output, "w") as file:
        file.write("{\n" + ",\n".join(
            f'"{family}": [\n' + ",\n".join(json.dumps(v) for v in variants) + "\n]"
            for family, variants in result.items()) + "\n}\n")


main()
