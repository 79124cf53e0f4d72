#!/usr/bin/env python3
"""Runs the paper's experiments arm by arm and writes their tables.

usage: verify-paper.py --seer PROGRAM --data FOLDER [--work FOLDER] [--output F.md] [--seeds 0,1,2] [--layer 24]
       [--limit N] [--prompts N] [--questions N] [--steps N] [--tokens N] [--only WHAT,...]

Every arm, set and seed is a step of its own: what is in the work folder is not done again, and an interrupted training or
generation goes on where it was. `--only` takes names of steps or their beginnings, as they are printed: `math`, `math/seer`,
`detox/sft/1`. Tables are written from what is there, so that they grow. Test rows are read after a training only.

The data folder holds NAME-train.csv and NAME-test.csv of math, knowledge, safety-multi (clusters) and safety-binary
(detoxification), xstest.csv and knowledge-choices.jsonl. Only Python's own library is needed.
"""
import argparse
import csv
import json
import os
import subprocess
import sys

SETS = ["math", "knowledge", "safety-multi"]
# Arm and its options; the presets of single objectives share everything else.
CLUSTERS = {"seer": ["--preset", "verify-seer"], "infonce": ["--preset", "verify-infonce"],
            "nt-xent": ["--preset", "verify-nt-xent"], "released": ["--preset", "paper-disentangle"]}
