#!/usr/bin/env bash
# Times our projection and its peers in turn on the same matrices, and judges all layouts by one
# definition of the divergence.
#
# usage: PEERS=FOLDER [PYTHON=python3] scripts/compare-projection.sh MATRIX.npy ...
#   PEERS   folder with project_peers.py and exact_kl.py (they need scikit-learn and openTSNE)
#   RUNS    how many of our maps are timed (the fastest counts), default 3
set -euo pipefail
: "${PEERS:?set PEERS to the folder with project_peers.py and exact_kl.py}"
python=${PYTHON:-python3}
runs=${RUNS:-3}
if [ $# -eq 0 ]; then
  sed -n '2,8s/^# \{0,1\}//p' "$0"
  exit 64
fi

root=$(cd "$(dirname "$0")/.." && pwd)
make -C "$root" bench-build >&2
bench=$root/.build/release/ProjectionBenchmark
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for matrix in "$@"; do
  echo "== $matrix"
  "$bench" pca "$matrix" | tail -1
  best=
  for _ in $(seq "$runs"); do
    line=$("$bench" tsne "$matrix" "$work/ours.csv" | tail -1)
    seconds=$(awk '{ print $2 }' <<<"$line")
    best=$(awk -v a="${best:-$seconds}" -v b="$seconds" 'BEGIN { print a < b ? a : b }')
  done
  judged=$("$python" "$PEERS/exact_kl.py" "$matrix" "$work/ours.csv" | awk '{ print $NF }')
  echo "ours: $best s, exact KL $judged"
  # Lines like "openTSNE bh 1.74 s own KL 1.1514 exact KL 1.1488".
  "$python" "$PEERS/project_peers.py" "$matrix" | tee "$work/peers.txt" | grep -v "exact KL" || true
  grep "exact KL" "$work/peers.txt" | awk -v ours="$best" -v judged="$judged" '{
    for (i = 2; i <= NF; i++) if ($i == "s" && $(i + 1) == "own") seconds = $(i - 1)
    printf "%s\n  ours takes %.3f of its time, KL %+.4f\n", $0, ours / seconds, judged - $NF
  }'
done
