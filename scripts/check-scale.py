#!/usr/bin/env python3
"""Shows that runs and adapters made in parts are those of one process, byte for byte.

usage: check-scale.py --seer PROGRAM --mpi PROGRAM [--only NAME,...] [--work FOLDER]
       check-scale.py --seer PROGRAM --mpi PROGRAM --cost docs/scale.md --work FOLDER [--rounds 3]

Checks: shards, two, ranks, kill, hang, stop, mixture, extract, hosts, parallel, slurm. What this machine does
not allow (network namespaces, Slurm, GNU parallel) is skipped by saying so. Exit code 1: one failed.

--cost measures instead, in turn, on a quiet machine: two ranks of one thread beside one process of two, what
ranks exchange in a step (on one machine, on two hosts, and at 1 Gbit/s), and joining. Every figure goes to
WORK/figures.jsonl as soon as it is known; started again, only what is missing is measured. The table is
printed, and written between the page's markers.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PARTS = 3
TRAIN = [
    "--model", "smollm2", "--template", "plain", "--layer", "12", "--batch", "6", "--retain-batch",
    "3", "--max-tokens", "48", "--steps", "6", "--evaluate-every", "2", "--parts", str(PARTS),
]
# One thread a rank: ranks share this machine's cores.
ONE = {"SEER_THREADS": "1"}


class Skipped(Exception):
    pass


class Work:
    def __init__(self, options):
        self.seer = str(pathlib.Path(options.seer).resolve())
        self.mpi = str(pathlib.Path(options.mpi).resolve()) if options.mpi else None
        self.folder = pathlib.Path(options.work or tempfile.mkdtemp(prefix="seer-scale-")).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.count = 0
        rows = (ROOT / "samples/concepts.csv").read_text().splitlines(keepends=True)
        retain = (ROOT / "samples/retain.csv").read_text().splitlines(keepends=True)
        # Some rows of every concept.
        (self.folder / "concepts.csv").write_text("".join(rows[:1] + rows[1::13]))
        (self.folder / "retain.csv").write_text("".join(retain[:41]))

    def name(self, kind):
        self.count += 1
        path = self.folder / f"{kind}-{self.count}"
        shutil.rmtree(path, ignore_errors=True)
        return str(path)

    def environment(self, more=None):
        return {**os.environ, **ONE, **(more or {})}

    def mpirun(self, ranks, more=()):
        if not self.mpi:
            raise Skipped("no seer-mpi was given (--mpi)")
        if not shutil.which("mpirun"):
            raise Skipped("mpirun is not there")
        root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
        return ["mpirun", *root, "--oversubscribe", "-n", str(ranks), *more]

    def train(self, adapter, resume=False):
        return [
            "train", *TRAIN, "--concepts", str(self.folder / "concepts.csv"), "--retain",
            str(self.folder / "retain.csv"), "--adapter", adapter, "--json",
            *(["--resume"] if resume else []),
        ]

    def extract(self, run, *more):
        return [
            "extract", "--model", "smollm2", "--template", "plain", "--concepts",
            str(ROOT / "samples/concepts.csv"), "--limit", "150", "--run", run, "--json", *more,
        ]

    def run(self, command, wanted=0, threads=1):
        result = subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder,
            env=self.environment({"SEER_THREADS": str(threads)}))
        if result.returncode != wanted:
            raise AssertionError(
                f"{' '.join(command)}: ended with {result.returncode}, wanted {wanted}\n"
                + result.stderr[-2000:])
        return result

    def start(self, command):
        log = open(self.folder / "started.log", "w")
        return subprocess.Popen(
            command, stdout=log, stderr=log, env=self.environment(), cwd=self.folder)

    def said(self):
        return (self.folder / "started.log").read_text()[-3000:]

    # One process of as many parts; what all others are compared with.
    def alone(self):
        path = self.folder / "alone"
        if not (path / "adapter_model.safetensors").exists():
            shutil.rmtree(path, ignore_errors=True)
            self.run([self.seer, *self.train(str(path))])
        return str(path)

    def whole(self):
        path = self.folder / "whole"
        if not (path / "run.json").exists():
            shutil.rmtree(path, ignore_errors=True)
            self.run([self.seer, *self.extract(str(path))])
        return str(path)


def same_adapter(one, other):
    for name in ["adapter_model.safetensors", "clusters.safetensors", "recipe.json"]:
        same(f"{one}/{name}", f"{other}/{name}")
    assert log(one) == log(other), f"{one} and {other} have other logs"


def log(adapter, seconds=False):
    """The lines of a training's log, what they took only where it is asked for."""
    lines = [json.loads(line) for line in open(f"{adapter}/log.jsonl")]
    return lines if seconds else [{**line, "seconds": 0} for line in lines]


