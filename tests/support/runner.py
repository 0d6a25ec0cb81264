# SPDX-License-Identifier: Apache-2.0
# Runs test functions one after another and prints one line each. A test is a function with @test("a sentence"); it gets
# the instance and a folder of its own. It fails by an exception, is skipped by Skip, and is bounded in time.
import argparse
import importlib.util
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback

from instance import Instance
from programs import missing

ALL = []


class Skip(Exception):
    """This machine cannot run the test; the text says why."""


class TooLong(BaseException):
    """The time bound of the test is over; not an Exception, so that no test swallows it."""


class Test:
    def __init__(self, name, run, subject, seconds, long, programs):
        self.name, self.run, self.subject = name, run, subject
        self.seconds, self.long, self.programs = seconds, long, programs


def test(name, seconds=60, long=False, programs=()):
    """Registers a test; `programs` must be on the path or it is skipped; `long` ones run with --long only."""

    def register(function):
        subject = os.path.splitext(os.path.basename(function.__code__.co_filename))[0]
        ALL.append(Test(name, function, subject, seconds, long, programs))
        return function

    return register


def load(folder):
    """Imports each subject file of `folder` in the order of names."""
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py") and name[:-3] not in sys.modules:  # else another subject has imported it already
            path = os.path.join(folder, name)
            spec = importlib.util.spec_from_file_location("subject_" + name[:-3], path)
            module = importlib.util.module_from_spec(spec)
            sys.modules[name[:-3]] = module  # one subject may use helpers of another
            spec.loader.exec_module(module)


def bounded(function, seconds):
    def over(*_):
        raise TooLong(f"not done within {seconds} s")

    previous = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        function()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def run_one(one, instance):
    """(word, note) of one test."""
    lacking = missing(*one.programs)
    if lacking:
        return "skip", "not installed: " + " ".join(lacking)
    folder = tempfile.mkdtemp(prefix="mailtree-client-")
    logged = instance.log_size()
    try:
        bounded(lambda: one.run(instance, folder), one.seconds)
        return "ok", ""
    except Skip as why:
        return "skip", str(why)
    except (Exception, TooLong) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
        where = " < ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in reversed(frames[-4:]))
        troubles = "".join(f"\n{line[:300]}" for line in instance.troubles(logged)[-15:])
        return "FAIL", f"{type(error).__name__}: {error}\n[{where}]{troubles}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def indented(text):
    return "".join(f"\n      {line}" for line in text[:4000].split("\n"))


def main(folder):
    parser = argparse.ArgumentParser(description="Real mail programs and raw sessions against a running mailtree.")
    parser.add_argument("--only", default="", metavar="REGEX", help="subject/name must match")
    parser.add_argument("--long", action="store_true", help="also what takes minutes")
    parser.add_argument("--list", action="store_true")
    parser.add_argument(
        "--endpoints", help="endpoints.json of a running instance (or $MAILTREE_ENDPOINTS); else one is started"
    )
    parser.add_argument(
        "--slow",
        type=float,
        default=float(os.environ.get("MAILTREE_TEST_SLOWNESS", "1")),
        help="factor for every time bound (sanitizer builds)",
    )
    options = parser.parse_args()
    load(folder)
    chosen = [t for t in ALL if re.search(options.only, f"{t.subject}/{t.name}") and (options.long or not t.long)]
    if options.list:
        print("\n".join(f"{t.subject}/{t.name}" for t in chosen))
        return 0
    counts = {"ok": 0, "FAIL": 0, "skip": 0}
    instance = Instance.find(options.endpoints)
    try:
        for one in chosen:
            one.seconds *= options.slow
            begin = time.monotonic()
            word, note = run_one(one, instance)
            counts[word] += 1
            took = f"{one.subject}: {one.name} ({time.monotonic() - begin:.1f} s)"
            print(f"{word:4}  {took}{indented(note) if note else ''}", flush=True)
        reports = instance.sanitizer_reports()
        counts["FAIL" if reports else "ok"] += 1
        word = "FAIL" if reports else "ok"
        shown = "".join(indented(line) for line in reports[:20])
        print(f"{word:4}  daemons: No report of a sanitizer{shown}", flush=True)
    finally:
        instance.stop()
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skip']} skipped")
    return 1 if counts["FAIL"] else 0
