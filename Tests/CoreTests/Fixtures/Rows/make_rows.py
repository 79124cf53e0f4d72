#!/usr/bin/env python3
"""Writes the same rows in every form that concept files come in, by pandas, csv, json and gzip of
Python and the zstd command, and what is to be read from them (expected.json).

usage: make_rows.py [FOLDER]
needs: pandas, zstd
"""
import csv
import gzip
import io
import json
import os
import subprocess
import sys

import pandas

FOLDER = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
COLUMNS = ["prompt", "response", "value", "split"]
WESTERN = [
    ["Is the café open?", "Yes – until “late”.", "place", "train"],
    ["Say \"hi\", please; or don't.", "Hi,\nand good-bye\tnow.", "greeting", "train"],
    ["Price | cost: 5 €?", None, "money", "test"],
    ["  blanks stay  ", "\\n is no newline, 1.50 no number", "form", "test"],
    ["ßüéñ", "", "greeting", "train"],
    ["1,5", "true", "money", "test"],
]
TEXTS = WESTERN + [["日本語 \U0001F408 \u2028 é e\u0301", "\u0000\u0001 \"\"", "form", "train"]]
expected = {}


def write(name, data, rows):
    if isinstance(data, str):
        data = data.encode()
    with open(os.path.join(FOLDER, name), "wb") as file:
        file.write(data)
    # An empty text is none.
    expected[name] = [[cell or None for cell in row] for row in rows]


def delimited(rows, **options):
    text = io.StringIO()
    writer = csv.writer(text, **options)
    writer.writerow(COLUMNS)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return text.getvalue()


def objects(rows):
    return [dict(zip(COLUMNS, row)) for row in rows]


def main():
    frame = pandas.DataFrame(TEXTS, columns=COLUMNS)
    lines = "".join(json.dumps(row) + "\n" for row in objects(TEXTS))
    write("lines.jsonl", lines, TEXTS)
    write("utf8.ndjson", "\ufeff" + "".join(
        json.dumps(row, ensure_ascii=False) + "\r\n" for row in objects(TEXTS)), TEXTS)
    write("joined.json", lines.replace("\n", ""), TEXTS)
    write("indented.jsonl", "\n".join(json.dumps(row, indent=2) for row in objects(TEXTS)), TEXTS)
    write("list.json", json.dumps(objects(TEXTS), indent=1), TEXTS)
    write("list-without-a-name", json.dumps(objects(TEXTS)), TEXTS)
    write("wrapped.json", json.dumps({"version": "1", "rows": objects(TEXTS)}), TEXTS)
    write("lists.json", json.dumps(frame.astype(object).where(frame.notna(), None)
                                   .to_dict(orient="list")), TEXTS)
    for orient in ["columns", "index", "split", "table", "records"]:
        write(f"pandas-{orient}.json", frame.to_json(orient=orient), TEXTS)
    write("pandas-lines.jsonl", frame.to_json(orient="records", lines=True), TEXTS)
    write("pandas.csv", frame.to_csv(), TEXTS)

    # Python's csv does not quote a carriage return or a zero by itself, but all fields at once.
    write("comma.csv", delimited(TEXTS, quoting=csv.QUOTE_ALL), TEXTS)
    write("tab.tsv", delimited(WESTERN, delimiter="\t"), WESTERN)
    write("semicolon.csv", delimited(WESTERN, delimiter=";"), WESTERN)
    write("pipe.txt", delimited(WESTERN, delimiter="|", lineterminator="\n"), WESTERN)
    write("declared.csv", "sep=^\r\n" + delimited(WESTERN, delimiter="^"), WESTERN)
    write("spaced.csv", "".join(
        ", ".join('"' + (cell or "").replace('"', '""') + '"' for cell in row) + "\n"
        for row in [COLUMNS] + WESTERN), WESTERN)
    plain = delimited(WESTERN, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    write("trailing.csv", plain.replace("\"\r\n", "\",,\r\n"), WESTERN)
    write("blank-rows.csv", ",,,\r\n" + plain.replace(
        "\"money\",\"test\"\r\n", "\"money\",\"test\"\r\n,,,\r\n\r\n") + ",,,\r\n , ,,\r\n", WESTERN)

    write("marked-le.txt", delimited(TEXTS, delimiter="\t", quoting=csv.QUOTE_ALL)
          .encode("utf-16"), TEXTS)
    write("marked-be.csv", b"\xfe\xff" + delimited(TEXTS, quoting=csv.QUOTE_ALL)
          .encode("utf-16-be"), TEXTS)
    write("unmarked-le.csv", delimited(WESTERN).encode("utf-16-le"), WESTERN)
    write("unmarked-be.jsonl", "".join(
        json.dumps(row, ensure_ascii=False) + "\n" for row in objects(TEXTS)).encode("utf-16-be"),
        TEXTS)
    write("windows.csv", delimited(WESTERN).encode("cp1252"), WESTERN)
    write("windows.jsonl", "".join(
        json.dumps(row, ensure_ascii=False) + "\n" for row in objects(WESTERN)).encode("cp1252"),
        WESTERN)

    half = len(lines) // 2
    write("lines.jsonl.gz", gzip.compress(lines.encode(), mtime=0), TEXTS)
    write("members.gz", gzip.compress(lines[:half].encode(), mtime=0)
          + gzip.compress(lines[half:].encode(), mtime=0) + bytes(512), TEXTS)

    def zstd(text):
        return subprocess.run(["zstd", "-q", "-c"], input=text.encode(), check=True,
                              capture_output=True).stdout

    write("frames.jsonl.zst", zstd(lines[:half]) + bytes([0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3])
          + zstd(lines[half:]), TEXTS)
    write("semicolon.csv.zst", zstd(delimited(WESTERN, delimiter=";")), WESTERN)

    with open(os.path.join(FOLDER, "expected.json"), "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=0)
        file.write("\n")


main()
