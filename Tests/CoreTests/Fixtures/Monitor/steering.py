"""Writes steering.safetensors, what transformers computes with the tiny model when a vector is added
to a block's output, and control.gguf, the same vector as a control vector.

    python steering.py    (numpy, torch, transformers, gguf, safetensors)
"""

import json
import pathlib

import gguf
import numpy as np
import torch
from gguf.quants import dequantize
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

here = pathlib.Path(__file__).parent
tiny = here.parent / "TinyLlama"
NAMES = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj", "token_embd": "model.embed_tokens", "output_norm": "model.norm",
    "output": "lm_head",
}


def state_dict():
    state = {}
    for tensor in gguf.GGUFReader(str(tiny / "tiny.gguf")).tensors:
        values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        parts = tensor.name.split(".")
        if parts[-2] in ("attn_q", "attn_k"):  # undo the converter's order of rows
            heads = 4 if parts[-2] == "attn_q" else 2
            half = values.shape[0] // heads // 2
            values = values.reshape(heads, half, 2, -1).swapaxes(1, 2).reshape(values.shape)
        block = f"model.layers.{parts[1]}." if parts[0] == "blk" else ""
        state[block + NAMES[parts[-2]] + ".weight"] = torch.from_numpy(values.copy())
    return state


model = LlamaForCausalLM(
    LlamaConfig(
        vocab_size=325, hidden_size=64, intermediate_size=96, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=2048,
        rms_norm_eps=1e-5, rope_theta=50000.0,
        rope_parameters={"rope_type": "default", "rope_theta": 50000.0},
        tie_word_embeddings=False, attn_implementation="eager",
    )
).float().eval()
missing, unexpected = model.load_state_dict(state_dict(), strict=False)
assert not missing and not unexpected, (missing, unexpected)

prompt = json.loads((tiny / "golden.json").read_text())["prompts"][0]
ids = torch.tensor([prompt["ids"]])
vector = torch.from_numpy(np.random.default_rng(3).standard_normal(64).astype(np.float32))
tensors = {"vector": vector}
BLOCK, TOKEN = 1, 5  # the second block: layer 2


def run(name, places):
    last = []

    def add(module, inputs, out):
        states = out[0] if isinstance(out, tuple) else out
        states = states.clone()
        states[:, places] += vector
        return (states, *out[1:]) if isinstance(out, tuple) else states

    def keep(module, inputs, out):
        last.append(out[0] if isinstance(out, tuple) else out)

    hooks = [model.model.layers[2].register_forward_hook(keep)]
    if places is not None:
        hooks.append(model.model.layers[BLOCK].register_forward_hook(add))
    with torch.no_grad():
        logits = model(ids).logits[0]
    tensors[name + ".states"] = last[0].reshape(len(prompt["ids"]), 64).contiguous()
    tensors[name + ".logits"] = logits[[TOKEN, -1]].contiguous()
    for hook in hooks:
        hook.remove()


run("plain", None)
run("one", [TOKEN])
run("all", list(range(len(prompt["ids"]))))
save_file(tensors, str(here / "steering.safetensors"))

writer = gguf.GGUFWriter(str(here / "control.gguf"), "controlvector")
writer.add_string("controlvector.model_hint", "llama")
writer.add_uint32("controlvector.layer_count", 2)
writer.add_tensor("direction.1", vector.numpy())
writer.add_tensor("direction.2", -vector.numpy())
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
