#!/usr/bin/env python3
"""What users would run in Seer's place, one piece of work a process: prints one JSON object.

usage: peers.py WORK ARGUMENTS   (python environment: requirements.txt)
  transformers-extract MODEL CONCEPTS ROWS [DTYPE]   states of every layer: tokens a second
  llama-prompt MODEL TOKENS                  one prompt: tokens a second
  llama-decode MODEL TOKENS                  one token at a time after a short prompt: tokens a second
  transformers-load MODEL, llama-load MODEL  from nothing to the first token: seconds
  peft-step MODEL CONCEPTS STEPS [DTYPE]     the released SEER objective: seconds a step (float32, bfloat16)
  pca X.npy | tsne X.npy NAME LAYOUT.npy     NAME: scikit-learn, openTSNE-bh, openTSNE-fft: seconds
  judge X.npy LAYOUT                         exact KL divergence of a map (npy or csv)
  operations MODEL                           two for each weight of the blocks that a token meets
  long-rows MODEL CONCEPTS TOKENS OUTPUT     rows of at least so many tokens, as a concept file
  matrices MODEL CONCEPTS ROWS FOLDER        the matrices that maps are drawn of
"""
import csv
import json
import os
import random
import sys
import time


def texts(path, rows):
    csv.field_size_limit(10**9)
    with open(path, newline="") as file:
        table = list(csv.DictReader(file))[:rows]
    return [r["prompt"] + ("\n" + r["response"] if r.get("response") else "") for r in table], [
        r["value"] for r in table
    ]


def tokenizer(path):
    """transformers reads a GGUF's tokenizer without its pre-tokenizer: `smollm` is put right."""
    from gguf import GGUFReader
    from tokenizers import pre_tokenizers
    from transformers import AutoTokenizer

    folder, name = os.path.split(path)
    result = AutoTokenizer.from_pretrained(folder or ".", gguf_file=name)
    field = GGUFReader(path).fields.get("tokenizer.ggml.pre")
    if field and field.contents() == "smollm":
        result.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
    result.pad_token = result.pad_token or result.eos_token
    return result


def language_model(path, dtype="float32"):
    import torch
    from transformers import AutoModelForCausalLM

    folder, name = os.path.split(path)
    model = AutoModelForCausalLM.from_pretrained(folder or ".", gguf_file=name, dtype=getattr(torch, dtype))
    return model.eval()


def states(path, data, rows, visit=None, dtype="float32"):
    """Every layer's states of every row, in batches of 16 rows of similar length."""
    import torch

    tok, model = tokenizer(path), language_model(path, dtype)
    ids = [tok(t, truncation=True, max_length=512)["input_ids"] for t in texts(data, rows)[0]]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    started = time.monotonic()
    with torch.no_grad():
        for first in range(0, len(order), 16):
            part = order[first : first + 16]
            longest = max(len(ids[i]) for i in part)
            x = torch.full((len(part), longest), tok.pad_token_id)
            mask = torch.zeros_like(x)
            for k, i in enumerate(part):
                x[k, : len(ids[i])], mask[k, : len(ids[i])] = torch.tensor(ids[i]), 1
            hidden = model.model(input_ids=x, attention_mask=mask, output_hidden_states=True).hidden_states
            for k, i in enumerate(part):
                count = len(ids[i])
                if visit:
                    visit(i, [h[k, :count].float().numpy().copy() for h in hidden])
                else:
                    [h[k, count - 1].float().numpy().copy() for h in hidden]
    seconds = time.monotonic() - started
    total = sum(map(len, ids))
    return {"tokens": total, "seconds": seconds, "tokens_per_second": total / seconds}


