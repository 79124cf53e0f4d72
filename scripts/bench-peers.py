#!/usr/bin/env python3
"""Seer beside its peers: the same work on the same files, in turn (A B A B ...), as one table.

usage: bench-peers.py --data CONCEPTS.csv [--only WORK,...] [--rounds 3] [--report-only]

Every figure goes to WORK/figures.jsonl as soon as it is known; started again, only what is missing
is run (`--fresh` forgets the figures of the work named). WORK: extraction, prompt, decoding, step,
tsne, umap, pacmap, pca, load, explorer, limits, and, only when named, growth (ours alone) and moe: a
mixture of experts (`--mixture`, scripts/make-large-model.py makes one) is opened, extracted within
`--memory` and decoded. `--gemma` adds a second model to prompt and decoding.
Medians, and the ratio of each round's pair with its spread: a shared machine drifts, ratios less so.
The table is written between the markers of its name in the output file.
"""
import argparse
import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEERS = os.path.join(ROOT, "Benchmarks", "peers", "peers.py")
# Arithmetic of a token: two operations a weight of the blocks, without attention and head.
OPERATIONS_A_TOKEN = {"smollm2": 0.2124e9, "gemma": 0.2006e9}
# A step of `released`, 1,024 tokens each: base, tuned and backward of the retain rows and of the first
# views through 30 blocks and the head, forward and backward of the second views through 21.
OPERATIONS_A_STEP = 1024 * ((3 + 3 + 2 * 21 / 30) * OPERATIONS_A_TOKEN["smollm2"] + 3 * 2 * 49_152 * 576)
# Seconds at the most.
SECONDS = {"load": 0.3, "explorer": 0.1, "moe opening": 3}
# Share of what the kernel does at most in the same minute.
SHARES = {"moe extraction": 0.6}
# What is added to the work's name, ours, what is added to the peer's, and the peer's type.
PRECISIONS = [("", "exact", "", "float32"), (" fast", "fast", " bfloat16", "bfloat16")]
# Ratio that is wanted (ours / peer's where more is better, else peer's / ours).
GOALS = {
    "extraction": 2.7, "extraction fast": 1.5, "prompt smollm2": 4, "prompt smollm2 fast": 6, "step fast": 4,
    "prompt gemma": 1.5, "decoding smollm2": 1.2,
    "decoding gemma": 1.2, "step": 4, "tsne x1200": 4, "tsne x10000": 4, "tsne x50000": 4,
    "decoding smollm2 fast": 1.2, "decoding gemma fast": 1.2, "moe decoding": 1.2, "moe decoding fast": 1.2,
    "umap x10000": 4, "umap x50000": 4, "pacmap x10000": 4, "pacmap x50000": 4, "pca x50000": 1,
}  # fmt: skip


