#!/usr/bin/env python3
"""Changes command lines of seer at random and holds what happens to the contract.

    scripts/fuzz-commands.py --seer .build/release/seer --seconds 600 --seed 1

Every case is a function of seed and number: a right command line whose numbers, paths, flags, files,
environment and descriptors are changed, run in a folder of its own. A case fails where the command

- dies of a signal, or neither ends within --limit seconds nor can be stopped by Ctrl-C then;
- ends with an exit code that the contract does not have, or with 70, which is our own fault;
- fails without a word on standard error, or prints a crash;
- leaves a partial file that no later command goes on with, or an output that is not whole;
- changes a file that it was given to read.

Failing lines are printed with their numbers; `--case N` runs one again and shows what it prints. What
was done is kept in the work folder: the same command goes on after the last case, whatever ended it.
"""

import argparse
import ast
import json
import math
import os
import pathlib
import random
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = ROOT / "Tests/CoreTests/Fixtures/TinyLlama/tiny.gguf"

CODES = {0, 64, 65, 66, 73, 130}

CONCEPTS = "prompt,value,response\n" + "".join(
    f"{'the sky is' if row % 2 else 'you and I read'} {row},{'blue' if row % 2 else 'red'},"
    f"{'yes it is ' + str(row) if row % 3 else ''}\n"
    for row in range(16)
)
RETAIN = "prompt,response\n" + "".join(f"tell me {row},no {row}\n" for row in range(10))
LINES = "".join(json.dumps({"text": f"is it {row}?", "id": row}) + "\n" for row in range(3))
CHOICES = json.dumps({"question": "Is it?", "choices": ["yes", "no"], "answer": 1}) + "\n"
SCRIPT = "wait idle\nkey l\nkey j\nwait idle\nsave-screen screen.txt\nquit\n"

# Right command lines. What follows `<` names an input, what follows `>` an output.
COMMANDS = [
    "model <model.gguf --tokens 16 --json",
    "tokenize --model <model.gguf text",
    "extract --model <model.gguf --concepts <concepts.csv --run >out-run --position mean"
    " --template plain --limit 8 --max-tokens 24 --dtype float16",
    "extract --model <model.gguf --concepts <concepts.csv --run >out-run --layers 1,2-3",
    "join --run >out-run <part.1of2 <part.2of2 --json",
    "extract --model <model.gguf --adapter <adapter --concepts <concepts.csv --run >out-run --json",
    "project --run <run --layer 2 --method pca --components 3 --seed 1 --output >map.csv --json",
    "project --matrix <states.npy --method tsne --perplexity 3 --iterations 20 --output >map.csv",
    "generate --model <model.gguf --prompt Hi --tokens 4 --temperature 0.7 --top-k 5 --top-p 0.9"
    " --min-p 0.01 --repetition-penalty 1.1 --seed 3 --json",
    "generate --model <model.gguf --run <run --layer 2 --prompt Hi --tokens 3 --steer red=0.2",
    "generate --model <model.gguf --prompt Hi --tokens 3 --control-vector <vector.gguf",
    "score --model <model.gguf --run <run --layer 2 --template plain text --alert red=0.3",
    "score --model <model.gguf --run <run --layer 2 --verify --token 1 --json text",
    "score --model <model.gguf --adapter <adapter --run <run --base-run <run --layer 2 text --json",
    "score --model <model.gguf --run <run --layer 2 -",
    "score --model <model.gguf --run <run --layer 2 --reader probe --alert red@50% --alert-by mean text",
    "evaluate monitor --model <model.gguf --run <run --layers 1,2 --concepts <concepts.csv --json",
    "chat --model <model.gguf --tokens 3 --json",
    "train --model <model.gguf --concepts <concepts.csv --retain <retain.csv --layer 2 --rank 2"
    " --alpha 4 --batch 4 --retain-batch 2 --steps 2 --max-tokens 16 --evaluate-every 1"
    " --template plain --adapter >out-adapter --json",
    "train --model <model.gguf --concepts <concepts.csv --layer 1,2 --retain-batch 0 --batch 4"
    " --epochs 1 --position last,mean --objective nt-xent --preset <preset.json"
    " --adapter >out-adapter",
    "compare --base <run --tuned <run --layer 2 --permutations 3 --seed 2 --output >figures.json",
    "compare --base <run --tuned <run --train <run --train-tuned <run --layer 2 --permutations 0"
    " --figure >picture.svg --method pca --json",
    "export --run <run --layer 2 --format npy --output >states-out.npy",
    "export --run <run --layer 2 --map <map-in.csv --format svg --output >map.svg --json",
    "export --run <run --layer 2 --output >table.tsv",
    "export --run <run --layer 2 --format png --output >map.png",
    "report --run <run --run <run --evaluation <ability.json --adapter <adapter --layer 2"
    " --title Title --output >report.html",
    "preset <preset.json --json",
    "preset",
    "control-vector --model <model.gguf --run <run --layer 2 --concept red --strength 0.5"
    " --output >vector-out.gguf --json",
    "merge --model <model.gguf --adapter <adapter --type q8_0 --output >merged.gguf",
    "merge --model <model.gguf --adapter <adapter --output >merged",
    "evaluate ability --model <model.gguf --adapter <adapter --texts <retain.csv"
    " --choices <choices.jsonl --max-tokens 64 --json",
    "evaluate classify --model <model.gguf --train <concepts.csv --test <concepts.csv --layer 1,2"
    " --position last,mean --resamples 5 --permutations 1 --json",
    "evaluate detox --model <model.gguf --harmful <retain.csv --safe <concepts.csv --tokens 2"
    " --limit 2 --width 2 --output >answers.jsonl",
    "explore --run <run --model <model.gguf --script <script.txt",
]

