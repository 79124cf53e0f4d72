#!/usr/bin/env python3
"""Trains every objective with several seeds and writes a table of held-out figures.

usage: verify-training.py --seer PATH --train F --test F --retain F --layer L --work DIR --output F.md
       [--name NAME] [--objectives seer,infonce,...] [--seeds 0,1,2]

Resumable: what is in the work folder already is not done again, and an interrupted training goes on
from its checkpoint; the table is there after the first run, and grows. The test rows are read only
after training. Needs numpy and safetensors.
"""
import argparse
import csv
import glob
import json
import os
import subprocess
import sys

import numpy
from safetensors.numpy import load_file

OBJECTIVES = ["seer", "infonce", "nt-xent", "seer-pair", "released"]


def seer(*arguments):
    process = subprocess.run(arguments, stdout=subprocess.PIPE, text=True)
    if process.returncode != 0:
        sys.exit(f"verify-training.py: found exit status {process.returncode} of: {' '.join(arguments)}")
    return json.loads(process.stdout)


def states(run, layer):
    tensor = load_file(run + "/states.safetensors")["states"][layer].astype("f8")
    with open(run + "/rows.csv", newline="") as file:
        labels = [row["concept"] for row in csv.DictReader(file)]
    return tensor / numpy.linalg.norm(tensor, axis=1, keepdims=True), numpy.array(labels)


def nearest_prototype(train, test, layer):
    (a, la), (b, lb) = states(train, layer), states(test, layer)
    names = sorted(set(la))
    prototypes = numpy.stack([a[la == name].mean(0) for name in names])
    prototypes /= numpy.linalg.norm(prototypes, axis=1, keepdims=True)
    return float(numpy.mean(numpy.array(names)[(b @ prototypes.T).argmax(1)] == lb))


def last_fifth(path, target):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    with open(target, "w", newline="") as file:
        writer = csv.DictWriter(file, ["prompt", "response"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows[len(rows) - len(rows) // 5:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("seer", "train", "test", "retain", "layer", "work", "output"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--name", default="")
    parser.add_argument("--objectives", default=",".join(OBJECTIVES))
    parser.add_argument("--seeds", default="0,1,2")
    o = parser.parse_args()
    os.makedirs(o.work, exist_ok=True)
    held_out = o.work + "/retain-last-fifth.csv"
    last_fifth(o.retain, held_out)

    def extract(concepts, run, adapter=None):
        extra = ["--adapter", adapter] if adapter else []
        seer(o.seer, "extract", "--template", "plain", "--concepts", concepts, "--run", run, "--json", *extra)

    def train_and_judge(objective, seed, name):
        if not os.path.exists(name + "/adapter_model.safetensors"):
            seer(o.seer, "train", "--concepts", o.train, "--retain", o.retain, "--template", "plain",
                 "--layer", o.layer, "--preset", "verify-" + objective, "--seed", seed,
                 "--adapter", name, "--resume", "--json")
        extract(o.train, name + "-train", name)
        extract(o.test, name + "-test", name)
        figures = seer(o.seer, "evaluate", "ability", "--adapter", name, "--texts", held_out,
                       "--template", "plain", "--json")
        figures["accuracy"] = nearest_prototype(name + "-train", name + "-test", layer)
        with open(name + "/result.json.partial", "w") as file:
            json.dump(figures, file)
        os.rename(name + "/result.json.partial", name + "/result.json")

    extract(o.train, o.work + "/base-train")
    extract(o.test, o.work + "/base-test")
    layer = int(o.layer)
    base = nearest_prototype(o.work + "/base-train", o.work + "/base-test", layer)
    for seed in o.seeds.split(","):
        for objective in o.objectives.split(","):
            name = f"{o.work}/{objective}-{seed}"
            if not os.path.exists(name + "/result.json"):
                train_and_judge(objective, seed, name)
            with open(o.output + ".partial", "w") as file:
                file.write(table(o, base))
            os.rename(o.output + ".partial", o.output)
    print(table(o, base))


def trained_with(folder, name):
    """The objective by today's name: version 0.1, whose presets have no version, called seer-pair `nt-xent`."""
    with open(folder + "/preset.json") as file:
        return "seer-pair" if name == "nt-xent" and "version" not in json.load(file) else name


def table(o, base):
    """Of all results that are in the work folder, in the order of objectives, then seeds."""
    lines = []
    for objective in OBJECTIVES:
        found = {}
        for path in glob.glob(f"{o.work}/*-*/result.json"):
            name, seed = path.split("/")[-2].rsplit("-", 1)
            if trained_with(os.path.dirname(path), name) != objective:
                continue
            with open(path) as file:
                figures = json.load(file)
            figures["change"] = 100 * (figures["perplexity_tuned"] / figures["perplexity_base"] - 1)
            found[seed] = figures
        if len(found) > 1:
            found["mean"] = {key: numpy.mean([f[key] for f in found.values()])
                             for key in ("accuracy", "kl", "change")}  # fmt: skip
        lines += [f"| `{objective}` | {seed} | {f['accuracy']:.3f} | {f['kl']:.4f} | {f['change']:+.1f} % |"
                  for seed, f in sorted(found.items())]  # fmt: skip
    return "\n".join([
        f"# {(o.name or o.train).capitalize()}: every objective at layer {o.layer}", "",
        "Of every objective: the share of test rows whose nearest prototype is their own concept's (prompts that were not trained on), how far the "
        "output moved on general texts, and how much perplexity changed there. [training.md](training.md) says what the objectives are. Made by "
        "`make verify-training`; an objective that is not in the table has not been run.", "",
        "| objective | seed | nearest prototype, test rows | KL to base, nats a token | perplexity |",
        "|---|---|---|---|---|", f"| untouched | | {base:.3f} | 0 | |", *lines, ""])


if __name__ == "__main__":
    main()