def matrices(path, data, rows, folder):
    """x1200: last tokens of layer 20; x10000 and x50000: tokens of layer 20, as far as they reach."""
    import numpy as np

    last, tokens = {}, {}

    def visit(row, hidden):
        last[row], tokens[row] = hidden[20][-1], hidden[20]

    states(path, data, rows, visit)
    os.makedirs(folder, exist_ok=True)
    every = np.concatenate([tokens[i] for i in sorted(tokens)]).astype("f4")[:50000]
    np.save(f"{folder}/x1200.npy", np.stack([last[i] for i in sorted(last)]).astype("f4"))
    np.save(f"{folder}/x50000.npy", every)
    np.save(f"{folder}/x10000.npy", np.ascontiguousarray(every[::5]))
    return {"rows": len(last), "tokens": len(every)}


def long_rows(path, data, tokens, target):
    """The rows that are long enough; of a concept with fewer than two such, its rows joined until they are."""
    tok = tokenizer(path)
    long, joined, part = {}, {}, {}
    for text, value in zip(*texts(data, None)):
        part[value] = (part.get(value, "") + "\n" + text).strip()
        for rows, candidate in ((long, text), (joined, part[value])):
            found = rows.setdefault(value, [])
            if len(tok(candidate)["input_ids"]) >= tokens:
                found.append(candidate)
        if joined[value] and joined[value][-1] == part[value]:
            part[value] = ""
    rows = [(text, value) for value in long for text in (long if len(long[value]) > 1 else joined)[value]]
    with open(target + ".partial", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["prompt", "value"])
        writer.writerows(rows)
    os.rename(target + ".partial", target)
    return {"rows": len(rows)}


def llama(path, context=2048):
    from llama_cpp import Llama

    return Llama(path, n_ctx=context, n_batch=512, n_ubatch=512, n_threads=os.cpu_count(),
                 n_threads_batch=os.cpu_count(), verbose=False)  # fmt: skip


def llama_prompt(path, tokens):
    model = llama(path)
    ids = (model.tokenize(b" dog" * tokens) * 2)[:tokens]
    best = 0
    for _ in range(3):
        model.reset()
        started = time.monotonic()
        model.eval(ids)
        best = max(best, tokens / (time.monotonic() - started))
    return {"tokens_per_second": best}


def llama_decode(path, tokens):
    """Without choosing the tokens, which ours does: the peer's best case."""
    model = llama(path)
    model.eval(model.tokenize(b"Once upon a time"))
    started = time.monotonic()
    for index in range(tokens):
        model.eval([1000 + index])
    return {"tokens_per_second": tokens / (time.monotonic() - started)}


def llama_load(path):
    started = time.monotonic()
    model = llama(path)
    model.eval(model.tokenize(b"Hello"))
    model.sample(temp=0.0)
    return {"seconds": time.monotonic() - started}


def operations(path):
    """Of a token's way through a GGUF file's blocks, without attention and head; of experts those that
    a token goes to. The last block counts in full, of which an extraction leaves most out."""
    from gguf import GGUFReader

    reader = GGUFReader(path)
    architecture = reader.fields["general.architecture"].contents()

    def number(key):
        field = reader.fields.get(f"{architecture}.{key}")
        return field.contents() if field else 0

    share = number("expert_used_count") / max(1, number("expert_count"))
    weights = sum(
        int(tensor.n_elements) * (share if "_exps." in tensor.name else 1)
        for tensor in reader.tensors if tensor.name.startswith("blk.") and len(tensor.shape) > 1)
    return {"operations": 2 * weights}


def transformers_load(path):
    started = time.monotonic()
    import torch

    tok, model = tokenizer(path), language_model(path)
    with torch.no_grad():
        model(torch.tensor([tok("Hello")["input_ids"]])).logits[0, -1].argmax()
    return {"seconds": time.monotonic() - started}


