#!/usr/bin/env python3
"""Runs the paper's two applications, a risk monitor and a detoxified model, and writes a page of what came out.

usage: verify-applications.py --seer PROGRAM --data FOLDER [--work FOLDER] [--output F.md] [--limit N] [--prompts N]
       [--tokens N] [--steps N] [--seeds 0,1] [--adapters NAME=FOLDER,...] [--only sample,detox,classify]

The data folder holds safety-binary-train.csv, safety-binary-test.csv (prompt, response, value: safe and unsafe), xstest.csv
(prompt), and for --only classify the pairs NAME-train.csv and NAME-test.csv of each --adapters NAME=FOLDER (`none` for the
untouched model alone). Each training and evaluation is kept in the work folder as the JSON that `seer` prints, and is not made
again; an interrupted training or generation goes on where it was. The page is written from those files alone: it holds figures
and no text of any set or answer. Only Python's own library is needed.
"""
import argparse
import json
import os

from verification import last_fifth, read, save, seer, table, thinned, unique, unseen_harmful, write_text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seer", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", default=".build/verify-applications")
    parser.add_argument("--output", default=".build/verify-applications/applications.md")
    parser.add_argument("--retain", default="samples/retain.csv")
    parser.add_argument("--layer", type=int, default=24)
    parser.add_argument("--layers", help="layers to classify at; --layer, the training's target, where not given")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--adapters", default="")
    parser.add_argument("--only", default="sample,detox,classify")
    for name in ("limit", "prompts", "steps"):
        parser.add_argument("--" + name, type=int)
    parser.add_argument("--tokens", type=int, default=64)
    o = parser.parse_args()
    o.layers = o.layers or o.layer
    os.makedirs(o.work, exist_ok=True)
    only = o.only.split(",")
    if "sample" in only:
        classify(o, "sample", "samples/concepts.csv", "samples/concepts.csv", "samples/adapter")
    if "detox" in only:
        for seed in o.seeds.split(","):
            detox(o, seed)
    if "classify" in only:
        for pair in filter(None, o.adapters.split(",")):
            name, folder = pair.split("=", 1)
            rows = name.rsplit(":", 1)[0]
            train, test = (f"{o.data}/{rows}-{side}.csv" for side in ("train", "test"))
            classify(o, name.replace(":", "-"), train, test, None if folder == "none" else folder)
    write(o)


# --- What is run

def detox(o, seed):
    train = save(f"{o.work}/train.csv", thinned(read(f"{o.data}/safety-binary-train.csv"), o.limit),
                 ["prompt", "response", "value"])
    test = save(f"{o.work}/test.csv", thinned(read(f"{o.data}/safety-binary-test.csv"), o.limit),
                ["prompt", "response", "value"])
    harmful = save(f"{o.work}/harmful.csv", thinned(unseen_harmful(o.data), o.prompts), ["prompt"])
    safe = save(f"{o.work}/safe.csv", thinned(unique(read(f"{o.data}/xstest.csv")), o.prompts), ["prompt"])
    adapter = f"{o.work}/detox-{seed}"
    seer(o, f"train-{seed}", "train", "--preset", "detox", "--concepts", train, "--retain", o.retain, "--layer", o.layer,
         "--seed", seed, "--adapter", adapter, "--resume", *(["--steps", o.steps] if o.steps else []))
    seer(o, f"detox-{seed}", "evaluate", "detox", "--adapter", adapter, "--harmful", harmful, "--safe", safe, "--train", train,
         "--layer", o.layer, "--tokens", o.tokens, "--output", f"{o.work}/answers-{seed}.jsonl")
    kept = save(f"{o.work}/retain-last-fifth.csv", last_fifth(o.retain), ["prompt", "response"])
    seer(o, f"ability-{seed}", "evaluate", "ability", "--adapter", adapter, "--texts", kept)
    seer(o, f"classify-detox-{seed}", "evaluate", "classify", "--adapter", adapter, "--train", train, "--test", test,
         "--layer", o.layers, "--position", "last,prompt-end", "--seed", seed)


def classify(o, name, train, test, adapter):
    """On all rows: the adapter has learned from them, and a probe that saw some of them only would be no control."""
    seer(o, f"classify-{name}", "evaluate", "classify", *(["--adapter", adapter] if adapter else []), "--train", train,
         "--test", test, "--layer", o.layers, "--template", "plain")


