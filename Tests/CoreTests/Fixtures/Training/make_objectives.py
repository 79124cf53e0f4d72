"""Makes objectives.json and objectives.safetensors: what the published objectives, supervised
fine-tuning and rerouting are on the tiny Llama, from the rows and the adapter of training.json and
training.safetensors, with gradients of some LoRA matrices.

    python make_objectives.py      (after make_training.py; the same packages)

Each objective is restated here from its formula, in float64; for `released` every row is padded in
full and every pad run, where the Swift code leaves out those that nobody reads.
"""

import json
import os

import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from make_training import (ALPHA, FOLDER, PAD, PROJECTIONS, RANK, TEMPERATURE, WEIGHTS, Pass,
                           base_model, label_aware, load, lora, pairs, position, run_row, seer)

SIDE = 14
SFT_WEIGHT, REROUTE_ALPHA = 0.7, 10.0
RELEASED = {"contrastive": 10.0, "retain": 1.0}
STORED = ("q_proj", "v_proj", "down_proj")


def tuned_model(blocks):
    config = LoraConfig(
        r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, bias="none", target_modules=PROJECTIONS,
        layers_to_transform=blocks, task_type="CAUSAL_LM",
    )
    return get_peft_model(base_model(), config).double().eval()


# Contrasts over states z, rows 2k and 2k + 1 a pair.


def infonce(z, concepts):
    a, b = F.normalize(z[0::2], dim=1), F.normalize(z[1::2], dim=1)
    return F.cross_entropy(a @ b.T / TEMPERATURE, torch.arange(len(a)))


def nt_xent(z, concepts):
    z = F.normalize(z, dim=1)
    s = z @ z.T / TEMPERATURE
    s = s.masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)
    return F.cross_entropy(s, torch.arange(len(z)) ^ 1)


def grouped(form, size):
    def loss(z, concepts):
        starts = range(0, len(z), size)
        return sum(form(z[i:i + size], concepts[i:i + size]) for i in starts) / len(starts)
    return loss


CONTRASTS = {"seer": label_aware, "seer-pair": pairs, "infonce": infonce, "nt-xent": nt_xent}


def cosines(groups):
    """Mean cosines of contrasted rows of one concept and of different ones."""
    same, different = [], []
    for z, concepts in groups:
        z = F.normalize(z, dim=1)
        for i in range(len(z)):
            for j in range(i + 1, len(z)):
                (same if concepts[i] == concepts[j] else different).append((z[i] @ z[j]).item())
    return sum(same) / len(same), sum(different) / len(different)


class Padded:
    """Rows in full, with a mask of text, run with an attention mask of our own: text sees the text
    before it, a pad after text the text before it, a pad with no text before it itself."""

    def __init__(self, model, ids, text):
        ids, text = torch.tensor(ids), torch.tensor(text, dtype=torch.bool)
        count = ids.shape[1]
        causal = torch.tril(torch.ones(count, count, dtype=torch.bool))
        seen = causal & text[:, None, :]
        lonely = ~seen.any(dim=2)
        seen |= lonely[:, :, None] & torch.eye(count, dtype=torch.bool)
        mask = torch.zeros(seen.shape, dtype=torch.float64).masked_fill(~seen, -torch.inf)
        self.text, self.ids = text, ids
        run = Pass(model, ids, mask[:, None])
        self.states, self.logits, self.hidden_states = run.states, run.logits, run.hidden_states


def views(model, rows):
    ids, text = [], []
    for row in rows:
        request, response = row["ids"][:row["request"]], row["ids"][row["request"]:]
        left, right = SIDE - len(request), SIDE - len(response)
        assert left >= 0 and right >= 0
        ids.append([PAD] * left + request + response + [PAD] * right)
        text.append([0] * left + [1] * len(row["ids"]) + [0] * right)
    return Padded(model, ids, text)


