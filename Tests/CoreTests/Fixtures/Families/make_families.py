"""Makes a tiny random model of every family, and what transformers and peft compute with it.

    python make_families.py [NAME...]     (numpy, torch, transformers, peft, gguf, safetensors)

A folder for each: config.json and model.safetensors as transformers writes them, model.gguf as
llama.cpp's converter would, adapter/ as peft writes it, and golden.safetensors:
1. N.ids, N.states (layers, tokens, width), N.logits (at N.places) of two rows of tokens;
2. tuned.states of row 0 with the adapter at the last layer;
3. gradient.NAME for each of the adapter's tensors, of the loss below on row 0;
4. of a mixture of experts, N.experts and N.weights of row N, (its sparse blocks, tokens, experts a
   token), the largest weight first.
Some mixtures have a folder fused/ too, with the tensors as transformers 5 has them in memory.

Weights are bfloat16 numbers, so that both files hold them exactly; the reference runs in float32.
"""

import copy
import os
import shutil
import sys

import gguf
import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import (
    Cohere2Config, CohereConfig, Exaone4Config, Gemma2Config, Gemma3TextConfig, Glm4Config,
    GlmConfig, GPT2Config, GPTNeoXConfig, GptOssConfig, GraniteConfig, GraniteMoeConfig,
    GraniteMoeHybridConfig, GraniteMoeSharedConfig, LlamaConfig, Ministral3Config,
    MinistralConfig, MistralConfig, MixtralConfig, Olmo2Config, Olmo3Config, OlmoeConfig,
    Phi3Config, Qwen2Config, Qwen2MoeConfig, Qwen3Config, Qwen3MoeConfig, SeedOssConfig,
    SmolLM3Config, StableLmConfig, AutoModelForCausalLM,
)

FOLDER = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEADS, KV_HEADS, HEAD, BLOCKS, FEED_FORWARD, VOCABULARY = 32, 4, 2, 8, 3, 48, 96
CONTEXT, WINDOW, EPSILON = 512, 9, 1e-5
ROWS = [70, 7]  # More than one block of 64 queries; fewer than a window.
PLAIN = {"rope_type": "default", "rope_theta": 10000.0}
SIZES = dict(
    vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=FEED_FORWARD,
    num_hidden_layers=BLOCKS, num_attention_heads=HEADS, num_key_value_heads=KV_HEADS,
    max_position_embeddings=CONTEXT, rms_norm_eps=EPSILON, tie_word_embeddings=False,
    attn_implementation="eager", bos_token_id=1, eos_token_id=2, pad_token_id=0,
)
LAYER_NORM_SIZES = {
    **{key: value for key, value in SIZES.items() if key != "rms_norm_eps"},
    "layer_norm_eps": EPSILON,
}
MULTIPLIERS = dict(
    embedding_multiplier=3.0, attention_multiplier=0.2, residual_multiplier=0.4,
    logits_scaling=2.0)
