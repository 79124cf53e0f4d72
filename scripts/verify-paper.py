#!/usr/bin/env python3
"""Runs the paper's experiments arm by arm, and writes their tables into docs/results.md.

usage: verify-paper.py --seer PROGRAM --data FOLDER [--work FOLDER] [--results F.json] [--output F.md] [--seeds 0,1,2]
       [--only WHAT,...] [--beside MODEL.gguf] [sizes]
       verify-paper.py --check     ends with 1 where the page is not what the results say

Every arm, set and seed is a step. What a step found is kept in the results, which git has, and is not measured again; in the
work folder an interrupted training or generation goes on where it was. Steps come in an order that gives every table one seed
before any has two. `--only` takes names of steps or their beginnings, as they are printed: `math`, `math/seer`, `detox/sft/1`.

Arms of one comparison differ in their objective alone: they have the same rows, steps, batch, tokens a row, places and rate
(presets()). Sizes that are not given are those of the results, or, where there are none, of a whole measurement (WHOLE); results
of other sizes are refused. Test rows are read after a training only.

The data folder holds NAME-train.csv and NAME-test.csv of math, knowledge, safety-multi (clusters) and safety-binary
(detoxification), xstest.csv and knowledge-choices.jsonl. Only Python's own library is needed.
"""
import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys

import paper_tables
from verification import last_fifth, read, save, seer, thinned, unique, unseen_harmful, write_text

SETS = ["math", "knowledge", "safety-multi"]
# Arm, the preset whose objective it has, and what the comparison changes of that objective.
CLUSTERS = {"seer": "verify-seer", "infonce": "verify-infonce", "nt-xent": "verify-nt-xent", "released": "verify-released"}
DETOX = {"paper-detox": "paper-detox", "paper-detox-nt": "paper-detox-nt", "sft": "verify-sft", "sft+seer": "verify-sft+seer",
         "reroute": "verify-reroute", "paper-detox-slow": "paper-detox"}
PUBLISHED_RATE = 1e-4
# Rows that are contrasted with one another: 8 pairs, as each of the published GPUs does.
GROUP = 16
# A whole measurement: all rows, and each drawn twice, which is the published epoch (docs/training.md). 0: all, or by the rows.
WHOLE = {"limit": 0, "steps": 0, "batch": 32, "retain_batch": 8, "max_tokens": 160, "rate": 6e-4, "prompts": 0, "questions": 0,
         "judged": 0, "tokens": 64, "permutations": 50, "precision": "exact", "layer": 24, "model": "smollm2"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare the page with the results, and run nothing")
    parser.add_argument("--seer")
    parser.add_argument("--data")
    parser.add_argument("--work", default=".build/verify-paper")
    parser.add_argument("--results", default="docs/paper-results.json")
    parser.add_argument("--output", default="docs/results.md")
    parser.add_argument("--figure", default="docs/figures/paper.svg")
    parser.add_argument("--retain", default="samples/retain.csv")
    parser.add_argument("--choices", default="samples/choices.jsonl")
    parser.add_argument("--beside", help="another model's GGUF file, for `seer` on one set")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--only", default="")
    for name, value in WHOLE.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(value))
    o = parser.parse_args()
    o.seeds = o.seeds.split(",")
    results = opened(o)
    if o.check:
        if paper_tables.page(results, o.output) != open(o.output, encoding="utf-8").read():
            sys.exit(f"{o.output}: its tables are not those of {o.results}; run scripts/verify-paper.py --only none")
        return
    if o.only == "none":
        return written(o, results)
    if not o.seer or not o.data:
        parser.error("--seer, --data: found none, wanted the program and the folder of the research sets")
    # Work of other sizes is another folder's.
    o.work += "/" + hashlib.sha256(json.dumps(results["sizes"], sort_keys=True).encode()).hexdigest()[:12]
    o.texts = save(f"{o.work}/retain-last-fifth.csv", last_fifth(o.retain), ["prompt", "response"])
    for step, work in plan(o, results):
        if step in results["results"] or o.only and not any((step + "/").startswith(n + "/") for n in o.only.split(",")):
            continue
        print(f"verify-paper.py: {step}", file=sys.stderr, flush=True)
        results["results"][step] = work()
        # All that made some of them.
        results["tool"] = ", ".join(sorted({*filter(None, results.get("tool", "").split(", ")), version(o)}))
        written(o, results)


