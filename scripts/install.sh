#!/usr/bin/env bash
# Installs a built program with its samples, manual and shell completions.
# usage: install.sh SEER PREFIX        (DESTDIR= is put before PREFIX, as packages want it)
set -euo pipefail
[ $# = 2 ] || { sed -n 2,3p "$0" >&2; exit 64; }
cd "$(dirname "$0")/.."
program=$1
prefix=${DESTDIR:-}$2

install -D -m 755 -s "$program" "$prefix/bin/seer"
mkdir -p "$prefix/share/seer" "$prefix/share/man/man1"
rm -rf "$prefix/share/seer/samples"
cp -R samples "$prefix/share/seer/samples"
"${PYTHON:-python3}" scripts/make-manual.py "$program" "$prefix/share/man/man1"
complete() { # complete SHELL FILE
  mkdir -p "$(dirname "$prefix/share/$2")"
  "$program" --generate-completion-script "$1" >"$prefix/share/$2"
}
complete bash bash-completion/completions/seer
complete zsh zsh/site-functions/_seer
complete fish fish/vendor_completions.d/seer.fish
