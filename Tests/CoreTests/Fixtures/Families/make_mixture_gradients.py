"""Gradients of the tiny mixtures under the other weighting of experts than make_families.py gives them.

    python make_mixture_gradients.py     (what make_families.py takes)

NAME/other-weighting.safetensors: tuned.states and gradient.NAME as in golden.safetensors beside it, of
the same weights, adapter and tokens, with `norm_topk_prob` turned round.
"""

import os

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

from make_families import FOLDER, blocks_of, loss, run

for name in ["qwen2moe", "qwen3moe"]:
    folder = os.path.join(FOLDER, name)
    config = AutoConfig.from_pretrained(folder)
    config.norm_topk_prob = not config.norm_topk_prob
    model = AutoModelForCausalLM.from_pretrained(
        folder, config=config, dtype=torch.float32, attn_implementation="eager").eval()
    model.set_experts_implementation("eager")
    tuned = PeftModel.from_pretrained(
        model, os.path.join(folder, "adapter"), is_trainable=True).eval()
    ids = load_file(os.path.join(folder, "golden.safetensors"))["0.ids"].int().tolist()
    states, logits = run(tuned, blocks_of(tuned.base_model.model), ids)
    loss(states, logits, ids).backward()
    kept = {"tuned.states": states[-1].detach().contiguous()}
    for path, parameter in tuned.named_parameters():
        if "lora_" in path:
            kept["gradient." + path.replace(".default", "")] = parameter.grad.contiguous()
    save_file(kept, os.path.join(folder, "other-weighting.safetensors"))
    print(name, config.norm_topk_prob, len(kept))