def released(model, rows, retain, case):
    concepts = [row["concept"] for row in rows]
    run = views(model, rows)
    form = grouped(CONTRASTS[case["contrastive"]], case["group"] or len(rows))
    places = {"last": 2 * SIDE - 1, "prompt-end": SIDE - 1}
    contrasted = [run.states[layer][:, places[p]] for layer in case["layers"]
                  for p in case["positions"]]
    left = [2 * SIDE - len(row["ids"]) for row in retain]
    ids = [[PAD] * pads + row["ids"] for pads, row in zip(left, retain)]
    text = [[0] * pads + [1] * len(row["ids"]) for pads, row in zip(left, retain)]
    tuned = Padded(model, ids, text)
    with model.disable_adapter(), torch.no_grad():
        base, base_views = Padded(model, ids, text), views(model, rows)
    theta = torch.stack(tuned.hidden_states, dim=1) * tuned.text[:, None, :, None]
    theta0 = torch.stack(base.hidden_states, dim=1)
    distance = torch.linalg.vector_norm((theta - theta0).flatten(1), dim=1).mean()
    realised = run.ids[0::2, 1:, None]
    p0 = F.softmax(base_views.logits[0::2, :-1], dim=2).gather(2, realised)
    log_p = F.log_softmax(run.logits[0::2, :-1], dim=2).gather(2, realised)
    terms = {
        "contrastive": sum(form(z, concepts) for z in contrasted) / len(contrasted),
        "retain": len(case["layers"]) / len(case["blocks"]) / 100 * distance,
        "kl": -(p0 * log_p).sum(dim=(1, 2)).mean() * (case["kl_weight"] != 0),
    }
    total = (RELEASED["contrastive"] * terms["contrastive"] + RELEASED["retain"] * terms["retain"]
             + case["kl_weight"] * terms["kl"])
    return terms, total, contrasted


def contrastive(model, rows, retain, case):
    form = grouped(CONTRASTS[case["objective"].removeprefix("sft+")], case["group"] or len(rows))
    terms, total = seer(model, rows, retain, case["layers"], case["positions"], form)
    with torch.no_grad():
        passes = [run_row(model, row) for row in rows]
        contrasted = [
            torch.stack([p.states[layer][0, position(row, name)].mean(dim=0)
                         for p, row in zip(passes, rows)])
            for layer in case["layers"] for name in case["positions"]]
    return terms, total, contrasted


def verdict(model, rows):
    losses = []
    for row in rows:
        ids = torch.tensor(row["ids"])
        log_p = F.log_softmax(run_row(model, row).logits[0], dim=1)
        losses += [-log_p[t - 1, ids[t]] for t in range(*row["answer"])]
    return sum(losses) / len(losses)


def reroute(model, rows, retain, case):
    kept, cosine = {}, []
    for row in rows:
        tuned = run_row(model, row)
        with model.disable_adapter(), torch.no_grad():
            base = run_row(model, row)
        for layer in case["layers"]:
            cosine.append(F.relu(F.cosine_similarity(
                tuned.states[layer][0], base.states[layer][0], dim=1)))
    for row in retain:
        tuned = run_row(model, row)
        with model.disable_adapter(), torch.no_grad():
            base = run_row(model, row)
        for layer in range(1, len(tuned.states)):
            kept.setdefault(layer, []).append(torch.linalg.vector_norm(
                tuned.states[layer][0] - base.states[layer][0], dim=1))
    terms = {
        "reroute": torch.cat(cosine).mean(),
        "retain": sum(torch.cat(d).mean() for d in kept.values()) / len(kept),
    }
    share = case["progress"] / 2
    total = REROUTE_ALPHA * ((1 - share) * terms["reroute"] + share * terms["retain"])
    return terms, total, None