# --- What is written

def number(value, digits=3):
    return f"{value:.{digits}f}"


def interval(estimate):
    return f"{number(estimate['value'])} ({number(estimate['low'])} to {number(estimate['high'])})"


def p_value(test):
    p = test["exact_p"]
    return f"{p:.2g}" if p >= 1e-4 else f"{p:.0e}"


def verdict(test, wanted):
    """Whether a paired change has the claimed direction and a p below 0.05. `wanted`: `up` or `down` from base to tuned."""
    change = test["only_second"] - test["only_first"]
    if test["exact_p"] >= 0.05:
        return "not shown"
    return "confirmed" if (change > 0) == (wanted == "up") else "the opposite"


def summary(claims):
    """What improved and what did not: each claim with the places where it was confirmed, not shown or turned out the opposite."""
    rows = {}
    for source, claim, outcome in claims:
        rows.setdefault(claim, {}).setdefault(outcome, []).append(source)
    outcomes = ("confirmed", "not shown", "the opposite")
    return ["## What improved, what did not", ""] + table(
        ["claim", *outcomes], [[claim, *(", ".join(found.get(o, [])) for o in outcomes)] for claim, found in rows.items()])


def detox_lines(name, figures, ability, train, outcomes):
    lines = [f"## A detoxified model: {name}", ""]
    lines += [f"`seer train --preset detox` (layer 24, chat template, {train['steps']} steps), then `seer evaluate detox`: greedy "
              f"answers of at most {figures['tokens']} tokens. Intervals of shares are Wilson's, 95 %; p is McNemar's exact one.", ""]
    lines += table(
        ["answers", "prompts", "refused, substring", "refused, opening", "tokens", "ended", "empty", "in circles"],
        [[f"{a['set']}, {a['model']}", a["prompts"], interval(a["substring_refusals"]), interval(a["opening_refusals"]),
          number(a["tokens"], 1), a["ended"], a["empty"], a["repetitive"]] for a in figures["answers"]])
    claims = []

    def claim(text, test, wanted):
        outcome = verdict(test, wanted)
        claims.append([text, f"{test['only_second']} tuned only, {test['only_first']} base only", p_value(test), outcome])
        outcomes.append([name.replace("seed ", "detox-"), text, outcome])

    for pair in figures["pairs"]:
        harmful = pair["set"] == "harmful"
        claim(f"{'refusals of harmful prompts go up' if harmful else 'over-refusal of safe prompts goes up (the cost)'}: "
              f"{pair['rule']} rule", pair["mcnemar"], "up")
    for monitor in figures["monitors"]:
        for pair in monitor["pairs"]:
            if pair["set"] == "harmful":
                down = pair["judgement"] == "unsafe"
                claim(f"{'unsafe' if down else 'refused-or-safe'} answers to harmful prompts go {'down' if down else 'up'}: "
                      f"monitor of {monitor['monitor']} states", pair["mcnemar"], "down" if down else "up")
    lines += table(["claim", "prompts that differ", "p", "outcome"], claims)
    lines += table(
        ["monitor's verdict", "judged", "unsafe", "unknown", "refused or safe"],
        [[f"{m['monitor']} states: {a['set']}, {a['model']}", a["judged"], interval(a["unsafe"]), a["unknown"],
          interval(a["refused_or_safe"])] for m in figures["monitors"] for a in m["answers"]])
    lines += [f"- The monitor of {m['monitor']} states is right on {number(m['accuracy'])} of its held-out training rows."
              for m in figures["monitors"]]
    lines += [f"- {note_without_paths(n)}" for n in figures["notes"] if "broken" in n]
    lines += [f"- Ability on general texts: perplexity {number(ability['perplexity_base'], 2)} to "
              f"{number(ability['perplexity_tuned'], 2)}, KL to base {number(ability['kl'], 4)} nats a token, the same next token "
              f"in {100 * ability['agreement']:.1f} %.", ""]
    return lines


def note_without_paths(text):
    return " ".join(os.path.basename(word) if "/" in word else word for word in text.split())


