# SPDX-License-Identifier: Apache-2.0
"""A copy of the sources with its own build of the histories, to be broken on purpose in one place at a time."""
import contextlib
import filecmp
import glob
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
STORE = os.path.join("src", "store", "daemon")
MEMORY_BYTES = 6 << 30  # of a run: broken code may ask for all there is


def run(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          check=False, **more)


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def sources_of_the_store():
    """Paths below the root of the .cc files of stored, in order."""
    found = glob.glob(os.path.join(ROOT, STORE, "**", "*.cc"), recursive=True)
    return sorted(os.path.relpath(path, ROOT) for path in found)


def mirror(source, target):
    """Makes `target` the same tree. What differs is written anew, and so newer than what an earlier run built."""
    os.makedirs(target, exist_ok=True)
    names = [name for name in os.listdir(source) if not re.match(r"(\.git|build.*|__pycache__)$", name)]
    for name in set(os.listdir(target)) - set(names):
        path = os.path.join(target, name)
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    for name in names:
        here, there = os.path.join(source, name), os.path.join(target, name)
        if os.path.isdir(here):
            mirror(here, there)
        elif not os.path.exists(there) or not filecmp.cmp(here, there, shallow=False):
            shutil.copy(here, there)


class Verdict:
    def __init__(self, noticed, how):
        self.noticed, self.how = noticed, how


class Scratch:
    """The checkout is never touched. `folder`: where copy and build are, and stay; else they go with close()."""

    def __init__(self, name, folder=None, coverage=False, jobs=None):
        self.kept = folder is not None
        self.work = os.path.abspath(folder) if folder else tempfile.mkdtemp(prefix=name + ".")
        self.copy, self.folder = os.path.join(self.work, "source"), os.path.join(self.work, "build")
        self.jobs = str(jobs or len(os.sched_getaffinity(0)))
        mirror(ROOT, self.copy)
        if not os.path.exists(os.path.join(self.folder, "build.ninja")):
            made = run(["meson", "setup", self.folder, self.copy, "-Doptimization=1", "-Ddebug=false",
                        "-Dwerror=false", f"-Db_coverage={str(coverage).lower()}"])
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
        built = run(["ninja", "-C", self.folder, "-j", self.jobs, "tests/histories/histories"])
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
        """Runs the histories from each seed until one run goes wrong, crashes, or takes longer than `seconds`."""
        environment = dict(os.environ, GCOV_PREFIX=os.path.join(self.work, "ignored"))
        program = os.path.join(self.folder, "tests", "histories", "histories")
        for seed in seeds:
            command = [program, "--first", "--cuts", str(cuts), "--seed", str(seed)]
            begin = time.monotonic()
            try:
                told = run(command, timeout=seconds, env=environment, preexec_fn=limit_memory)
            except subprocess.TimeoutExpired:
                return Verdict(True, f"from seed {seed}: no end in {seconds} s")
            if told.returncode == 0:
                continue
            if told.returncode != 1:
                return Verdict(True, f"from seed {seed}: crash, status {told.returncode}")
            lines = [line for line in told.stdout.splitlines() if not line.startswith("time=")]
            at = next((i for i, line in enumerate(lines) if line.startswith("seed ")), None)
            why = lines[at + 1].strip() if at is not None and at + 1 < len(lines) else "no word"
            return Verdict(True, f"{lines[at].rstrip(':') if at is not None else ''}, "
                                 f"{time.monotonic() - begin:.0f} s: {why}")
        return Verdict(False, "not noticed")

    def lines_reached(self, cuts, seed):
        """{path: numbers of the lines that such a run executes}; only of a copy with coverage."""
        for data in glob.glob(os.path.join(self.folder, "**", "*.gcda"), recursive=True):
            os.remove(data)
        told = run([os.path.join(self.folder, "tests", "histories", "histories"), "--cuts", str(cuts), "--seed",
                    str(seed)])
        if told.returncode != 0:
            sys.exit("the histories go wrong with the sources as they are:\n" + told.stdout)
        reached = {}
        for data in glob.glob(os.path.join(self.folder, "src", "store", "**", "*.gcda"), recursive=True):
            told = subprocess.run(["gcov", "--json-format", "--stdout", data], cwd=self.folder, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, check=True)
            for one in json.loads(told.stdout)["files"]:
                path = os.path.relpath(os.path.normpath(os.path.join(self.folder, one["file"])), self.copy)
                lines = {line["line_number"] for line in one["lines"] if line["count"] > 0}
                reached.setdefault(path, set()).update(lines)
        return reached


def place_of(path, text, offset):
    return f"{path}:{text.count(chr(10), 0, offset) + 1}"


def one_line(text):
    return re.sub(r"\s+", " ", text).strip()