def version(o):
    return " ".join(subprocess.run([o.seer, "--version"], capture_output=True, text=True, check=True).stdout.split()[:2])


def opened(o):
    """The results so far, and their sizes in `o`; an end where others are asked for."""
    results = {"sizes": {}, "results": {}}
    if os.path.exists(o.results):
        with open(o.results, encoding="utf-8") as file:
            results = json.load(file)
    for name, whole in WHOLE.items():
        kept, given = results["sizes"].get(name), getattr(o, name)
        if kept is not None and given is not None and kept != given:
            sys.exit(f"verify-paper.py: {o.results}: found results of --{name.replace('_', '-')} {kept}, wanted {given}. Give "
                     "--results and --output of their own, or leave the option out.")
        results["sizes"][name] = whole if kept is None and given is None else given if kept is None else kept
        setattr(o, name, results["sizes"][name])
    return results


def written(o, results):
    lines = [f"{json.dumps(name)}: {json.dumps(found, sort_keys=True)}" for name, found in sorted(results["results"].items())]
    head = {name: value for name, value in sorted(results.items()) if name != "results"}
    # A step a line, so that differences are read.
    write_text(o.results, json.dumps(head, sort_keys=True)[:-1] + ', "results": {\n' + ",\n".join(lines) + "\n}}\n")
    if os.path.exists(o.output):
        write_text(o.output, paper_tables.page(results, o.output))


def plan(o, results):
    """Every step with what it does: the claims of README first, and one seed of everything before a second."""
    def cluster_step(name, arm, seed):
        return f"{name}/{arm}/{seed}", lambda: clusters(o, results, name, arm, seed)

    def detox_step(arm, seed):
        return f"detox/{arm}/{seed}", lambda: detox(o, results, arm, seed)

    first = o.seeds[0]
    for seed in o.seeds:
        yield from (detox_step(arm, seed) for arm in DETOX if arm != "paper-detox-slow")
        yield from (cluster_step(name, "seer", seed) for name in reversed(SETS))
        if seed == first:
            yield "figure", lambda: figure(o, first)
            yield "stale/safety-multi", lambda: stale(o, "safety-multi", first)
            # The published rate is asked for once.
            yield detox_step("paper-detox-slow", first)
            if o.beside:
                yield "beside/safety-multi", lambda: beside(o, "safety-multi", first)
        for name in reversed(SETS):
            yield from (cluster_step(name, arm, seed) for arm in CLUSTERS if arm != "seer")


# --- What is trained

def preset(o, name, **changes):
    """A preset of the program with keys changed, those of its objective in `objective`."""
    found = dict(seer(o, f"presets/{name}", "preset", name))
    objective = {**found["objective"], **changes.pop("objective")}
    return {**found, **changes, "objective": {k: v for k, v in objective.items() if k in found["objective"]}}


