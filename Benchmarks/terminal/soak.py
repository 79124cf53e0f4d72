"""Random keys, mouse and resizes on the real binary, through a pseudo-terminal.

    python3 Benchmarks/terminal/soak.py .build/release/seer samples/run-base --seconds 600 --seed 1
    python3 Benchmarks/terminal/soak.py .build/release/seer samples/run-base samples/run-tuned --pixels kitty

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
    b"\x1b[6~", b"\x1b[1;2A", b"\x1b[1;2B", b"\x1b[1;2C", b"\x1b[1;2D", b"\x1b[Z", b"\x06",
    b"\x1bOQ", b"\x1bOR", b"\x1b[17~",  # F2, F3, F6
    b"\x1b[1;5C", b"\x1bj", b"\x1bOj", b"\x1b[106;5u", b"\x1b]0;x\x07",  # keys of nobody
    "é".encode(), "日".encode(),
]  # fmt: skip


# What terminals answer; once they have told their attributes, such bytes are keys.
ANSWERS = [
    b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\", b"\x1b]11;rgb:0000/0000/0000\x07",
    b"\x1b_Gi=4294967295;OK\x1b\\", b"\x1b[6;16;8t", b"\x1b[?62;4c",
]  # fmt: skip


class Program:
    """The program in a terminal of its own, and what it has written last."""

    def __init__(self, binary, runs, folder, pixels):
        self.output = b""
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(folder)
            os.environ.update(
                TERM="xterm-256color", LANG="C.UTF-8", HOME=folder, XDG_STATE_HOME=folder,
                XDG_CONFIG_HOME=folder, SWIFT_BACKTRACE="interactive=no",
            )
            options = [word for run in runs for word in ("--run", run)]
            os.execv(binary, [binary, "explore", "--pixels", pixels, *options])
        self.cooked = termios.tcgetattr(self.terminal)[:4]
        self.resize(80, 24)
        self.drain(1.0)
        # What it has once it is open; what it keeps of a run's maps comes soon after.
        self.before = None

    def resize(self, width, height):
        size = struct.pack("HHHH", height, width, 0, 0)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, size)

    def write(self, data):
        os.write(self.terminal, data)

    def drain(self, quiet):
        """Reads until nothing came for `quiet` seconds; False where the program has ended."""
        while select.select([self.terminal], [], [], quiet)[0]:
            try:
                data = os.read(self.terminal, 1 << 16)
            except OSError:
                return False
            if not data:
                return False
            self.output = (self.output + data)[-65536:]
        return True

    def resident(self):
        """Megabytes; 0 once it has ended."""
        for line in open(f"/proc/{self.child}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def ending(self):
        """What is wrong with how it ended; None: nothing. Some seconds are given for it."""
        end = time.monotonic() + 10
        pid, status = os.waitpid(self.child, os.WNOHANG)
        while pid == 0 and time.monotonic() < end:
            self.drain(0.1)
            time.sleep(0.05)
            pid, status = os.waitpid(self.child, os.WNOHANG)
        if pid == 0:
            return "it does not leave"
        code = os.waitstatus_to_exitcode(status)
        if code not in (0, 130):
            return f"exit code {code}"
        # M may have given the mouse back long ago: only the other screen is sure to be left.
        if b"\x1b[?1049l" not in self.output:
            return "left without the shell's screen"
        if termios.tcgetattr(self.terminal)[:4] != self.cooked:
            return "left the terminal raw, or without echo"
        os.close(self.terminal)
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--pixels", choices=["auto", "off", "kitty", "sixel"], default="auto")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    binary, runs = os.path.abspath(arguments.binary), [os.path.abspath(r) for r in arguments.runs]
    if not os.access(binary, os.X_OK) or not all(os.path.isdir(run) for run in runs):
        sys.exit(f"soak: found no {binary} or not all of {runs}, wanted the program and run folders")
    folder = tempfile.TemporaryDirectory()
    program, starts = Program(binary, runs, folder.name, arguments.pixels), 1
    width, height = 80, 24
    last, count, largest = b"", 0, 0.0
    begun = time.monotonic()

    def fail(reason):
        print(f"soak: {reason} (seed {arguments.seed}, input {count}: {last!r})", file=sys.stderr)
        print(program.output[-1500:].decode(errors="replace"), file=sys.stderr)
        sys.exit(1)

    def check_memory():
        nonlocal largest
        now = program.resident()
        largest = max(largest, now)
        if program.before is None:
            program.before = now
        elif now > 1.5 * program.before + 100:
            fail(f"memory grew from {program.before:.0f} to {now:.0f} MB")

    while time.monotonic() - begun < arguments.seconds:
        kind = chance.random()
        try:
            if kind < 0.03:
                width, height = chance.randint(1, 250), chance.randint(1, 70)
                last = f"{width}x{height}".encode()
                program.resize(width, height)
            elif kind < 0.3:
                x, y = chance.randint(1, width), chance.randint(1, height)
                button = chance.choice([0, 0, 2, 32, 32, 34, 64, 65])
                last = f"\x1b[<{button};{x};{y}{chance.choice('MMm')}".encode()
                program.write(last)
            else:
                last = chance.choice(ANSWERS if chance.random() < 0.005 else KEYS)
                program.write(last)
            # Bursts: only some inputs wait for their answer.
            is_running = chance.random() >= 0.2 or program.drain(0.005)
        except OSError:
            is_running = False
        count += 1
        if not is_running:
            # The list of commands has Quit in it: that is an end like any other.
            reason = program.ending()
            if reason:
                fail(reason)
            program, starts = Program(binary, runs, folder.name, arguments.pixels), starts + 1
            width, height = 80, 24
        elif count % 2000 == 0:
            check_memory()
    check_memory()
    program.resize(80, 24)
    # Out of whatever is open, then the key that draws the screen afresh.
    for key in [b"\x1b"] * 6 + [b"\x0c"]:
        program.output = b""
        program.write(key)
        if not program.drain(0.3):
            fail("the program ended")
    if b"layer" not in program.output and b"seer" not in program.output:
        fail("it no longer answers")
    program.output = b""
    program.write(b"\x03")
    program.drain(0.2)
    reason = program.ending()
    if reason:
        fail(reason)
    print(
        f"soak: {count} inputs in {time.monotonic() - begun:.0f} s, started {starts} times, at most "
        f"{largest:.0f} MB, the terminal as it was"
    )


main()
