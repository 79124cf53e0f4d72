"""Makes tiny models that read pictures too, as transformers saves them, and what it computes with text.

    python make_text_parts.py [NAME...]     (numpy, torch, transformers, safetensors)

A folder for each: config.json and model.safetensors as `save_pretrained` writes them, and
golden.safetensors: ids, states (layers, tokens, width), the last one before the final norm, and
logits (tokens, vocabulary) of a text without pictures. Weights are bfloat16 numbers; the reference
runs in float32.
"""

import copy
import json
import os
import shutil
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import (
    AutoModelForImageTextToText, Gemma3Config, Mistral3Config, Qwen2_5_VLConfig, Qwen2VLConfig,
    Qwen3VLConfig)

FOLDER = os.path.dirname(os.path.abspath(__file__))
VOCABULARY = 96
PLAIN = {"rope_type": "default", "rope_theta": 10000.0}
TEXT = dict(
    vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=3,
    num_attention_heads=4, num_key_value_heads=2, head_dim=8, max_position_embeddings=512,
    rms_norm_eps=1e-5, tie_word_embeddings=False)
SIGLIP = dict(
    model_type="siglip_vision_model", hidden_size=16, intermediate_size=16, num_hidden_layers=1,
    num_attention_heads=2, image_size=8, patch_size=4)
QWEN_VISION = dict(
    depth=1, embed_dim=16, hidden_size=32, num_heads=2, mlp_ratio=1, patch_size=4,
    spatial_merge_size=2, temporal_patch_size=1)
IDS = dict(
    image_token_id=90, video_token_id=91, vision_start_token_id=92, vision_end_token_id=93)
SECTIONS = {**PLAIN, "mrope_section": [1, 1, 2]}


def configurations():
    qwen2 = {**TEXT, "rope_parameters": {**SECTIONS, "rope_type": "default"}}
    qwen2.pop("head_dim")
    return {
        "gemma3": Gemma3Config(
            text_config={
                **TEXT, "num_hidden_layers": 6, "tie_word_embeddings": True, "head_dim": 12,
                "query_pre_attn_scalar": 12, "sliding_window": 9, "rope_parameters": {
                    "sliding_attention": PLAIN, "full_attention": {
                        "rope_type": "linear", "factor": 4.0, "rope_theta": 1e6}}},
            vision_config=SIGLIP, mm_tokens_per_image=4, image_token_index=90, boi_token_index=91,
            eoi_token_index=92, tie_word_embeddings=True),
        "mistral3": Mistral3Config(
            text_config={
                **TEXT, "model_type": "mistral", "sliding_window": None, "rope_parameters": PLAIN},
            vision_config=dict(
                model_type="pixtral", hidden_size=16, intermediate_size=16, num_hidden_layers=1,
                num_attention_heads=2, image_size=8, patch_size=4, head_dim=8),
            image_token_index=90, spatial_merge_size=2, tie_word_embeddings=False),
        "qwen2_vl": Qwen2VLConfig(
            text_config=qwen2, vision_config=QWEN_VISION, **IDS, tie_word_embeddings=False),
        "qwen2_5_vl": Qwen2_5_VLConfig(
            text_config=qwen2, vision_config=dict(
                depth=1, hidden_size=16, out_hidden_size=32, num_heads=2, intermediate_size=16,
                patch_size=4, spatial_merge_size=2, temporal_patch_size=1, window_size=16,
                fullatt_block_indexes=[0]), **IDS, tie_word_embeddings=False),
        "qwen3_vl": Qwen3VLConfig(
            text_config={**TEXT, "head_dim": 12, "rope_parameters": {
                **PLAIN, "rope_theta": 1e6, "mrope_section": [2, 2, 2],
                "mrope_interleaved": True}},
            vision_config=dict(
                depth=1, hidden_size=16, out_hidden_size=32, num_heads=2, intermediate_size=16,
                patch_size=4, spatial_merge_size=2, temporal_patch_size=1,
                num_position_embeddings=16, deepstack_visual_indexes=[0]), **IDS,
            tie_word_embeddings=False),
    }


def fill(model, random):
    for name, parameter in model.named_parameters():
        values = random.standard_normal(parameter.shape)
        if name.endswith(".bias"):
            values *= 0.3
        elif "norm" in name:
            values = 0.2 * values + (0 if model.config.model_type == "gemma3" else 1)
        elif "embed" in name:
            values *= 0.7
        else:
            values *= 1.5 / 32**0.5
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(values).to(torch.bfloat16).float())


def make(name, config):
    folder = os.path.join(FOLDER, name)
    shutil.rmtree(folder, ignore_errors=True)
    random = np.random.default_rng(sum(name.encode()))
    model = AutoModelForImageTextToText.from_config(
        config, attn_implementation="eager").float().eval()
    fill(model, random)
    model.tie_weights()
    copy.deepcopy(model).to(torch.bfloat16).save_pretrained(folder)
    if os.path.exists(os.path.join(folder, "generation_config.json")):
        os.remove(os.path.join(folder, "generation_config.json"))
    ids = torch.from_numpy(random.integers(3, 90, 40))
    text = model.model.language_model
    outputs, first = [], []
    hooks = [
        block.register_forward_hook(
            lambda module, inputs, out: outputs.append(out[0] if isinstance(out, tuple) else out))
        for block in text.layers]
    hooks.append(text.layers[0].register_forward_pre_hook(
        lambda module, args, kwargs: first.append(args[0] if args else kwargs["hidden_states"]),
        with_kwargs=True))
    with torch.no_grad():
        logits = model(input_ids=ids[None]).logits[0]
    states = torch.stack([state.reshape(40, 32) for state in first[:1] + outputs])
    save_file(
        {"ids": ids.float(), "states": states.contiguous(), "logits": logits.contiguous()},
        os.path.join(folder, "golden.safetensors"))
    print(name, [round(float(s.norm(dim=-1).mean()), 2) for s in states])


every = configurations()
for name in sys.argv[1:] or every:
    make(name, every[name])
