# SPDX-License-Identifier: Apache-2.0
# Runs the mail programs of Debian that take part as clients: private home folder, bounded time, all output kept.
import os
import shutil
import signal
import subprocess


class Failed(AssertionError):
    """A program ended with a code other than wanted."""


def missing(*names):
    return [name for name in names if not shutil.which(name)]


NOBODY = 65534


def run(command, home, seconds=60, code=0, stdin=None, environment=None, plain_user=False):
    """Output (stdout and stderr together) of `command` with HOME=`home`; the whole process group ends with it.
    `plain_user`: not as root, which some programs refuse; `home` then belongs to nobody."""
    if plain_user and os.geteuid() == 0:
        for folder, _, names in os.walk(home):
            for path in (folder, *(f"{folder}/{name}" for name in names)):
                os.chown(path, NOBODY, NOBODY)
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
    settings = {
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": home,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "XDG_CONFIG_HOME": home,
        "TERM": "xterm",
        "USER": "tester",
        "LOGNAME": "tester",
        **(environment or {}),
    }
    child = subprocess.Popen(
        [str(c) for c in command],
        cwd=home,
        env=settings,
        start_new_session=True,
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        output, _ = child.communicate(stdin, timeout=seconds)
    except BaseException:
        os.killpg(child.pid, signal.SIGKILL)
        output, _ = child.communicate()
        print(
            f"# {command[0]} was ended after {seconds} s or by the test's own bound; it said:\n"
            + output.decode("utf-8", "replace")[-2000:]
        )
        raise
    if code is not None and child.returncode != code:
        raise Failed(
            f"{' '.join(map(str, command))}\nended with {child.returncode}:\n"
            + output.decode("utf-8", "replace")[-3000:]
        )
    return output.decode("utf-8", "replace")


def write(path, text, mode=0o600):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(path, mode)
    return path


def maildir(path):
    for part in ("cur", "new", "tmp"):
        os.makedirs(f"{path}/{part}", exist_ok=True)
    return path


def maildir_messages(path):
    """[(flags, octets)] of a Maildir folder."""
    found = []
    for part in ("cur", "new"):
        if os.path.isdir(f"{path}/{part}"):
            for name in sorted(os.listdir(f"{path}/{part}")):
                flags = set(name.split(":2,")[1].split(",")[0]) if ":2," in name else set()
                found.append((flags, open(f"{path}/{part}/{name}", "rb").read()))
    return found
