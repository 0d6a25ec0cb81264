# SPDX-License-Identifier: Apache-2.0
# The server under test: either one that runs already (endpoints.json) or a private one, started by ./quickstart in a
# run folder of its own and stopped at the end. Knows nothing of what is inside.
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from imap_client import Imap
from pop3_client import Pop3
from smtp_client import Smtp

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PORTS = ("smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "lmtp")
SPECIAL = {"\\Sent", "\\Drafts", "\\Trash", "\\Junk", "\\Archive", "\\All", "\\Flagged"}


class Account:
    """One mailbox user of the directory."""

    def __init__(self, instance, login, password, mail):
        self.instance, self.login, self.password, self.mail = instance, login, password, mail

    def imap(self, tls=False, timeout=20.0):
        session = self.instance.imap(tls, timeout)
        session.login(self.login, self.password)
        return session

    def pop3(self, tls=False, timeout=20.0):
        session = self.instance.pop3(tls, timeout)
        session.login(self.login, self.password)
        return session

    def wipe(self):
        """Empty folders, and only those that every user has."""
        with self.imap(timeout=60) as session:
            for name, attributes in sorted(session.folders().items(), key=lambda f: -len(f[0])):
                if name.upper() == "INBOX" or attributes & SPECIAL:
                    if session.ok(f'SELECT "{name}"').numbers("EXISTS")[-1:] != [0]:
                        session.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
                        session.ok("EXPUNGE")
                    session.run("UNSELECT")
                else:
                    session.run(f'DELETE "{name}"')
            session.logout()

    def wait_for(self, text, seconds=15, folder="INBOX"):
        """Uids of the messages whose Subject holds `text`, waiting until there is one."""
        end = time.monotonic() + seconds
        while True:
            with self.imap() as session:
                session.ok(f'SELECT "{folder}"')
                found = session.search(f'SUBJECT "{text}"', uid=True)
                session.logout()
            if found or time.monotonic() > end:
                return found
            time.sleep(0.2)


class Instance:
    """endpoints.json read at once; `pids` is read again on each call since the master restarts what dies."""

    def __init__(self, path, stop=None, folder=None):
        self.path, self.stop_command, self.folder = path, stop, folder
        self.values = json.load(open(path))
        self.used = 0
        self.slapd_pid = 0
        self.original = None  # (path, text) of the configuration before configure()

    @classmethod
    def find(cls, endpoints=None):
        """Attaches to `endpoints`, else to $MAILTREE_ENDPOINTS, else starts a private instance."""
        endpoints = endpoints or os.environ.get("MAILTREE_ENDPOINTS")
        return cls(endpoints) if endpoints else cls.start()

    @classmethod
    def start(cls, environment=None, keep=None):
        """A fresh instance in a temporary folder. MAILTREE_TEST_PORTS is the first of the 100 ports it may use."""
        folder = keep or tempfile.mkdtemp(prefix="mailtree-test-")
        os.chmod(folder, 0o755)
        settings = dict(
            os.environ,
            MAILTREE_RUN=folder + "/run",
            MAILTREE_PORT_BASE=os.environ.get("MAILTREE_TEST_PORTS", "24700"),
            **(environment or {}),
        )
        command = [ROOT + "/quickstart"]
        log = open(folder + "/quickstart.log", "wb")
        done = subprocess.run(
            [*command, "start"],
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=900,
        )
        path = folder + "/run/endpoints.json"
        stop = lambda: subprocess.run(
            [*command, "stop"],
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
        if done.returncode != 0 or not os.path.exists(path):
            stop()
            raise SystemExit(
                f"./quickstart failed ({done.returncode}):\n" + open(folder + "/quickstart.log").read()[-3000:]
            )
        return cls(path, stop, None if keep else folder)

    # settings ---------------------------------------------------------------------------------------------------
    def master(self):
        """(folder of the programs, configuration file, log file) of the running mailtreed."""
        pid = self.pids()["mailtreed"][0]
        words = open(f"/proc/{pid}/cmdline").read().split("\0")
        log = os.readlink(f"/proc/{pid}/fd/2")
        return os.path.dirname(os.readlink(f"/proc/{pid}/exe")), words[words.index("--config") + 1], log

    def restart(self):
        """As an operator does it, by the `mailtree` program."""
        programs, config, log = self.master()
        done = subprocess.run(
            [programs + "/mailtree", "--config", config, "restart", "--log", log, "--endpoints", self.path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=90,
        )
        assert done.returncode == 0, f"mailtree restart ended with {done.returncode}"

    def configure(self, values, restart=True):
        """Changes settings ({section: {name: TOML text}}) and restarts; undone when the tests end."""
        _, path, _ = self.master()
        before = open(path).read()
        if self.original is None:
            self.original = path, before
        with open(path, "w") as out:
            out.write(with_settings(before, values))
        if restart:
            self.restart()

    def stop(self):
        if self.original:
            path, text = self.original
            with open(path, "w") as out:
                out.write(text)
            if not self.stop_command:
                self.restart()
        if self.stop_command:
            self.stop_command()
            if self.folder:
                shutil.rmtree(self.folder, ignore_errors=True)

    def sanitizer_reports(self):
        """What AddressSanitizer and UndefinedBehaviorSanitizer said about the daemons (builds with sanitizers)."""
        with open(f"{self.run_folder}/mailtree.log", errors="replace") as log:
            return [line.strip() for line in log if "Sanitizer" in line or "runtime error: " in line]

    def log_size(self):
        return os.path.getsize(f"{self.run_folder}/mailtree.log")

    def troubles(self, since):
        """What the daemons logged as warning, error or alarm after `since` octets of the log."""
        with open(f"{self.run_folder}/mailtree.log", errors="replace") as log:
            log.seek(since)
            words = (" level=warning ", " level=error ", " level=alarm ", "Sanitizer", "runtime error: ")
            return [line.strip() for line in log if any(word in line for word in words)]

    def __getitem__(self, key):
        return self.values[key]

    @property
    def host(self):
        return self.values["host"]

    @property
    def run_folder(self):
        return os.path.dirname(os.path.abspath(self.path))

    def port(self, name):
        return int(self.values[name])

    def pids(self):
        """{daemon: [pid]} as of now; reads again if the file is being replaced."""
        for _ in range(50):
            try:
                return json.load(open(self.path))["pids"]
            except (ValueError, KeyError, FileNotFoundError):
                time.sleep(0.05)
        raise AssertionError(f"{self.path} is not readable")

    def daemons(self):
        """Pids of our own programs, without the directory server."""
        return {name: pids for name, pids in self.pids().items() if "slapd" not in name}

    # sessions ---------------------------------------------------------------------------------------------------
    def smtp(self, service="smtp", timeout=20.0, **more):
        return Smtp(
            self.host, self.port(service), tls=service == "submissions", timeout=timeout, lmtp=service == "lmtp", **more
        )

    def imap(self, tls=False, timeout=20.0):
        return Imap(self.host, self.port("imaps" if tls else "imap"), tls, timeout)

    def pop3(self, tls=False, timeout=20.0):
        return Pop3(self.host, self.port("pop3s" if tls else "pop3"), tls, timeout)

    # users ------------------------------------------------------------------------------------------------------
    def accounts(self, domain=None):
        found = [Account(self, u["login"], u["password"], u["mail"]) for u in self.values["users"]]
        return [a for a in found if domain is None or a.mail.endswith("@" + domain)]

    def domains(self):
        return sorted({u["mail"].split("@")[1] for u in self.values["users"]})

    def account(self, domain=None):
        """The next user in turn, with an empty mailbox. Members of the group are left out."""
        usable = [a for a in self.accounts() if not a.login.startswith(("user01", "user02"))]
        usable = [a for a in usable if domain is None or a.mail.endswith("@" + domain)]
        found = usable[self.used % len(usable)]
        self.used += 1
        found.wipe()
        return found

    def deliver(self, to, octets, sender="sender@remote.test", service="smtp"):
        """One message by SMTP from a stranger."""
        with self.smtp(service) as session:
            return session.send_message(sender, [to if isinstance(to, str) else to.mail], octets).want(250)

    # directory --------------------------------------------------------------------------------------------------
    def ldap(self, program, ldif=None, *arguments):
        """ldapadd, ldapmodify, ldapdelete or ldapsearch as the administrator; returns its output."""
        command = [
            program,
            "-x",
            "-H",
            self["ldap_uri"],
            "-D",
            self["ldap_bind_dn"],
            "-w",
            self["ldap_password"],
            *arguments,
        ]
        done = subprocess.run(command, input=ldif, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, f"{program}: {done.stderr}{done.stdout}"
        return done.stdout


class Slapd:
    """Stops and starts the private directory server by its own command line, as an operator would."""

    def __init__(self, instance):
        # endpoints.json names the first process; one that was started here since then is noted in slapd's own pid file
        self.pid = instance.slapd_pid or int(instance.pids()["slapd"][0])
        self.command = open(f"/proc/{self.pid}/cmdline", "rb").read().split(b"\0")[:-1]
        self.folder = os.readlink(f"/proc/{self.pid}/cwd")
        self.instance = instance

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        for _ in range(100):
            if not running(self.pid):
                return
            time.sleep(0.1)
        raise AssertionError("slapd does not stop")

    def start(self):
        """Not as a child of ours: whoever stops the instance later must not find a zombie."""
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["setsid", "-f", *self.command], cwd=self.folder, check=True, **quiet)
        for _ in range(100):
            try:
                self.instance.ldap("ldapsearch", None, "-b", self.instance["ldap_base"], "-s", "base", "1.1")
                self.instance.slapd_pid = self.pid = self.find()
                return
            except AssertionError:
                time.sleep(0.1)
        raise AssertionError("slapd does not start again")

    def find(self):
        """The pid of the process with our command line."""
        for name in os.listdir("/proc"):
            try:
                if (
                    name.isdigit()
                    and open(f"/proc/{name}/cmdline", "rb").read().split(b"\0")[:-1] == self.command
                    and running(int(name))
                ):
                    return int(name)
            except OSError:
                continue
        raise AssertionError("slapd is not running")

    def freeze(self):
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.pid, signal.SIGCONT)


def with_settings(text, values):
    """`text` of a TOML file with settings replaced or added."""
    lines, section, left = [], "", {name: dict(more) for name, more in values.items()}
    for line in text.split("\n"):
        if line.startswith("["):
            section = line.strip().strip("[]")
            lines.append(line)
            lines += [f"{name} = {value}" for name, value in left.pop(section, {}).items()]
        elif line.split("=")[0].strip() not in values.get(section, {}):
            lines.append(line)
    for name, more in left.items():
        lines += ["", f"[{name}]", *(f"{key} = {value}" for key, value in more.items())]
    return "\n".join(lines) + "\n"


def running(pid):
    """False also for a zombie: nobody may be there to reap it."""
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