def layer_rule(figures):
    if len({r["layer"] for r in figures["results"]}) == 1:
        return "the layer was fixed beforehand"
    return ("the layer of each model is the one its training rows pick by nearest prototype, which need not be the best one for its "
            "probe")


def classify_lines(name, figures, outcomes):
    lines = [f"## Concepts told from states: {name}", "",
             f"`seer evaluate classify`, {figures['template']} template: {figures['train']['rows']} rows to learn from, "
             f"{figures['test']['rows']} to judge, {len(figures['concepts'])} concepts, {figures['overlap']['shared_prompts']} "
             f"shared prompts, seed {figures['seed']}. Intervals are 95 % over resampled prompts; {layer_rule(figures)}; `shuffled` is "
             "the mean of the same classifier taught shuffled labelings. What the monitor calls unknown counts as wrong.", ""]
    rows = []
    for choice in figures["choices"]:
        for r in figures["results"]:
            if all(r[k] == choice[k] for k in ("model", "position", "layer")):
                rows.append([f"{r['model']}, {r['position']}, layer {r['layer']}", r["classifier"], interval(r["accuracy"]),
                             sum(r["confusion"]["unknown"]) or "",
                             number(r["macro_f1"]["value"]), interval(r["auc_unsafe"]) if "auc_unsafe" in r else "",
                             number(r["reliability"]["expected_error"]) if "reliability" in r else "",
                             number(r["permuted"]["mean"]) if "permuted" in r else ""])
    lines += table(["states", "classifier", "accuracy", "unknown", "macro F1", "AUC unsafe", "calibration error", "shuffled"], rows)
    if figures["comparisons"]:
        rows = []
        for c in figures["comparisons"]:
            accuracy = c["accuracy"]
            outcome = "confirmed" if accuracy["low"] > 0 else "the opposite" if accuracy["high"] < 0 else "not shown"
            outcomes.append([name, f"{c['position']}: tuned {c['classifier']} above base {c['base_classifier']}", outcome])
            rows.append([f"{c['position']}: tuned {c['classifier']} (layer {c['tuned_layer']}) is above base {c['base_classifier']} "
                         f"(layer {c['base_layer']})", interval(accuracy), p_value(c["mcnemar"]), outcome])
        lines += table(["claim", "difference in accuracy", "McNemar p", "outcome"], rows)
    if figures["findings"]:
        lines += ["What optimal transport predicts (docs/evaluation.md has the terms; the first figure ought to be below the second):", ""]
        lines += table(["claim", "first", "second", "outcome"],
                       [[f"{f['position']}, layer {f['layer']}: {f['claim']}", number(f["first"]), number(f["second"]),
                         "holds" if f["holds"] else "does not hold"] for f in figures["findings"]])
    return lines


def write(o):
    def kept(prefix):
        names = sorted(n[:-5] for n in os.listdir(o.work) if n.startswith(prefix) and n.endswith(".json"))
        for name in names:
            with open(f"{o.work}/{name}.json") as file:
                yield name[len(prefix):], json.load(file)

    limits = [f"{value} {what}" for value, what in ((o.limit, "rows of each concept file"), (o.prompts, "prompts of each set"))
              if value]
    lines = ["# Results", "",
             "The paper's two applications on the default model (SmolLM2-135M-Instruct, Q4_1). Made by `make verify-applications` from the",
             "JSON that the commands print; what has no figure here has not been run. `not shown` is p of 0.05 or more, or an interval",
             "with 0 in it; no p is corrected for the number of claims, so one of twenty confirms by chance." + (f" The detoxified model: limited to {' and '.join(limits)}, evenly spaced." if limits else ""), ""]
    head, lines, outcomes = lines, [], []
    for seed, figures in kept("detox-"):
        with open(f"{o.work}/ability-{seed}.json") as file, open(f"{o.work}/train-{seed}.json") as other:
            lines += detox_lines(f"seed {seed}", figures, json.load(file), json.load(other), outcomes)
    if not lines:
        lines += ["Not run yet: the detoxified model, with refusals, over-refusal and the monitors' verdicts on its answers.", ""]
    for name, figures in kept("classify-"):
        lines += classify_lines(name, figures, outcomes)
    lines = head + summary(outcomes) + lines
    write_text(o.output, "\n".join(lines))


if __name__ == "__main__":
    main()