def peft_step(path, data, steps, dtype="float32", length=128, target=20, batch=8):
    """8 pairs and 8 retain rows of `length` tokens; LoRA of rank 16 on blocks 0 ... target."""
    import torch
    import torch.nn.functional as F
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    random.seed(0)
    tok, model = tokenizer(path), language_model(path, dtype)
    tok.padding_side = "left"
    model.config.use_cache = False
    names = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    model = get_peft_model(model, LoraConfig(
        r=16, lora_alpha=16, lora_dropout=0.05, layers_to_transform=list(range(target + 1)),
        target_modules=names, task_type="CAUSAL_LM"))  # fmt: skip
    groups = {}
    for text, value in zip(*texts(data, None)):
        groups.setdefault(value, []).append(text)
    kinds = sorted(groups)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0)

    def batch_of(chosen):
        rows = tok(chosen, truncation=True, max_length=length, padding="max_length", return_tensors="pt")
        return {key: rows[key] for key in ("input_ids", "attention_mask")}

    def step():
        picked = [random.choice(kinds) for _ in range(batch)]
        first, second = (batch_of([random.choice(groups[k]) for k in picked]) for _ in range(2))
        retain = batch_of([random.choice(groups[random.choice(kinds)]) for _ in range(batch)])
        labels = first["input_ids"][:, 1:, None]
        with torch.no_grad(), model.disable_adapter():
            model.eval()
            before = torch.stack(model(**retain, output_hidden_states=True).hidden_states, 1)
            known = F.softmax(model(**first).logits[:, :-1], 2).gather(2, labels).squeeze(-1)
        model.train()
        after = torch.stack(model(**retain, output_hidden_states=True).hidden_states, 1)
        caught = []
        hook = model.base_model.model.model.layers[target].register_forward_hook(
            lambda m, i, o: caught.append(o[0] if isinstance(o, tuple) else o))  # fmt: skip
        model(**first), model(**second)
        hook.remove()
        q, p = (F.normalize(states[:, -1], dim=-1) for states in caught[:2])
        contrast = F.cross_entropy(10 * q @ p.T, torch.arange(batch))
        mask = retain["attention_mask"][:, None, :, None]
        kept = torch.norm(((after - before) * mask).flatten(1), dim=-1).mean() / 100
        now = F.log_softmax(model(**first).logits[:, :-1], 2).gather(2, labels).squeeze(-1)
        (kept + 10 * contrast - (known * now).sum(1).mean()).backward()
        optimizer.step()
        optimizer.zero_grad()

    step()
    started = time.monotonic()
    for _ in range(steps):
        step()
    return {"seconds": (time.monotonic() - started) / steps}


def reduced(x):
    from sklearn.decomposition import PCA

    return PCA(50, svd_solver="covariance_eigh").fit_transform(x)


def pca(path):
    import numpy as np

    x = np.load(path)
    reduced(x[:1000])  # the library loads and warms up
    started = time.monotonic()
    reduced(x)
    return {"seconds": time.monotonic() - started}


def tsne(path, name, target):
    import numpy as np

    z = reduced(np.load(path))
    if name == "scikit-learn":
        from sklearn.manifold import TSNE

        fit = TSNE(perplexity=30, n_jobs=os.cpu_count(), init="pca", random_state=0).fit_transform
    else:
        from openTSNE import TSNE

        fit = TSNE(perplexity=30, n_jobs=os.cpu_count(), initialization="pca", random_state=0,
                   negative_gradient_method=name.split("-")[1]).fit  # fmt: skip
    started = time.monotonic()
    layout = fit(z)
    seconds = time.monotonic() - started
    np.save(target, np.asarray(layout))
    return {"seconds": seconds}


def neighbour_map(path, name, target):
    """UMAP or PaCMAP as their packages have them, after a small map with which they are compiled."""
    import numpy as np

    z = reduced(np.load(path)).astype("f4")
    if name == "umap-learn":
        from umap import UMAP

        make = lambda: UMAP(n_jobs=os.cpu_count())
    else:
        from pacmap import PaCMAP

        make = lambda: PaCMAP(n_components=2)
    # Above 4,096 rows neighbours are looked for in another way, which is compiled by itself.
    make().fit_transform(z[:5000])
    started = time.monotonic()
    layout = make().fit_transform(z)
    seconds = time.monotonic() - started
    np.save(target, np.asarray(layout))
    return {"seconds": seconds}


