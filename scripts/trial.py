#!/usr/bin/env python3
"""A newcomer's first hour, in a bare Debian 12: what README says, command by command, timed.

usage: trial.py --swift FOLDER --work FOLDER [--only newcomer,deb,container] [--ca FILE] [--keep]

newcomer   the toolchain's packages as swift.org lists them, then every command of README in its order
deb        `make deb`, its package into a root of its own by apt, the program run, removed again
container  the steps of the Containerfile, each in a root made by debootstrap

Wants root, debootstrap, and a Swift toolchain, which is bound into the root. Each part begins with a copy of
the same bare root; nothing is installed that README, the Makefile or the Containerfile does not say. The
explorer gets a terminal of 80 x 24 and is left with `q` when its screen stands still. Started again after a
kill, it goes on after the last command that ended well. --ca and --also name what this machine's network wants.
Exit code 1: something failed.
"""
import argparse
import fcntl
import importlib
import json
import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
docs = importlib.import_module("check-docs")
# What swift.org tells to install before the toolchain on Debian 12.
TOOLCHAIN = (
    "binutils-gold gcc git libcurl4-openssl-dev libedit-dev libicu-dev libncurses-dev libpython3-dev "
    "libsqlite3-dev libxml2-dev pkg-config tzdata uuid-dev ca-certificates")
SCREEN = b"\x1b[?1049h"


class Root:
    """A Debian of its own."""

    def __init__(self, options, name, toolchain=True):
        self.options = options
        self.toolchain = toolchain
        self.path = options.work / name
        # What was done before a kill, in its order.
        self.log = options.work / f"{name}.done"
        self.done = self.log.read_text().splitlines() if self.log.exists() and self.path.exists() else []
        if self.done:
            return
        base, made = options.work / "base", options.work / "base.made"
        if not made.exists():
            shutil.rmtree(base, ignore_errors=True)
            subprocess.run(
                ["debootstrap", "--variant=minbase", "bookworm", str(base), options.mirror], check=True,
                stdout=subprocess.DEVNULL)
            made.touch()
        shutil.rmtree(self.path, ignore_errors=True)
        self.log.unlink(missing_ok=True)
        subprocess.run(["cp", "-a", str(base), str(self.path)], check=True)
        shutil.copy("/etc/resolv.conf", self.path / "etc/resolv.conf")
        if options.ca:
            shutil.copy(options.ca, self.path / "etc/ca.crt")
        for path in options.also or ():
            subprocess.run(["cp", "-a", "--parents", path, str(self.path)], check=True)

    def environment(self, more):
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        certificates = {
            name: "/etc/ca.crt" for name in
            ("SSL_CERT_FILE", "PIP_CERT", "GIT_SSL_CAINFO", "CURL_CA_BUNDLE") if self.options.ca}
        return {
            "PATH": f"{path}:{self.options.swift}/usr/bin", "HOME": "/root", "TERM": "xterm-256color",
            "LANG": "C.UTF-8", "USER": "root", **certificates, **more}

    def mounted(self, command, folder):
        """The command line that runs a command in the root, its mounts gone when it ends."""
        swift, root = self.options.swift, self.path
        bind = f"mkdir -p {root}{swift} && mount --bind {swift} {root}{swift} && " if self.toolchain else ""
        script = (
            f"{bind}mount --rbind /dev {root}/dev && mount -t proc proc {root}/proc && exec chroot {root} "
            + shlex.join(["/bin/bash", "-c", f"cd {shlex.quote(folder)} && {command}"]))
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", script]

    def run(self, command, folder="/root", wanted=0, limit=1400, **more):
        """Runs a command on a terminal; says what it took, fails where it ends otherwise."""
        if self.done:
            print(self.done.pop(0), flush=True)
            return None
        began = time.monotonic()
        process, terminal = pty.fork()
        if process == 0:
            os.execvpe("unshare", self.mounted(command, folder), self.environment(more))
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        output = b""
        screen = None
        while True:
            ready, _, _ = select.select([terminal], [], [], 1.5)
            now = time.monotonic()
            if ready:
                try:
                    piece = os.read(terminal, 1 << 16)
                except OSError:
                    piece = b""
                if not piece:
                    break
                output += piece
                if screen is None and SCREEN in output[-len(piece) - len(SCREEN):]:
                    screen = now - began
            elif screen is not None:
                os.write(terminal, b"q")
            if now - began > limit:
                os.kill(process, signal.SIGKILL)
                break
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        os.close(terminal)
        seconds = time.monotonic() - began
        shown = f", its screen after {screen:.1f} s" if screen is not None else ""
        line = f"{seconds:7.1f} s  {command}{shown}"
        print(line, flush=True)
        text = output.decode(errors="replace")
        if code != wanted:
            raise AssertionError(f"{command}: ended with {code}, wanted {wanted}\n{text[-3000:]}")
        with open(self.log, "a") as file:
            file.write(line + "\n")
        return text

    def clone(self, folder):
        """The checkout's last commit, as `git clone` gives it."""
        target = f"{self.path}{folder}"
        if os.path.exists(f"{target}/.git"):
            return
        subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{ROOT}", target], check=True)

    def packages(self, names):
        self.run(
            "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "
            f"--no-install-recommends {names} >/dev/null")

    def close(self):
        """Takes the root away; called where all is done, since what failed is looked at or goes on."""
        self.log.unlink(missing_ok=True)
        if not self.options.keep:
            shutil.rmtree(self.path)