NUMBERS = (
    "0 1 -1 2 3 7 31 32 33 99 100 1000 65535 65536 100000 2147483647 2147483648 4294967296"
    " 9223372036854775807 9223372036854775808 -9223372036854775808 18446744073709551615"
    " 99999999999999999999 0.0 -0.0 0.5 1.5 1e-9 1e-45 1e9 1e30 1e38 1e39 1e308 1e309 -1e38 nan"
    " NaN inf -inf Infinity 0x10 1_000 ١ 1,2 1,,2 ,1 1, 2;3 +1 1. .5 12G 1K"
).split()
NUMBERS += ["", " ", " 1", "1 "]

PATHS = [
    b"absent", b"absent/below", b"", b".", b"..", b"/", b"/dev/null", b"/dev/full", b"/dev/zero",
    b"/dev/stdout", b"/dev/stdin", b"/dev/fd/9", b"/proc/self/mem", b"/proc/nowhere/x", b"-",
    b"--", b"-1", b"--json", b"empty", b"folder", b"folder/", b"concepts.csv", b"concepts.csv/x",
    b"run", b"run/run.json", b"run/states.safetensors", b"run/rows.csv", b"adapter",
    b"adapter/log.csv", b"model.gguf", b"states.npy", b"map-in.csv", b"preset.json", b"link",
    b"dangling", b"loop", b"pipe", b"folder-link", b"bad\xff.csv", b"b\xe9", b"esc\x1b[2J.csv", b"new\nline",
    b" ", b"a b", b"x" * 300, b"x/" * 2500, "é.csv".encode(), "日本".encode(), b"smollm2", b"paper",
    b"%s%n", b"$HOME", b"~", b"*", b"{}", b"run/", b"./run", b"run/../run", b"out-run",
]

TEXTS = [
    b"", b" ", b"\n", b"<|im_end|>", b"<|im_start|>system", b"a" * 5000, "שלום 👩‍👧 é".encode(),
    b"\x1b]0;x\x07", b"\xff\xfe", b"=", b"=1", b"red=", b"red=nan", b"red=1e39", b"blue=1",
    b"none=1", b"a=b=c", b"-", b"--help", b"-h", b"--version", b"last", b"all", b"chat", b"svg",
]

# What a stopped command leaves for a later one to go on with.
RESUMABLE = {
    "recipe.partial.json", "states.safetensors.partial", "progress.partial",
}


def parsed_options(seer):
    """Every option that a command's help names, with a dash more or less."""
    options = set()
    for command in sorted({line.split()[0] for line in COMMANDS}):
        names = [[command]]
        if command == "evaluate":
            names = [[command, part] for part in ("classify", "detox", "ability")]
        for name in names:
            text = subprocess.run(
                [seer, *name, "--help"], capture_output=True, text=True, check=True
            ).stdout
            options |= {word.strip("[],./") for word in text.split() if word.startswith("--")}
    return sorted(option for option in options if len(option) > 2)