def same_run(one, other):
    for name in ["states.safetensors", "rows.csv"]:
        same(f"{one}/{name}", f"{other}/{name}")
    manifests = [json.load(open(f"{run}/run.json")) for run in (one, other)]
    for manifest in manifests:
        manifest.pop("seconds")
    assert manifests[0] == manifests[1], f"{one} and {other}: run.json differs"


def same(one, other):
    with open(one, "rb") as a, open(other, "rb") as b:
        assert a.read() == b.read(), f"{one} and {other} differ"


def started(launcher):
    """The processes of a job on this machine: their numbers, names and ranks."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            # Not `comm`: the program starts itself again by another name.
            name = os.path.basename(os.readlink(entry / "exe"))
        except OSError:
            continue
        values = dict(item.split(b"=", 1) for item in environment if b"=" in item)
        if values.get(b"SEER_SCALE") == launcher.encode():
            rank = int(values.get(b"OMPI_COMM_WORLD_RANK", b"-1"))
            found.append((int(entry.name), name, rank))
    return found


def ranks_of(launcher):
    """The processes of the ranks, in their order."""
    ranks = {rank: pid for pid, name, rank in started(launcher) if name == "seer-mpi"}
    return [ranks[rank] for rank in sorted(ranks)]


class Job:
    """A job of ranks that is caught in the middle."""

    def __init__(self, work, command, marker):
        self.work = work
        self.marker = marker
        os.environ["SEER_SCALE"] = marker
        self.process = work.start(command)
        del os.environ["SEER_SCALE"]

    def wait_for(self, condition, what):
        limit = time.monotonic() + 180
        while not condition():
            if self.process.poll() is not None or time.monotonic() > limit:
                raise AssertionError(f"ended before {what}: {self.work.said()}")
            time.sleep(0.02)

    def steps(self, adapter, count):
        path = pathlib.Path(adapter) / "log.jsonl"
        self.wait_for(
            lambda: path.exists() and path.read_text().count("\n") > count, f"step {count}")

    def ranks(self, count):
        self.wait_for(lambda: len(ranks_of(self.marker)) == count, f"{count} ranks")
        return ranks_of(self.marker)

    def end(self, limit=60):
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"still there after {limit} s: {self.work.said()}") from None


# MARK: the checks


def shards(work):
    """Shards of a run, one of them killed and given again; joined they are the run."""
    whole, run = work.whole(), work.name("shards")
    killed = work.start([work.seer, *work.extract(run, "--shard", "2/3")])
    progress = pathlib.Path(run + ".2of3/progress.partial")
    while killed.poll() is None and not (progress.exists() and progress.stat().st_size):
        time.sleep(0.005)
    killed.kill()
    killed.wait()
    folders = [f"{run}.{number}of3" for number in (1, 2, 3)]
    refused = work.run([work.seer, "join", "--run", run, folders[1]], wanted=65)
    assert ".2of3" in refused.stderr and "unfinished" in refused.stderr, refused.stderr
    for number in (3, 2, 1):
        work.run([work.seer, *work.extract(run, "--shard", f"{number}/3")])
    refused = work.run([work.seer, "join", "--run", run, folders[0], folders[2]], wanted=65)
    assert f"without {folders[1]}" in refused.stderr, refused.stderr
    work.run([work.seer, "join", "--run", run, *folders])
    same_run(run, whole)


def ranks(work):
    """One process, and 1, 2 and 3 ranks: one adapter."""
    for count in (1, 2, 3):
        adapter = work.name(f"ranks{count}")
        work.run([*work.mpirun(count), work.mpi, *work.train(adapter)])
        same_adapter(adapter, work.alone())


def two(work):
    """Two ranks give the adapter and the run of one process; of all this takes least."""
    adapter = work.name("two")
    work.run([*work.mpirun(2), work.mpi, *work.train(adapter)])
    same_adapter(adapter, work.alone())
    run = work.name("dealt")
    work.run([*work.mpirun(2), work.mpi, *work.extract(run)])
    same_run(run, work.whole())


def kill(work):
    """A rank is killed; another number of ranks goes on."""
    for rank, others in ((1, 3), (0, 1)):
        adapter = work.name("kill")
        job = Job(work, [*work.mpirun(2), work.mpi, *work.train(adapter)], f"kill{rank}")
        job.steps(adapter, 3)
        began = time.monotonic()
        os.kill(job.ranks(2)[rank], signal.SIGKILL)
        code = job.end()
        assert code == 137, f"ended with {code}: {work.said()}"
        print(f"  rank {rank} killed: the job ended in {time.monotonic() - began:.1f} s with 137")
        work.run([*work.mpirun(others), work.mpi, *work.train(adapter, resume=True)])
        same_adapter(adapter, work.alone())


def hang(work):
    """A rank hangs: the others end the job."""
    adapter = work.name("hang")
    job = Job(
        work, [*work.mpirun(2), work.mpi, *work.train(adapter), "--watchdog", "20"], "hang")
    job.steps(adapter, 3)
    os.kill(job.ranks(2)[1], signal.SIGSTOP)
    code = job.end()
    assert code == 70, f"ended with {code}: {work.said()}"
    assert "no word from another rank" in work.said(), work.said()
    work.run([*work.mpirun(1), work.mpi, *work.train(adapter, resume=True)])
    same_adapter(adapter, work.alone())


def stop(work):
    """SIGTERM to the first rank, to another; SIGTERM and SIGUSR1 to mpirun: a checkpoint, and 130."""
    for target, number, wanted in (
        (0, signal.SIGTERM, 130), (1, signal.SIGTERM, 130), ("mpirun", signal.SIGUSR1, 130),
        # Told to end itself, mpirun says 1, whatever its ranks say.
        ("mpirun", signal.SIGTERM, 1),
    ):
        adapter = work.name("stop")
        job = Job(work, [*work.mpirun(2), work.mpi, *work.train(adapter)], f"stop{target}{number}")
        job.steps(adapter, 3)
        pids = job.ranks(2)
        os.kill(job.process.pid if target == "mpirun" else pids[target], number)
        code = job.end()
        assert code == wanted, f"{number} to {target}: {code}: {work.said()}"
        # Of step 3 at least: that of the last judgement is of step 2.
        steps = checkpoint_step(adapter)
        assert steps >= 3, f"{target}: a checkpoint of step {steps}"
        work.run([*work.mpirun(3), work.mpi, *work.train(adapter, resume=True)])
        same_adapter(adapter, work.alone())


def checkpoint_step(adapter):
    with open(f"{adapter}/checkpoint.safetensors", "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return int(header["__metadata__"]["step"])


def mixture(work):
    """Ranks with other kernels or options are refused, by name."""
    adapter = work.name("mixture")
    train = [work.mpi, *work.train(adapter)]
    for other, words in (
        (["env", "OPENBLAS_CORETYPE=Haswell", "SEER_AMX=0", *train], "kernels"),
        ([*train, "--seed", "7"], "seed (7)"),
    ):
        refused = work.run([*work.mpirun(1), *train, ":", "-n", "1", *other], wanted=65)
        assert "rank 1 on " in refused.stderr and words in refused.stderr, refused.stderr
        assert not os.path.exists(adapter), "a folder was made"


def extract(work):
    """Shards dealt to ranks and joined are the run of one process, also after a kill."""
    for count in (1, 2, 3):
        run = work.name("dealt")
        work.run([*work.mpirun(count), work.mpi, *work.extract(run)])
        same_run(run, work.whole())
        assert not list(work.folder.glob(os.path.basename(run) + ".*")), "shards are left"
    run = work.name("dealt")
    command = [work.mpi, *work.extract(run), "--shards", "4"]
    job = Job(work, [*work.mpirun(2), *command], "extract")
    progress = pathlib.Path(run + ".2of4/progress.partial")
    job.wait_for(lambda: progress.exists() and progress.stat().st_size, "a batch")
    os.kill(job.ranks(2)[1], signal.SIGKILL)
    assert job.end() == 137, work.said()
    work.run([*work.mpirun(3), *command])
    same_run(run, work.whole())


class Hosts:
    """Two network namespaces, joined by a pair of virtual devices: two hosts with addresses."""

    NAMES = ("seer-a", "seer-b")

    def __init__(self, work):
        self.work = work
        if os.geteuid() != 0 or not shutil.which("ip"):
            raise Skipped("network namespaces need root and the command ip")
        self.clear()
        for name in self.NAMES:
            if subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode:
                raise Skipped("network namespaces are not allowed here")
        self.ip("link", "add", "seer-va", "netns", "seer-a", "type", "veth", "peer", "name",
                "seer-vb", "netns", "seer-b")
        for name, device, address in self.devices():
            self.ip("-n", name, "addr", "add", address + "/24", "dev", device)
            self.ip("-n", name, "link", "set", device, "up")
            self.ip("-n", name, "link", "set", "lo", "up")
        # How mpirun reaches a host: as by ssh, the host first.
        self.agent = work.folder / "agent"
        self.agent.write_text(
            "#!/bin/sh\nhost=$1; shift\ncase $host in *.2) name=seer-b;; *) name=seer-a;; esac\n"
            "exec ip netns exec $name unshare --uts sh -c \"hostname $name; $*\"\n")
        self.agent.chmod(0o755)

    def devices(self):
        return (("seer-a", "seer-va", "10.99.77.1"), ("seer-b", "seer-vb", "10.99.77.2"))

    def ip(self, *arguments):
        self.ip_tool("ip", *arguments)

    def ip_tool(self, *command):
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            raise Skipped(f"{' '.join(command)}: {result.stderr.strip()}")

    def limit(self, rate):
        """Makes the line between them as slow as a network's."""
        for name, device, _ in self.devices() if rate else ():
            self.ip_tool("tc", "-n", name, "qdisc", "add", "dev", device, "root", "tbf", "rate", rate,
                         "burst", "256kb", "latency", "50ms")

    def clear(self):
        for name in self.NAMES:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    def mpirun(self):
        return [
            "ip", "netns", "exec", "seer-a", "unshare", "--uts", "sh", "-c",
            'hostname seer-a; exec "$@"', "sh",
            *self.work.mpirun(2, [
                "--host", "10.99.77.1:1,10.99.77.2:1", "--mca", "plm_rsh_agent", str(self.agent),
                "--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", "10.99.77.0/24",
                "--mca", "oob_tcp_if_include", "10.99.77.0/24",
                # A host that is gone is given up after some ten seconds.
                "--mca", "oob_tcp_keepalive_time", "5", "--mca", "oob_tcp_keepalive_intvl", "2",
                "--mca", "oob_tcp_keepalive_probes", "3",
            ]),
        ]


