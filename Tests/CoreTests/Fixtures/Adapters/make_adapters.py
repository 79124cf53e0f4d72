"""Makes adapters of every kind that is obeyed, and what transformers and peft compute with them.

    python make_adapters.py [NAME...]     (numpy, torch, transformers, peft, safetensors)

Base models are those of ../Families. A folder for each case: the adapter as peft writes it, some with
a changed configuration, and golden.safetensors, computed with the adapter as peft reads it again:
1. ids of the row, as float32;
2. states: (layers, tokens, width), the last one before the final norm;
3. logits of the last token, where the model was wrapped with its head.
"""

import json
import os
import shutil
import sys

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModel, AutoModelForCausalLM

FOLDER = os.path.dirname(os.path.abspath(__file__))
FAMILIES = os.path.join(FOLDER, "..", "Families")
IDS = [5, 40, 3, 77, 12, 5, 90]
QV = ["q_proj", "v_proj"]

# By name: family, settings of LoraConfig, and what is changed in the file afterwards.
CASES = {
    "regex": ("llama3", {"target_modules": r".*\.(0|2)\.self_attn\.(q|v)_proj"}, {}),
    "all-linear": ("gemma3", {"target_modules": "all-linear"}, {"target_modules": "All-Linear"}),
    "full-names": (
        "neox",
        {"target_modules": ["gpt_neox.layers.0.attention.dense", "dense_h_to_4h"],
         "layers_to_transform": [1, 7]}, {}),
    "absent-names": ("qwen2", {"target_modules": [*QV, "query_key_value", "c_attn"]}, {}),
    "layers-pattern": (
        "llama3",
        {"target_modules": ["up_proj"], "layers_to_transform": 1, "layers_pattern": "layers"}, {}),
    "patterns": (
        "llama3",
        {"target_modules": [*QV, "gate_proj", "up_proj", "down_proj"], "use_rslora": True,
         "rank_pattern": {"q_proj": 4, "^model.layers.0.mlp.*": 1, r"1\.self_attn\.v_proj": 3},
         "alpha_pattern": {"up_proj": 7, "layers.2.mlp.(gate|down)_proj": 1.5}}, {}),
    "patterns-of-parts": (
        "phi3",
        {"target_modules": ["qkv_proj", "gate_up_proj"], "rank_pattern": {"qkv_proj": 3},
         "alpha_pattern": {"gate_up_proj": 9}}, {}),
    "patterns-by-head": (
        "neox", {"target_modules": ["query_key_value"], "rank_pattern": {"1.attention.*": 4}}, {}),
    "exclude-list": (
        "qwen2",
        {"target_modules": "all-linear",
         "exclude_modules": ["lm_head", "layers.1.mlp.up_proj", "o_proj"]}, {}),
    "exclude-regex": (
        "qwen2", {"target_modules": QV, "exclude_modules": r"model\.layers\.[01]\..*q_proj"}, {}),
    "fan-in-false": (
        "gpt2", {"target_modules": ["c_attn", "mlp.c_proj"], "fan_in_fan_out": True},
        {"fan_in_fan_out": False}),
    "fan-in-true": ("mistral", {"target_modules": QV}, {"fan_in_fan_out": True}),
    "bin": ("llama3", {"target_modules": QV}, {}),
    "headless": ("llama3", {"target_modules": QV, "task_type": "FEATURE_EXTRACTION"}, {}),
    "other-keys": (
        "llama3", {"target_modules": QV},
        {"a_key_of_next_year": {"x": 1}, "lora_ga_config": {"direction": "ArBr"},
         "inference_mode": False, "init_lora_weights": "orthogonal", "exclude_modules": [],
         "rank_pattern": {}, "layers_to_transform": []}),
    "embeddings": ("gemma3", {"target_modules": ["embed_tokens", "q_proj"]}, {}),
    "head": (
        "llama3",
        {"target_modules": ["embed_tokens", "lm_head", "v_proj"], "rank_pattern": {"lm_head": 3}},
        {}),
    "saved": (
        "llama3", {"target_modules": QV, "modules_to_save": ["embed_tokens", "lm_head"]}, {}),
    "saved-tied": ("gemma2", {"target_modules": QV, "modules_to_save": ["embed_tokens"]}, {}),
    "dora": (
        "qwen2",
        {"target_modules": ["q_proj", "v_proj", "o_proj", "up_proj", "down_proj"],
         "use_dora": True, "rank_pattern": {"v_proj": 1}}, {}),
    "dora-transposed": (
        "gpt2", {"target_modules": ["c_attn", "c_proj"], "use_dora": True, "fan_in_fan_out": True},
        {}),
    "dora-normed": (
        "gemma2",
        {"target_modules": ["k_proj", "o_proj", "gate_proj", "down_proj"], "use_dora": True}, {}),
    "dora-by-head": ("neox", {"target_modules": ["query_key_value", "dense"], "use_dora": True}, {}),
    "lora-bias": (
        "qwen2", {"target_modules": ["q_proj", "o_proj", "up_proj"], "lora_bias": True}, {}),
    "lora-bias-by-head": (
        "neox", {"target_modules": ["query_key_value", "dense_4h_to_h"], "lora_bias": True}, {}),
    # Rows of some tokens in place of the model's.
    "token-rows": (
        "llama3", {"target_modules": QV, "trainable_token_indices": [5, 77, 1]}, {}),
    "token-rows-tied": (
        "gemma3", {"target_modules": QV, "trainable_token_indices": {"embed_tokens": [90, 3]}}, {}),
    "token-rows-both": (
        "llama3", {"target_modules": QV,
                   "trainable_token_indices": {"embed_tokens": [12, 40], "lm_head": [2, 12]}}, {}),
    # Biases in place of the model's: of layers with LoRA, and of all.
    "bias-lora-only": (
        "gpt2", {"target_modules": ["c_attn", "mlp.c_proj"], "bias": "lora_only",
                 "fan_in_fan_out": True}, {}),
    "bias-lora-only-by-head": (
        "neox", {"target_modules": ["query_key_value", "dense"], "bias": "lora_only"}, {}),
    "bias-all": ("qwen2", {"target_modules": ["q_proj", "up_proj"], "bias": "all"}, {}),
    "bias-all-dora": (
        "qwen2", {"target_modules": ["k_proj", "o_proj"], "bias": "all", "use_dora": True}, {}),
    "bias-and-lora-bias": (
        "qwen2", {"target_modules": ["v_proj", "down_proj"], "bias": "lora_only",
                  "lora_bias": True}, {}),
}


