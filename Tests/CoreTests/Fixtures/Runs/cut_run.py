"""Cuts the first rows of each concept out of a run folder: `cut_run.py RUN OUTPUT ROWS`.

run-0.1-base and run-0.1-tuned were cut so, one row a concept, out of the sample that version 0.1
recorded: states are its bytes, run.json is its text but for the number of rows. Needs numpy and safetensors.
"""
import csv
import json
import pathlib
import sys

from safetensors.numpy import load_file, save_file

run, output, wanted = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
with open(run / "rows.csv", newline="") as file:
    head, *rows = csv.reader(file)
concept = head.index("concept")
seen, kept = {}, []
for index, row in enumerate(rows):
    seen[row[concept]] = seen.get(row[concept], 0) + 1
    if seen[row[concept]] <= wanted:
        kept.append(index)
output.mkdir()
with open(output / "rows.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([str(number), *rows[index][1:]] for number, index in enumerate(kept))
states = load_file(run / "states.safetensors")["states"][:, kept]
save_file({"states": states}, output / "states.safetensors")
text = (run / "run.json").read_text()
old = json.loads(text)["rows"]
(output / "run.json").write_text(text.replace(f'"rows" : {old}', f'"rows" : {len(kept)}'))