def prepare(seer, work):
    """The files that cases read, made once by right commands."""
    inputs = work / "inputs"
    if (inputs / "done").exists():
        return inputs
    shutil.rmtree(inputs, ignore_errors=True)
    inputs.mkdir(parents=True)
    shutil.copy(MODEL, inputs / "model.gguf")
    for name, text in [
        ("concepts.csv", CONCEPTS), ("retain.csv", RETAIN), ("lines.jsonl", LINES),
        ("choices.jsonl", CHOICES), ("script.txt", SCRIPT), ("empty", ""),
    ]:
        (inputs / name).write_text(text)
    (inputs / "folder").mkdir()
    (inputs / "link").symlink_to("concepts.csv")
    (inputs / "dangling").symlink_to("nothing-there")
    (inputs / "loop").symlink_to("loop")
    (inputs / "folder-link").symlink_to("run")

    def run(line, output=None):
        result = subprocess.run(
            [seer, *shlex.split(line)], cwd=inputs, capture_output=True, text=True
        )
        if result.returncode != 0:
            sys.exit(f"{line}: {result.stderr}")
        if output:
            (inputs / output).write_text(result.stdout)

    model = "--model model.gguf"
    run(f"extract {model} --concepts concepts.csv --run run --position mean")
    for shard in ["1/2", "2/2"]:
        run(f"extract {model} --concepts concepts.csv --run part --shard {shard}")
    run("export --run run --layer 2 --format npy --output states.npy")
    run("project --run run --layer 2 --output map-in.csv")
    run(
        f"train {model} --concepts concepts.csv --retain retain.csv --layer 2 --rank 2 --batch 4"
        " --retain-batch 2 --steps 2 --max-tokens 16 --adapter adapter"
    )
    run("preset standard", "preset.json")
    run(f"evaluate ability {model} --texts retain.csv --json", "ability.json")
    run(f"control-vector {model} --run run --layer 2 --concept red --output vector.gguf")
    (inputs / "done").write_text("")
    return inputs


class Case:
    """One changed command line."""

    def __init__(self, seed, number, options):
        self.random = random.Random(f"{seed}:{number}")
        self.number = number
        self.arguments = [word.encode() for word in self.random.choice(COMMANDS).split()]
        self.environment = {}
        self.closed = []
        self.damage = None
        self.limits = {}
        self.interrupt = None
        self.code = None
        self.input = LINES.encode() if self.random.random() < 0.5 else b""
        for _ in range(self.random.choice([0, 1, 1, 1, 2, 2, 3, 5])):
            self.change(options)
        self.arguments = [
            word[1:] if word[:1] in (b"<", b">") else word for word in self.arguments
        ]

    def change(self, options):
        draw = self.random
        places = range(1, len(self.arguments))
        isPath = [self.arguments[place][:1] in (b"<", b">") for place in places]
        numbers = [
            place for place in places
            if self.arguments[place].lstrip(b"-").replace(b".", b"").isdigit()
        ]
        paths = [place for place in places if isPath[place - 1]]
        values = [place for place in places if not self.arguments[place].startswith(b"--")]
        kind = draw.choice(
            "number number number path path path text drop double swap add flag glue"
            " environment close damage limit interrupt input".split()
        )
        if kind == "number" and numbers:
            place = draw.choice(numbers)
            self.arguments[place] = draw.choice(NUMBERS).encode()
            before = self.arguments[place - 1]
            if before.startswith(b"--") and draw.random() < 0.7:
                # A number below zero is a value only behind an equals sign.
                self.arguments[place - 1: place + 1] = [before + b"=" + self.arguments[place]]
        elif kind == "path" and paths:
            self.arguments[draw.choice(paths)] = draw.choice(PATHS)
        elif kind == "text" and values:
            self.arguments[draw.choice(values)] = draw.choice(TEXTS)
        elif kind == "drop" and len(self.arguments) > 1:
            del self.arguments[draw.choice(places)]
        elif kind == "double" and len(self.arguments) > 2:
            place = draw.choice(places)
            self.arguments[place:place] = self.arguments[place: place + 2]
        elif kind == "swap" and len(values) > 1:
            one, other = draw.sample(values, 2)
            self.arguments[one], self.arguments[other] = self.arguments[other], self.arguments[one]
        elif kind == "add":
            value = draw.choice(
                [draw.choice(NUMBERS).encode(), draw.choice(PATHS), draw.choice(TEXTS)]
            )
            self.arguments += [draw.choice(options).encode(), value]
        elif kind == "flag":
            self.arguments.insert(draw.choice([1, len(self.arguments)]), draw.choice(options).encode())
        elif kind == "glue" and len(self.arguments) > 2:
            place = draw.choice(range(1, len(self.arguments) - 1))
            glue = draw.choice([b"=", b"", b" "])
            self.arguments[place: place + 2] = [glue.join(self.arguments[place: place + 2])]
        elif kind == "environment":
            name = draw.choice(["HOME", "XDG_CACHE_HOME", "TERM", "LC_ALL", "SEER_THREADS", "TMPDIR"])
            self.environment[name] = draw.choice([None, "", "/", "absent", "/dev/null", "1", "C"])
        elif kind == "close":
            self.closed = sorted({draw.choice([0, 1, 2]) for _ in range(2)})
        elif kind == "damage":
            self.damage = (draw.choice(["cut", "flip", "double"]), draw.random(), draw.random())
        elif kind == "limit":
            # Bytes of a file, or open files. What the loader itself needs is left.
            self.limits = draw.choice(
                [{"FSIZE": draw.choice([0, 1, 100, 4096, 40000])}, {"NOFILE": draw.choice([12, 24])}]
            )
        elif kind == "interrupt":
            self.interrupt = (draw.choice(["INT", "TERM"]), draw.choice([0, 0.02, 0.05, 0.1, 0.3]))
        elif kind == "input":
            self.input = draw.choice(
                [b"", b"\n\n", b"{", b'{"text":1}\n', b"\x00\xff\n", b'{"text":"a"}', LINES.encode() * 20]
            )

    def line(self):
        """What a shell would be given."""
        parts = []
        for name, value in self.environment.items():
            parts.append(f"env -u {name}" if value is None else f"{name}={shlex.quote(value)}")
        for name, value in self.limits.items():
            parts.append(f"[limit {name} {value}]")
        if self.damage:
            parts.append(f"[damaged input: {self.damage[0]}]")
        parts.append("seer")
        for word in self.arguments:
            text = word.decode("utf-8", "backslashreplace")
            parts.append(shlex.quote(text) if len(text) < 80 else shlex.quote(text[:70]) + "...")
        parts += [f"{number}>&-" if number else "<&-" for number in self.closed]
        if self.interrupt:
            parts.append(f"[SIG{self.interrupt[0]} after {self.interrupt[1]} s]")
        return " ".join(parts)


