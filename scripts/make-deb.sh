#!/usr/bin/env bash
# Makes a Debian package of a program that was built with the standard library in it.
# usage: make-deb.sh SEER FOLDER        writes FOLDER/seer_VERSION_ARCH.deb
# The package is for the release it is made on (and those with the same libraries): what it depends on
# is read from the program by dpkg-shlibdeps.
set -euo pipefail
[ $# = 2 ] || { sed -n 2,5p "$0" >&2; exit 64; }
program=$(realpath "$1")
mkdir -p "$2"
output=$(realpath "$2")
cd "$(dirname "$0")/.."

for tool in dpkg-deb dpkg-shlibdeps; do
  command -v $tool >/dev/null || {
    echo "seer: found no $tool, wanted it to make a package. Install it: apt-get install dpkg-dev" >&2
    exit 66
  }
done
# The packages that it may depend on hold no Swift.
if readelf -d "$program" | grep 'NEEDED.*libswift' >/dev/null; then
  echo "seer: $program: found a program that wants Swift's libraries, wanted one built with --static-swift-stdlib. make deb builds it." >&2
  exit 65
fi
version=$("$program" --version | sed -E 's/^seer ([0-9.]+).*/\1/')
architecture=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/seer
DESTDIR=$tree scripts/install.sh "$program" /usr
find "$tree/usr/share/man" -name '*.1' -exec gzip -9n {} +
mkdir -p "$tree/usr/share/doc/seer"
cp LICENSE "$tree/usr/share/doc/seer/copyright"

# dpkg-shlibdeps wants to stand in a source package.
mkdir -p "$work/source/debian" "$tree/DEBIAN"
printf 'Source: seer\n\nPackage: seer\nArchitecture: any\n' >"$work/source/debian/control"
depends=$(cd "$work/source" && dpkg-shlibdeps -O "$tree/usr/bin/seer" | sed -n 's/^shlibs:Depends=//p')

cat >"$tree/DEBIAN/control" <<CONTROL
Package: seer
Version: $version
Architecture: $architecture
Maintainer: Seer's authors
Section: science
Priority: optional
Installed-Size: $(du -sk "$tree/usr" | cut -f1)
Depends: $depends
Recommends: ncurses-term
Description: explorer of what language models think, in the terminal
 Seer reads a language model, keeps the hidden states of every layer for
 labelled texts, draws them as maps, trains adapters that pull concepts
 apart, and scores concepts on every token.
CONTROL
dpkg-deb --root-owner-group --build "$tree" "$output/seer_${version}_$architecture.deb"
