"""Makes training.json and training.safetensors: what the training objectives are on the tiny Llama
(TinyLlama/tiny.gguf), with the gradient of every LoRA matrix and ten AdamW steps; and adapter-plain
and adapter-partial, as peft writes them, with the states they give in adapters.safetensors.

    python make_training.py        (numpy, torch, transformers, peft, gguf, safetensors)

The objectives are restated here from their formulas (those of published work in make_objectives.py). Weights and sums are float64 (transformers
keeps norms, softmax and rotary angles in float32), without dropout; tensors are written as float32.
"""

import json
import os
import shutil

os.environ["HF_HUB_OFFLINE"] = "1"

import gguf
import numpy as np
import torch
import torch.nn.functional as F
from gguf import quants
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

FOLDER = os.path.dirname(os.path.abspath(__file__))
MODEL = os.path.join(FOLDER, "..", "TinyLlama", "tiny.gguf")
VERSION = "1"
RANK, ALPHA, TEMPERATURE, PAD = 3, 5, 0.1, 0
WEIGHTS = {"contrastive": 1.0, "retain": 0.5, "kl": 2.0}
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
LENGTHS = [5, 9, 7, 12, 4, 6, 11, 8, 3, 10, 6, 7]
RETAIN_LENGTHS = [8, 3, 6, 2, 9, 5]

random = np.random.default_rng(20250211)


def base_model():
    """The tiny model in float64, its q and k rows back in the order of the reference."""
    reader = gguf.GGUFReader(MODEL)
    weights = {
        t.name: torch.from_numpy(quants.dequantize(t.data, t.tensor_type).copy()).double()
        for t in reader.tensors
    }

    def value(key):
        return reader.fields[key].contents()

    heads, kv_heads = value("llama.attention.head_count"), value("llama.attention.head_count_kv")

    def split_halves(rows, count):
        half = rows.shape[0] // count // 2
        return rows.reshape(count, half, 2, -1).swapaxes(1, 2).reshape(rows.shape)

    names = {
        "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
        "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm",
        "ffn_norm": "post_attention_layernorm",
    }
    state = {
        "model.embed_tokens.weight": weights["token_embd.weight"],
        "model.norm.weight": weights["output_norm.weight"],
        "lm_head.weight": weights["output.weight"],
    }
    for name, tensor in weights.items():
        parts = name.split(".")
        if parts[0] != "blk":
            continue
        if parts[2] == "attn_q":
            tensor = split_halves(tensor, heads)
        if parts[2] == "attn_k":
            tensor = split_halves(tensor, kv_heads)
        state[f"model.layers.{parts[1]}.{names[parts[2]]}.weight"] = tensor
    base = value("llama.rope.freq_base")
    config = LlamaConfig(
        vocab_size=len(weights["token_embd.weight"]), hidden_size=value("llama.embedding_length"),
        intermediate_size=value("llama.feed_forward_length"),
        num_hidden_layers=value("llama.block_count"), num_attention_heads=heads,
        num_key_value_heads=kv_heads, max_position_embeddings=value("llama.context_length"),
        rms_norm_eps=value("llama.attention.layer_norm_rms_epsilon"), rope_theta=base,
        rope_parameters={"rope_type": "default", "rope_theta": base}, tie_word_embeddings=False,
        attn_implementation="eager",
    )
    config._name_or_path = "tiny"
    model = LlamaForCausalLM(config).double().eval()
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    return model


def short(name):
    """`layers.0.self_attn.q_proj.lora_A.weight`"""
    return name.replace("base_model.model.model.", "").replace(".default", "")


def fill(model, scale):
    """Random A and, other than a fresh adapter's, random B."""
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        shape = tuple(parameter.shape)
        if "lora_A" in name:
            values = random.uniform(-1, 1, shape) / np.sqrt(shape[1])
        else:
            values = random.standard_normal(shape) * scale
        # What the tests read is float32: compute with the same numbers.
        parameter.data.copy_(torch.from_numpy(values.astype(np.float32)))


def tuned_model(layers):
    """LoRA on blocks 1...max(layers)."""
    config = LoraConfig(
        r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, bias="none", target_modules=PROJECTIONS,
        layers_to_transform=list(range(max(layers))), task_type="CAUSAL_LM",
    )
    model = get_peft_model(base_model(), config).double().eval()
    return model


