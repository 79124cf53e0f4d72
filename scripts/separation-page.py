#!/usr/bin/env python3
"""Writes docs/separation.md: concepts before and after training, on held-out rows, of several concept sets.

usage: separation-page.py --seer PROGRAM --layer L --sets NAME=FOLDER,... [--adapter seer-0] [--output F.md] [--figures DIR]

A folder is a work folder of `make verify-training`: runs base-train, base-test, ADAPTER-train and ADAPTER-test, the result in
ADAPTER/result.json. The comparisons are kept there, too, and are not made again. The page holds figures and the names of
concepts, no text of any row. Only Python's own library is needed.
"""
import argparse
import json
import os
import subprocess

FIGURES = {
    "nearest_prototype": "nearest prototype", "linear_probe": "linear probe", "silhouette": "silhouette",
    "angle_between": "angle between", "angle_within": "angle within", "r_diff": "R diff", "r_same": "R same", "r_gap": "R gap",
    "erank": "eRank", "l1": "L1", "l2": "L2", "hausdorff": "Hausdorff", "k_variance": "k-variance",
    "wasserstein": "Wasserstein-1", "margin": "median margin", "margin_train": "median margin, train",
}  # fmt: skip


def comparison(o, name, folder):
    path = f"{folder}/comparison-{o.adapter}.json"
    figure = f"{o.figures}/{name}.svg"
    if not os.path.exists(path) or not os.path.exists(figure):
        runs = ["--base", folder + "/base-test", "--tuned", f"{folder}/{o.adapter}-test", "--train", folder + "/base-train",
                "--train-tuned", f"{folder}/{o.adapter}-train"]  # fmt: skip
        one = [o.seer, "compare", *runs, "--layer", str(o.layer), "--method", "tsne", "--figure", figure, "--output", path]
        every = [o.seer, "compare", *runs, "--permutations", "0", "--output", path + ".layers"]
        for command in (every, one):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with open(path) as one, open(path + ".layers") as every, open(f"{folder}/{o.adapter}/result.json") as result:
        return json.load(one), json.load(every)["layers"], json.load(result)


def number(value):
    return "" if value is None else f"{value:.3f}" if abs(value) < 10 else f"{value:.4g}"


def band(figure):
    low, high = figure.get("null_low"), figure.get("null_high")
    return "" if low is None else f"{number(low)} to {number(high)}"


def section(o, name, folder):
    one, layers, result = comparison(o, name, folder)
    layer = one["layers"][0]
    base, tuned = layer["base"], layer["tuned"]
    change = 100 * (result["perplexity_tuned"] / result["perplexity_base"] - 1)
    best = max((l["base"]["linear_probe"]["value"], l["layer"]) for l in layers if l["base"]["linear_probe"]["value"] is not None)
    lines = [
        f"## {name}", "",
        f"{one['rows']} held-out rows, {len(one['concepts'])} concepts; on general texts KL(base || tuned) is {result['kl']:.4f} nats a "
        f"token and perplexity moves by {change:+.1f} %.", "",
        f"![before and after](figures/{name}.svg)", "",
        f"| layer {layer['layer']}, held out | before | permuted labels, 95 % | after | permuted labels, 95 % |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for key, title in FIGURES.items():
        if key in base and key in tuned:
            lines.append(f"| {title} | {number(base[key]['value'])} | {band(base[key])} | {number(tuned[key]['value'])} | {band(tuned[key])} |")
    probe = base["linear_probe"]["value"]
    lines += [
        "", f"The control is a probe on the untouched model: {number(probe)} at this layer, {number(best[0])} at its best layer, "
        f"{best[1]}. After training the nearest prototype reaches {number(tuned['nearest_prototype']['value'])}.", "",
        "| layer | nearest prototype | linear probe | silhouette | angle between | CKA | drift | neighbours kept |",
        "|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for l in layers:
        if l["layer"] % 5 and abs(l["layer"] - o.layer) > 2:
            continue
        pair = lambda key: f"{number(l['base'][key]['value'])} to {number(l['tuned'][key]['value'])}"
        lines.append(
            f"| {l['layer']} | {pair('nearest_prototype')} | {pair('linear_probe')} | {pair('silhouette')} | {pair('angle_between')} | "
            f"{number(l['cka'])} | {number(l['drift']['cosine_distance'])} | {number(l['neighbours_kept'])} |")
    mixing = one["focus"]["mixing"]
    lines += ["", "Concepts taken for each other: the share of a pair's held-out rows, before and after. Pairs that came apart most come first.", ""]
    lines += [f"- {' and '.join(m['concepts'])}: {number(m['base'])} to {number(m['tuned'])}"
              for m in (mixing if len(mixing) <= 6 else mixing[:3] + mixing[-3:])]  # fmt: skip
    return lines + [""]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("seer", "sets"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--layer", type=int, default=24)
    parser.add_argument("--adapter", default="seer-0")
    parser.add_argument("--output", default="docs/separation.md")
    parser.add_argument("--figures", default="docs/figures")
    o = parser.parse_args()
    lines = [
        "# Before and after", "",
        f"The default model was trained with the default preset at layer {o.layer} on one half of a concept set, and is judged on the other "
        "half; no prompt is in both. Prototypes and probe come from the training half. [metrics.md](metrics.md) says what the figures mean. "
        "The bands are over 200 permutations of the labels (20 for probe, k-variance and Wasserstein-1), seed 0. Made by `make separation`.", "",
    ]
    for pair in o.sets.split(","):
        lines += section(o, *pair.split("=", 1))
    with open(o.output + ".partial", "w") as file:
        file.write("\n".join(lines))
    os.rename(o.output + ".partial", o.output)


if __name__ == "__main__":
    main()
