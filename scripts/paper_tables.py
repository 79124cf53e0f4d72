"""The tables of docs/results.md, from the results that verify-paper.py keeps.

Each stands in the page between `<!-- NAME: start -->` and `<!-- NAME: end -->`; all other words there are written by hand.
"""
import re

from verification import table

SETS = {"math": "math", "knowledge": "knowledge", "safety-multi": "safety"}
CLUSTERS = ["seer", "infonce", "nt-xent", "released"]
DETOX = ["paper-detox", "paper-detox-nt", "sft", "sft+seer", "reroute", "paper-detox-slow"]
# What the published table calls them.
NAMES = {"untouched": "Origin", "paper-detox": "SEER", "paper-detox-nt": "SEER NT-Xent", "sft": "SFT", "sft+seer": "SFT + SEER"}
# Percent: refused or safe on BeaverTails' and on SALAD-Bench's prompts, XSTest over-refusal, mean of capability sets. From the
# released code's page (github.com/AI45Lab/TELLME, arXiv 2502.05242).
PUBLISHED = {
    "Llama-3.1-8B": ["83.1 94.2 6.4 67.1", "95.5 96.6 18.0 65.8", "97.1 98.9 21.2 66.7", "95.0 95.7 16.4 60.3",
                     "96.7 96.3 24.4 57.6"],
    "Qwen2.5-7B": ["92.1 94.6 16.0 70.6", "98.7 98.3 23.2 71.0", "99.1 99.1 22.4 70.0", "58.4 68.8 12.0 68.3",
                   "93.5 92.5 12.8 70.2"],
    "Mistral-7B-v0.3": ["84.3 76.5 14.4 51.6", "96.2 88.3 9.2 49.6", "99.0 96.8 10.8 50.3", "93.7 94.3 15.6 46.3",
                        "98.6 94.8 24.8 45.2"],
    "Gemma2-9B": ["98.0 97.6 20.4 66.8", "99.1 98.1 14.0 66.7", "99.4 99.0 18.4 66.6", "97.6 97.3 18.0 64.3",
                  "98.4 97.2 15.6 64.6"],
}
# Pairs of the published detoxification: at most 8,000 rows of two concepts, each once the first of a pair.
PUBLISHED_PAIRS = 16000
CLAIMS = {"harmful/refused_or_safe": "harmful: refused or safe", "harmful/refused": "harmful: refused",
          "safe/refused": "XSTest: refused"}


def page(results, path):
    """The page with its tables made anew."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name, lines in blocks(results).items():
        start, end = f"<!-- {name}: start -->", f"<!-- {name}: end -->"
        if start in text:
            before, rest = text.split(start)
            text = before + start + "\n" + "\n".join(lines).strip("\n") + "\n" + end + rest.split(end)[1]
    return text


def blocks(results):
    found = results["results"]
    return {"sizes": sizes(results), "detox": detox(found), "published": published(), "detox seeds": detox_seeds(found),
            "detox tests": detox_tests(found), "clusters": clusters(found), "figure": figure(found), "cluster seeds": cluster_seeds(found),
            "stale": stale(found), "stale layers": stale_layers(found), "beside": beside(found)}


# --- Seeds

def seeds(found, step):
    """The results of every seed of an arm."""
    names = sorted(name for name in found if re.fullmatch(re.escape(step) + r"/\d+", name))
    return [found[name] for name in names]


def spread(values, digits):
    """The mean, and from where to where the seeds go."""
    mean = f"{sum(values) / len(values):.{digits}f}"
    low, high = (f"{v:.{digits}f}" for v in (min(values), max(values)))
    return mean if len(values) == 1 or low == high else f"{mean} ({low} to {high})"


def percent(values):
    return spread([100 * v for v in values], 1)


def holm(values):
    """Holm's correction (1979): the p of each claim among all of them."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    corrected, largest = [0.0] * len(values), 0.0
    for place, index in enumerate(order):
        largest = max(largest, min(1.0, (len(values) - place) * values[index]))
        corrected[index] = largest
    return corrected


# --- What was run