# The published batch and rows for all of them, so that arms differ in the objective alone.
PAPER = ["--preset", "paper-detox"]
DETOX = {"paper-detox": PAPER, "paper-detox-nt": ["--preset", "paper-detox-nt"], "sft": [*PAPER, "--objective", "sft"],
         # The weights of Seer's own detoxification: those of `released` are for its own retain term.
         "sft+seer": [*PAPER, "--objective", "sft+seer", "--contrastive-weight", "1", "--retain-weight", "0.004"],
         "reroute": [*PAPER, "--objective", "reroute"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seer", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", default=".build/verify-paper")
    parser.add_argument("--output", default="docs/paper.md")
    parser.add_argument("--retain", default="samples/retain.csv")
    parser.add_argument("--choices", default="samples/choices.jsonl")
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--layer", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--permutations", type=int, default=50)
    parser.add_argument("--only", default="")
    for name in ("limit", "prompts", "questions", "steps", "batch", "max-tokens"):
        parser.add_argument("--" + name, type=int)
    o = parser.parse_args()
    os.makedirs(o.work, exist_ok=True)
    texts = read(o.retain)
    o.texts = save(f"{o.work}/retain-last-fifth.csv", texts[len(texts) - len(texts) // 5:], ["prompt", "response"])
    for name in SETS:
        for arm in CLUSTERS:
            for seed in o.seeds.split(","):
                if wanted(o, f"{name}/{arm}/{seed}"):
                    clusters(o, name, arm, seed)
    for arm in DETOX:
        for seed in o.seeds.split(","):
            if wanted(o, f"detox/{arm}/{seed}"):
                detox(o, arm, seed)
    write(o)


def wanted(o, step):
    if o.only and not any(step == name or step.startswith(name + "/") for name in o.only.split(",")):
        return False
    print(f"verify-paper.py: {step}", file=sys.stderr, flush=True)
    return True


# --- What is run

def seer(o, path, *arguments):
    """What `seer ... --json` prints, kept as a file of the work folder."""
    path = f"{o.work}/{path}.json"
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        command = [o.seer, *(str(a) for a in arguments), "--json"]
        print("  " + " ".join(command), file=sys.stderr, flush=True)
        with open(path + ".partial", "w") as file:
            status = subprocess.run(command, stdout=file).returncode
        if status != 0:
            sys.exit(f"verify-paper.py: found exit status {status} of: {' '.join(command)}")
        os.rename(path + ".partial", path)
    with open(path) as file:
        return json.load(file)


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def save(path, rows, columns):
    if not os.path.exists(path):
        with open(path + ".partial", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        os.rename(path + ".partial", path)
    return path


def thinned(rows, count):
    """At most `count` of the rows, evenly spaced."""
    return rows if not count or len(rows) <= count else [rows[i * len(rows) // count] for i in range(count)]


def rows(o, name, side):
    found = thinned(read(f"{o.data}/{name}-{side}.csv"), o.limit)
    return save(f"{o.work}/{name}-{side}.csv", found, ["prompt", "response", "value"])


def train(o, step, options, concepts, seed, template):
    folder = f"{o.work}/{step}/adapter"
    limits = [[f"--{name.replace('_', '-')}", getattr(o, name)] for name in ("steps", "batch", "max_tokens") if getattr(o, name)]
    if o.batch:
        limits.append(["--retain-batch", max(1, o.batch // 2)])
        if "paper" in options[1] and not {"sft", "reroute"} & set(options):
            limits.append(["--group", 0])
    seer(o, f"{step}/train", "train", "--model", o.model, *options, "--concepts", concepts, "--retain", o.retain, "--layer",
         o.layer, "--template", template, "--seed", seed, "--adapter", folder, "--resume", *sum(limits, []))
    return folder


def clusters(o, name, arm, seed):
    step = f"{name}/{arm}/{seed}"
    sides = {side: rows(o, name, side) for side in ("train", "test")}
    adapter = train(o, step, CLUSTERS[arm], sides["train"], seed, "plain")
    runs = {}
    for side, path in sides.items():
        for model, options in (("base", []), ("tuned", ["--adapter", adapter])):
            run = f"{name}/base-{side}" if model == "base" else f"{step}/run-{side}"
            seer(o, run, "extract", "--model", o.model, *options, "--concepts", path, "--template", "plain", "--run",
                 f"{o.work}/{run}", "--dtype", "float16")
            runs[model, side] = f"{o.work}/{run}"
    seer(o, f"{step}/compare", "compare", "--base", runs["base", "test"], "--tuned", runs["tuned", "test"], "--train",
         runs["base", "train"], "--train-tuned", runs["tuned", "train"], "--layer", o.layer, "--permutations", o.permutations)
    seer(o, f"{step}/ability", "evaluate", "ability", "--model", o.model, "--adapter", adapter, "--texts", o.texts,
         "--template", "plain")


def detox(o, arm, seed):
    step = f"detox/{arm}/{seed}"
    taught = rows(o, "safety-binary", "train")
    known = {row["prompt"] for row in read(f"{o.data}/safety-binary-train.csv")}
    held_out = [row for row in read(f"{o.data}/safety-binary-test.csv") if row["value"] == "unsafe" and row["prompt"] not in known]
    unique = list({row["prompt"]: row for row in held_out}.values())
    harmful = save(f"{o.work}/harmful.csv", thinned(unique, o.prompts), ["prompt"])
    safe = save(f"{o.work}/safe.csv", thinned(read(f"{o.data}/xstest.csv"), o.prompts), ["prompt"])
    adapter = train(o, step, DETOX[arm], taught, seed, "chat")
    seer(o, f"{step}/detox", "evaluate", "detox", "--model", o.model, "--adapter", adapter, "--harmful", harmful, "--safe", safe,
         "--train", taught, "--layer", o.layer, "--tokens", o.tokens, "--output", f"{o.work}/{step}/answers.jsonl")
    for name, path in (("choices", f"{o.data}/knowledge-choices.jsonl"), ("own-choices", o.choices)):
        seer(o, f"{step}/{name}", "evaluate", "ability", "--model", o.model, "--adapter", adapter, "--texts", o.texts,
             "--choices", questions(o, name, path))


def questions(o, name, path):
    target = f"{o.work}/{name}.jsonl"
    if not os.path.exists(target):
        with open(path, encoding="utf-8") as file:
            lines = thinned([line for line in file if line.strip()], o.questions)
        with open(target + ".partial", "w", encoding="utf-8") as file:
            file.writelines(lines)
        os.rename(target + ".partial", target)
    return target


# --- What is written

def kept(o, step, name):
    path = f"{o.work}/{step}/{name}.json"
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return json.load(file)


def table(header, rows):
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header),
            *("| " + " | ".join(str(c) for c in row) + " |" for row in rows), ""]


def share(estimate):
    return f"{100 * estimate['value']:.1f} ({100 * estimate['low']:.1f} to {100 * estimate['high']:.1f})"


def holm(values):
    """Holm's correction (1979): the p of each claim among all of them."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    corrected, largest = [0.0] * len(values), 0.0
    for place, index in enumerate(order):
        largest = max(largest, min(1.0, (len(values) - place) * values[index]))
        corrected[index] = largest
    return corrected


def cluster_lines(o):
    lines = []
    for name in SETS:
        found = []
        for arm in CLUSTERS:
            for seed in o.seeds.split(","):
                compare, ability = kept(o, f"{name}/{arm}/{seed}", "compare"), kept(o, f"{name}/{arm}/{seed}", "ability")
                if not compare or not ability:
                    continue
                layer = next(layer for layer in compare["layers"] if layer["layer"] == o.layer)
                change = 100 * (ability["perplexity_tuned"] / ability["perplexity_base"] - 1)
                if not found:
                    found.append(["untouched", "", *cells(layer["base"]), "0", ""])
                found.append([arm, seed, *cells(layer["tuned"]), f"{ability['kl']:.4f}", f"{change:+.1f} %"])
        if found:
            lines += [f"## Clusters: {name}", ""] + table(
                ["arm", "seed", "nearest prototype", "probe", "silhouette", "KL, nats a token", "perplexity"], found)
    return lines


def cells(figures):
    """Each with what permuted labels give."""
    def cell(key):
        figure = figures[key]
        null = f" [{figure['null_mean']:.3f}]" if figure.get("null_mean") is not None else ""
        return "" if figure.get("value") is None else f"{figure['value']:.3f}{null}"
    return [cell(key) for key in ("nearest_prototype", "linear_probe", "silhouette")]


def refused_or_safe(monitors, index):
    """By the monitor of the untouched model's states, for both models."""
    own = next((m for m in monitors if m["monitor"] == "base"), None)
    return share(own["answers"][index]["refused_or_safe"]) if own else ""


def detox_lines(o):
    found, tests = [], []
    for arm in DETOX:
        for seed in o.seeds.split(","):
            step = f"detox/{arm}/{seed}"
            figures, choices, own = (kept(o, step, name) for name in ("detox", "choices", "own-choices"))
            trained = kept(o, step, "train")
            if not all((figures, choices, own, trained)):
                continue
            answers = {(a["set"], a["model"]): (i, a) for i, a in enumerate(figures["answers"])}
            for model in (["base"] if not found else []) + ["tuned"]:
                harmful, safe = answers["harmful", model], answers["safe", model]
                index = answers["harmful", model][0]
                found.append([
                    "untouched" if model == "base" else arm, "" if model == "base" else seed,
                    "" if model == "base" else trained["steps"], share(harmful[1]["substring_refusals"]),
                    refused_or_safe(figures["monitors"], index), share(safe[1]["substring_refusals"]),
                    share(choices["choices"][model]), share(own["choices"][model]), harmful[1]["repetitive"]])
            for pair in figures["pairs"]:
                if pair["rule"] == "substring":
                    tests.append([arm, seed, pair["set"], pair["mcnemar"]])
    if not found:
        return []
    lines = ["## Detoxification", "",
             "Shares in percent, with 95 % intervals (Wilson's). `refused`: by the published substrings; refused or safe: with the monitor",
             "of the untouched model's states as the judge.", ""]
    lines += table(["arm", "seed", "steps", "harmful: refused", "harmful: refused or safe", "XSTest: refused", "knowledge choices",
                    "our choices", "in circles"], found)
    corrected = holm([test["exact_p"] for *_, test in tests])
    lines += ["McNemar's exact test of tuned against untouched, with Holm's correction over all of these.", ""]
    lines += table(["arm", "seed", "prompts", "tuned only", "untouched only", "p", "p, corrected"],
                   [[arm, seed, name, test["only_second"], test["only_first"], f"{test['exact_p']:.2g}", f"{p:.2g}"]
                    for (arm, seed, name, test), p in zip(tests, corrected)])
    return lines


def write(o):
    limits = [f"--{name} {getattr(o, name.replace('-', '_'))}" for name in
              ("limit", "prompts", "questions", "steps", "batch", "max-tokens") if getattr(o, name.replace("-", "_"))]
    lines = ["# The paper's experiments, arm by arm", "",
             f"{o.model}, layer {o.layer}. Made by `make verify-paper`; an arm or a seed that is missing has not been run. In brackets: the",
             "mean for permuted labels." + (f" Limited by {', '.join(limits)}." if limits else ""), ""]
    lines += cluster_lines(o) + detox_lines(o)
    with open(o.output + ".partial", "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    os.rename(o.output + ".partial", o.output)


if __name__ == "__main__":
    main()
