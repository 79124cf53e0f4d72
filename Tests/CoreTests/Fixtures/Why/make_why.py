"""What the tiny families' parts, relevances and lenses are, by torch and transformers.

    python make_why.py     (torch, transformers, peft; reads ../Families, writes why.json)

For every family, alone and with its adapter, and for two tokens, along a random direction d of the
last layer's state x of that token:
1. `parts`: the embedding's product with d, then block by block each head's and the feed-forward
   part's, with biases left out and the scales of norms after a branch held;
2. `gradient`: for every token, its embedding times the gradient of d x;
3. `attnlrp`: the same with the rules of AttnLRP (Achtibat et al. 2024), put into the model as
   values whose gradient is the rule's: a held factor is detached, the factors of a product share;
4. `lens`: by layer, the five likeliest tokens of final norm and head on the token's state.
"""

import json
import os

import torch
from peft import PeftModel
from transformers import AttentionInterface, AttentionMaskInterface, AutoModelForCausalLM
from transformers.masking_utils import eager_mask

FOLDER = os.path.dirname(os.path.abspath(__file__))
FAMILIES = os.path.join(FOLDER, "..", "Families")
NAMES = ["qwen2", "qwen3", "llama3", "mistral", "gemma2", "gemma3", "phi3", "gpt2", "neox"]
RULES = {"relevance": False}


def half(x):
    """x with half its gradient."""
    return 0.5 * x + (0.5 * x).detach() if RULES["relevance"] else x


def attention(module, query, key, value, mask, scaling=None, softcap=None, **_):
    groups = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = half(query @ key.transpose(2, 3)) * (scaling or query.shape[-1] ** -0.5)
    if softcap:
        capped = softcap * torch.tanh(scores / softcap)
        scores = scores * (capped / scores).detach() if RULES["relevance"] else capped
    if mask is not None:
        scores = scores + mask
    weights = torch.softmax(scores, -1)
    return half(weights @ value).transpose(1, 2).contiguous(), weights


AttentionInterface.register("plain", attention)
AttentionMaskInterface.register("plain", eager_mask)


def ruled_norm(module):
    plain = module.forward

    def forward(x):
        y = plain(x)
        if not RULES["relevance"]:
            return y
        if isinstance(module, torch.nn.LayerNorm):
            x = x - x.mean(-1, keepdim=True)
            return x * ((y - module.bias) / x).detach() + module.bias
        return x * (y / x).detach()

    module.forward = forward


class Ruled(torch.nn.Module):
    """An activation that multiplies its input with a constant."""

    def __init__(self, activation):
        super().__init__()
        self.activation = activation

    def forward(self, x):
        y = self.activation(x)
        return x * (y / x).detach() if RULES["relevance"] else y


def opened(name, adapter):
    folder = os.path.join(FAMILIES, name)
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="plain").double().eval()
    if adapter:
        model = PeftModel.from_pretrained(model, folder + "/adapter").double().eval()
        model = model.base_model.model
    for module in list(model.modules()):
        if "Norm" in type(module).__name__:
            ruled_norm(module)
        for key in ("act_fn", "act", "activation_fn"):
            if hasattr(module, key) and "MLP" in type(module).__name__:
                setattr(module, key, Ruled(getattr(module, key)))
    return model


def ids(name, row):
    from safetensors.torch import load_file
    return load_file(os.path.join(FAMILIES, name, "golden.safetensors"))[f"{row}.ids"].long()


def blocks(name, model):
    """Of each block: itself, the output layers of both parts, and the norms after them."""
    if name == "gpt2":
        return [(b, b.attn.c_proj, b.mlp.c_proj, None, None) for b in model.transformer.h]
    if name == "neox":
        return [
            (b, b.attention.dense, b.mlp.dense_4h_to_h, None, None)
            for b in model.gpt_neox.layers]
    gemma = name.startswith("gemma")
    return [
        (b, b.self_attn.o_proj, b.mlp.down_proj,
         b.post_attention_layernorm if gemma else None,
         b.post_feedforward_layernorm if gemma else None)
        for b in model.model.layers]