def hosts(work):
    """Two hosts give the same adapter; one is lost, the other goes on alone."""
    hosts = Hosts(work)
    try:
        adapter = work.name("hosts")
        work.run([*hosts.mpirun(), work.mpi, *work.train(adapter)])
        same_adapter(adapter, work.alone())
        adapter = work.name("lost")
        job = Job(
            work, [*hosts.mpirun(), work.mpi, *work.train(adapter), "--watchdog", "20"], "hosts")
        job.steps(adapter, 3)
        job.ranks(2)
        began = time.monotonic()
        hosts.ip("-n", "seer-b", "link", "set", "seer-vb", "down")
        code = job.end(120)
        assert code != 0, "a host was lost and nobody said so"
        print(f"  a host lost: the job ended in {time.monotonic() - began:.1f} s with {code}")
        # What is left on the host that nobody reaches.
        for pid, _, _ in started("hosts"):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        work.run([*work.mpirun(1), work.mpi, *work.train(adapter, resume=True)])
        same_adapter(adapter, work.alone())
    finally:
        hosts.clear()


def parallel(work):
    """GNU parallel's line of docs/scale.md."""
    if not shutil.which("parallel"):
        raise Skipped("GNU parallel is not installed")
    run = work.name("parallel")
    work.run([
        "parallel", "--jobs", "2", "--joblog", run + ".log", work.seer,
        *work.extract(run, "--shard", "{}/4"), ":::", "1", "2", "3", "4"])
    work.run([work.seer, "join", "--run", run, *[f"{run}.{k}of4" for k in range(1, 5)]])
    same_run(run, work.whole())