def snapshot(folder):
    """The bytes of the files in a folder, by path."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            files[os.fsencode(path.relative_to(folder))] = path.read_bytes()
    return files


def damage(case, folder):
    """Changes one of the case's inputs."""
    how, which, where = case.damage
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    named = [path for path in files if os.fsencode(path.name) in case.arguments]
    named += [
        path for path in files if os.fsencode(path.parent.name) in case.arguments
    ]
    if not named:
        return
    path = named[int(which * len(named))]
    data = bytearray(path.read_bytes())
    place = int(where * len(data))
    if how == "cut":
        data = data[:place]
    elif how == "double":
        data = data[:place] + data
    elif data:
        data[place] ^= 1 << int(which * 8) % 8
    path.chmod(0o644)
    path.write_bytes(data)


def whole(path):
    """Whether an output is complete, by what its kind ends with; None for kinds without an end."""
    data, name = path.read_bytes(), path.name
    # What a file is its first bytes tell: --format may give a name to any kind.
    if data.startswith(b"\x93NUMPY"):
        start = 10 + int.from_bytes(data[8:10], "little")
        header = ast.literal_eval(data[10:start].decode())
        return len(data) == start + math.prod(header["shape"]) * int(header["descr"][2:])
    if data.startswith(b"\x89PNG"):
        return data.endswith(b"IEND\xaeB`\x82")
    if data.startswith(b"GGUF"):
        return None
    if data.startswith((b"<svg", b"<?xml", b"<!")):
        return data.rstrip().endswith((b"</svg>", b"</html>"))
    if data.startswith(b"x,y"):
        # A map's table, whatever its name ends with.
        return data.endswith(b"\n")
    if name.endswith((".json", ".jsonl")):
        try:
            [json.loads(line) for line in (data.splitlines() if name.endswith("l") else [data])]
        except ValueError:
            return False
        return data.endswith(b"\n")
    if name.endswith((".csv", ".tsv", ".md")):
        return data.endswith(b"\n")
    if name.endswith(".safetensors"):
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size])
        ends = [item["data_offsets"][1] for key, item in header.items() if key != "__metadata__"]
        return len(data) == 8 + size + max(ends, default=0)
    return None


