"""Random keys, mouse and resizes on the real binary, through a pseudo-terminal.

    python3 Benchmarks/terminal/soak.py .build/release/seer samples/run-base --seconds 600 --seed 1

Exits 1, with the seed and the last input, where the program ends by itself, grows, stops answering,
or leaves the terminal in disorder.
"""

import argparse
import fcntl
import os
import pty
import random
import select
import struct
import sys
import tempfile
import termios
import time

# Leaving is for the end: no q, Ctrl-c, Ctrl-z.
KEYS = [bytes([c]) for c in range(33, 127) if chr(c) != "q"] + [
    b" ", b"\r", b"\t", b"\x1b", b"\x7f", b"\x04", b"\x15", b"\x12", b"\x0c", b"\x10", b"\x0e",
    b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D", b"\x1bOP", b"\x1b[H", b"\x1b[F", b"\x1b[5~",
    b"\x1b[6~", b"\x1b[1;2A", b"\x1b[1;2B", b"\x1b[1;2C", b"\x1b[1;2D", b"\x1b[Z",
    "é".encode(), "日".encode(),
]  # fmt: skip


def resident(child):
    for line in open(f"/proc/{child}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("run")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    binary, run = os.path.abspath(arguments.binary), os.path.abspath(arguments.run)
    folder = tempfile.TemporaryDirectory()
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder.name)
        os.environ.update(
            TERM="xterm-256color", LANG="C.UTF-8", HOME=folder.name, XDG_STATE_HOME=folder.name,
            XDG_CONFIG_HOME=folder.name, SWIFT_BACKTRACE="interactive=no",
        )
        os.execv(binary, [binary, "explore", "--run", run])
    width, height = 80, 24

    def resize():
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    resize()
    before, last, count, output = None, b"", 0, b""
    begun = time.monotonic()

    def drain(quiet):
        nonlocal output
        got = 0
        while select.select([terminal], [], [], quiet)[0]:
            try:
                data = os.read(terminal, 1 << 16)
            except OSError:
                return -1
            if not data:
                return -1
            output = (output + data)[-65536:]
            got += len(data)
        return got

    def fail(reason):
        print(f"soak: {reason} (seed {arguments.seed}, input {count}: {last!r})", file=sys.stderr)
        print(output[-1500:].decode(errors="replace"), file=sys.stderr)
        sys.exit(1)

    drain(1.0)
    while time.monotonic() - begun < arguments.seconds:
        kind = chance.random()
        if kind < 0.03:
            width, height = chance.randint(1, 250), chance.randint(1, 70)
            resize()
            last = f"{width}x{height}".encode()
        elif kind < 0.3:
            x, y = chance.randint(1, width), chance.randint(1, height)
            button = chance.choice([0, 0, 2, 32, 32, 34, 64, 65])
            last = f"\x1b[<{button};{x};{y}{chance.choice('MMm')}".encode()
            os.write(terminal, last)
        else:
            last = chance.choice(KEYS)
            os.write(terminal, last)
        count += 1
        # Bursts: only some inputs wait for their answer.
        if chance.random() < 0.2 and drain(0.005) < 0:
            fail("the program ended")
        if count % 2000 == 0:
            now = resident(child)
            if before is None and time.monotonic() - begun > arguments.seconds / 5:
                before = now
            if before is not None and now > 1.5 * before + 100:
                fail(f"memory grew from {before:.0f} to {now:.0f} MB")
    after = resident(child)
    width, height = 80, 24
    resize()
    # Out of whatever is open, then the key that leaves.
    for key in [b"\x1b"] * 6 + [b"\x0c"]:
        output = b""
        os.write(terminal, key)
        if drain(0.3) < 0:
            fail("the program ended")
    if b"layer" not in output:
        fail("it no longer answers")
    output = b""
    os.write(terminal, b"\x03")
    end = time.monotonic() + 10
    while time.monotonic() < end and drain(0.2) >= 0:
        pass
    pid, status = os.waitpid(child, os.WNOHANG)
    while pid == 0 and time.monotonic() < end:
        time.sleep(0.05)
        pid, status = os.waitpid(child, os.WNOHANG)
    if pid == 0:
        fail("Ctrl-c does not leave")
    if os.waitstatus_to_exitcode(status) != 130:
        fail(f"exit code {os.waitstatus_to_exitcode(status)}")
    # M may have given the mouse back long ago: only the other screen is sure to be left.
    if b"\x1b[?1049l" not in output:
        fail("left without the shell's screen")
    print(f"soak: {count} inputs in {time.monotonic() - begun:.0f} s, {after:.0f} MB at the end")


main()
