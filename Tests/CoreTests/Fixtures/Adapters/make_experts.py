"""Writes adapters with layers in experts and routers as peft makes them of transformers' fused experts.

    python make_experts.py      (torch, transformers, peft)

Of the tiny qwen3moe of ../Families: experts-parameters asks for `target_parameters`, experts-layers for
the names that older versions had, of which peft makes parameters, and experts-router for the router.
Seer refuses them by name.
"""

import os

from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

FOLDER = os.path.dirname(os.path.abspath(__file__))
ADAPTERS = {
    "experts-parameters": dict(
        target_modules=["q_proj"], target_parameters=[
            "mlp.experts.gate_up_proj", "mlp.experts.down_proj"]),
    "experts-layers": dict(target_modules=["q_proj", "gate_proj", "up_proj", "down_proj"]),
    "experts-router": dict(target_modules=["q_proj", "gate"]),
}

config = AutoConfig.from_pretrained(os.path.join(FOLDER, "..", "Families", "qwen3moe"))
for name, targets in ADAPTERS.items():
    model = AutoModelForCausalLM.from_config(config)
    model.name_or_path = "qwen3moe"
    folder = os.path.join(FOLDER, name)
    get_peft_model(
        model, LoraConfig(r=1, task_type="CAUSAL_LM", **targets)).save_pretrained(folder)
    os.remove(os.path.join(folder, "README.md"))