def newcomer(options):
    """README from its first command to its last."""
    root = Root(options, "newcomer")
    root.packages(TOOLCHAIN + " make")
    root.clone("/root/seer")
    # The texts that a newcomer brings.
    docs.write_rows(root.path / "root/seer/my.csv", every=2)
    for _, command in docs.Page("README.md").commands():
        if command in (options.skip or ()):
            print(f"   skipped  {command}", flush=True)
        else:
            root.run(command, "/root/seer")
    root.run("seer doctor | grep -q 'models .*smollm2'", "/root/seer")
    doctor(root)
    root.close()


def doctor(root):
    """It ends with 0 whatever is missing."""
    for lack in (
        "env -u HOME", "env -i", "env HOME=/nowhere XDG_CACHE_HOME=/nowhere", "env TERM=unheard-of",
        "env -u TERM", "env SEER_THREADS=1 LANG=C",
    ):
        root.run(f"{lack} $(command -v seer) doctor")
        root.run(f"{lack} $(command -v seer) doctor --json </dev/null 2>&1 | cat; exit ${{PIPESTATUS[0]}}")


def deb(options):
    """The package is built in one root and installed in a bare one."""
    builder = Root(options, "builder")
    builder.packages(TOOLCHAIN + " make")
    builder.clone("/root/seer")
    builder.run("make deb", "/root/seer")
    [package] = (builder.path / "root/seer/.build/deb").glob("seer_*.deb")
    shutil.copy(package, options.work / package.name)
    root = Root(options, "installed", toolchain=False)
    shutil.copy(options.work / package.name, root.path / "root" / package.name)
    root.run("apt-get update -qq")
    root.run(f"DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ./{package.name} >/dev/null")
    installed(root)
    root.run("DEBIAN_FRONTEND=noninteractive apt-get remove -y -qq seer >/dev/null")
    root.run("! command -v seer && ! ls -d /usr/share/seer")
    root.close()
    builder.close()


def installed(root):
    """The program runs without a toolchain; its sample, manual and completions are found."""
    root.run("seer --version")
    root.run("seer doctor | grep -q 'sample .*/usr/share/seer/samples'", "/")
    root.run("seer explore", "/")
    root.run("seer project --run /usr/share/seer/samples/run-base --layer 24 --output /tmp/map.csv", "/")
    root.packages("man-db")
    root.run("man -P cat seer-extract | grep -q SYNOPSIS")
    root.run("bash -n /usr/share/bash-completion/completions/seer")
    doctor(root)


def container(options):
    """The steps of the Containerfile, in roots that debootstrap makes."""
    steps = re.sub(r"\\\n\s*", " ", (ROOT / "Containerfile").read_text()).splitlines()
    roots = {}
    root, entry, folder, environment = None, None, "/", {}
    for step in steps:
        word, _, rest = step.strip().partition(" ")
        if word in ("", "#"):
            continue
        if word == "FROM":
            name = rest.split(" AS ")[1].strip() if " AS " in rest else f"stage-{len(roots)}"
            root = roots[name] = Root(options, f"container-{name}", toolchain="swift" in rest)
            folder, environment = "/", {}
            if "swift" in rest:
                # What the image of the toolchain holds beside it.
                root.packages(TOOLCHAIN)
        elif word == "RUN":
            root.run(rest, folder, **environment)
        elif word == "WORKDIR":
            folder = rest
        elif word == "COPY" and rest == ". .":
            root.clone(folder)
        elif word == "COPY" and (match := re.match(r"--from=(\w+) (\S+) (\S+)$", rest)):
            source, target = f"{roots[match[1]].path}{match[2]}", f"{root.path}{match[3]}"
            os.makedirs(target if target.endswith("/") else os.path.dirname(target), exist_ok=True)
            subprocess.run(f"cp -a {source} {target}", shell=True, check=True)
        elif word == "ENV":
            environment.update(pair.split("=", 1) for pair in shlex.split(rest))
        elif word == "ENTRYPOINT":
            entry = shlex.join(json.loads(rest))
        else:
            raise AssertionError(f"Containerfile: a step that is not understood here: {step}")
    sample = "--run /usr/share/seer/samples/run-base --layer 24"
    for words in ("--version", "", f"score {sample} 'He was beaten badly.'", "doctor"):
        root.run(f"{entry} {words}", **environment)
    for root in roots.values():
        root.close()


PARTS = [newcomer, deb, container]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--swift", type=pathlib.Path, help="the toolchain's folder, which has usr/bin/swift")
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--only", help="parts in the order wanted, separated by commas")
    parser.add_argument("--mirror", default="http://deb.debian.org/debian")
    parser.add_argument("--ca", help="certificates that this machine's network wants")
    parser.add_argument("--also", action="append", help="a file or folder of its own that it wants too: a mirror")
    parser.add_argument("--skip", action="append", help="a command of README not to run: 'make test' takes longest")
    parser.add_argument("--keep", action="store_true", help="keep the roots")
    options = parser.parse_args()
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    if not options.swift:
        found = shutil.which("swift")
        if not found:
            parser.error("found no swift; name its folder by --swift")
        options.swift = pathlib.Path(found).resolve().parents[2]
    for program in ("debootstrap", "unshare", "chroot"):
        if not shutil.which(program):
            sys.exit(f"trial: found no {program}, wanted it to make a bare Debian. Install it.")
    if os.geteuid() != 0:
        sys.exit("trial: found a user who is not root, wanted root for chroot.")
    chosen = options.only.split(",") if options.only else [part.__name__ for part in PARTS]
    failed = 0
    parts = {part.__name__: part for part in PARTS}
    if unknown := set(chosen) - set(parts):
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")
    for part in (parts[name] for name in chosen):
        print(f"== {part.__name__}", flush=True)
        try:
            part(options)
        except (AssertionError, subprocess.CalledProcessError) as problem:
            failed += 1
            print(f"{part.__name__}: FAILED: {problem}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