def evaluate(model, case, rows, retain):
    name = case["objective"]
    if name == "released":
        return released(model, rows, retain, case)
    if name == "reroute":
        return reroute(model, rows, retain, case)
    if name == "sft":
        loss = verdict(model, rows)
        return {"verdict": loss}, loss, None
    terms, total, contrasted = contrastive(model, rows, retain, case)
    if name == "sft+seer":
        terms["verdict"] = verdict(model, rows)
        total = total + SFT_WEIGHT * terms["verdict"]
    return terms, total, contrasted


def cases():
    def case(objective, layers, positions=("last",), **more):
        name = ".".join(
            [objective, "+".join(map(str, layers)), "+".join(positions)]
            + [f"{key}-{value}" for key, value in more.items()])
        blocks = more.pop("blocks", None)
        defaults = {"group": 0, "contrastive": "infonce", "kl_weight": 0, "progress": 1.0}
        return {
            "name": name.replace("[", "").replace("]", "").replace(", ", "+"),
            "objective": objective, "layers": layers, "positions": list(positions),
            "blocks": blocks or list(range(1, max(layers) + 1)), **defaults, **more}

    two = ("prompt-end", "last")
    return [
        case("infonce", [3]), case("infonce", [2, 3], two),
        case("nt-xent", [3]), case("nt-xent", [2, 3], two),
        case("seer-pair", [2, 3], two),
        case("infonce", [3], group=4), case("seer", [3], blocks=[1, 3]),
        case("released", [2, 3], two), case("released", [2], contrastive="nt-xent", group=6),
        case("released", [2], two, contrastive="nt-xent", kl_weight=1),
        case("sft", [2]), case("sft+seer", [2, 3], two),
        case("reroute", [2, 3], progress=0.3), case("reroute", [2], progress=1.0),
    ]


def main():
    with open(os.path.join(FOLDER, "training.json"), encoding="utf-8") as file:
        golden = json.load(file)
    start = {
        name.removeprefix("start/"): tensor.double()
        for name, tensor in load_file(os.path.join(FOLDER, "training.safetensors")).items()
        if name.startswith("start/")}
    rows = golden["rows"]
    for index, row in enumerate(rows):
        # Some rows are a response alone; those that are a prompt alone are in training.json.
        row["request"] = 0 if index in (4, 9) else row["prompt"]
        row["answer"] = [len(row["ids"]) - 1 - index % 2, len(row["ids"])]
    tensors, output = {}, []
    for case in cases():
        model = tuned_model([block - 1 for block in case["blocks"]])
        load(model, start)
        terms, total, contrasted = evaluate(model, case, rows, golden["retain"])
        total.backward()
        case["terms"] = {name: float(term) for name, term in terms.items()}
        case["total"] = total.item()
        if contrasted:
            concepts = [row["concept"] for row in rows]
            size = case["group"] or len(rows)
            means = [cosines([(z[i:i + size], concepts[i:i + size])
                              for i in range(0, len(rows), size)]) for z in contrasted]
            case["mean_same"] = sum(same for same, _ in means) / len(means)
            case["mean_diff"] = sum(different for _, different in means) / len(means)
        sizes = []
        for name, parameter in lora(model).items():
            sizes.append(float(parameter.grad.norm()))
            if any(part in name for part in STORED):
                tensors[f"{case['name']}/{name}"] = parameter.grad.float().contiguous()
        print(case["name"], case["terms"], case["total"], "gradients", min(sizes), max(sizes))
        output.append(case)
    metadata = {"format": "seer training golden", "version": "1"}
    save_file(tensors, os.path.join(FOLDER, "objectives.safetensors"), metadata)
    with open(os.path.join(FOLDER, "objectives.json"), "w", encoding="utf-8") as file:
        json.dump({
            "side": SIDE, "sft_weight": SFT_WEIGHT, "reroute_alpha": REROUTE_ALPHA,
            "requests": [row["request"] for row in rows],
            "answers": [row["answer"] for row in rows], "cases": output}, file, indent=1)


if __name__ == "__main__":
    main()
