#!/usr/bin/env bash
# Shows that another package can depend on this one by version: a clone of the last commit with a
# tag, and a package of one file that takes SeerCore from it. SwiftPM refuses such a dependency
# where a target has flags of its own (unsafeFlags).
# usage: check-dependency.sh
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet --bare "$root" "$work/seer.git"
git -C "$work/seer.git" tag 99.0.0 HEAD

mkdir -p "$work/consumer/Sources/consumer"
cat >"$work/consumer/Package.swift" <<EOF
// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "consumer",
  dependencies: [.package(url: "file://$work/seer.git", from: "99.0.0")],
  targets: [
    .executableTarget(
      name: "consumer", dependencies: [.product(name: "SeerCore", package: "seer")])
  ]
)
EOF
cat >"$work/consumer/Sources/consumer/main.swift" <<'EOF'
import LinearAlgebra
import SeerProjection

let square = Matrix(rows: 4, columns: 2) { Float(($0 + $1) % 4 / 2) }
print(square.copy().values == square.values ? "copied" : "not copied")
EOF
# Without the flag that makes warnings errors in our own runs, as another package would have it.
found=$(env -u SEER_STRICT swift run --package-path "$work/consumer" --quiet 2>"$work/errors") || {
  cat "$work/errors" >&2
  echo "seer: found a package that cannot be depended on, wanted one that builds (above)." >&2
  exit 65
}
[ "$found" = copied ] || {
  echo "seer: found '$found', wanted 'copied' from a package that depends on this one." >&2
  exit 65
}
echo "A package that depends on version 99.0.0 builds and runs."