def layout_of(path):
    import numpy as np

    if path.endswith(".npy"):
        return np.load(path).astype("f8")
    with open(path, newline="") as file:
        return np.array([[float(r["x"]), float(r["y"])] for r in csv.DictReader(file)])


def judge_map(path, layout):
    """Trustworthiness at 10 neighbours over at most 5,000 rows, and agreement on random triplets."""
    import numpy as np
    from sklearn.manifold import trustworthiness

    x, y = np.load(path).astype("f8"), layout_of(layout)
    random = np.random.default_rng(0)
    chosen = random.permutation(len(x))[:5000]
    a, b, c = random.integers(0, len(x), (3, 50_000))
    nearer = lambda m: ((m[a] - m[b]) ** 2).sum(1) < ((m[a] - m[c]) ** 2).sum(1)
    return {
        "trustworthiness": float(trustworthiness(x[chosen], y[chosen], n_neighbors=10)),
        "triplets": float((nearer(x) == nearer(y)).mean()),
    }


def judge(path, layout, perplexity=30):
    """KL(P || Q): P from the 90 exact neighbours of 50 components, Q over all pairs, in float64."""
    import numpy as np
    import scipy.sparse as sparse
    from sklearn.neighbors import NearestNeighbors

    z = reduced(np.load(path).astype("f8"))
    count, k = len(z), min(len(z) - 1, 3 * perplexity)
    distances, indices = NearestNeighbors(n_neighbors=k + 1).fit(z).kneighbors(z)
    squares, indices = distances[:, 1:] ** 2, indices[:, 1:]
    squares = squares - squares[:, :1]
    low, high, beta = np.zeros(count), np.full(count, np.inf), 1 / np.maximum(squares.mean(1), 1e-12)
    for _ in range(100):
        p = np.exp(-squares * beta[:, None])
        total = p.sum(1)
        wide = np.log(total) + beta * (squares * p).sum(1) / total > np.log(perplexity)
        low, high = np.where(wide, beta, low), np.where(wide, high, beta)
        beta = np.where(np.isinf(high), np.minimum(beta * 2, 1e30), (low + high) / 2)
    start = np.repeat(np.arange(count), k)
    p = sparse.csr_matrix(((p / total[:, None]).ravel(), (start, indices.ravel())), (count, count))
    p = (p + p.T).tocoo()
    p.data /= p.data.sum()
    y = layout_of(layout)
    squares, z = (y**2).sum(1), -float(count)
    for s in range(0, count, 2000):
        apart = squares[s : s + 2000, None] + squares[None] - 2 * y[s : s + 2000] @ y.T
        z += (1 / (1 + np.maximum(apart, 0))).sum()
    w = 1 / (1 + ((y[p.row] - y[p.col]) ** 2).sum(1))
    return {"kl": float((p.data * (np.log(p.data) - np.log(w))).sum() + np.log(z))}


WORK = {
    "transformers-extract": lambda m, d, n, t="float32": states(m, d, int(n), dtype=t),
    "llama-prompt": lambda m, n: llama_prompt(m, int(n)),
    "llama-decode": lambda m, n: llama_decode(m, int(n)),
    "operations": operations,
    "transformers-load": transformers_load,
    "llama-load": llama_load,
    "peft-step": lambda m, d, n, t="float32": peft_step(m, d, int(n), t),
    "pca": pca,
    "tsne": tsne,
    "neighbour-map": neighbour_map,
    "judge": judge,
    "judge-map": judge_map,
    "long-rows": lambda m, d, n, t: long_rows(m, d, int(n), t),
    "matrices": lambda m, d, n, f: matrices(m, d, int(n), f),
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in WORK:
        sys.exit(__doc__)
    print(json.dumps(WORK[sys.argv[1]](*sys.argv[2:])))