class Pass:
    """One forward pass: `states[i]`, the residual stream after block i, and the logits."""

    def __init__(self, model, ids, mask=None):
        layers = model.base_model.model.model.layers
        collected = []
        hooks = [layers[0].register_forward_pre_hook(
            lambda module, args, kwargs: collected.append(
                args[0] if args else kwargs["hidden_states"]), with_kwargs=True)]
        for layer in layers:
            hooks.append(layer.register_forward_hook(
                lambda module, args, out: collected.append(
                    out[0] if isinstance(out, tuple) else out)))
        out = model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        for hook in hooks:
            hook.remove()
        assert len(collected) == len(layers) + 1
        self.states, self.logits = collected, out.logits
        # The last of these is after the final norm.
        self.hidden_states = out.hidden_states


def run_row(model, row):
    return Pass(model, torch.tensor([row["ids"]]))


def position(row, name):
    """The tokens that speak for a row."""
    count, prompt = len(row["ids"]), row["prompt"]
    if name == "last":
        return [count - 1]
    if name == "prompt-end":
        return [prompt - 1]
    assert name == "mean"
    return list(range(prompt, count)) if prompt < count else list(range(count))


def label_aware(z, concepts):
    z = z / z.norm(dim=1, keepdim=True)
    s = z @ z.T / TEMPERATURE
    anchors = []
    for i, concept in enumerate(concepts):
        same = [j for j, c in enumerate(concepts) if c == concept and j != i]
        other = [j for j, c in enumerate(concepts) if c != concept]
        if not same:
            continue
        negatives = sum(torch.exp(s[i, n]) for n in other)
        terms = [-torch.log(torch.exp(s[i, p]) / (torch.exp(s[i, p]) + negatives)) for p in same]
        anchors.append(sum(terms) / len(terms))
    return sum(anchors) / len(anchors)


def pairs(z, concepts):
    z = z / z.norm(dim=1, keepdim=True)
    s = z @ z.T / TEMPERATURE
    total = 0
    for i, concept in enumerate(concepts):
        partner = i + 1 if i % 2 == 0 else i - 1
        assert concepts[partner] == concept
        negatives = sum(torch.exp(s[i, n]) for n, c in enumerate(concepts) if c != concept)
        positive = torch.exp(s[i, partner])
        total = total - torch.log(positive / (positive + negatives))
    return total / len(concepts)


def seer(model, rows, retain, layers, positions, contrastive):
    concepts = [row["concept"] for row in rows]
    passes = [run_row(model, row) for row in rows]
    similar = []
    for layer in layers:
        for name in positions:
            z = torch.stack([
                p.states[layer][0, position(row, name)].mean(dim=0) for p, row in zip(passes, rows)
            ])
            similar.append(contrastive(z, concepts))
    per_layer = {}
    divergences = []
    for row in retain:
        tuned = run_row(model, row)
        with model.disable_adapter(), torch.no_grad():
            base = run_row(model, row)
        for layer in range(1, len(tuned.states)):
            d = tuned.states[layer][0] - base.states[layer][0]
            # At d = 0 torch's own gradient of the norm is 0.
            per_layer.setdefault(layer, []).append(torch.linalg.vector_norm(d, dim=1))
        log_p0 = F.log_softmax(base.logits[0, :-1], dim=1)
        log_p = F.log_softmax(tuned.logits[0, :-1], dim=1)
        divergences.append((log_p0.exp() * (log_p0 - log_p)).sum(dim=1))
    terms = {
        "contrastive": sum(similar) / len(similar),
        "retain": sum(torch.cat(d).mean() for d in per_layer.values()) / len(per_layer),
        "kl": torch.cat(divergences).mean(),
    }
    return terms, sum(WEIGHTS[name] * term for name, term in terms.items())


def evaluate(model, case, rows, retain):
    form = {"seer": label_aware, "seer-pair": pairs}[case["objective"]]
    return seer(model, rows, retain, case["layers"], case["positions"], form)


def lora(model):
    return {short(n): p for n, p in model.named_parameters() if p.requires_grad}


def load(model, weights):
    for name, parameter in lora(model).items():
        parameter.data.copy_(weights[name])


def write_adapter(name, ids, tensors, **options):
    """An adapter folder as peft writes it, and the states it gives to a row."""
    model = get_peft_model(
        base_model(), LoraConfig(lora_dropout=0.0, bias="none", task_type="CAUSAL_LM", **options)
    ).double().eval()
    fill(model, 0.1)
    with torch.no_grad():
        states = Pass(model, torch.tensor([ids])).states
        with model.disable_adapter():
            base = Pass(model, torch.tensor([ids])).states
    print(name, "moves states by", [
        round(float((a - b).norm() / b.norm()), 3) for a, b in zip(states, base)])
    tensors[name] = torch.cat(states).float().contiguous()
    folder = os.path.join(FOLDER, name)
    shutil.rmtree(folder, ignore_errors=True)
    model.float().save_pretrained(folder)
    os.remove(os.path.join(folder, "README.md"))


