#!/usr/bin/env bash
# Writes the pages of the published products with DocC, from the modules of a build; every warning of
# DocC is an error, such as a link to a symbol that is not there.
# usage: api-docs.sh BUILD FOLDER        BUILD: such as .build/release; writes FOLDER/SeerKit.doccarchive
set -euo pipefail
[ $# = 2 ] || { sed -n 2,4p "$0" >&2; exit 64; }
build=$(realpath "$1")
mkdir -p "$2"
output=$(realpath "$2")
cd "$(dirname "$0")/.."

# The C modules that the Swift ones were compiled with.
maps=()
for map in Sources/C*/module.modulemap "$build"/C*.build/module.modulemap; do
  maps+=(-Xcc "-fmodule-map-file=$map")
done
target=$(swift -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)".*/\1/p')
for module in LinearAlgebra SeerKit; do
  graphs=$output/$module.symbols
  rm -rf "$graphs" "$output/$module.doccarchive"
  mkdir -p "$graphs"
  swift symbolgraph-extract -module-name "$module" -I "$build/Modules" -target "$target" \
    -minimum-access-level public -skip-synthesized-members "${maps[@]}" -output-dir "$graphs"
  catalog=Sources/$module/$module.docc
  [ -d "$catalog" ] || catalog=
  docc convert $catalog --additional-symbol-graph-dir "$graphs" --warnings-as-errors \
    --fallback-display-name "$module" --fallback-bundle-identifier "$module" \
    --output-path "$output/$module.doccarchive"
done