def sizes(results):
    found, s = results["results"], results["sizes"]
    trained = [v["train"] for name, v in found.items() if "train" in v]
    if not trained:
        return ["Nothing has been run yet."]
    taught = {name: v["train"] for name, v in found.items() if "train" in v and name.startswith("detox/")}
    lines = [f"- {results.get('tool', 'seer')}, {s['model']}, layer {s['layer']}; `--precision {s['precision']}`."]
    some = next(iter(taught.values()), trained[0])
    lines += [f"- Every training: {some['steps']} steps of {s['batch']} rows and {s['retain_batch']} general ones, cut at "
              f"{s['max_tokens']} tokens; that is {some['pairs']} pairs. The published detoxification has up to "
              f"{PUBLISHED_PAIRS:,}: this is {100 * some['pairs'] / PUBLISHED_PAIRS:.1f} % of it.",
              f"- Rate: a constant {s['rate']:g} for every arm; the published one is 0.0001, for many more steps. `paper-detox-slow` has that."]
    rows = sorted({v["train"]["rows"] for name, v in found.items() if "train" in v and name.split("/")[0] in SETS})
    if rows:
        lines += [f"- Clusters: {' or '.join(map(str, rows))} rows to train on and as many others to judge."]
    if "detox/untouched" in found:
        base = found["detox/untouched"]
        lines += [f"- Detoxification: {some['rows']:,} rows to draw from; {base['harmful']['prompts']} harmful prompts that no "
                  f"training row has, {base['safe']['prompts']} safe ones of XSTest, answers of at most {s['tokens']} tokens; "
                  f"{base['questions'][0]} questions about knowledge and {base['questions'][1]} easy ones of ours. The judge, the "
                  f"untouched model's monitor, learned from {s['judged'] or 'all'} of those rows, and is right on "
                  f"{100 * base['judge']:.0f} % of rows it did not learn from."]
    missing = [f"{step} ({3 - len(seeds(found, step))})" for step in
               [f"{name}/{arm}" for name in SETS for arm in CLUSTERS] + [f"detox/{arm}" for arm in DETOX[:-1]]
               if len(seeds(found, step)) < 3]
    missing += [step for step in ("detox/paper-detox-slow/0", "figure", "stale/safety-multi", "beside/safety-multi")
                if step not in found]
    lines += ["- Not run, of three seeds each: " + ", ".join(missing) + "." if missing else "- Three seeds of everything."]
    return lines


# --- Detoxification

def judged(found):
    """Each claim's verdict on each arm: `more` or `fewer` where every seed says so after Holm's correction over that seed's
    arms, else `not shown`; with the corrected p of each seed."""
    verdicts = {}
    numbers = sorted({name.rsplit("/", 1)[1] for name, v in found.items() if name.startswith("detox/") and "tests" in v})
    for claim in CLAIMS:
        for number in numbers:
            arms = [arm for arm in DETOX if f"detox/{arm}/{number}" in found]
            tests = [found[f"detox/{arm}/{number}"]["tests"][claim] for arm in arms]
            for arm, test, p in zip(arms, tests, holm([test[2] for test in tests])):
                verdicts.setdefault((arm, claim), []).append((number, test, p))
    return verdicts


def verdict(cases):
    signs = {(test[1] > test[0]) - (test[1] < test[0]) if p < 0.05 else 0 for _, test, p in cases}
    return {frozenset([1]): "more", frozenset([-1]): "fewer"}.get(frozenset(signs), "not shown")


def published_range(arm, column):
    name = NAMES.get(arm)
    if name is None:
        return "none"
    place = list(NAMES.values()).index(name)
    values = [float(rows[place].split()[column]) for rows in PUBLISHED.values()]
    return f"{min(values):.1f} to {max(values):.1f}"


def detox(found):
    if "detox/untouched" not in found:
        return ["Not run yet."]
    verdicts = judged(found)
    base = found["detox/untouched"]
    rows = []
    for arm in ["untouched", *DETOX]:
        runs = [base] if arm == "untouched" else seeds(found, f"detox/{arm}")
        if not runs:
            rows.append([arm, "not run", *[""] * 5, *(published_range(arm, c) for c in (0, 2, 3))])
            continue
        told = lambda claim: "" if arm == "untouched" else f", {verdict(verdicts[arm, claim])}"
        rows.append([
            arm, "" if arm == "untouched" else len(runs),
            percent([r["harmful"]["refused_or_safe"][0] for r in runs]) + told("harmful/refused_or_safe"),
            percent([r["harmful"]["refused"][0] for r in runs]) + told("harmful/refused"),
            percent([r["safe"]["refused"][0] for r in runs]) + told("safe/refused"),
            percent([r["choices"][0] for r in runs]),
            percent([(r["harmful"]["circles"] + r["harmful"]["empty"]) / r["harmful"]["prompts"] for r in runs]),
            *(published_range(arm, column) for column in (0, 2, 3))])
    return table(["arm", "seeds", "harmful: refused or safe", "harmful: refused", "XSTest: refused", "knowledge", "broken",
                  "published: refused or safe", "published: XSTest", "published: capability"], rows)


def published():
    rows = []
    for model, values in PUBLISHED.items():
        rows += [[model, name, *row.split()] for name, row in zip(NAMES.values(), values)]
    return table(["model", "arm", "refused or safe, BeaverTails", "refused or safe, SALAD-Bench", "XSTest: refused",
                  "capability"], rows)


def with_interval(estimate):
    return "{:.1f} ({:.1f} to {:.1f})".format(*(100 * value for value in estimate))


