"""How fast the explorer answers, measured in the real binary through a pseudo-terminal.

    python3 Benchmarks/terminal/latency.py .build/release/seer samples/run-base 120 40

Prints the time from process start to the first whole map, for each kind of key the time to the
first and to the last byte of its answer, the bytes it took, and the CPU time of an idle screen.

    python3 Benchmarks/terminal/latency.py --prompt .build/release/seer samples/run-base 120 40

types at the end of a prompt of some 200 tokens instead, and then in its middle, where the run's model
is at hand: the first byte echoes the letter, the last one is the token strip's, every layer scored
(`--run samples/run-tuned --adapter samples/adapter` after the sizes scores base and tuned). The CPU
time is the program's own, a letter: on a busy machine it says what the clock cannot.

    python3 Benchmarks/terminal/latency.py --during tsne .build/release/seer samples/run-base 120 40
    python3 Benchmarks/terminal/latency.py --during extraction .build/release/seer samples/run-base 120 40

asks for the help again and again while a t-SNE map grows, or while the Start screen records the states
of samples/concepts.csv in a folder of its own, and prints the time to the first byte that only the
help has: frames of the work itself do not count as answers.
"""

import fcntl
import os
import pty
import select
import shutil
import statistics
import struct
import sys
import tempfile
import termios
import time

KEYS = {
    "cursor": "jjjjjkkkkkjjjjjjjjjjwasdwasd",
    "layer": "hhhhhhllllllhhhhhhllllll",
    "zoom": "++++----++++----",
    "pan": "HHLLJJKKHHLLJJKK",
}


WORDS = "She told the auditor that the money had never been there and smiled at him again "


def start(binary, run, columns, rows, options=(), folder="."):
    binary, run = os.path.abspath(binary), os.path.abspath(run)
    begun = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm-256color", LANG="C.UTF-8")
        os.execv(binary, [binary, "explore", "--run", run, *options])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    return begun, child, terminal


def read(terminal, quiet, limit, until=None):
    """Reads until nothing came for `quiet` seconds, or `until` came; (bytes, time of the last)."""
    data, last, end = b"", None, time.perf_counter() + limit
    while time.perf_counter() < end:
        if not select.select([terminal], [], [], quiet)[0]:
            if data and until is None:
                break
            continue
        data += os.read(terminal, 65536)
        last = time.perf_counter()
        if until and until in data:
            break
    return data, last


def settle(child, terminal, limit=180):
    """Waits until everything that is computed ahead is there: a second without work."""
    end = time.perf_counter() + limit
    while time.perf_counter() < end:
        before = ticks(child)
        read(terminal, 1.0, 1.0)
        if ticks(child) - before <= 1:
            return


def ticks(child):
    """Hundredths of a second of CPU time."""
    fields = open(f"/proc/{child}/stat").read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def at(values, share):
    return sorted(values)[max(0, int(len(values) * share) - 1)]