class Cluster:
    """A Slurm of one node on this machine: munged, slurmctld and slurmd with files of their own."""

    PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo")

    def __init__(self, work):
        missing = [name for name in self.PROGRAMS if not shutil.which(name)]
        if missing:
            raise Skipped(f"Slurm is not installed ({', '.join(missing)})")
        if os.geteuid() != 0:
            raise Skipped("starting slurmd needs root")
        self.folder = work.folder / "slurm"
        self.daemons = []

    def start(self):
        folder = self.folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        key = folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        socket_path = folder / "munge.socket"
        name = socket.gethostname().split(".")[0]
        kind = "cgroup/v1" if os.path.isdir("/sys/fs/cgroup/freezer") else "autodetect"
        (folder / "cgroup.conf").write_text(f"CgroupPlugin={kind}\n")
        (folder / "slurm.conf").write_text(
            f"""ClusterName=seer
SlurmctldHost={name}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket={socket_path}
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmUser=root
SlurmctldPort=26817
SlurmdPort=26818
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdSpoolDir={folder}/spool
StateSaveLocation={folder}/state
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
NodeName={name} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")
        (folder / "state").mkdir()
        (folder / "spool").mkdir()
        self.environment = {**os.environ, **ONE, "SLURM_CONF": str(folder / "slurm.conf")}
        self.daemon(
            "munged", "--foreground", "--force", f"--key-file={key}", f"--socket={socket_path}",
            f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log",
            f"--seed-file={folder}/munged.seed")
        self.wait(socket_path.exists, "munged")
        self.daemon("slurmctld", "-D", "-i")
        self.daemon("slurmd", "-D")
        self.wait(lambda: "idle" in self.tell("sinfo", "-h", "-o", "%T"), "an idle node")

    def daemon(self, *command):
        log = open(self.folder / f"{command[0]}.out", "w")
        self.daemons.append(
            subprocess.Popen(command, env=self.environment, stdout=log, stderr=log))

    def tell(self, *command):
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, cwd=self.folder).stdout

    def wait(self, condition, what, limit=60):
        end = time.monotonic() + limit
        while not condition():
            if time.monotonic() > end:
                words = "".join(
                    path.read_text()[-400:] for path in self.folder.glob("*.log"))
                raise Skipped(f"no {what} within {limit} s: {words}")
            time.sleep(0.1)

    def close(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            daemon.wait()


def slurm(work):
    """The Slurm script of docs/scale.md, under slurmctld and slurmd of its own."""
    cluster = Cluster(work)
    try:
        cluster.start()
        run = work.name("slurm")
        cluster.environment["SEER"] = work.seer
        script = str(ROOT / "scripts/extract.slurm")
        job = cluster.tell(
            "sbatch", "--parsable", "--array=1-3", script, *work.extract(run)[1:]).strip()
        assert job, "sbatch took no job"
        after = cluster.tell(
            "sbatch", "--parsable", f"--dependency=afterok:{job}", script, "--join", run).strip()
        assert after, "sbatch took no job after the array"
        cluster.wait(lambda: not cluster.tell("squeue", "-h").strip(), "end of the jobs", 300)
        words = "".join(path.read_text() for path in cluster.folder.glob("slurm-*.out"))
        assert os.path.exists(run + "/run.json"), f"no run was joined: {words[-2000:]}"
        same_run(run, work.whole())
    finally:
        cluster.close()


CHECKS = [shards, two, ranks, kill, hang, stop, mixture, extract, hosts, parallel, slurm]


# MARK: what it costs

START, END = "<!-- measured: start -->", "<!-- measured: end -->"
# A step of 16 concept rows and 8 retain rows of up to 128 tokens.
STEP = [
    "--model", "smollm2", "--template", "plain", "--layer", "24", "--batch", "16", "--retain-batch", "8",
    "--max-tokens", "128", "--parts", "2",
]
STEPS = 6
WANTED = 1.15


class Cost:
    """Figures that are kept as soon as they are known."""

    def __init__(self, work, rounds):
        self.work = work
        self.rounds = rounds
        self.path = work.folder / "figures.jsonl"
        self.figures = []
        if self.path.exists():
            lines = self.path.read_text().splitlines(keepends=True)
            self.figures = [json.loads(line) for line in lines if line.endswith("}\n")]

    def known(self, what, number):
        return next((f for f in self.figures if (f["what"], f["round"]) == (what, number)), None)

    def measure(self, what, number, body):
        if self.known(what, number):
            return
        figure = {"what": what, "round": number, **body()}
        self.figures.append(figure)
        with open(self.path, "a") as file:
            file.write(json.dumps(figure) + "\n")
        print(json.dumps(figure), flush=True)

    def values(self, what, name):
        return [f[name] for f in self.figures if f["what"] == what]

    def median(self, what, name):
        values = self.values(what, name)
        return statistics.median(values) if values else None

    # Training

    def step(self, launcher, program, threads):
        """Seconds of a step (the median, without the first, which opens pages), and what ranks exchanged."""
        adapter = self.work.name("cost")
        result = self.work.run(
            [*launcher, program, "train", *STEP, "--steps", str(STEPS), "--evaluate-every", str(STEPS),
             "--concepts", str(ROOT / "samples/concepts.csv"), "--retain",
             str(ROOT / "samples/retain.csv"), "--adapter", adapter, "--json"],
            threads=threads)
        steps = [line for line in log(adapter, seconds=True) if line["step"] > 1]
        shutil.rmtree(adapter)
        figure = {"seconds": statistics.median(line["seconds"] for line in steps)}
        said = re.search(r"other ranks: ([\d.]+) MB in ([\d.]+) s", result.stderr)
        if said:
            figure |= {"megabytes": float(said[1]) / STEPS, "waited": float(said[2]) / STEPS}
        return figure

    def training(self):
        for number in range(self.rounds):
            self.measure(
                "one process of two threads", number,
                lambda: self.step([], self.work.seer, threads=2))
            self.measure(
                "two ranks of one thread", number,
                lambda: self.step(self.work.mpirun(2), self.work.mpi, threads=1))

    def network(self):
        """Two hosts, at the speed of this machine and at that of 1 Gbit/s Ethernet."""
        for name, rate in (("two hosts", None), ("two hosts, 1 Gbit/s", "1gbit")):
            if all(self.known(name, number) for number in range(self.rounds)):
                continue
            hosts = Hosts(self.work)
            try:
                hosts.limit(rate)
                for number in range(self.rounds):
                    self.measure(
                        name, number, lambda: self.step(hosts.mpirun(), self.work.mpi, threads=1))
            finally:
                hosts.clear()

    # Joining

    def joining(self):
        """Shards of all tokens of the sample, joined, beside the time that they took, and beside cp."""
        shards = [str(self.work.folder / f"joined.{k}of4") for k in range(1, 5)]
        run = str(self.work.folder / "joined")
        for number in range(self.rounds):
            if self.known("join", number):
                continue
            began = time.monotonic()
            for k in range(1, 5):
                self.work.run(
                    [self.work.seer, "extract", "--model", "smollm2", "--template", "plain", "--concepts",
                     str(ROOT / "samples/concepts.csv"), "--position", "all", "--run", run, "--shard",
                     f"{k}/4", "--json"], threads=os.cpu_count())
            extracted = time.monotonic() - began
            self.measure("join", number, lambda: self.join(run, shards, extracted))
        for folder in (run, *shards):
            shutil.rmtree(folder, ignore_errors=True)

    def join(self, run, shards, extracted):
        shutil.rmtree(run, ignore_errors=True)
        # What was written before must not be waited for here.
        os.sync()
        began = time.monotonic()
        self.work.run([self.work.seer, "join", "--run", run, *shards], threads=os.cpu_count())
        joined = time.monotonic() - began
        size = os.path.getsize(f"{run}/states.safetensors")
        shutil.rmtree(run)
        copy = self.work.folder / "copied"
        os.sync()
        began = time.monotonic()
        for number, shard in enumerate(shards):
            shutil.copyfile(f"{shard}/states.safetensors", f"{copy}.{number}")
        copied = time.monotonic() - began
        for number in range(len(shards)):
            os.unlink(f"{copy}.{number}")
        # Shards that were there already cost nothing this time.
        figure = {"seconds": joined, "bytes": size, "copied": copied}
        return figure | ({"extracted": extracted} if extracted > 2 else {})

    # The table

    def table(self):
        one, two_ = "one process of two threads", "two ranks of one thread"
        lines = [
            f"{os.cpu_count()} cores of {processor()}; medians of {self.rounds} rounds in turn, the spread of the "
            "rounds' ratios in brackets. `make scale-cost` measures it again.", "",
            "| a step of 16 + 8 rows of up to 128 tokens, layer 24, default model | seconds | beside one process |",
            "|---|---|---|",
            f"| {one}, `--parts 2` | {self.median(one, 'seconds'):.2f} | |",
        ]
        for what in (two_, "two hosts", "two hosts, 1 Gbit/s"):
            values = self.values(what, "seconds")
            if not values:
                continue
            ratios = [ours / theirs for ours, theirs in zip(values, self.values(one, "seconds"))]
            goal = ""
            if what == two_:
                goal = f"; wanted at most {WANTED}: {'met' if statistics.median(ratios) <= WANTED else 'not met'}"
            lines.append(
                f"| {what} | {statistics.median(values):.2f} | {statistics.median(ratios):.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f}){goal} |")
        lines += [
            "", "| what a rank hands over in a step | MB | seconds, waiting for the other included | of the step |",
            "|---|---|---|---|"]
        for what in (two_, "two hosts", "two hosts, 1 Gbit/s"):
            if not self.values(what, "megabytes"):
                continue
            waited = self.median(what, "waited")
            lines.append(
                f"| {what} | {self.median(what, 'megabytes'):.1f} | {waited:.3f} | "
                f"{100 * waited / self.median(what, 'seconds'):.1f} % |")
        size, seconds = self.median("join", "bytes"), self.median("join", "seconds")
        extracted = self.median("join", "extracted")
        lines += [
            "", "| joining 4 shards of the sample, every token | GB | seconds | GB/s | copying the files |",
            "|---|---|---|---|---|",
            f"| `seer join` | {size / 1e9:.2f} | {seconds:.2f} | {size / 1e9 / seconds:.2f} | "
            f"{self.median('join', 'copied'):.2f} s |",
        ]
        if extracted:
            lines.append(f"| for comparison: extracting them | | {extracted:.1f} | | |")
        return "\n".join(lines)

    def write(self, page):
        table = self.table()
        print(table)
        with open(page, encoding="utf-8") as file:
            text = file.read()
        if START not in text or END not in text:
            sys.exit(f"{page}: found no markers {START} and {END}, wanted the table's place")
        head, rest = text.split(START, 1)
        with open(page, "w", encoding="utf-8") as file:
            file.write(head + START + "\n" + table + "\n" + END + rest.split(END, 1)[1])


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "an unnamed processor"


def cost(work, rounds, page):
    figures = Cost(work, rounds)
    for part in (figures.training, figures.network, figures.joining):
        try:
            part()
        except Skipped as reason:
            print(f"{part.__name__}: skipped: {reason}")
    figures.write(page)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seer", required=True)
    parser.add_argument("--mpi")
    parser.add_argument("--only", help="names, separated by commas")
    parser.add_argument("--work", help="a folder to keep")
    parser.add_argument("--cost", help="measure, and write the table into this page")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.cost:
        if not options.work:
            parser.error("--cost wants --work, where figures are kept")
        cost(Work(options), options.rounds, options.cost)
        return
    chosen = options.only.split(",") if options.only else [check.__name__ for check in CHECKS]
    unknown = set(chosen) - {check.__name__ for check in CHECKS}
    if unknown:
        parser.error(f"unknown checks: {', '.join(sorted(unknown))}")
    work = Work(options)
    failed = 0
    for check in CHECKS:
        if check.__name__ not in chosen:
            continue
        began = time.monotonic()
        try:
            check(work)
            word = "holds"
        except Skipped as reason:
            word = f"skipped: {reason}"
        except AssertionError as problem:
            failed += 1
            word = f"FAILED: {problem}"
        print(f"{check.__name__}: {word} ({time.monotonic() - began:.0f} s)", flush=True)
    if not options.work:
        shutil.rmtree(work.folder, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
