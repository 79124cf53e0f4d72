"""Makes folders whose weights are FP8 and MXFP4, and what transformers reads out of them.

    python make_quantised.py [KIND...]     (torch, transformers, accelerate, safetensors)

A folder for each, with config.json and model.safetensors, and golden.safetensors:
1. fp8-blocks, fp8-tensors, fp8-exponents: a tiny Qwen3. weight.NAME for each linear layer in float32,
   ids, states (layers, tokens, width) and logits (tokens, vocabulary) as `from_pretrained` on a
   processor without FP8 has them, in float32;
2. mxfp4: one layer of experts as gpt-oss has them. weight.NAME in float32, rows as stored;
3. gptoss-mxfp4: a tiny gpt-oss as it is published, experts in MXFP4 and the rest in bfloat16. ids,
   states and logits as in 1, and experts and weights, (layers, tokens, experts a token).
"""

import json
import os
import sys

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM, GptOssConfig, GptOssForCausalLM, Qwen3Config, Qwen3ForCausalLM)
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

FOLDER = os.path.dirname(os.path.abspath(__file__))
TILE = 16
CONFIG = Qwen3Config(
    vocab_size=96, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, head_dim=8, max_position_embeddings=512,
    rms_norm_eps=1e-5, tie_word_embeddings=False, attn_implementation="eager", bos_token_id=1,
    eos_token_id=2, pad_token_id=0)


def tiles(weight, rows, columns):
    """The largest of each tile, (tiles down, tiles along)."""
    down, along = weight.shape[0] // rows, weight.shape[1] // columns
    return weight.reshape(down, rows, along, columns).abs().amax(dim=(1, 3))


def spread(scales, weight):
    """One scale for each weight."""
    rows, columns = weight.shape[0] // scales.shape[0], weight.shape[1] // scales.shape[1]
    return scales.repeat_interleave(rows, 0).repeat_interleave(columns, 1)


def quantised(weight, kind, number):
    """E4M3 and its scales, in the forms that are found."""
    if kind == "fp8-blocks":
        scales = tiles(weight, TILE, TILE) / 448
        # DeepSeek's files have float32, Qwen's bfloat16.
        stored = scales.to([torch.float32, torch.bfloat16, torch.float16][number % 3])
    elif kind == "fp8-tensors":
        scales = weight.abs().max().reshape(1, 1) / 448
        stored = scales.reshape([[], [1]][number % 2])
    else:
        # A row of 16 weights for each scale, which is a power of two.
        exponents = torch.ceil(torch.log2(tiles(weight, 1, TILE) / 448)) + 127
        stored = exponents.to(torch.uint8)
        scales = torch.exp2(exponents - 127)
        if number % 2:
            stored = stored.view(torch.float8_e8m0fnu)
    if kind == "fp8-blocks":
        scales = stored.float()
    return (weight / spread(scales, weight)).to(torch.float8_e4m3fn), stored


def make_fp8(kind):
    torch.manual_seed(11)
    model = Qwen3ForCausalLM(CONFIG).eval()
    tensors, layers = {}, []
    for name, tensor in model.state_dict().items():
        if "norm" in name:
            tensors[name] = 1 + 0.2 * torch.randn_like(tensor)
        elif "_proj" in name:
            weight = torch.randn_like(tensor) * 1.5 / CONFIG.hidden_size**0.5
            tensors[name], tensors[name + "_scale_inv"] = quantised(weight, kind, len(layers))
            if kind == "fp8-tensors":
                tensors[name.removesuffix("weight") + "activation_scale"] = torch.tensor(0.5)
            layers.append(name)
        else:
            tensors[name] = torch.randn_like(tensor) * 0.7
    folder = os.path.join(FOLDER, kind)
    os.makedirs(folder, exist_ok=True)
    CONFIG.save_pretrained(folder)
    path = os.path.join(folder, "config.json")
    with open(path) as file:
        config = json.load(file)
    config["quantization_config"] = {
        "quant_method": "fp8",
        "activation_scheme": "static" if kind == "fp8-tensors" else "dynamic",
        "weight_block_size": {
            "fp8-blocks": [TILE, TILE], "fp8-tensors": None, "fp8-exponents": [1, TILE]}[kind],
        "modules_to_not_convert": ["lm_head"],
        **({"scale_fmt": "ue8m0"} if kind == "fp8-exponents" else {}),
    }
    config["dtype"] = "bfloat16"
    with open(path, "w") as file:
        json.dump(config, file, indent=1)
    save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})

    reference = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    weights = reference.state_dict()
    golden = {f"weight.{name}": weights[name] for name in layers}
    assert all(value.dtype == torch.float32 for value in golden.values())
    golden.update(run(reference))
    save_file({k: v.contiguous() for k, v in golden.items()},
              os.path.join(folder, "golden.safetensors"))


def run(reference):
    """States (layers, tokens, width) and logits (tokens, vocabulary) of some tokens."""
    ids = torch.from_numpy(np.random.default_rng(3).integers(3, 96, 40))
    with torch.no_grad():
        out = reference(ids[None], output_hidden_states=True)
        # The last of `hidden_states` is after the final norm: that of the last block is what enters it.
        entering = []
        hook = reference.model.norm.register_forward_pre_hook(lambda _, x: entering.append(x[0]))
        reference(ids[None])
        hook.remove()
    states = torch.cat([torch.stack(out.hidden_states[:-1])[:, 0], entering[0]])
    return dict(ids=ids.float(), states=states, logits=out.logits[0])