def cpu(child):
    """Seconds of CPU that a process has used."""
    fields = open(f"/proc/{child}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def type_letters(name, child, terminal, letters, limit, quiet):
    firsts, lasts, before = [], [], cpu(child)
    for letter in letters:
        pressed = time.perf_counter()
        os.write(terminal, letter.encode())
        select.select([terminal], [], [], 0.5)
        firsts.append(1000 * (time.perf_counter() - pressed))
        data, last = read(terminal, quiet, 3.0)
        if last:
            lasts.append(1000 * (last - pressed))
    spent = 1000 * (cpu(child) - before) / len(letters)
    print(
        f"{name}: echo {statistics.median(firsts):.1f} ms (95 % {at(firsts, 0.95):.1f}), "
        f"scores {statistics.median(lasts):.1f} ms (95 % {at(lasts, 0.95):.1f}, wanted {limit}), "
        f"CPU {spent:.0f} ms a letter"
    )


def prompt(binary, run, columns, rows, options):
    begun, child, terminal = start(binary, run, columns, rows, options)
    read(terminal, 1.0, 60, b"of the variance")
    os.write(terminal, b"\x1bOS")  # F4
    read(terminal, 3.0, 120)
    text = WORDS * 12
    os.write(terminal, b"\x1b[200~" + text.encode() + b"\x1b[201~")
    read(terminal, 4.0, 120)
    letters = "He lied about it all because he was afraid of her "
    print(f"{len(text.split())} words")
    type_letters("typing at the end", child, terminal, letters, 60, 0.25)
    # Home, then Right, as a terminal sends them in application mode.
    os.write(terminal, b"\x1bOH" + b"\x1bOC" * (len(text) // 2))
    read(terminal, 2.0, 30)
    type_letters("typing in the middle", child, terminal, letters, 150, 0.6)
    os.write(terminal, b"\x03")
    os.waitpid(child, 0)


def during(work, binary, run, columns, rows):
    folder = tempfile.TemporaryDirectory()
    samples = os.path.join(os.path.dirname(__file__), "..", "..", "samples")
    shutil.copy(os.path.join(samples, "concepts.csv"), folder.name)
    begun, child, terminal = start(binary, run, columns, rows, folder=folder.name)
    read(terminal, 1.0, 60, b"of the variance")
    settle(child, terminal)
    if work == "tsne":
        os.write(terminal, b"p")
    else:
        os.write(terminal, b"\x1b[17~")  # F6
        data, last = read(terminal, 1.0, 30)
        os.write(terminal, b"j" * data.count(b" layers"))
        os.write(terminal, b"\r")
        read(terminal, 1.0, 30)
        os.write(terminal, b"\r")
        read(terminal, 0.5, 2)
        os.write(terminal, b"\x1bOQ")  # F2
    read(terminal, 0.5, 1.0)
    answers, end = [], time.perf_counter() + 15
    while len(answers) < 40 and time.perf_counter() < end:
        pressed = time.perf_counter()
        os.write(terminal, b"?")
        read(terminal, 0.5, 2.0, b"Previous")
        answers.append(1000 * (time.perf_counter() - pressed))
        os.write(terminal, b"\x1b")
        read(terminal, 0.05, 0.2)
    print(
        f"help during {work}: {statistics.median(answers):.1f} ms "
        f"(95 % {at(answers, 0.95):.1f}, longest {max(answers):.1f}, {len(answers)} times)"
    )
    os.write(terminal, b"\x03")
    os.waitpid(child, 0)


def main():
    if sys.argv[1] == "--during":
        work, binary, run, columns, rows = sys.argv[2:7]
        return during(work, binary, run, int(columns), int(rows))
    if sys.argv[1] == "--prompt":
        binary, run, columns, rows = sys.argv[2:6]
        return prompt(binary, run, int(columns), int(rows), sys.argv[6:])
    binary, run, columns, rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    begun, child, terminal = start(binary, run, columns, rows)
    data, last = read(terminal, 0.3, 30, b"of the variance")
    print(f"first map {1000 * (last - begun):.0f} ms, {len(data)} bytes")
    settle(child, terminal)
    for name, keys in KEYS.items():
        before = ticks(child)
        firsts, lasts, sizes = [], [], []
        for key in keys:
            pressed = time.perf_counter()
            os.write(terminal, key.encode())
            select.select([terminal], [], [], 0.5)
            firsts.append(1000 * (time.perf_counter() - pressed))
            data, last = read(terminal, 0.06, 0.5)
            if last:
                lasts.append(1000 * (last - pressed))
                sizes.append(len(data))
        print(
            f"{name}: first byte {statistics.median(firsts):.1f} ms (95 % {at(firsts, 0.95):.1f}), "
            f"last byte {statistics.median(lasts):.1f} ms (95 % {at(lasts, 0.95):.1f}), "
            f"{statistics.median(sizes):.0f} bytes, "
            f"{10 * (ticks(child) - before) / len(keys):.1f} ms of CPU a key"
        )
    settle(child, terminal)
    before = ticks(child)
    time.sleep(3)
    print(f"idle: {ticks(child) - before} clock ticks of CPU in 3 s")
    os.write(terminal, b"q")
    os.waitpid(child, 0)


main()
