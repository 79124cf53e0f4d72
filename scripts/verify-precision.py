#!/usr/bin/env python3
"""How far states are from float32's: ours exact and fast, and torch's bfloat16, each beside torch in float32.

usage: verify-precision.py [--rows 24] [--tokens 128] [--output docs/performance.md]

Reads the same rows of the sample in every way, every token at every layer, and compares each state with the
reference's: the length of the difference over the state's own. Layer 0 is left out, since it is a look-up. Then it
records the whole sample exactly and fast, and compares the figures of both at every layer with what permuted labels
make of them (`seer compare`). With --output both are written between the page's markers; without, they are printed.
Exit 1 where fast states are not within a hundredth on the median, not as near as bfloat16's, or a figure differs by
more than its permuted labels do. (Python environment: Benchmarks/peers/requirements.txt.)
"""
import argparse
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Benchmarks" / "peers"))
START, END = "<!-- precision: start -->", "<!-- precision: end -->"


def chosen(path, count):
    """Rows spread over the file, as a file of their own."""
    csv.field_size_limit(10**9)
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return rows[:: max(1, len(rows) // count)][:count]


def ours(options, rows, folder, precision):
    """(layers, tokens, width), and the processor's word for what was used."""
    import numpy as np
    from safetensors.numpy import load_file

    data, run = f"{folder}/rows.csv", f"{folder}/{precision}"
    with open(data, "w", newline="") as file:
        writer = csv.DictWriter(file, ["prompt", "response", "value"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    command = [options.seer, "extract", "--model", options.model, "--concepts", data, "--run", run, "--template", "plain",
               "--position", "all", "--max-tokens", str(options.tokens), "--precision", precision]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with open(f"{run}/run.json") as file:
        used = json.load(file)["precision"]
    return load_file(f"{run}/states.safetensors")["states"].astype(np.float32), used


def theirs(options, rows, dtype):
    import numpy as np
    import peers
    import torch

    torch.set_num_threads(options.threads)
    tok, model = peers.tokenizer(options.model), peers.language_model(options.model, dtype)
    last = []
    # What hidden_states has last is normed.
    model.model.layers[-1].register_forward_hook(
        lambda m, i, o: last.append(o[0] if isinstance(o, tuple) else o))  # fmt: skip
    states = []
    with torch.no_grad():
        for row in rows:
            text = row["prompt"] + ("\n" + row["response"] if row.get("response") else "")
            ids = tok(text, truncation=True, max_length=options.tokens)["input_ids"]
            last.clear()
            hidden = list(model.model(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states)
            hidden[-1] = last[0]
            states.append(torch.stack([h.reshape(len(ids), -1).float() for h in hidden]).numpy())
    return np.concatenate(states, 1)


def distances(states, reference):
    import numpy as np

    if states.shape != reference.shape:
        sys.exit(f"verify-precision: found states of shape {states.shape}, wanted {reference.shape}")
    return (np.linalg.norm(states - reference, axis=-1) / np.linalg.norm(reference, axis=-1))[1:]


def figures(options, folder):
    """Of each figure: the largest difference of a layer, and that layer's width of what permuted labels give."""
    for precision in ("exact", "fast"):
        command = [options.seer, "extract", "--model", options.model, "--concepts", options.data,
                   "--run", f"{folder}/whole-{precision}", "--precision", precision]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    command = [options.seer, "compare", "--base", f"{folder}/whole-exact", "--tuned", f"{folder}/whole-fast", "--json"]
    layers = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["layers"]
    found = {}
    for layer in layers:
        for name, exact in layer["base"].items():
            fast = layer["tuned"].get(name)
            if not isinstance(exact, dict) or not isinstance(fast, dict):
                continue
            if None in (exact.get("value"), fast.get("value"), exact.get("null_low"), exact.get("null_high")):
                continue
            difference = abs(fast["value"] - exact["value"])
            if name not in found or difference > found[name][0]:
                width = exact["null_high"] - exact["null_low"]
                found[name] = (difference, layer["layer"], exact["value"], fast["value"], width)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    parser.add_argument("--rows", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", default=str(ROOT / "samples" / "concepts.csv"))
    parser.add_argument("--model", default=os.path.join(cache, "seer", "models", "smollm2.gguf"))
    parser.add_argument("--seer", default=str(ROOT / ".build" / "release" / "seer"))
    parser.add_argument("--output", help="the page whose table is written")
    options = parser.parse_args()
    import numpy as np

    rows = chosen(options.data, options.rows)
    reference = theirs(options, rows, "float32")
    with tempfile.TemporaryDirectory() as folder:
        exact, _ = ours(options, rows, folder, "exact")
        fast, used = ours(options, rows, folder, "fast")
        measured = figures(options, folder)
    found = {
        "Seer, exact": distances(exact, reference),
        f"Seer, fast{'' if used == 'fast' else ' (which is exact on this processor)'}": distances(fast, reference),
        "torch, bfloat16": distances(theirs(options, rows, "bfloat16"), reference),
    }
    version = subprocess.run([options.seer, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    layers = len(reference) - 1
    shown = sorted({1, layers // 3, 2 * layers // 3, layers})
    lines = [f"{len(rows)} rows of the sample, {reference.shape[1]:,} tokens, layers 1 to {layers}; {version}.", "",
             "| states | median | 99 of 100 within | largest | median at layer " + ", ".join(map(str, shown)) + " |",
             "|---|---|---|---|---|"]  # fmt: skip
    for name, values in found.items():
        by_layer = ", ".join(f"{np.median(values[layer - 1]):.1e}" for layer in shown)
        lines.append(f"| {name} | {np.median(values):.1e} | {np.quantile(values, 0.99):.1e} | {values.max():.1e} | {by_layer} |")
    lines += ["", "The figures of the whole sample, each at the layer where exact and fast differ most:", "",
              "| figure | layer | exact | fast | difference | width of permuted labels' 95 % |", "|---|---|---|---|---|---|"]  # fmt: skip
    for name, (difference, layer, a, b, width) in measured.items():
        lines.append(f"| {name} | {layer} | {a:.5g} | {b:.5g} | {difference:.1e} | {width:.1e} |")
    table = "\n".join(lines)
    print(table)
    if options.output:
        text = pathlib.Path(options.output).read_text()
        if START not in text or END not in text:
            sys.exit(f"verify-precision: {options.output} has no markers {START} and {END}")
        head, rest = text.split(START, 1)
        pathlib.Path(options.output).write_text(f"{head}{START}\n{table}\n{END}{rest.split(END, 1)[1]}")
    _, fast, bfloat16 = found.values()
    is_near = np.median(fast) <= 1e-2 and all(
        np.quantile(fast, q) <= np.quantile(bfloat16, q) for q in (0.5, 0.99, 1)
    )
    is_same = all(difference <= width for difference, _, _, _, width in measured.values())
    return 0 if is_near and is_same else 1


if __name__ == "__main__":
    sys.exit(main())