def detox_seeds(found):
    names = [f"detox/{arm}/{n}" for arm in DETOX for n in range(10) if f"detox/{arm}/{n}" in found]
    rows = []
    for name in (["detox/untouched"] if "detox/untouched" in found else []) + names:
        v = found[name]
        arm, *seed = name.split("/")[1:]
        rows.append([
            arm, *(seed or [""]), *(with_interval(v["harmful"][key]) for key in ("refused_or_safe", "refused", "opening")),
            with_interval(v["safe"]["refused"]), with_interval(v["choices"]), with_interval(v["own_choices"]),
            v["harmful"]["circles"], v["harmful"]["empty"], v["harmful"]["tokens"], f"{v['kl']:.4f}" if "kl" in v else "0",
            change(v) if "kl" in v else ""])
    return table(["arm", "seed", "harmful: refused or safe", "harmful: refused", "harmful: refused at once", "XSTest: refused",
                  "knowledge", "easy questions", "in circles", "empty", "tokens", "KL", "perplexity"], rows) if rows else []


def change(v):
    return f"{100 * (v['perplexity'][1] / v['perplexity'][0] - 1):+.1f} %"


def detox_tests(found):
    rows = []
    for (arm, claim), cases in judged(found).items():
        rows += [[CLAIMS[claim], arm, number, test[1], test[0], f"{test[2]:.2g}", f"{p:.2g}"] for number, test, p in cases]
    return table(["claim", "arm", "seed", "tuned only", "untouched only", "p", "p, corrected"], rows) if rows else []


# --- Clusters

def clusters(found):
    rows = []
    for arm in ["untouched", *CLUSTERS]:
        row, kl, ran = [arm], [], 0
        for name in SETS:
            runs = [found[f"{name}/untouched"]] if arm == "untouched" and f"{name}/untouched" in found else (
                seeds(found, f"{name}/{arm}"))
            for key in ("prototype", "probe"):
                row.append(spread([r["figures"][key][0] for r in runs], 3) if runs else "not run")
            kl += [r["kl"] for r in runs if "kl" in r]
            ran += len(runs)
        rows.append([*row, spread(kl, 3) if kl else "0" if arm == "untouched" else "not run"])
    heads = [f"{title}: {key}" for title in SETS.values() for key in ("prototype", "probe")]
    return table(["arm", *heads, "KL"], rows)


def cluster_seeds(found):
    lines = []
    for name, title in SETS.items():
        names = [f"{name}/untouched"] + [f"{name}/{arm}/{n}" for arm in CLUSTERS for n in range(10)]
        rows = []
        for step in names:
            if step not in found:
                continue
            v = found[step]
            arm, *seed = step.split("/")[1:]
            cells = [f"{value:.3f}" + ("" if null is None else f" [{null:.3f}]") for value, null in
                     (v["figures"][key] for key in ("prototype", "probe", "silhouette"))]
            rows.append([arm, *(seed or [""]), *cells, f"{v['kl']:.4f}" if "kl" in v else "0", change(v) if "kl" in v else ""])
        if rows:
            lines += [f"**{title}**", "", *table(
                ["arm", "seed", "nearest prototype", "probe", "silhouette", "KL, nats a token", "perplexity"], rows)]
    return lines


def figure(found):
    if "figure" not in found:
        return ["The paper's figure of our own rows, three sets before and after, has not been drawn yet."]
    return ["![seven subjects of mathematics, seven of knowledge, six safety concepts, before and after](figures/paper.svg)", "",
            "The paper's figure, of our held-out rows: t-SNE of both models in one map for each set, the untouched model above, `seer` "
            f"(seed {found['figure']['seed']}) below."]


# --- The stale monitor

REPAIRS = ["frozen", "recentred", "whitened", "procrustes"]


def stale_rows(v, layers):
    anew = {(model, layer): value for model, layer, value, *_ in v["anew"]}
    told = {(model, layer, repair): (value, unknown) for model, layer, repair, value, _, _, _, unknown in v["results"]}
    models = list(dict.fromkeys(row[0] for row in v["results"]))
    rows = []
    for layer in layers:
        for model in models:
            cells = [f"{told[model, layer, r][0]:.3f}" if (model, layer, r) in told else "" for r in REPAIRS]
            rows.append([layer, model, *cells, f"{anew[model, layer]:.3f}", f"{told[model, layer, 'frozen'][1]:.3f}"])
    return table(["layer", "states of", *REPAIRS, "taught anew", "frozen: unknown"], rows)


def stale(found):
    v = found.get("stale/safety-multi")
    return stale_rows(v, [v["layer"]]) if v else ["Not run yet."]


def stale_layers(found):
    v = found.get("stale/safety-multi")
    return stale_rows(v, sorted({row[1] for row in v["results"]})) if v else []


# --- Another model

def beside(found):
    v = found.get("beside/safety-multi")
    if not v:
        return ["Not run yet."]
    rows = [[f"{v['architecture']}, {v['parameters'] / 1e6:.0f} M", f"{v['layer']} of {v['blocks']}", side,
             *(f"{value:.3f}" + ("" if null is None else f" [{null:.3f}]") for value, null in
               (v[key][figure] for figure in ("prototype", "probe", "silhouette"))),
             f"{v['kl']:.4f}" if key == "tuned" else "0", change(v) if key == "tuned" else ""]
            for side, key in (("untouched", "base"), ("seer", "tuned"))]
    return table(["model", "layer", "states", "nearest prototype", "probe", "silhouette", "KL", "perplexity"], rows)