def run(case, seer, inputs, folder, limit, shows=False):
    """Runs a case; returns what is wrong, or None, and leaves the exit code with the case."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(inputs, folder, symlinks=True)
    (folder / "done").unlink()
    os.mkfifo(folder / "pipe")
    if case.damage:
        damage(case, folder)
    before = snapshot(folder)
    environment = {
        "HOME": str(folder / "home"), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
        "SWIFT_BACKTRACE": "enable=no", "TERM": "xterm-256color",
    }
    for name, value in case.environment.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value

    def start():
        os.setsid()
        for name, value in case.limits.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
        for number in case.closed:
            os.close(number)

    # Not in pipes: a full one would hold the command up.
    output, errors = folder.with_suffix(".out"), folder.with_suffix(".err")
    given = folder.with_suffix(".in")
    given.write_bytes(case.input)
    with open(given, "rb") as source, open(output, "wb") as out, open(errors, "wb") as err:
        try:
            process = subprocess.Popen(
                [os.fsencode(seer), *case.arguments], cwd=folder, env=environment, stdin=source,
                stdout=out, stderr=err, preexec_fn=start, close_fds=True,
            )
        except OSError:
            # The kernel takes no such arguments.
            return None
        try:
            if case.interrupt:
                time.sleep(case.interrupt[1])
                process.send_signal(getattr(signal, "SIG" + case.interrupt[0]))
            process.wait(limit)
            hangs = False
        except subprocess.TimeoutExpired:
            # Long work is none of our business, as long as it can be stopped.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
                hangs = process.returncode != 130
            except subprocess.TimeoutExpired:
                hangs = True
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    case.code = code = process.returncode
    text = errors.read_bytes().decode("utf-8", "replace")
    if shows:
        print(output.read_bytes().decode("utf-8", "backslashreplace")[:4000])
        print(text[:4000], file=sys.stderr)
        print(f"exit code {code}", file=sys.stderr)
    if hangs:
        return f"did not end within {limit} s, nor by SIGINT"
    early = case.interrupt and code in (-signal.SIGINT, -signal.SIGTERM)
    if code < 0 and not early:
        return f"died of signal {-code}: {text[-300:]}"
    if code not in CODES and not early:
        return f"exit code {code}: {text[-300:]}"
    if code != 0 and not early and not text.strip() and 2 not in case.closed and not case.limits:
        return f"exit code {code} without a word"
    if "Fatal error" in text or "Stack dump" in text:
        return f"a crash: {text[-300:]}"
    return leftovers(case, folder, before, code)


def leftovers(case, folder, before, code):
    after = snapshot(folder)
    # A file, or a link to it, may have been named as an output.
    home = os.fsencode(folder)
    named = {os.path.realpath(os.path.join(home, word)) for word in case.arguments if b"\0" not in word}
    for name, data in before.items():
        if name not in after:
            return f"{name!r} is gone"
        path = folder / os.fsdecode(name)
        if after[name] == data:
            continue
        real = os.path.realpath(os.fsencode(path))
        # Beside an output lies its recipe; a folder may have been named.
        if not named & {real, real.removesuffix(b".recipe.json"), os.path.dirname(real)}:
            return f"{name!r} was changed"
        if whole(path) is False:
            return f"{name!r} is not whole"
    for name in after.keys() - before.keys():
        path = folder / os.fsdecode(name)
        if name.startswith(b"home/"):
            continue
        partial = path.name.endswith(".partial") or path.name in RESUMABLE
        if partial and path.name not in RESUMABLE and b"evaluate" not in case.arguments:
            return f"{name!r} is left"
        if partial and code == 0:
            return f"{name!r} is left by a command that was done"
        if not partial and path.name != "log.csv" and path.name != "log.jsonl" and whole(path) is False:
            return f"{name!r} is not whole"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seer", required=True)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=60, help="seconds that a command may take")
    parser.add_argument("--work", default=".build/fuzz-commands")
    parser.add_argument("--case", type=int, help="run this one case and show what it prints")
    parser.add_argument("--keep-going", action="store_true", help="do not end at the first failure")
    o = parser.parse_args()
    seer = os.path.abspath(o.seer)
    work = pathlib.Path(o.work).absolute()
    inputs = prepare(seer, work)
    options = parsed_options(seer)
    if o.case is not None:
        case = Case(o.seed, o.case, options)
        print(case.line())
        problem = run(case, seer, inputs, work / "case", o.limit, shows=True)
        sys.exit(problem)
    kept = work / f"seed-{o.seed}"
    number = int(kept.read_text()) if kept.exists() else 0
    first, failures, codes = number, 0, {}
    end = time.monotonic() + o.seconds
    while time.monotonic() < end:
        case = Case(o.seed, number, options)
        problem = run(case, seer, inputs, work / "case", o.limit)
        codes[case.code] = codes.get(case.code, 0) + 1
        number += 1
        kept.write_text(str(number))
        if problem:
            failures += 1
            print(f"case {number - 1}: {case.line()}\n  {problem}", flush=True)
            if not o.keep_going:
                break
    ends = ", ".join(f"{count} with {code}" for code, count in sorted(codes.items(), key=str))
    print(f"seed {o.seed}: cases {first} to {number - 1} ended {ends}; {failures} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