def open_model(family, kind):
    return kind.from_pretrained(
        os.path.join(FAMILIES, family), dtype=torch.float32, attn_implementation="eager").eval()


def fill(model, random):
    """What the adapter has of its own: large enough to matter."""
    for path, parameter in model.named_parameters():
        values = torch.from_numpy(random.standard_normal(parameter.shape)).float()
        with torch.no_grad():
            if "magnitude" in path:
                parameter.mul_(1 + 0.3 * values)
            elif "lora_" in path:
                parameter.copy_(0.3 * values)
            elif "modules_to_save" in path or "trainable_tokens" in path:
                parameter.add_(0.2 * values)
            elif path.endswith(".bias") and parameter.requires_grad:
                parameter.add_(0.5 * values)


def run(model):
    blocks = next(
        module for name, module in model.named_modules()
        if name.endswith(("layers", ".h")) and isinstance(module, torch.nn.ModuleList))
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
    with torch.no_grad():
        result = model(torch.tensor([IDS]))
    for hook in hooks:
        hook.remove()
    states = torch.stack([state.reshape(len(IDS), -1) for state in first[:1] + outputs])
    return states.contiguous(), result.logits[0, -1].contiguous() if "logits" in result else None


def make(name):
    family, settings, changes = CASES[name]
    folder = os.path.join(FOLDER, name)
    shutil.rmtree(folder, ignore_errors=True)
    random = np.random.default_rng(sum(name.encode()))
    settings = {"r": 2, "lora_alpha": 3, "lora_dropout": 0.0, "task_type": "CAUSAL_LM", **settings}
    kind = AutoModel if settings["task_type"] == "FEATURE_EXTRACTION" else AutoModelForCausalLM
    tuned = get_peft_model(open_model(family, kind), LoraConfig(**settings)).eval()
    fill(tuned, random)
    tuned.save_pretrained(folder, safe_serialization=name != "bin", save_embedding_layers=False)
    os.remove(os.path.join(folder, "README.md"))
    path = os.path.join(folder, "adapter_config.json")
    configuration = json.load(open(path))
    # Where it was made is no part of it.
    configuration["base_model_name_or_path"] = family
    configuration.update(changes)
    with open(path, "w") as file:
        json.dump(configuration, file, indent=1, sort_keys=True)
    loaded = PeftModel.from_pretrained(open_model(family, kind), folder).eval()
    states, logits = run(loaded)
    plain = run(open_model(family, kind))
    golden = {"ids": torch.tensor(IDS, dtype=torch.float32), "states": states}
    if logits is not None:
        golden["logits"] = logits
    difference = (states - plain[0]).norm() / plain[0].norm()
    print(name, family, f"states change by {difference:.2f}",
          f"logits by {(logits - plain[1]).norm() / plain[1].norm():.2f}" if logits is not None else "",
          f"from before by {(states - run(tuned)[0]).abs().max():.1e}")
    save_file(golden, os.path.join(folder, "golden.safetensors"))


for name in sys.argv[1:] or CASES:
    make(name)