def run(command, environment=None):
    """Output, seconds and peak megabytes of a command."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, env={**os.environ, **(environment or {})}
        )
        output = process.stdout.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        if process.returncode != 0:
            log.seek(0)
            text = log.read().decode(errors="replace")[-2000:]
            sys.exit(f"bench-peers: exit {process.returncode} of: {' '.join(command)}\n{output[-500:]}{text}")
    return output, seconds, usage.ru_maxrss / 1000


class Bench:
    def __init__(self, options):
        self.options = options
        self.path = os.path.join(options.work, "figures.jsonl")
        os.makedirs(options.work, exist_ok=True)
        self.figures = []
        if os.path.exists(self.path):
            with open(self.path) as file:
                self.figures = [json.loads(line) for line in file if line.endswith("}\n")]

    def known(self, work, who, round):
        keys = (work, who, round)
        return next((f for f in self.figures if (f["work"], f["who"], f["round"]) == keys), None)

    def keep(self, figure):
        self.figures.append(figure)
        with open(self.path, "a") as file:
            file.write(json.dumps(figure) + "\n")
        print(json.dumps(figure), flush=True)

    def forget(self, names):
        self.figures = [f for f in self.figures if f["work"].split()[0].strip(":") not in names]
        with open(self.path, "w") as file:
            file.writelines(json.dumps(f) + "\n" for f in self.figures)

    def measure(self, work, who, unit, better, measurements):
        """Runs the functions of `measurements` (name -> figures) in turn for all missing rounds."""
        for round in range(self.options.rounds):
            for name in who:
                if not self.known(work, name, round):
                    values = measurements[name]()
                    self.keep({"work": work, "who": name, "round": round, "unit": unit, "better": better, **values})

    def peer(self, *arguments, figure):
        output, _, megabytes = run([self.options.python, PEERS, *map(str, arguments)])
        values = json.loads(output.strip().splitlines()[-1])
        return {"value": values[figure], "megabytes": megabytes}

    def seer(self, *arguments, figure=None):
        output, seconds, megabytes = run([self.options.seer, *map(str, arguments)])
        value = json.loads(output)[figure] if figure else seconds
        return {"value": value, "megabytes": megabytes}

    def limited(self, limit, values):
        """The figures beside what the machine can do at most in the same minute: its rate drifts by a third."""
        if not os.path.exists(self.options.bench):
            return values
        return {**values, "limit": json.loads(run([self.options.bench, "limits"])[0])[limit]}

    # The work

    def extraction(self):
        o = self.options
        target = os.path.join(o.work, "run")

        def ours(precision):
            run(["rm", "-rf", target])
            return self.limited("kernel", self.seer(
                "extract", "--model", o.model, "--concepts", o.data, "--run", target, "--template", "plain",
                "--limit", o.rows, "--precision", precision, "--json", figure="tokens_per_second"))  # fmt: skip

        def theirs(dtype):
            return self.peer("transformers-extract", o.model, o.data, o.rows, dtype, figure="tokens_per_second")

        for work, precision, peer, dtype in PRECISIONS:
            self.measure(f"extraction{work}", ["seer", "transformers" + peer], "tokens/s", "more",
                         {"seer": lambda: ours(precision), "transformers" + peer: lambda: theirs(dtype)})  # fmt: skip

    def generated(self, model, prompt, tokens, precision="exact"):
        return self.seer("generate", "--model", model, "--template", "plain", "--prompt", prompt,
                         "--tokens", tokens, "--precision", precision, "--ignore-stop", "--json")  # fmt: skip

    def models(self):
        return [("smollm2", self.options.model)] + ([("gemma", self.options.gemma)] if self.options.gemma else [])

    def prompt(self):
        for name, model in self.models():
            def ours(precision):
                # The best of three, as the peer's figure is.
                best = lambda prompt: min(
                    (self.generated(model, prompt, 1, precision) for _ in range(3)), key=lambda f: f["value"])
                long, short = best(" dog" * 512), best(" dog")
                return self.limited("kernel", {
                    "value": 511 / (long["value"] - short["value"]), "megabytes": long["megabytes"]})  # fmt: skip

            theirs = lambda: self.peer("llama-prompt", model, 512, figure="tokens_per_second")
            for work, precision, _, _ in PRECISIONS:
                self.measure(f"prompt {name}{work}", ["seer", "llama.cpp"], "tokens/s", "more",
                             {"seer": lambda: ours(precision), "llama.cpp": theirs})  # fmt: skip

    def decoding(self):
        for name, model in self.models():
            self.decoded(f"decoding {name}", model, 200)

    def decoded(self, name, model, tokens):
        """Both our precisions: the peer rounds vectors to 8 bits, `fast` to 15, `exact` to 23."""
        def ours(precision):
            long = self.generated(model, "Once upon a time", tokens + 1, precision)
            short = self.generated(model, "Once upon a time", 1, precision)
            values = {"value": tokens / (long["value"] - short["value"]), "megabytes": long["megabytes"]}
            # What a mixture reads of its file depends on where tokens go.
            return self.limited("read", values) if model != self.options.mixture else values

        theirs = lambda: self.peer("llama-decode", model, tokens, figure="tokens_per_second")
        for work, precision, _, _ in PRECISIONS:
            self.measure(name + work, ["seer", "llama.cpp"], "tokens/s", "more",
                         {"seer": lambda: ours(precision), "llama.cpp": theirs})  # fmt: skip

    def step(self):
        """Pairs and retain rows of 128 tokens each, none padded: only longer rows, cut."""
        o = self.options
        data = os.path.join(o.work, "long-rows.csv")
        if not os.path.exists(data):
            run([o.python, PEERS, "long-rows", o.model, o.data, "128", data])

        def trained(objective, steps, precision):
            with tempfile.TemporaryDirectory(dir=o.work) as folder:
                return self.seer(
                    "train", "--model", o.model, "--concepts", data, "--retain", data, "--layer", 21,
                    "--preset", "verify-" + objective, "--template", "plain", "--rank", 16, "--alpha", 16,
                    "--batch", 16, "--retain-batch", 8, "--max-tokens", 128, "--steps", steps,
                    "--evaluate-every", 1000, "--precision", precision, "--adapter", os.path.join(folder, "adapter"))  # fmt: skip

        def ours(objective, precision="exact"):
            long, short = trained(objective, 6, precision), trained(objective, 1, precision)
            return self.limited("kernel", {
                "value": (long["value"] - short["value"]) / 5, "megabytes": long["megabytes"]})  # fmt: skip

        for work, precision, peer, dtype in PRECISIONS:
            theirs = lambda: self.peer("peft-step", o.model, data, 2, dtype, figure="seconds")
            self.measure(f"step{work}", ["seer", "peft" + peer], "s", "less",
                         {"seer": lambda: ours("released", precision), "peft" + peer: theirs})  # fmt: skip
        self.measure("step of objective seer", ["seer"], "s", "less", {"seer": lambda: ours("seer")})

    def matrix(self, name):
        """One matrix of layer 20's states, made once from the data by the reference."""
        folder = os.path.join(self.options.work, "matrices")
        path = os.path.join(folder, f"{name}.npy")
        if not os.path.exists(path):
            run([self.options.python, PEERS, "matrices", self.options.model, self.options.data,
                 str(self.options.rows), folder])  # fmt: skip
        return path

    @staticmethod
    def points(path):
        """Rows of a matrix, from its header."""
        with open(path, "rb") as file:
            return int(file.read(256).split(b"'shape': (", 1)[1].split(b",", 1)[0])

    def tsne(self):
        for name, peers in (
            ("x1200", ["scikit-learn", "openTSNE-bh"]),
            ("x10000", ["scikit-learn", "openTSNE-bh", "openTSNE-fft"]),
            ("x50000", ["openTSNE-fft"]),
        ):
            path = self.matrix(name)

            def judged(values, layout):
                kl = json.loads(run([self.options.python, PEERS, "judge", path, layout])[0])["kl"]
                return {**values, "kl": kl, "points": self.points(path)}

            def ours():
                layout = os.path.join(self.options.work, "layout.csv")
                return judged(self.seer("project", "--matrix", path, "--method", "tsne", "--output", layout,
                                        "--json", figure="seconds"), layout)  # fmt: skip

            def theirs(peer):
                layout = os.path.join(self.options.work, "layout.npy")
                return judged(self.peer("tsne", path, peer, layout, figure="seconds"), layout)

            all = {"seer": ours, **{peer: (lambda peer=peer: theirs(peer)) for peer in peers}}
            self.measure(f"tsne {name}", list(all), "s", "less", all)

    def umap(self):
        self.neighbour_map("umap", "umap-learn")

    def pacmap(self):
        self.neighbour_map("pacmap", "pacmap")

    def neighbour_map(self, method, peer):
        """The peer's figure is without its compilation; both maps are judged in the same way."""
        for name in ("x10000", "x50000"):
            path = self.matrix(name)

            def judged(values, layout):
                found = json.loads(run([self.options.python, PEERS, "judge-map", path, layout])[0])
                return {**values, **found, "points": self.points(path)}

            def ours():
                layout = os.path.join(self.options.work, "layout.csv")
                return judged(self.seer("project", "--matrix", path, "--method", method, "--output", layout,
                                        "--json", figure="seconds"), layout)  # fmt: skip

            def theirs():
                layout = os.path.join(self.options.work, "layout.npy")
                return judged(self.peer("neighbour-map", path, peer, layout, figure="seconds"), layout)

            self.measure(f"{method} {name}", ["seer", peer], "s", "less", {"seer": ours, peer: theirs})

    def pca(self):
        for name in ("x10000", "x50000"):
            path = self.matrix(name)
            layout = os.path.join(self.options.work, "layout.csv")
            ours = lambda: {**self.seer("project", "--matrix", path, "--method", "pca", "--components", 50,
                                        "--output", layout, "--json", figure="seconds"),
                            "points": self.points(path)}  # fmt: skip
            theirs = lambda: self.peer("pca", path, figure="seconds")
            self.measure(f"pca {name}", ["seer", "scikit-learn"], "s", "less",
                         {"seer": ours, "scikit-learn": theirs})  # fmt: skip

    def load(self):
        o = self.options
        self.measure("load", ["seer", "llama.cpp", "transformers"], "s", "less", {
            "seer": lambda: self.generated(o.model, "Hello", 1),
            "llama.cpp": lambda: self.peer("llama-load", o.model, figure="seconds"),
            "transformers": lambda: self.peer("transformers-load", o.model, figure="seconds"),
        })  # fmt: skip

    def explorer(self):
        script = os.path.join(self.options.work, "first-screen.keys")
        with open(script, "w") as file:
            file.write(f"save-screen {self.options.work}/first-screen.txt\nquit\n")
        run_folder = os.path.join(ROOT, "samples", "run-base")
        self.measure("explorer", ["seer"], "s", "less", {
            "seer": lambda: self.seer("explore", "--run", run_folder, "--script", script)
        })  # fmt: skip

    def limits(self):
        def figure(name):
            return lambda: {"value": json.loads(run([self.options.bench, "limits"])[0])[name], "megabytes": 0}

        self.measure("limits kernel", ["machine"], "GFLOP/s", "more", {"machine": figure("kernel")})
        self.measure("limits sgemm", ["machine"], "GFLOP/s", "more", {"machine": figure("sgemm")})
        self.measure("limits read", ["machine"], "GB/s", "more", {"machine": figure("read")})

    def growth(self):
        """Extraction of generated rows, and maps of generated clusters, by size."""
        o = self.options
        words = "the quiet old river turned slowly past seven stone houses and a red mill".split()
        for rows in (1000, 10_000, 100_000):
            path = os.path.join(o.work, f"rows-{rows}.csv")
            if not os.path.exists(path):
                generator = random.Random(rows)
                with open(path, "w") as file:
                    file.write("prompt,value\n")
                    for row in range(rows):
                        text = " ".join(generator.choices(words, k=3))
                        file.write(f"{text} {row}.,{'even' if row % 2 else 'odd'}\n")
            target = os.path.join(o.work, "run")

            def extracted():
                run(["rm", "-rf", target])
                return self.seer("extract", "--model", o.model, "--concepts", path, "--run", target,
                                 "--template", "plain", "--dtype", "float16", "--json",
                                 figure="seconds")  # fmt: skip

            self.measure(f"growth: extraction of {rows:,} rows", ["seer"], "s", "less", {"seer": extracted})
        for rows in (12_500, 50_000, 200_000):
            path = os.path.join(o.work, f"clusters-{rows}.npy")
            if not os.path.exists(path):
                code = (
                    "import numpy as np, sys; n = int(sys.argv[1]); g = np.random.default_rng(0);"
                    "c = g.normal(size=(100, 50)) * 2; x = c[g.integers(0, 100, n)] + g.normal(size=(n, 50));"
                    "np.save(sys.argv[2], x.astype('f4'))"
                )
                run([o.python, "-c", code, str(rows), path])
            layout = os.path.join(o.work, "layout.csv")
            mapped = lambda: self.seer("project", "--matrix", path, "--method", "tsne", "--output", layout,
                                       "--json", figure="seconds")  # fmt: skip
            self.measure(f"growth: t-SNE of {rows:,} points", ["seer"], "s", "less", {"seer": mapped})

    def moe(self):
        """A mixture of experts: opened, extracted within a limit of memory, and decoded."""
        o = self.options
        if o.mixture is None:
            sys.exit("bench-peers: found --only moe without --mixture FILE, which make-large-model.py makes")
        operations = json.loads(run([o.python, PEERS, "operations", o.mixture])[0])["operations"]
        self.measure("moe opening", ["seer"], "s", "less", {
            "seer": lambda: self.seer("model", o.mixture, "--json"),
        })  # fmt: skip
        self.measure("moe first token", ["seer", "llama.cpp"], "s", "less", {
            "seer": lambda: self.generated(o.mixture, "Hello", 1),
            "llama.cpp": lambda: self.peer("llama-load", o.mixture, figure="seconds"),
        })  # fmt: skip
        target = os.path.join(o.work, "run-mixture")

        def extracted():
            run(["rm", "-rf", target])
            values = self.limited("kernel", self.seer(
                "extract", "--model", o.mixture, "--concepts", o.data, "--run", target, "--template", "plain",
                "--limit", o.rows, "--memory", o.memory, "--routing", "--json", figure="tokens_per_second"))  # fmt: skip
            run(["rm", "-rf", target])
            return {**values, "operations": operations}

        self.measure("moe extraction", ["seer"], "tokens/s", "more", {"seer": extracted})

        self.decoded("moe decoding", o.mixture, 64)

    # The report

    def of(self, work, who, key="value"):
        return [f[key] for f in sorted(self.figures, key=lambda f: f["round"])
                if f["work"] == work and f["who"] == who and key in f]  # fmt: skip

    def report(self):
        works = list(dict.fromkeys(f["work"] for f in self.figures))
        limits = {w.split()[1]: max(self.of(w, "machine")) for w in works if w.startswith("limits")}
        lines = ["| work | ours | peak MB | peer | its figure | peak MB | ratio (spread) | goal | share of the limit |",
                 "|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
        for work in works:
            if work.startswith("limits"):
                continue
            first = next(f for f in self.figures if f["work"] == work)
            ours = self.of(work, "seer")
            if not ours:
                continue
            text = lambda values: f"{statistics.median(values):.4g} {first['unit']}"
            memory = lambda who: f"{max(self.of(work, who, 'megabytes')):.0f}"
            points = next(iter(self.of(work, "seer", "points")), None)
            label = work.split(" x")[0] + f" of {points:,} points" if points else work
            own = text(ours) + self.quality(work, "seer")
            for peer in dict.fromkeys(f["who"] for f in self.figures if f["work"] == work and f["who"] != "seer"):
                theirs = self.of(work, peer)
                pairs = [(a / b if first["better"] == "more" else b / a) for a, b in zip(ours, theirs)]
                lines.append("| " + " | ".join([
                    label, own, memory("seer"), peer, text(theirs) + self.quality(work, peer),
                    memory(peer), f"{statistics.median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})",
                    self.goal(work, statistics.median(pairs)), self.share(work),
                ]) + " |")  # fmt: skip
            if all(f["who"] == "seer" for f in self.figures if f["work"] == work):
                lines.append(
                    f"| {label} | {own} | {memory('seer')} | | | | | {self.goal(work, 0)} | {self.share(work)} |")
        for name, value in limits.items():
            lines.append(f"| limit: {name} | {value:.4g} {'GB/s' if name == 'read' else 'GFLOP/s'} | | | | | | | |")
        return "\n".join(lines)

    def quality(self, work, who):
        """What a map's judge said, in medians."""
        found = [(label, self.of(work, who, key)) for key, label in
                 (("kl", "KL"), ("trustworthiness", "trustworthiness"), ("triplets", "triplets"))]  # fmt: skip
        return "".join(f", {label} {statistics.median(values):.3f}" for label, values in found if values)

    def goal(self, work, ratio):
        wanted = GOALS.get(work)
        if work in SECONDS:
            seconds = statistics.median(self.of(work, "seer"))
            return f"<= {SECONDS[work]} s: {'met' if seconds <= SECONDS[work] else 'not met'}"
        if work in SHARES:
            shares = self.kernel_shares(work)
            is_met = shares and statistics.median(shares) >= SHARES[work]
            return f">= {SHARES[work]:.0%} of the kernel: {'met' if is_met else 'not met'}"
        return "" if wanted is None else f">= {wanted}: {'met' if ratio >= wanted else 'not met'}"

    def kernel_shares(self, work):
        """What was computed a second in each round, by what the kernel does at most in the same minute."""
        return [f["value"] * f["operations"] / 1e9 / f["limit"] for f in self.figures
                if f["work"] == work and f["who"] == "seer" and f.get("limit") and "operations" in f]  # fmt: skip

    def share(self, work):
        """The median over rounds of our rate by the limit of the same minute."""
        rounds = [f for f in self.figures if f["work"] == work and f["who"] == "seer" and f.get("limit")]
        if not rounds:
            return ""
        # Which is of exact products.
        if work.endswith(" fast"):
            return ""
        name = work.split()[-1]
        if own := self.kernel_shares(work):
            return f"{statistics.median(own):.0%} of the kernel"
        if work.startswith("decoding"):
            model = dict(self.models()).get(name)
            if model is None:
                return ""
            size = os.path.getsize(model) / 1e9
            shares, limit = [f["value"] * size / f["limit"] for f in rounds], "reading"
        else:
            # What one unit of the figure takes: seconds of a step, tokens of the others.
            name = next((model for model, _ in self.models() if model in work), "smollm2")
            operations = OPERATIONS_A_TOKEN[name]
            rates = [OPERATIONS_A_STEP / f["value"] if work.startswith("step") else f["value"] * operations for f in rounds]
            shares, limit = [rate / 1e9 / f["limit"] for rate, f in zip(rates, rounds)], "the kernel"
        return f"{statistics.median(shares):.0%} of {limit}"

    def rows(self):
        csv.field_size_limit(10**9)
        with open(self.options.data, newline="") as file:
            return min(self.options.rows, sum(1 for _ in csv.DictReader(file)))

    def write(self):
        path, name = self.options.output, self.options.name
        start, end = f"<!-- {name}: start -->", f"<!-- {name}: end -->"
        with open(path) as file:
            text = file.read()
        if start not in text or end not in text:
            sys.exit(f"bench-peers: {path} has no markers {start} and {end}")
        head, rest = text.split(start, 1)
        counts = [len(self.of(f["work"], f["who"])) for f in self.figures]
        rounds = f"{min(counts)} to {max(counts)}" if len(set(counts)) > 1 else str(counts[0]) if counts else "0"
        table = f"{start}\nRows: {self.rows()}; rounds: {rounds}.\n\n{self.report()}\n{end}"
        with open(path, "w") as file:
            file.write(head + table + rest.split(end, 1)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    every = ["limits", "extraction", "prompt", "decoding", "step", "tsne", "umap", "pacmap", "pca", "load", "explorer"]
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    parser.add_argument("--only", default=",".join(every), help="work, separated by commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--data", default=os.path.join(ROOT, "samples", "concepts.csv"))
    parser.add_argument("--retain", default=os.path.join(ROOT, "samples", "retain.csv"))
    parser.add_argument("--model", default=os.path.join(cache, "seer", "models", "smollm2.gguf"))
    parser.add_argument("--gemma", help="a second model for prompt and decoding")
    parser.add_argument("--mixture", help="a mixture of experts for moe")
    parser.add_argument("--memory", default="12G", help="what extraction of moe may take")
    parser.add_argument("--seer", default=os.path.join(ROOT, ".build", "release", "seer"))
    parser.add_argument("--bench", default=os.path.join(ROOT, ".build", "release", "Bench"))
    parser.add_argument("--python", default=sys.executable, help="of the peers' environment")
    parser.add_argument("--work", default=os.path.join(ROOT, ".build", "peers"))
    parser.add_argument("--output", default=os.path.join(ROOT, "docs", "performance.md"))
    parser.add_argument("--name", default="measured", help="of the markers that the table goes between")
    parser.add_argument("--fresh", action="store_true", help="measure the work named again")
    parser.add_argument("--report-only", action="store_true")
    options = parser.parse_args()
    names = [n for n in options.only.split(",") if n]
    if unknown := [n for n in names if n not in [*every, "growth", "moe"]]:
        parser.error(f"found --only {','.join(unknown)}, wanted some of {','.join(every)},growth,moe")
    bench = Bench(options)
    if options.fresh:
        bench.forget(names)
    if not options.report_only:
        for name in names:
            getattr(bench, name)()
    bench.write()
    print(bench.report())


if __name__ == "__main__":
    main()
