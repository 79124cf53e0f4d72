#!/usr/bin/env bash
# The main job on the default model, end to end: extract, project, generate, look at the map.
# usage: smoke.sh PATH-OF-SEER
set -euo pipefail

seer=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$seer" --version
"$seer" model smollm2 --json | grep -q '"layers":30'
"$seer" extract --model smollm2 --concepts samples/concepts.csv --limit 48 --run "$work/run" --json
"$seer" project --run "$work/run" --layer 24 --method pca --output "$work/map.csv" --json
[ "$(wc -l <"$work/map.csv")" = 49 ]
"$seer" generate --model smollm2 --template plain --prompt "The capital of France is" --tokens 4 \
  --json | tee "$work/generated.json"
grep -q Paris "$work/generated.json"
printf '%s\n' 'wait idle' 'key l' 'wait idle' "save-screen $work/screen.txt" quit >"$work/keys"
"$seer" explore --run samples/run-base --script "$work/keys"
cat "$work/screen.txt"
grep -q privacy "$work/screen.txt"
