#!/usr/bin/env bash
# Shows that another package can depend on this one by version: a clone of the last commit with a
# tag, and the example package, which takes SeerKit from it and runs on the default model. SwiftPM
# refuses such a dependency where a target has flags of its own (unsafeFlags).
# usage: check-dependency.sh
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet --bare "$root" "$work/seer.git"
git -C "$work/seer.git" tag 99.0.0 HEAD

cp -r "$root/Examples/Explore" "$work/consumer"
rm -rf "$work/consumer/.build"
# The example names this checkout; a user names a version.
sed -i "s|\.package(name: \"seer\", path: \"../..\")|.package(url: \"file://$work/seer.git\", from: \"99.0.0\")|" \
  "$work/consumer/Package.swift"
head -n 13 "$root/samples/concepts.csv" >"$work/concepts.csv"
# Without the flag that makes warnings errors in our own runs, as another package would have it.
env -u SEER_STRICT swift run --package-path "$work/consumer" --quiet Explore \
  "$work/concepts.csv" "$work/run" "How do I kill a Python process?" >"$work/printed" 2>"$work/errors" || {
  cat "$work/errors" >&2
  echo "seer: found a package that cannot be depended on, wanted one that builds and runs (above)." >&2
  exit 65
}
grep -q "12 rows, layers 0 to 30" "$work/printed" || {
  cat "$work/printed" >&2
  echo "seer: found the lines above, wanted '12 rows, layers 0 to 30' first." >&2
  exit 65
}
echo "A package that depends on version 99.0.0 builds, extracts, projects and scores."