def main():
    vocabulary = 325

    def rows(lengths, concepts):
        result = []
        for length, concept in zip(lengths, concepts):
            ids = [int(i) for i in random.integers(3, vocabulary, length)]
            # Some rows are a prompt alone.
            prompt = length if length % 3 == 0 else int(random.integers(1, length))
            result.append({"ids": ids, "prompt": prompt, "concept": concept})
        return result

    concepts = ["red", "red", "green", "green", "blue", "blue"] * 2
    concept_rows = rows(LENGTHS, concepts)
    retain = rows(RETAIN_LENGTHS, [""] * len(RETAIN_LENGTHS))
    cases = [
        {"objective": objective, "layers": [layer], "positions": ["last"]}
        for objective in ["seer", "seer-pair"] for layer in [2, 3]
    ]
    cases.append({"objective": "seer", "layers": [3], "positions": ["mean"]})
    cases.append({"objective": "seer", "layers": [2, 3], "positions": ["prompt-end", "last"]})

    full = tuned_model([3])
    fill(full, 0.1)
    start = {name: p.detach().clone() for name, p in lora(full).items()}
    tensors = {"start/" + name: p.float() for name, p in start.items()}
    for case in cases:
        case["name"] = ".".join(
            [case["objective"], "+".join(map(str, case["layers"])), "+".join(case["positions"])])
        model = tuned_model(case["layers"])
        load(model, start)
        terms, total = evaluate(model, case, concept_rows, retain)
        total.backward()
        case["terms"] = {name: term.item() for name, term in terms.items()}
        case["total"] = total.item()
        sizes = []
        for name, parameter in lora(model).items():
            tensors[f"{case['name']}/{name}"] = parameter.grad.float()
            sizes.append(float(parameter.grad.norm()))
        print(case["name"], case["terms"], case["total"], "gradients", min(sizes), max(sizes))

    # Ten steps on the same batch.
    steps = {"learning_rate": 1e-3, "weight_decay": 0.01, "clip": 1.0, "case": cases[0]["name"]}
    model = tuned_model([2])
    load(model, start)
    parameters = list(lora(model).values())
    optimizer = torch.optim.AdamW(
        parameters, lr=steps["learning_rate"], betas=(0.9, 0.999), eps=1e-8,
        weight_decay=steps["weight_decay"])
    steps["terms"], steps["totals"], steps["norms"] = [], [], []
    for _ in range(10):
        optimizer.zero_grad()
        terms, total = evaluate(model, cases[0], concept_rows, retain)
        total.backward()
        steps["terms"].append({name: term.item() for name, term in terms.items()})
        steps["totals"].append(total.item())
        steps["norms"].append(
            float(torch.nn.utils.clip_grad_norm_(parameters, steps["clip"])))
        optimizer.step()
    print("steps", steps["totals"], steps["norms"])
    for name, parameter in lora(model).items():
        tensors["steps/" + name] = parameter.detach().float()

    adapters = {}
    write_adapter(
        "adapter-plain", concept_rows[1]["ids"], adapters, r=4, lora_alpha=8,
        target_modules=PROJECTIONS)
    write_adapter(
        "adapter-partial", concept_rows[1]["ids"], adapters, r=3, lora_alpha=5, use_rslora=True,
        target_modules=["q_proj", "v_proj", "down_proj"], layers_to_transform=[0, 2])

    metadata = {"format": "seer training golden", "version": VERSION}
    save_file(
        {name: t.contiguous() for name, t in tensors.items()},
        os.path.join(FOLDER, "training.safetensors"), metadata)
    save_file(adapters, os.path.join(FOLDER, "adapters.safetensors"), metadata)
    with open(os.path.join(FOLDER, "training.json"), "w", encoding="utf-8") as file:
        json.dump(
            {
                "format": metadata["format"], "version": VERSION, "rank": RANK, "alpha": ALPHA,
                "temperature": TEMPERATURE, "pad": PAD, "weights": WEIGHTS, "rows": concept_rows,
                "retain": retain, "cases": cases, "steps": steps,
            }, file, indent=1)


if __name__ == "__main__":
    main()