TYPES = ["sliding_attention", "sliding_attention", "full_attention"]
LLAMA_MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
ATTENTION_MODULES = LLAMA_MODULES[:4]
# By name: configuration, GGUF architecture, modules of the adapter.
FAMILIES = {
    "qwen2": (Qwen2Config(**SIZES, rope_parameters=PLAIN), "qwen2", LLAMA_MODULES),
    "qwen3": (
        Qwen3Config(**SIZES, head_dim=12, rope_parameters={**PLAIN, "rope_theta": 1e6}),
        "qwen3", LLAMA_MODULES),
    "llama3": (
        LlamaConfig(**SIZES, rope_parameters={
            "rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 64}),
        "llama", LLAMA_MODULES),
    "mistral": (
        MistralConfig(**SIZES, head_dim=HEAD, sliding_window=WINDOW, rope_parameters=PLAIN),
        "llama", ["q_proj", "v_proj", "down_proj"]),
    "gemma2": (
        Gemma2Config(
            **{**SIZES, "tie_word_embeddings": True}, head_dim=12, query_pre_attn_scalar=12,
            sliding_window=WINDOW, attn_logit_softcapping=2.0, final_logit_softcapping=3.0,
            rope_parameters=PLAIN),
        "gemma2", LLAMA_MODULES),
    "gemma3": (
        Gemma3TextConfig(
            **{**SIZES, "tie_word_embeddings": True, "num_hidden_layers": 6,
               "num_key_value_heads": 1}, head_dim=12, query_pre_attn_scalar=12,
            sliding_window=WINDOW, rope_parameters={
                "sliding_attention": PLAIN,
                "full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 1e6}}),
        "gemma3", LLAMA_MODULES),
    "phi3": (
        Phi3Config(
            **SIZES, original_max_position_embeddings=128, sliding_window=WINDOW,
            rope_parameters={
                "rope_type": "longrope", "rope_theta": 10000.0, "partial_rotary_factor": 0.75,
                "original_max_position_embeddings": 128, "short_factor": [1.0, 1.5, 2.5],
                "long_factor": [2.0, 4.0, 8.0]}),
        "phi3", ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]),
    "gpt2": (
        GPT2Config(
            vocab_size=VOCABULARY, n_embd=WIDTH, n_layer=BLOCKS, n_head=HEADS, n_positions=128,
            n_inner=FEED_FORWARD, attn_pdrop=0, embd_pdrop=0, resid_pdrop=0,
            attn_implementation="eager", bos_token_id=1, eos_token_id=2),
        "gpt2", ["c_attn", "c_proj", "c_fc"]),
    "neox": (
        GPTNeoXConfig(
            vocab_size=VOCABULARY, hidden_size=WIDTH, num_hidden_layers=BLOCKS,
            num_attention_heads=HEADS, intermediate_size=FEED_FORWARD,
            max_position_embeddings=CONTEXT, rope_parameters={
                **PLAIN, "partial_rotary_factor": 0.5},
            attn_implementation="eager", bos_token_id=1, eos_token_id=2),
        "gptneox", ["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"]),
    "olmo2": (
        Olmo2Config(**SIZES, rope_parameters={**PLAIN, "rope_theta": 500.0}),
        "olmo2", LLAMA_MODULES),
    "olmo3": (
        Olmo3Config(
            **SIZES, sliding_window=WINDOW, layer_types=TYPES, rope_parameters={
                "sliding_attention": PLAIN,
                "full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}}),
        "olmo2", LLAMA_MODULES),
    "smollm3": (
        SmolLM3Config(
            **{**SIZES, "tie_word_embeddings": True, "num_hidden_layers": 4},
            rope_parameters={**PLAIN, "rope_theta": 500.0}),
        "smollm3", LLAMA_MODULES),
    "granite": (
        GraniteConfig(
            **{**SIZES, "tie_word_embeddings": True}, **MULTIPLIERS, rope_parameters=PLAIN),
        "granite", LLAMA_MODULES),
    "granite4": (
        GraniteMoeHybridConfig(
            **SIZES, **MULTIPLIERS, shared_intermediate_size=FEED_FORWARD, num_local_experts=0,
            num_experts_per_tok=0, position_embedding_type="rope", mamba_n_heads=8,
            layer_types=["full_attention"] * BLOCKS, rope_parameters=PLAIN),
        "granite",
        ["q_proj", "k_proj", "v_proj", "o_proj", "input_linear", "output_linear"]),
    "cohere": (
        CohereConfig(
            **{**LAYER_NORM_SIZES, "tie_word_embeddings": True}, use_qk_norm=True,
            logit_scale=0.25, rope_parameters={**PLAIN, "rope_theta": 500.0}),
        "command-r", LLAMA_MODULES),
    "cohere2": (
        Cohere2Config(
            **{**LAYER_NORM_SIZES, "tie_word_embeddings": True}, sliding_window=WINDOW,
            layer_types=TYPES, logit_scale=0.25, rope_parameters={**PLAIN, "rope_theta": 500.0}),
        "cohere2", LLAMA_MODULES),
    "glm": (
        GlmConfig(**SIZES, head_dim=HEAD, rope_parameters={**PLAIN, "partial_rotary_factor": 0.5}),
        "chatglm", ["q_proj", "k_proj", "v_proj", "o_proj", "gate_up_proj", "down_proj"]),
    "glm4": (
        Glm4Config(
            **SIZES, head_dim=12, rope_parameters={
                **PLAIN, "rope_theta": 500.0, "partial_rotary_factor": 0.5}),
        "glm4", ["q_proj", "k_proj", "v_proj", "o_proj", "gate_up_proj", "down_proj"]),
    "exaone4": (
        Exaone4Config(
            **SIZES, sliding_window=WINDOW, layer_types=TYPES,
            rope_parameters={**PLAIN, "rope_theta": 500.0}),
        "exaone4", LLAMA_MODULES),
    "stablelm": (
        StableLmConfig(
            **LAYER_NORM_SIZES, use_qkv_bias=True, rope_parameters={
                **PLAIN, "partial_rotary_factor": 0.25}),
        "stablelm", LLAMA_MODULES),
    "stablelm2": (
        StableLmConfig(
            **LAYER_NORM_SIZES, qk_layernorm=True, use_parallel_residual=True, rope_parameters={
                **PLAIN, "partial_rotary_factor": 0.5}),
        "stablelm", LLAMA_MODULES),
    "ministral": (
        MinistralConfig(
            **SIZES, head_dim=HEAD, sliding_window=WINDOW, layer_types=TYPES,
            rope_parameters=PLAIN),
        None, LLAMA_MODULES),
    "ministral3": (
        Ministral3Config(
            **SIZES, head_dim=HEAD, rope_parameters={
                "rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "beta_fast": 32.0,
                "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0,
                "original_max_position_embeddings": 16, "llama_4_scaling_beta": 0.3}),
        "mistral3", LLAMA_MODULES),
    "mixtral": (
        MixtralConfig(
            **SIZES, num_local_experts=5, num_experts_per_tok=2,
            rope_parameters={**PLAIN, "rope_theta": 1e6}),
        "llama", ATTENTION_MODULES),
    "qwen2moe": (
        Qwen2MoeConfig(
            **SIZES, moe_intermediate_size=16, shared_expert_intermediate_size=24, num_experts=6,
            num_experts_per_tok=2, mlp_only_layers=[1], rope_parameters=PLAIN),
        "qwen2moe", LLAMA_MODULES),
    "qwen3moe": (
        Qwen3MoeConfig(
            **{**SIZES, "num_hidden_layers": 4}, head_dim=12, moe_intermediate_size=20,
            num_experts=8, num_experts_per_tok=3, norm_topk_prob=True, decoder_sparse_step=2,
            rope_parameters={**PLAIN, "rope_theta": 1e6}),
        # Of names of experts peft makes parameters of all of them.
        "qwen3moe", ATTENTION_MODULES),
    "olmoe": (
        OlmoeConfig(
            **SIZES, num_experts=8, num_experts_per_tok=3, rope_parameters=PLAIN),
        "olmoe", ATTENTION_MODULES),
    "gptoss": (
        GptOssConfig(
            **{**SIZES, "num_hidden_layers": 4}, head_dim=12, num_local_experts=6,
            num_experts_per_tok=2, sliding_window=WINDOW, rope_parameters={
                "rope_type": "yarn", "rope_theta": 500.0, "factor": 8.0, "beta_fast": 32.0,
                "beta_slow": 1.0, "truncate": False, "original_max_position_embeddings": 64}),
        "gpt-oss", ATTENTION_MODULES),
    "granitemoe": (
        GraniteMoeConfig(
            **SIZES, **MULTIPLIERS, num_local_experts=5, num_experts_per_tok=2, rope_parameters=PLAIN),
        "granitemoe", ATTENTION_MODULES),
    "seedoss": (
        SeedOssConfig(**SIZES, head_dim=HEAD, rope_parameters={**PLAIN, "rope_theta": 500.0}),
        "seed_oss", LLAMA_MODULES),
    "granitemoeshared": (
        GraniteMoeSharedConfig(
            **SIZES, **MULTIPLIERS, num_local_experts=5, num_experts_per_tok=2,
            shared_intermediate_size=24, rope_parameters=PLAIN),
        "granitemoe", ATTENTION_MODULES + ["input_linear", "output_linear"]),
}
# Those whose queries and keys llama.cpp's converter permutes.
PERMUTED = ["llama", "smollm3", "granite", "mistral3", "granitemoe"]
# Whose tensors are written as transformers has them in memory too.
FUSED = ["mixtral", "qwen3moe", "granitemoe"]
LLAMA_NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "self_attn.qkv_proj": "attn_qkv", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.gate_up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
MIXTURE_NAMES = {
    **LLAMA_NAMES, "mlp.gate": "ffn_gate_inp", "mlp.router": "ffn_gate_inp",
    "block_sparse_moe.router": "ffn_gate_inp", "self_attn": "attn_sinks",
    "mlp.shared_expert.gate_proj": "ffn_gate_shexp", "mlp.shared_expert.up_proj": "ffn_up_shexp",
    "mlp.shared_expert.down_proj": "ffn_down_shexp", "mlp.shared_expert_gate": "ffn_gate_inp_shexp",
    "shared_mlp.output_linear": "ffn_down_shexp",
}
GEMMA_NAMES = {
    **LLAMA_NAMES, "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm", "post_feedforward_layernorm": "post_ffw_norm",
}
POST_NAMES = {
    **LLAMA_NAMES, "post_attention_layernorm": "post_attention_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}
OWN_NAMES = {
    "granite": {**LLAMA_NAMES, "shared_mlp.output_linear": "ffn_down"},
    "glm4": {
        **LLAMA_NAMES, "post_self_attn_layernorm": "post_attention_norm",
        "post_mlp_layernorm": "post_ffw_norm"},
    "olmo2": POST_NAMES, "exaone4": POST_NAMES,
}
GPT2_NAMES = {
    "ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output",
    "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
}
NEOX_NAMES = {
    "input_layernorm": "attn_norm", "attention.query_key_value": "attn_qkv",
    "attention.dense": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.dense_h_to_4h": "ffn_up", "mlp.dense_4h_to_h": "ffn_down",
}
OUTER_NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "transformer.wte": "token_embd", "transformer.wpe": "position_embd",
    "transformer.ln_f": "output_norm", "gpt_neox.embed_in": "token_embd",
    "gpt_neox.final_layer_norm": "output_norm", "embed_out": "output",
}


def fill(model, random):
    """Weights large enough for everything in a block to matter, exact in bfloat16."""
    for name, parameter in model.named_parameters():
        values = random.standard_normal(parameter.shape)
        is_norm = "norm" in name or ".ln_" in name
        if name.endswith("sinks"):
            pass
        elif name.endswith(("experts.gate_up_proj", "experts.gate_up_proj_bias")) and (
                model.config.model_type == "gpt_oss"):
            values *= 4.5 / WIDTH**0.5  # Some are clamped.
        elif name.endswith((".bias", "_bias")):
            values *= 0.3
        elif is_norm:
            values = 0.2 * values + (0 if model.config.model_type.startswith("gemma") else 1)
        elif "embed" in name or ".wte" in name or ".wpe" in name:
            values *= 0.7
        else:
            values *= 1.5 / WIDTH**0.5
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(values).to(torch.bfloat16).float())


def permuted(rows, heads):
    """The row order of llama.cpp's converter for q and k: each head's halves interleaved."""
    half = rows.shape[0] // heads // 2
    return rows.reshape(heads, 2, half, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def part_by_part(rows):
    """NeoX's queries, keys and values from head by head to one below the other."""
    parts = rows.reshape(HEADS, 3, WIDTH // HEADS, *rows.shape[1:])
    return np.concatenate([parts[:, part] for part in range(3)]).reshape(rows.shape)


def expert_tensors(block, inner, array, in_turn):
    """Gate, up and down of all experts, (experts, outputs, inputs), or their biases."""
    ending = "bias" if inner.endswith("_bias") else "weight"
    kind = inner.split(".")[-1].removesuffix("_bias")
    if in_turn and ending == "weight":
        array = array.swapaxes(1, 2)
    if kind in ("down_proj", "output_linear"):
        return [(f"blk.{block}.ffn_down_exps.{ending}", array)]
    half = array.shape[1] // 2
    gate, up = (array[:, ::2], array[:, 1::2]) if in_turn else (array[:, :half], array[:, half:])
    return [(f"blk.{block}.ffn_gate_exps.{ending}", gate),
            (f"blk.{block}.ffn_up_exps.{ending}", up)]


def gguf_tensors(name, model, architecture):
    """(name, array) as the converter writes them."""
    names = {"gpt2": GPT2_NAMES, "gptneox": NEOX_NAMES, **OWN_NAMES}.get(
        architecture, GEMMA_NAMES if architecture.startswith("gemma") else MIXTURE_NAMES)
    if architecture in ("gpt-oss", "seed_oss"):
        names = {**names, "post_attention_layernorm": "post_attention_norm"}
    config = model.config
    seen = set()
    of_heads = {}
    for full, tensor in model.state_dict().items():
        if full.endswith(("lm_head.weight", "embed_out.weight")) and config.tie_word_embeddings:
            continue
        path, ending = full.rsplit(".", 1)
        if ".experts." in full:
            block, inner = full.split(".", 3)[2:]
            for ours, array in expert_tensors(
                    block, inner, tensor.float().numpy(), architecture == "gpt-oss"):
                yield ours, np.ascontiguousarray(array)
            continue
        if architecture == "granitemoe" and full.endswith("shared_mlp.input_linear.weight"):
            gate, up = np.split(tensor.float().numpy(), 2)
            yield f"blk.{full.split('.')[2]}.ffn_gate_shexp.weight", gate
            yield f"blk.{full.split('.')[2]}.ffn_up_shexp.weight", up
            continue
        if ending == "sinks":
            ending = "weight"
        if ending not in ("weight", "bias") or path.endswith(("attn.masked_bias", "rotary_emb")):
            continue
        array = tensor.float().numpy()
        if path in OUTER_NAMES:
            ours = OUTER_NAMES[path]
        else:
            block, inner = path.split(".", 3)[2:] if "." in path else ("", "")
            if "_layernorm.norms." in inner:  # A tensor for each head, which become one.
                ours = f"blk.{block}.attn_{inner.split('.')[1][0]}_norm.weight"
                of_heads.setdefault(ours, []).append(array)
                continue
            if inner == "shared_mlp.input_linear":
                for part, half in zip(["gate", "up"], np.split(array, 2)):
                    yield f"blk.{block}.ffn_{part}.weight", half
                continue
            ours = f"blk.{block}.{names[inner]}"
            if inner == "mlp.shared_expert_gate":
                array = array[0]
            if architecture in PERMUTED and inner.endswith(("q_proj", "k_proj")):
                array = permuted(
                    array, HEADS if inner.endswith("q_proj") else config.num_key_value_heads)
            if architecture == "gpt2" and ending == "weight" and ".c_" in inner:
                array = array.T
            if inner == "attention.query_key_value":
                array = part_by_part(array)
        if architecture.startswith("gemma") and "norm" in path:
            array = array + 1
        assert ours + "." + ending not in seen
        seen.add(ours + "." + ending)
        yield ours + "." + ending, np.ascontiguousarray(array)
    for ours, arrays in of_heads.items():
        yield ours, np.stack(arrays)
    if name == "llama3":
        inverse = 1 / 500.0 ** (np.arange(0, HEAD, 2, dtype=np.float32) / HEAD)
        yield "rope_freqs.weight", (
            inverse / model.model.rotary_emb.inv_freq.numpy()).astype(np.float32)
    if name == "phi3":
        for kind in ["short", "long"]:
            yield f"rope_factors_{kind}.weight", np.array(
                config.rope_parameters[kind + "_factor"], np.float32)


def write_gguf(path, name, model, architecture):
    config = model.config
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name(name)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    if architecture in ("gpt2", "gptneox"):
        writer.add_layer_norm_eps(EPSILON)
    elif architecture in ("command-r", "cohere2", "stablelm"):
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_layer_norm_eps(EPSILON)
    else:
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if getattr(config, "head_dim", None) and architecture != "gptneox":
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
    if getattr(config, "sliding_window", None) and architecture != "qwen2":
        writer.add_sliding_window(config.sliding_window)
        if name in ("olmo3", "cohere2", "exaone4"):
            writer.add_sliding_window_pattern([kind == TYPES[0] for kind in config.layer_types])
    if architecture in ("command-r", "cohere2"):
        writer.add_logit_scale(config.logit_scale)
        writer.add_rope_scaling_type(gguf.RopeScalingType.NONE)
    if architecture == "granite":
        writer.add_attention_scale(config.attention_multiplier)
        writer.add_embedding_scale(config.embedding_multiplier)
        writer.add_residual_scale(config.residual_multiplier)
        writer.add_logit_scale(config.logits_scaling)
        if name == "granite4":
            writer.add_expert_shared_feed_forward_length(config.shared_intermediate_size)
            writer.add_rope_scaling_finetuned(True)
    if architecture in ("chatglm", "glm4", "stablelm"):
        size = getattr(config, "head_dim", HEAD)
        writer.add_rope_dimension_count(
            int(size * config.rope_parameters["partial_rotary_factor"]))
    if architecture == "stablelm":
        writer.add_parallel_residual(config.use_parallel_residual)
    if architecture == "mistral3":
        scaling = config.rope_parameters
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(scaling["factor"])
        writer.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])
        writer.add_rope_scaling_yarn_beta_fast(scaling["beta_fast"])
        writer.add_rope_scaling_yarn_beta_slow(scaling["beta_slow"])
        writer.add_rope_scaling_yarn_log_mul(scaling["mscale_all_dim"])
        writer.add_attn_temperature_scale(scaling["llama_4_scaling_beta"])
    if architecture == "gptneox":
        writer.add_rope_dimension_count(4)
        writer.add_parallel_residual(True)
    elif architecture == "phi3":
        writer.add_rope_dimension_count(6)
        writer.add_rope_freq_base(10000.0)
        writer.add_rope_scaling_orig_ctx_len(128)
        writer.add_rope_scaling_attn_factors(
            float(np.sqrt(1 + np.log(CONTEXT / 128) / np.log(128))))
    elif name in ("gemma3", "olmo3"):
        writer.add_rope_freq_base(config.rope_parameters["full_attention"]["rope_theta"])
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(4.0)
    elif architecture != "gpt2":
        writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if architecture == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    experts = getattr(config, "num_local_experts", getattr(config, "num_experts", 0))
    if experts:
        writer.add_expert_count(experts)
        writer.add_expert_used_count(config.num_experts_per_tok)
    if architecture in ("qwen2moe", "qwen3moe"):
        writer.add_expert_feed_forward_length(config.moe_intermediate_size)
    if architecture == "gpt-oss":
        writer.add_expert_feed_forward_length(config.intermediate_size)
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(8.0)
        writer.add_rope_scaling_orig_ctx_len(64)
    if architecture == "qwen2moe":
        writer.add_expert_shared_feed_forward_length(config.shared_expert_intermediate_size)
    if architecture == "granitemoe":
        writer.add_attention_scale(config.attention_multiplier)
        writer.add_embedding_scale(config.embedding_multiplier)
        writer.add_residual_scale(config.residual_multiplier)
        writer.add_logit_scale(config.logits_scaling)
        if name == "granitemoeshared":
            writer.add_expert_shared_feed_forward_length(config.shared_intermediate_size)
    for tensor, array in gguf_tensors(name, model, architecture):
        if array.ndim >= 2 and not tensor.endswith(("norm.weight", ".bias")):
            stored = gguf.quants.quantize(array, gguf.GGMLQuantizationType.BF16)
            writer.add_tensor(tensor, stored, raw_dtype=gguf.GGMLQuantizationType.BF16)
        else:
            writer.add_tensor(tensor, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def blocks_of(model):
    for path in ["model.layers", "transformer.h", "gpt_neox.layers"]:
        try:
            return model.get_submodule(path)
        except AttributeError:
            continue


def routing(model, ids):
    """Ids and weights of the experts of every sparse block, (blocks, tokens, experts a token)."""
    kept = []
    hooks = [
        module.register_forward_hook(lambda module, inputs, out: kept.append(out[1:]))
        for module in model.modules() if type(module).__name__.endswith("TopKRouter")
    ]
    with torch.no_grad():
        model(torch.tensor([ids]))
    for hook in hooks:
        hook.remove()
    return [torch.stack([pair[part] for pair in kept]).float().contiguous() for part in (1, 0)]


def run(model, blocks, ids):
    """The states of every layer, the last one before the final norm; and the logits."""
    outputs = []
    hooks = [
        block.register_forward_hook(
            lambda module, inputs, out: outputs.append(out[0] if isinstance(out, tuple) else out))
        for block in blocks
    ]
    first = []
    hooks.append(
        blocks[0].register_forward_pre_hook(
            lambda module, args, kwargs: first.append(args[0] if args else kwargs["hidden_states"]),
            with_kwargs=True))
    logits = model(torch.tensor([ids])).logits[0]
    for hook in hooks:
        hook.remove()
    return [state.reshape(len(ids), WIDTH) for state in first[:1] + outputs], logits


def loss(states, logits, ids):
    """Every layer above 0 against a fixed pattern, and the likelihood of the row."""
    total = 0
    for layer, state in enumerate(states[1:], 1):
        token, column = torch.meshgrid(
            torch.arange(len(ids)), torch.arange(WIDTH), indexing="ij")
        total = total + (state * torch.cos((token * 7 + column * 13 + layer * 5) % 101).float()).sum()
    chances = torch.log_softmax(logits[:-1], -1)
    return total - chances.gather(1, torch.tensor(ids[1:])[:, None]).sum()


def make(name):
    config, architecture, modules = FAMILIES[name]
    folder = os.path.join(FOLDER, name)
    shutil.rmtree(folder, ignore_errors=True)
    random = np.random.default_rng(abs(hash(tuple(name.encode()))) % 2**32)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    if hasattr(config, "num_experts_per_tok"):
        model.set_experts_implementation("eager")
    fill(model, random)
    model.tie_weights()
    os.makedirs(folder)
    if architecture:
        write_gguf(os.path.join(folder, "model.gguf"), name, model, architecture)
    golden = {}
    for number, count in enumerate(ROWS):
        ids = random.integers(0, VOCABULARY, count).tolist()
        with torch.no_grad():
            states, logits = run(model, blocks_of(model), ids)
        places = sorted({0, count // 2, count - 1})
        golden[f"{number}.ids"] = torch.tensor(ids, dtype=torch.float32)
        golden[f"{number}.states"] = torch.stack(states).contiguous()
        golden[f"{number}.logits"] = logits[places].contiguous()
        if hasattr(config, "num_experts_per_tok"):
            golden[f"{number}.experts"], golden[f"{number}.weights"] = routing(model, ids)
        print(name, number, [round(float(s.norm(dim=-1).mean()), 2) for s in states])
    ids = [int(i) for i in golden["0.ids"]]
    # A copy, because rotary frequencies would become bfloat16 too.
    copy.deepcopy(model).to(torch.bfloat16).save_pretrained(folder)
    if name in FUSED:
        os.makedirs(os.path.join(folder, "fused"))
        shutil.copy(os.path.join(folder, "config.json"), os.path.join(folder, "fused"))
        save_file(
            {key: value.to(torch.bfloat16).contiguous() for key, value in model.state_dict().items()},
            os.path.join(folder, "fused", "model.safetensors"), metadata={"format": "pt"})
    for other in ["generation_config.json"]:
        if os.path.exists(os.path.join(folder, other)):
            os.remove(os.path.join(folder, other))

    tuned = get_peft_model(
        model,
        LoraConfig(
            r=2, lora_alpha=3, lora_dropout=0.0, target_modules=modules, task_type="CAUSAL_LM",
            fan_in_fan_out=architecture == "gpt2"))
    for path, parameter in tuned.named_parameters():
        if "lora_" in path:
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(
                    0.3 * random.standard_normal(parameter.shape)).float())
    tuned.eval()
    states, logits = run(tuned, blocks_of(tuned.base_model.model), ids)
    golden["tuned.states"] = states[-1].detach().contiguous()
    loss(states, logits, ids).backward()
    for path, parameter in tuned.named_parameters():
        if "lora_" in path:
            golden["gradient." + path.replace(".default", "")] = parameter.grad.contiguous()
    tuned.save_pretrained(os.path.join(folder, "adapter"))
    os.remove(os.path.join(folder, "adapter", "README.md"))
    save_file(golden, os.path.join(folder, "golden.safetensors"))


if __name__ == "__main__":
    for name in sys.argv[1:] or FAMILIES:
        make(name)