def case(name, adapter, row, token, seed):
    model = opened(name, adapter)
    found = {}
    layers = blocks(name, model)

    def keep(key):
        def hook(module, inputs, output):
            output = output[0] if isinstance(output, tuple) else output
            found[key] = (inputs[0] if inputs else None, output)
        return hook

    def first(module, args, kwargs):
        x = args[0] if args else kwargs["hidden_states"]
        x = x.detach().requires_grad_()
        found["embedding"] = x
        if args:
            return (x, *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": x}

    layers[0][0].register_forward_pre_hook(first, with_kwargs=True)
    for index, (block, attended, down, post, post_down) in enumerate(layers):
        block.register_forward_hook(keep(("block", index)))
        for key, module in [
            ("attended", attended), ("down", down), ("post", post), ("post_down", post_down)]:
            if module is not None:
                module.register_forward_hook(keep((key, index)))
        if name not in ("gpt2", "neox"):
            down.register_forward_pre_hook(lambda module, inputs: (half(inputs[0]),))
    tokens = ids(name, row)[None]
    generator = torch.Generator().manual_seed(seed)
    width = model.config.hidden_size
    direction = torch.randn(width, generator=generator, dtype=torch.float64)
    direction = direction.float().double()
    result = {"family": name, "adapter": adapter, "row": row, "token": token,
              "direction": direction.tolist()}
    for rule in ("gradient", "attnlrp"):
        RULES["relevance"] = rule == "attnlrp"
        model(tokens, use_cache=False)
        x = found["embedding"]
        (found[("block", len(layers) - 1)][1][0, token] @ direction).backward()
        result[rule] = (x * x.grad).sum(-1)[0].tolist()
    RULES["relevance"] = False
    with torch.no_grad():
        model(tokens, use_cache=False)
        parts = [{"block": 0, "kind": "embedding", "head": None,
                  "value": float(found["embedding"][0, token] @ direction)}]
        heads = model.config.num_attention_heads
        for index, (block, attended, down, post, post_down) in enumerate(layers):
            x = found[("attended", index)][0][0, token]
            size = x.shape[-1] // heads
            for head in range(heads):
                alone = torch.zeros_like(x)
                alone[head * size:(head + 1) * size] = x[head * size:(head + 1) * size]
                parts.append({"block": index + 1, "kind": "attention", "head": head,
                              "value": product(attended, alone, post, found, ("post", index),
                                               token, direction)})
            x = found[("down", index)][0][0, token]
            parts.append({"block": index + 1, "kind": "feed_forward", "head": None,
                          "value": product(down, x, post_down, found, ("post_down", index),
                                           token, direction)})
        result["parts"] = parts
        result["lens"] = lens(name, model, found, layers, token)
    return result


def product(layer, x, norm, found, key, token, direction):
    added = layer.forward(x[None])[0] - layer.forward(torch.zeros_like(x)[None])[0]
    if norm is not None:
        before, after = (value[0, token] for value in found[key])
        added = added * (after / before)
    return float(added @ direction)


def lens(name, model, found, layers, token):
    norm = (model.transformer.ln_f if name == "gpt2" else
            model.gpt_neox.final_layer_norm if name == "neox" else model.model.norm)
    head = model.get_output_embeddings()
    cap = getattr(model.config, "final_logit_softcapping", None)
    states = [found["embedding"][0, token]] + [
        found[("block", index)][1][0, token] for index in range(len(layers))]
    result = []
    for state in states:
        logits = head(norm(state[None]))[0]
        if cap:
            logits = cap * torch.tanh(logits / cap)
        top = torch.softmax(logits, -1).topk(5)
        result.append({"ids": top.indices.tolist(), "probabilities": top.values.tolist()})
    return result


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, list):
        return [rounded(entry) for entry in value]
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    return value


if __name__ == "__main__":
    cases = []
    for number, name in enumerate(NAMES):
        for adapter in (False, True):
            for row, token in ((1, 6), (0, 40)):
                cases.append(case(name, adapter, row, token, seed=10 * number + row))
    with open(os.path.join(FOLDER, "why.json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(rounded(entry)) for entry in cases) + "\n]\n")
