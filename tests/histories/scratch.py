# SPDX-License-Identifier: Apache-2.0
"""A copy of the sources with its own build of the histories, to be broken on purpose in one place at a time."""
import contextlib
import filecmp
import glob
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
STORE = os.path.join("src", "store", "daemon")
MEMORY_BYTES = 6 << 30  # of a run: broken code may ask for all there is
WAITING = 100  # seconds of the clock for each of the processor that a run may take: others may use the machine too


def run(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          check=False, **more)


def limit(seconds):
    """Of the process that calls; `seconds` of processor time, None = as long as it takes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if seconds:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def seconds_used():
    """Processor time of all runs so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def sources_of_the_store():
    """Paths below the root of the .cc files of stored, in order."""
    found = glob.glob(os.path.join(ROOT, STORE, "**", "*.cc"), recursive=True)
    return sorted(os.path.relpath(path, ROOT) for path in found)


def mirror(source, target, apart=r"\.git|build.*|run|__pycache__"):
    """Makes `target` the same tree, but for what is `apart` at its root. What differs is written anew, and so newer
    than what an earlier run built."""
    os.makedirs(target, exist_ok=True)
    names, there = ({name for name in os.listdir(path) if not re.fullmatch(apart, name)} for path in (source, target))
    for name in there - names:
        path = os.path.join(target, name)
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    for name in names:
        here, there = os.path.join(source, name), os.path.join(target, name)
        if os.path.isdir(here):
            mirror(here, there, "__pycache__")
        elif not os.path.exists(there) or not filecmp.cmp(here, there, shallow=False):
            shutil.copy(here, there)


class Verdict:
    def __init__(self, noticed, how):
        self.noticed, self.how = noticed, how


class Scratch:
    """The checkout is never touched. `folder`: where copy and build are, and stay; else they go with close()."""

    def __init__(self, name, folder=None, jobs=None):
        self.kept = folder is not None
        self.work = os.path.abspath(folder) if folder else tempfile.mkdtemp(prefix=name + ".")
        self.copy = os.path.join(self.work, "source")
        self.folder = os.path.join(self.copy, "build")  # as in a checkout: ccache knows a file by such paths
        self.jobs = str(jobs or len(os.sched_getaffinity(0)))
        mirror(ROOT, self.copy)
        if not os.path.exists(os.path.join(self.folder, "build.ninja")):
            made = run(["meson", "setup", self.folder, self.copy, "-Doptimization=1", "-Ddebug=false",
                        "-Dwerror=false"])
            if made.returncode != 0:
                sys.exit(made.stdout)
        problem = self.build()
        if problem:
            sys.exit(problem)

    def close(self):
        if not self.kept:
            shutil.rmtree(self.work, ignore_errors=True)

    def build(self):
        """What the compiler said if it could not; empty if it could."""
        # Lets ccache, where there is one, take a file that has its old text again (ccache(1), precompiled headers).
        environment = dict(os.environ, CCACHE_SLOPPINESS="pch_defines,time_macros")
        built = run(["ninja", "-C", self.folder, "-j", self.jobs, "tests/histories/histories"], env=environment)
        return "" if built.returncode == 0 else built.stdout

    def text(self, path):
        with open(os.path.join(self.copy, path), encoding="utf-8") as source:
            return source.read()

    @contextlib.contextmanager
    def changed(self, path, text):
        """The file has this text within the block."""
        before = self.text(path)
        self._write(path, text)
        try:
            yield
        finally:
            self._write(path, before)

    def _write(self, path, text):
        with open(os.path.join(self.copy, path), "w", encoding="utf-8") as source:
            source.write(text)

    def judge(self, cuts, seeds, seconds=None):
        """Runs the histories from each seed until one run goes wrong, crashes, or takes more than `seconds` of the
        processor."""
        program = os.path.join(self.folder, "tests", "histories", "histories")
        for seed in seeds:
            command = [program, "--first", "--cuts", str(cuts), "--seed", str(seed)]
            begin = time.monotonic()
            try:
                told = run(command, timeout=seconds and seconds * WAITING, preexec_fn=lambda: limit(seconds))
            except subprocess.TimeoutExpired:
                return Verdict(True, f"from seed {seed}: no end in {seconds * WAITING} s")
            if told.returncode == 0:
                continue
            if told.returncode in (-signal.SIGKILL, -signal.SIGXCPU) and seconds:
                return Verdict(True, f"from seed {seed}: no end in {seconds} s of the processor")
            if told.returncode != 1:
                return Verdict(True, f"from seed {seed}: crash, status {told.returncode}")
            lines = [line for line in told.stdout.splitlines() if not line.startswith("time=")]
            at = next((i for i, line in enumerate(lines) if line.startswith("seed ")), None)
            why = lines[at + 1].strip() if at is not None and at + 1 < len(lines) else "no word"
            return Verdict(True, f"{lines[at].rstrip(':') if at is not None else ''}, "
                                 f"{time.monotonic() - begin:.0f} s: {why}")
        return Verdict(False, "not noticed")


def place_of(path, text, offset):
    return f"{path}:{text.count(chr(10), 0, offset) + 1}"


def one_line(text):
    return re.sub(r"\s+", " ", text).strip()
