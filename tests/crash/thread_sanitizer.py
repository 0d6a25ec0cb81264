# SPDX-License-Identifier: Apache-2.0
# A server whose stored watches its threads (ThreadSanitizer), and what it said. Only stored: the others have one thread
# each for all that is shared, and the compiler needs four times as long for all of them.
import glob
import os
import re
import shutil
import subprocess
import tempfile

from instance import ROOT, Instance

BUILD = os.path.join(ROOT, "build-tsan")
STORED = os.path.join(BUILD, "src", "programs", "mailtree-stored")
SUPPRESSIONS = os.path.join(ROOT, "tests", "crash", "tsan.supp")
SETTINGS = ["-Db_sanitize=thread", "-Db_lundef=false", "-Doptimization=1", "-Ddebug=false", "-Dtests=false",
            "-Dcpp_args=['-g1']"]
RUNS = "Running under ThreadSanitizer"  # said at the start of each program that has it, with verbosity=1
FRAME = re.compile(r"^( *#\d+) .*\(mailtree-stored\+(0x[0-9a-f]+)\)$")


def run(command):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}:\n{done.stdout[-4000:]}")


def start(jobs):
    """An instance of this kind; what has to be built for it is built."""
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        run(["meson", "setup", BUILD, ROOT, *SETTINGS])
    run(["ninja", "-C", BUILD, "-j", str(jobs), "src/programs/mailtree-stored"])
    plain = os.environ.get("MAILTREE_BUILD")
    if plain is None:
        plain = os.path.join(ROOT, "build")
        if not os.path.exists(os.path.join(plain, "build.ninja")):
            run(["meson", "setup", plain, ROOT, "-Doptimization=1", "-Ddebug=false", "-Dtests=false"])
        run(["ninja", "-C", plain, "-j", str(jobs), "programs"])
    return WatchedInstance.start_watched(plain)


class WatchedInstance(Instance):
    """A private instance in a folder that outlives it, so that what stored says at its end can be read as well."""

    @classmethod
    def start_watched(cls, plain):
        """`plain`: a build folder with all programs, of which all but stored are taken."""
        folder = tempfile.mkdtemp(prefix="mailtree-tsan-")
        programs = os.path.join(folder, "build", "src", "programs")
        os.makedirs(programs)
        for path in glob.glob(os.path.join(plain, "src", "programs", "mailtree*")):
            if os.path.isfile(path):
                shutil.copy(path, programs)
        shutil.copy(STORED, programs)
        suppressions = shutil.copy(SUPPRESSIONS, folder)
        with open(os.path.join(folder, "build", "build.ninja"), "w", encoding="ascii") as out:
            out.write("build programs: phony\n")  # what ./quickstart asks for is there
        options = f"halt_on_error=0 exitcode=0 verbosity=1 second_deadlock_stack=1 suppressions={suppressions}"
        return cls.start({"MAILTREE_BUILD": os.path.join(folder, "build"), "TSAN_OPTIONS": options}, keep=folder)

    def sanitizer_reports(self):
        return []  # thread_reports() has them, after the end

    def thread_reports(self):
        """Texts, once the instance is stopped; the folder goes."""
        with open(os.path.join(self.run_folder, "mailtree.log"), encoding="utf-8", errors="replace") as log:
            lines = [line.rstrip("\n") for line in log if not line.startswith("time=")]
        if not any(RUNS in line for line in lines):
            return ["stored ran without ThreadSanitizer"]
        found = with_names(split(lines))
        shutil.rmtree(os.path.dirname(self.run_folder), ignore_errors=True)
        return found


def split(lines):
    """Each report, a list of lines: from its WARNING to the next rule."""
    found, inside = [], False
    for line in lines:
        if "ThreadSanitizer: " in line and ("WARNING" in line or "ERROR" in line or "FATAL" in line):
            found.append([])
            inside = True
        if inside and line.startswith("====="):
            inside = False
        if inside:
            found[-1].append(line)
    return found


def with_names(reports):
    """stored may not open its own program file in its sandbox, and names only addresses."""
    addresses = sorted({match[2] for report in reports for line in report if (match := FRAME.match(line))})
    names = {}
    if addresses:
        done = subprocess.run(["addr2line", "-Cfipse", STORED, *addresses], capture_output=True, text=True, check=True)
        blocks = re.split(r"\n(?! \(inlined by\))", done.stdout.rstrip("\n"))
        names = dict(zip(addresses, (re.sub(r"\s*\n \(inlined by\) ", " < ", block) for block in blocks)))
    texts = []
    for report in reports:
        lines = [f"{match[1]} {names[match[2]]}" if (match := FRAME.match(line)) else line for line in report]
        texts.append("\n".join(lines))
    return texts
