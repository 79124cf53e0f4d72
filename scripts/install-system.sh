#!/usr/bin/env bash
# Installs the Debian/Ubuntu packages that are missing: for building, or also for testing, MPI, installing or
# packing; for the default model.
# usage: install-system.sh build|test|mpi|install|deb|model
set -euo pipefail

missing=()
want() {  # want PACKAGE TEST...: the package is needed unless the test succeeds
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

if ! command -v swift >/dev/null; then
  echo "seer: found no Swift compiler, wanted Swift 6 or later. Install it from https://swift.org/install" >&2
  exit 66
fi
case ${1:-build} in
  build | test | mpi | install | deb)
    ncurses=libncursesw5-dev
    # Newer releases have only the package that Debian's older name stands for.
    apt-cache show "$ncurses" >/dev/null 2>&1 || ncurses=libncurses-dev
    want "$ncurses" test -e /usr/include/ncursesw/curses.h
    want pkg-config command -v pkg-config
    want libopenblas-dev pkg-config --exists openblas
    want libpcre2-dev pkg-config --exists libpcre2-8
    want libssl-dev pkg-config --exists libcrypto
    want libpng-dev pkg-config --exists libpng
    want zlib1g-dev pkg-config --exists zlib
    want libzstd-dev pkg-config --exists libzstd
    want libutf8proc-dev pkg-config --exists libutf8proc
    ;;
esac
case ${1:-build} in
  test) want tmux command -v tmux ;;
  mpi)
    want libopenmpi-dev pkg-config --exists ompi-c
    want openmpi-bin command -v mpirun
    ;;
  install) want python3 command -v python3 ;;
  deb)
    # Foundation, which the program then carries, is partly in C++.
    want g++ sh -c 'gcc -print-file-name=libstdc++.so | grep /'
    want python3 command -v python3
    want dpkg-dev command -v dpkg-shlibdeps
    ;;
  model)
    want python3 command -v python3
    want python3-pip python3 -m pip --version
    want ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
    ;;
esac
((${#missing[@]})) || exit 0

command -v apt-get >/dev/null || {
  echo "seer: found no apt-get, wanted the packages ${missing[*]}. Install what your system calls them, then try again." >&2
  exit 66
}
sudo=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || {
    echo "seer: found neither root nor sudo, wanted the packages ${missing[*]}. Ask an administrator for: apt-get install ${missing[*]}" >&2
    exit 66
  }
  sudo=(sudo)
fi
echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
