"""Writes the states of a tiny random Llama as people keep them: what transformers gives with
output_hidden_states, TransformerLens's cache, vLLM's files of hidden states. states.json has the
values that a run must hold.

usage: python make_states.py        (torch, transformers, safetensors, numpy)
"""

import json
import os

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaModel

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(3)
torch.set_num_threads(1)
model = LlamaModel(
    LlamaConfig(
        vocab_size=40, hidden_size=8, intermediate_size=12, num_hidden_layers=3, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=32,
    )
).eval()
ids = torch.randint(0, 40, (4, 5))

# The residual stream itself: what goes into every block, and what comes out of it.
before, after = [], []
for block in model.layers:
    block.register_forward_pre_hook(lambda _, args: before.append(args[0]))
    block.register_forward_hook(
        lambda _, args, out: after.append(out[0] if isinstance(out, tuple) else out)
    )
with torch.no_grad():
    output = model(ids, output_hidden_states=True)
hidden = output.hidden_states
assert len(hidden) == 4 and all(torch.equal(a, b) for a, b in zip(hidden, before))
# The last of transformers' states is after the final norm.
assert torch.allclose(model.norm(after[-1]), hidden[-1])


def path(name):
    return os.path.join(here, name)


last = torch.stack([state[:, -1] for state in hidden])
# transformers: the last token's states of every layer, as one array, as one a layer, as a folder.
np.save(path("transformers.npy"), last.numpy())
np.savez(path("transformers.npz"), *[state[:, -1].numpy() for state in hidden])
os.makedirs(path("transformers"), exist_ok=True)
for layer, state in enumerate(hidden):
    np.save(path(f"transformers/hidden_state_{layer:02}.npy"), state[:, -1].numpy())

# TransformerLens: cache[...] of the last token, with much else beside the residual stream.
cache = {"hook_embed": before[0][:, -1]}
for layer in range(3):
    cache[f"blocks.{layer}.hook_resid_pre"] = before[layer][:, -1]
    cache[f"blocks.{layer}.hook_resid_post"] = after[layer][:, -1]
    cache[f"blocks.{layer}.attn.hook_z"] = torch.zeros(4, 2, 4)
    cache[f"blocks.{layer}.ln1.hook_scale"] = torch.ones(4, 1)
cache = {name: value.clone().contiguous() for name, value in cache.items()}
np.savez_compressed(path("transformer-lens.npz"), **{k: v.numpy() for k, v in cache.items()})
save_file(cache, path("transformer-lens.safetensors"))
# One text's cache with its batch axis: every token a row.
save_file(
    {f"blocks.{i}.hook_resid_post": after[i][:1].clone() for i in range(3)}, path("one-text.safetensors")
)

# vLLM: a file a request, (tokens, layers, width) in bfloat16, after blocks 1 and 2, and the ids.
request = torch.stack([after[0][1], after[1][1]], dim=1).to(torch.bfloat16)
save_file({"hidden_states": request, "token_ids": ids[1].contiguous()}, path("vllm.safetensors"))


def values(tensor):
    return [[float(v) for v in row] for row in tensor.float()]


residual = before + [after[-1]]
with open(path("states.json"), "w") as file:
    json.dump(
        {
            "transformers": [values(state) for state in last],
            "lens": [values(state[:, -1]) for state in residual],
            "one_text": [values(state[0]) for state in after],
            "vllm": [values(request[:, layer]) for layer in range(2)],
        },
        file,
    )
    file.write("\n")