def make_gpt_oss():
    kind = "gptoss-mxfp4"
    folder = os.path.join(FOLDER, kind)
    os.makedirs(folder, exist_ok=True)
    random = np.random.default_rng(17)
    config = GptOssConfig(
        vocab_size=96, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8, num_local_experts=5,
        num_experts_per_tok=2, sliding_window=9, max_position_embeddings=512,
        tie_word_embeddings=False, bos_token_id=1, eos_token_id=2, pad_token_id=0,
        rope_parameters={
            "rope_type": "yarn", "rope_theta": 500.0, "factor": 8.0, "beta_fast": 32.0,
            "beta_slow": 1.0, "truncate": False, "original_max_position_embeddings": 64})
    tensors = {}
    for name, tensor in GptOssForCausalLM(config).state_dict().items():
        values = random.standard_normal(tensor.shape)
        if name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            # (experts, inputs, outputs) in memory; in the file a row of blocks for each output.
            experts, inputs, outputs = tensor.shape
            blocks = random.integers(0, 256, (experts, outputs, inputs // 32, 16), dtype=np.uint8)
            scales = random.integers(123, 126, blocks.shape[:-1], dtype=np.uint8)
            tensors[name + "_blocks"] = torch.from_numpy(blocks)
            tensors[name + "_scales"] = torch.from_numpy(scales)
            continue
        if name.endswith(("bias", "_bias")):
            values *= 0.3
        elif "norm" in name:
            values = 1 + 0.2 * values
        elif "sinks" not in name:
            values *= 0.7 if "embed" in name else 1.5 / 32**0.5
        tensors[name] = torch.from_numpy(values).to(torch.bfloat16)
    config.save_pretrained(folder)
    path = os.path.join(folder, "config.json")
    with open(path) as file:
        written = json.load(file)
    written["dtype"] = "bfloat16"
    written["quantization_config"] = {
        "quant_method": "mxfp4", "modules_to_not_convert": [
            "model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens",
            "lm_head"]}
    with open(path, "w") as file:
        json.dump(written, file, indent=1)
    save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})

    reference = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    reference.set_experts_implementation("eager")
    for layer, block in enumerate(reference.model.layers):
        # What transformers has expanded is what the format's function makes of the bytes.
        for name in ["gate_up_proj", "down_proj"]:
            stored = f"model.layers.{layer}.mlp.experts.{name}"
            values = convert_moe_packed_tensors(
                tensors[stored + "_blocks"], tensors[stored + "_scales"], dtype=torch.float32)
            assert torch.equal(getattr(block.mlp.experts, name).float(), values), stored
    kept = []
    hooks = [
        block.mlp.router.register_forward_hook(lambda module, inputs, out: kept.append(out[1:]))
        for block in reference.model.layers]
    golden = run(reference)
    for hook in hooks:
        hook.remove()
    layers = len(reference.model.layers)
    golden["weights"], golden["experts"] = [
        torch.stack([pair[part] for pair in kept[:layers]]).float() for part in (0, 1)]
    save_file({k: v.float().contiguous() for k, v in golden.items()},
              os.path.join(folder, "golden.safetensors"))


def make_mxfp4():
    random = np.random.default_rng(5)
    folder = os.path.join(FOLDER, "mxfp4")
    os.makedirs(folder, exist_ok=True)
    tensors, golden = {}, {}
    for name, shape in [("gate_up_proj", (3, 6, 2, 16)), ("down_proj", (3, 5, 1, 16))]:
        blocks = random.integers(0, 256, shape, dtype=np.uint8)
        scales = random.integers(118, 128, shape[:-1], dtype=np.uint8)
        # Every code; the least scale, which is subnormal, and the largest that is finite.
        blocks[0, 0, 0] = np.arange(16) * 17
        scales[1, :4, 0] = [0, 1, 2, 252]
        path = f"model.layers.0.mlp.experts.{name}"
        tensors[path + "_blocks"] = torch.from_numpy(blocks)
        tensors[path + "_scales"] = torch.from_numpy(scales)
        values = convert_moe_packed_tensors(
            tensors[path + "_blocks"], tensors[path + "_scales"], dtype=torch.float32)
        golden["weight." + path] = values.transpose(1, 2).contiguous()
    tensors["model.norm.weight"] = torch.ones(4)
    save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    save_file(golden, os.path.join(folder, "golden.safetensors"))
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump({"model_type": "gpt_oss", "quantization_config": {
            "quant_method": "mxfp4", "modules_to_not_convert": ["model.embed_tokens"]}}, file)


KINDS = {
    **{kind: lambda kind=kind: make_fp8(kind)
       for kind in ["fp8-blocks", "fp8-tensors", "fp8-exponents"]},
    "mxfp4": make_mxfp4, "gptoss-mxfp4": make_gpt_oss}
for kind in sys.argv[1:] or KINDS:
    KINDS[kind]()
