"""Loads an adapter folder with peft onto the tiny model and writes the states it gives to a row.

    python load_adapter.py FOLDER OUTPUT.safetensors ID...

The tests run it where SEER_PYTHON names a Python with torch, transformers, peft and gguf.
"""

import os
import sys

import torch
from make_training import Pass, base_model
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file, save_file

folder, output, ids = sys.argv[1], sys.argv[2], [int(i) for i in sys.argv[3:]]
model = PeftModel.from_pretrained(base_model(), folder).double().eval()
written = load_file(os.path.join(folder, "adapter_model.safetensors"))
loaded = get_peft_model_state_dict(model)
assert written.keys() == loaded.keys(), written.keys() ^ loaded.keys()
for name, tensor in written.items():
    assert torch.equal(loaded[name].float(), tensor), name
with torch.no_grad():
    save_file({"states": torch.cat(Pass(model, torch.tensor([ids])).states).float()}, output)
