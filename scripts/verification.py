"""What the scripts that measure trainings share: commands whose JSON is kept, rows of files, tables of Markdown."""
import csv
import json
import os
import subprocess
import sys


def seer(o, name, *arguments):
    """What `seer ... --json` prints, kept as NAME.json in the folder `o.work`; what is there is not made again."""
    path = f"{o.work}/{name}.json"
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        command = [o.seer, *(str(a) for a in arguments), "--json"]
        print("  " + " ".join(command), file=sys.stderr, flush=True)
        with open(path + ".partial", "w") as file:
            status = subprocess.run(command, stdout=file).returncode
        if status != 0:
            sys.exit(f"{os.path.basename(sys.argv[0])}: found exit status {status} of: {' '.join(command)}")
        os.rename(path + ".partial", path)
    with open(path) as file:
        return json.load(file)


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def save(path, rows, columns):
    """Writes the columns of the rows, unless the file is there."""
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".partial", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        os.rename(path + ".partial", path)
    return path


def write_text(path, text):
    """Writes a file whole or not at all."""
    with open(path + ".partial", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".partial", path)
    return path


def thinned(rows, count):
    """At most `count` of the rows, evenly spaced."""
    return rows if not count or len(rows) <= count else [rows[i * len(rows) // count] for i in range(count)]


def unique(rows):
    """The last row of every prompt."""
    return list({row["prompt"]: row for row in rows}.values())


def unseen_harmful(data):
    """A row of every prompt that has an unsafe answer in the test file and does not stand in the training file."""
    known = {row["prompt"] for row in read(f"{data}/safety-binary-train.csv")}
    rows = read(f"{data}/safety-binary-test.csv")
    return unique([row for row in rows if row["value"] == "unsafe" and row["prompt"] not in known])


def last_fifth(path):
    """The texts that no training sees: `seer train` holds out the last fifth of its retain rows."""
    rows = read(path)
    return rows[len(rows) - len(rows) // 5:]


def table(header, rows):
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header),
            *("| " + " | ".join(str(c) for c in row) + " |" for row in rows), ""]