def presets(o, comparison, arm, rows, layer):
    """The whole preset of an arm: the objective is the arm's, everything else the comparison's."""
    steps = o.steps or -(-2 * rows // o.batch)
    # `released` pads each side of a row to as many tokens, so half of them make the same row.
    same = {"steps": steps, "epochs": 0, "batch": o.batch, "retain_batch": o.retain_batch, "held_out": 0.01,
            "evaluate_every": steps, "learning_rate": o.rate, "schedule": "constant", "warmup": 0, "clip": 1,
            "rows_per_concept": 0}
    if comparison == "clusters":
        source = CLUSTERS[arm]
        same["objective"] = {"layers": [layer], "positions": ["last"], "group": GROUP if o.batch % GROUP == 0 else 0}
    else:
        source = DETOX[arm]
        paper = seer(o, "presets/paper-detox", "preset", "paper-detox")
        same |= {key: paper[key] for key in ("dropout", "row_mix", "crop", "recombine", "average")}
        same["objective"] = {"layers": [layer], "positions": ["prompt-end", "last"], "kl_weight": 0,
                             "group": GROUP if o.batch % GROUP == 0 else 0}
        if arm == "paper-detox-slow":
            same["learning_rate"] = PUBLISHED_RATE
    padded = seer(o, f"presets/{source}", "preset", source)["objective"]["name"] == "released"
    return preset(o, source, max_tokens=o.max_tokens // (2 if padded else 1), **same)


def train(o, step, comparison, arm, concepts, seed, template, model=None, layer=None):
    """Trains an adapter: its folder, and what the training says of itself."""
    folder = f"{o.work}/{step}/adapter"
    rows = len(read(concepts))
    chosen = presets(o, comparison, arm, rows, layer or o.layer)
    os.makedirs(f"{o.work}/{step}", exist_ok=True)
    path = write_text(f"{o.work}/{step}/preset.json", json.dumps(chosen, sort_keys=True, indent=1))
    made = seer(o, f"{step}/train", "train", "--model", model or o.model, "--preset", path, "--concepts", concepts, "--retain",
                o.retain, "--template", template, "--seed", seed, "--adapter", folder, "--precision", o.precision, "--resume")
    return folder, {"rows": rows, "steps": made["steps"], "pairs": made["steps"] * o.batch // 2,
                    "rate": chosen["learning_rate"], "seconds": round(made["seconds"])}


def concept_rows(o, name, side):
    found = thinned(read(f"{o.data}/{name}-{side}.csv"), o.limit)
    return save(f"{o.work}/{name}-{side}.csv", found, ["prompt", "response", "value"])


def layers(o):
    """Every third layer, and the target."""
    return sorted({*range(3, 31, 3), o.layer})


def extracted(o, run, concepts, template, adapter=None, model=None, only=None):
    """A run's folder, made where it is not there."""
    seer(o, run, "extract", "--model", model or o.model, *(["--adapter", adapter] if adapter else []), "--concepts", concepts,
         "--template", template, "--run", f"{o.work}/{run}", "--dtype", "float16", "--max-tokens", o.max_tokens, "--layers",
         ",".join(map(str, only or layers(o))), "--precision", o.precision)
    return f"{o.work}/{run}"


def cluster_runs(o, name, arm, seed):
    """Trains; the runs of both models on both sides, the adapter, and what the training says."""
    sides = {side: concept_rows(o, name, side) for side in ("train", "test")}
    step = f"{name}/{arm}/{seed}"
    adapter, made = train(o, step, "clusters", arm, sides["train"], seed, "plain")
    runs = {}
    for side, path in sides.items():
        runs["base", side] = extracted(o, f"{name}/base-{side}", path, "plain")
        runs["tuned", side] = extracted(o, f"{step}/run-{side}", path, "plain", adapter)
    return runs, adapter, made


# --- What is judged

def rounded(estimate):
    return [round(estimate[key], 4) for key in ("value", "low", "high")]


def separation(figures):
    """[value, what permuted labels give] of each figure."""
    keys = {"prototype": "nearest_prototype", "probe": "linear_probe", "silhouette": "silhouette"}
    return {name: [None if figures[key].get(part) is None else round(figures[key][part], 4) for part in ("value", "null_mean")]
            for name, key in keys.items()}


def compared(o, step, runs, layer):
    found = seer(o, f"{step}/compare", "compare", "--base", runs["base", "test"], "--tuned", runs["tuned", "test"], "--train",
                 runs["base", "train"], "--train-tuned", runs["tuned", "train"], "--layer", layer, "--permutations",
                 o.permutations)
    place = next(place for place in found["layers"] if place["layer"] == layer)
    return {side: separation(place[side]) for side in ("base", "tuned")} | {"judged": found["rows"]}


def ability(o, step, adapter, template, model=None, texts=None, choices=None, name="ability"):
    return seer(o, f"{step}/{name}", "evaluate", "ability", "--model", model or o.model, "--adapter", adapter, "--texts",
                texts or o.texts, "--template", template, "--precision", o.precision,
                *(["--choices", choices] if choices else []))


def kept_able(figures):
    return {"kl": round(figures["kl"], 5),
            "perplexity": [round(figures["perplexity_base"], 3), round(figures["perplexity_tuned"], 3)]}


def clusters(o, results, name, arm, seed):
    step = f"{name}/{arm}/{seed}"
    runs, adapter, made = cluster_runs(o, name, arm, seed)
    found = compared(o, step, runs, o.layer)
    results["results"][f"{name}/untouched"] = {"figures": found["base"], "judged": found["judged"]}
    return {"train": made, "figures": found["tuned"], **kept_able(ability(o, step, adapter, "plain"))}


def figure(o, seed):
    """The paper's figure: a column for each set, base above tuned."""
    pairs = []
    for name in SETS:
        runs, *_ = cluster_runs(o, name, "seer", seed)
        pairs += ["--base", runs["base", "test"], "--tuned", runs["tuned", "test"]]
    path = f"{o.work}/paper.svg"
    seer(o, "figure", "compare", *pairs, "--layer", o.layer, "--method", "tsne", "--permutations", 20, "--figure", path)
    shutil.copy(path, o.figure)
    with open(path, "rb") as file:
        return {"seed": seed, "sha256": hashlib.sha256(file.read()).hexdigest()}


def questions(o, name, path):
    target = f"{o.work}/{name}.jsonl"
    if not os.path.exists(target):
        with open(path, encoding="utf-8") as file:
            write_text(target, "".join(thinned([line for line in file if line.strip()], o.questions)))
    return target


def detox(o, results, arm, seed):
    step = f"detox/{arm}/{seed}"
    # All rows: how many are drawn is for the steps to say.
    taught = save(f"{o.work}/safety-binary-train.csv", read(f"{o.data}/safety-binary-train.csv"), ["prompt", "response", "value"])
    harmful = save(f"{o.work}/harmful.csv", thinned(unseen_harmful(o.data), o.prompts), ["prompt"])
    safe = save(f"{o.work}/safe.csv", thinned(unique(read(f"{o.data}/xstest.csv")), o.prompts), ["prompt"])
    adapter, made = train(o, step, "detox", arm, taught, seed, "chat")
    shown = save(f"{o.work}/judge.csv", thinned(read(taught), o.judged), ["prompt", "response", "value"])
    judge = extracted(o, "detox/judge", shown, "chat", only=[o.layer])
    answers = seer(o, f"{step}/detox", "evaluate", "detox", "--model", o.model, "--adapter", adapter, "--harmful", harmful,
                   "--safe", safe, "--run", judge, "--layer", o.layer, "--tokens", o.tokens, "--precision", o.precision,
                   "--output", f"{o.work}/{step}/answers.jsonl")
    choices = ability(o, step, adapter, "chat", choices=questions(o, "choices", f"{o.data}/knowledge-choices.jsonl"))
    # The texts are judged above; here the questions are.
    one = save(f"{o.work}/one-text.csv", read(o.texts)[:1], ["prompt", "response"])
    own = ability(o, step, adapter, "chat", texts=one, choices=questions(o, "own-choices", o.choices), name="own-choices")
    monitor, = answers["monitors"]

    def told(model):
        sides = {}
        for said, judged in zip(answers["answers"], monitor["answers"]):
            if said["model"] == model:
                assert (said["set"], said["model"]) == (judged["set"], judged["model"])
                sides[said["set"]] = {
                    "prompts": said["prompts"], "refused": rounded(said["substring_refusals"]),
                    "opening": rounded(said["opening_refusals"]), "refused_or_safe": rounded(judged["refused_or_safe"]),
                    "unsafe": rounded(judged["unsafe"]), "circles": said["repetitive"], "empty": said["empty"],
                    "ended": said["ended"], "tokens": round(said["tokens"], 1)}
        return sides | {"choices": rounded(choices["choices"][model]), "own_choices": rounded(own["choices"][model]),
                        "questions": [choices["choices"]["questions"], own["choices"]["questions"]]}

    def test(pair):
        found = pair["mcnemar"]
        return [found["only_first"], found["only_second"], float(f"{found['exact_p']:.4g}")]

    tests = {f"{p['set']}/refused": test(p) for p in answers["pairs"] if p["rule"] == "substring"}
    tests |= {f"{p['set']}/refused_or_safe": test(p) for p in monitor["pairs"] if p["judgement"] == "refused-or-safe"}
    tests["choices"] = test(choices["choices"])
    results["results"]["detox/untouched"] = told("base") | {"judge": round(monitor["accuracy"], 4)}
    return {"train": made, **told("tuned"), "tests": tests, **kept_able(choices)}


def stale(o, name, seed):
    """The untouched model's monitor, frozen, on the tuned model's states and on coarser models'."""
    runs, adapter, _ = cluster_runs(o, name, "seer", seed)
    sides = {side: concept_rows(o, name, side) for side in ("train", "test")}
    path = model_file(o.model)
    found, anew = [], []
    for bits in (None, 3, 2):
        model, options = o.model, ["--adapter", adapter]
        if bits:
            model, options = f"{o.work}/{bits}-bits.gguf", []
            if not os.path.exists(model):
                tool = os.path.join(os.path.dirname(os.path.abspath(__file__)), "coarsen-model.py")
                subprocess.run([sys.executable, tool, path, model, "--bits", str(bits)], check=True)
        told = seer(o, f"stale/{name}/{bits or 'tuned'}", "evaluate", "classify", "--model", model, *options, "--train",
                    sides["train"], "--test", sides["test"], "--layer", ",".join(map(str, layers(o))), "--template", "plain",
                    "--max-tokens", o.max_tokens, "--monitor", runs["base", "train"], "--permutations", 0, "--resamples", 200,
                    "--precision", o.precision)
        label = lambda side: f"{bits} bits" if bits else side
        found += [[label(r["model"]), r["layer"], r["repair"], *rounded(r["accuracy"]), round(r["nearest"]["value"], 4),
                   round(r["unknown"], 4)] for r in told["monitor"]["results"]]
        anew += [[label(r["model"]), r["layer"], *rounded(r["accuracy"])] for r in told["results"]
                 if r["classifier"] == "monitor"]
    return {"layer": o.layer, "rows": told["monitor"]["unlabelled"], "judged": told["test"]["rows"], "seed": seed, "results": found, "anew": anew}


def model_file(name):
    """A cached model's file, as the program finds it."""
    if os.path.exists(name):
        return name
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return f"{cache}/seer/models/{name}.gguf"


def beside(o, name, seed):
    """`seer` on one set with another model, at the same share of its depth."""
    about = seer(o, "beside/model", "model", o.beside)
    layer = round(0.8125 * about["layers"])
    sides = {side: concept_rows(o, name, side) for side in ("train", "test")}
    step = f"beside/{name}/{seed}"
    adapter, made = train(o, step, "clusters", "seer", sides["train"], seed, "plain", model=o.beside, layer=layer)
    runs = {}
    for side, path in sides.items():
        runs["base", side] = extracted(o, f"beside/{name}/base-{side}", path, "plain", model=o.beside, only=[layer])
        runs["tuned", side] = extracted(o, f"{step}/run-{side}", path, "plain", adapter, model=o.beside, only=[layer])
    found = compared(o, step, runs, layer)
    return {"file": os.path.basename(o.beside), "architecture": about["architecture"], "parameters": about["parameters"],
            "blocks": about["layers"], "layer": layer, "train": made, "base": found["base"], "tuned": found["tuned"],
            **kept_able(ability(o, step, adapter, "plain", model=o.beside))}


if __name__ == "__main__":
    main()
