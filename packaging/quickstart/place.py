# SPDX-License-Identifier: Apache-2.0
"""Where a quickstart instance lives: folders with their owners, ports, certificate, settings, endpoints.json."""
import contextlib
import hashlib
import json
import os
import socket
import subprocess

PORTS = {"smtp": 25, "submission": 87, "submissions": 65, "lmtp": 24, "imap": 43, "imaps": 93, "pop3": 10, "pop3s": 95,
         "ldap": 89}
DAEMON_USERS = ("net", "dir", "store", "queue", "relay")
FIRST_UID = 62731  # in the range that Debian gives to nobody (Policy 9.2.2); moved on if somebody has it
LONGEST_SOCKET_FOLDER = 70
DOMAINS = ("alpha", "beta")
USERS_PER_DOMAIN = 10


class Failure(Exception):
    """Something the caller can put right; the text says how."""


def all_may_enter(path):
    """Whether users other than the owner reach `path`."""
    while path != "/":
        path = os.path.dirname(path)
        if os.path.isdir(path) and not os.stat(path).st_mode & 0o001:
            return False
    return True


def free_uids():
    with open("/etc/passwd", encoding="utf-8", errors="replace") as source:
        taken = {int(line.split(":")[2]) for line in source if line.count(":") > 2}
    first = FIRST_UID
    while taken & set(range(first, first + len(DAEMON_USERS))):
        first += len(DAEMON_USERS)
    return {name: first + number for number, name in enumerate(DAEMON_USERS)}


class Place:
    def __init__(self, root, run, build):
        self.root, self.build = root, os.path.realpath(build)
        self.run = self.choose_folder(os.path.abspath(run))
        self.base = self.number("MAILTREE_PORT_BASE", 2500)
        self.uids = free_uids() if os.geteuid() == 0 else {}
        self.config = f"{self.run}/mailtree.toml"
        self.log = f"{self.run}/mailtree.log"
        self.endpoints = f"{self.run}/endpoints.json"
        self.tls = f"{self.run}/tls"

    @staticmethod
    def number(variable, default):
        text = os.environ.get(variable, str(default))
        if not text.isdigit() or not 1000 <= int(text) <= 65000:
            raise Failure(f"{variable} is '{text}'; it has to be a number from 1000 to 65000")
        return int(text)

    @staticmethod
    def choose_folder(run):
        """Daemons with users of their own cannot work below a closed folder such as /root: /var/lib has it then."""
        if os.geteuid() != 0 or os.path.islink(run) or all_may_enter(run):
            return os.path.realpath(run)
        outside = "/var/lib/mailtree-quickstart-" + hashlib.sha256(run.encode()).hexdigest()[:8]
        if not os.path.exists(run):
            os.makedirs(outside, mode=0o755, exist_ok=True)
            os.symlink(outside, run)
        return os.path.realpath(run)

    def port(self, name):
        return self.base + PORTS[name]

    @property
    def sockets(self):
        """Socket names are short by law of the kernel; a long path gets a folder in /tmp that is ours alone."""
        folder = f"{self.run}/sockets"
        if len(folder) <= LONGEST_SOCKET_FOLDER:
            return folder
        return "/tmp/mailtree-" + hashlib.sha256(self.run.encode()).hexdigest()[:12]

    @contextlib.contextmanager
    def locked(self, fcntl):
        try:
            os.makedirs(self.run, mode=0o755, exist_ok=True)
            handle = open(f"{self.run}/quickstart.lock", "w", encoding="ascii")
        except OSError as error:
            raise Failure(f"cannot write into {self.run}: {error.strerror}; "
                          "set MAILTREE_RUN to a folder of yours") from None
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Failure(f"another quickstart works in {self.run} just now; try again when it is done") from None
            yield

    def prepare(self):
        if not os.path.exists(f"{self.build}/src/programs/mailtreed"):
            raise Failure(f"mailtreed is not built in {self.build}")
        owner = f"{self.run}/owner"
        if os.path.exists(owner):
            before = int(open(owner, encoding="ascii").read())
            if before != os.geteuid():
                raise Failure(f"{self.run} belongs to a start as user number {before}; start as that user again, "
                              "or set MAILTREE_RUN to another folder")
        with open(owner, "w", encoding="ascii") as out:
            out.write(str(os.geteuid()))
        for name in ("store", "tls", "secrets"):
            os.makedirs(f"{self.run}/{name}", mode=0o755, exist_ok=True)

    def give(self, path, user, mode):
        os.chmod(path, mode)
        if self.uids:
            os.chown(path, self.uids[user], self.uids[user])

    def refuse_taken_ports(self):
        for name in PORTS:
            if name == "ldap" and self.slapd_pid():
                continue
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", self.port(name)))
                except OSError:
                    raise Failure(f"port {self.port(name)} ({name}) is taken{self.taken_by(self.port(name))}. End that "
                                  "program, or choose other ports: MAILTREE_PORT_BASE=3500 ./quickstart") from None

    @staticmethod
    def taken_by(port):
        """" by NAME, process PID" of who listens on `port`, as far as we may look."""
        with open("/proc/net/tcp", encoding="ascii") as source:
            rows = [line.split() for line in source][1:]
        sockets = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == port}
        for process in os.listdir("/proc"):
            try:
                folder = f"/proc/{process}/fd" if process.isdigit() else os.devnull
                if sockets & {os.readlink(f"{folder}/{number}") for number in os.listdir(folder)}:
                    with open(f"/proc/{process}/comm", encoding="ascii") as source:
                        return f" by {source.read().strip()}, process {process}"
            except OSError:
                continue
        return ""

    def slapd_pid(self):
        try:
            with open(f"{self.run}/slapd/slapd.pid", encoding="ascii") as source:
                pid = int(source.read())
            with open(f"/proc/{pid}/stat", encoding="ascii") as source:
                name, _, rest = source.read().partition("(")[2].rpartition(")")
                return pid if name == "slapd" and rest.split()[0] != "Z" else None  # Z: dead, nobody has asked yet
        except (OSError, ValueError):
            return None

    def make_certificate(self):
        certificate, key = f"{self.tls}/certificate.pem", f"{self.tls}/key.pem"
        if not os.path.exists(certificate):
            done = subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-days", "3650", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                 "-keyout", key + ".new", "-out", certificate + ".new"], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise Failure(f"openssl could not make a certificate: {done.stderr.strip()}")
            os.rename(key + ".new", key)
            os.rename(certificate + ".new", certificate)
        self.give(key, "net", 0o400)
        os.chmod(certificate, 0o644)

    def write_settings(self, directory):
        password = f"{self.run}/secrets/directory.password"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(password)
        with open(password, "w", encoding="ascii") as out:
            out.write(directory["service_password"] + "\n")
        self.give(password, "dir", 0o400)
        listeners = "".join(f'{name} = ["127.0.0.1:{self.port(name)}"]\n' for name in PORTS if name != "ldap")
        users = "".join(f'{name} = "{uid}"\n' for name, uid in self.uids.items())
        with open(self.config + ".new", "w", encoding="utf-8") as out:
            out.write(SETTINGS.format(run=self.run, sockets=self.sockets, listeners=listeners, users=users,
                                      uri=directory["uri"], bind_dn=directory["service_dn"], base=directory["base"],
                                      password=password))
        os.rename(self.config + ".new", self.config)

    def make_partition(self):
        path = f"{self.run}/store/default"
        if os.path.exists(f"{path}/partition.toml"):
            return
        done = subprocess.run([f"{self.build}/src/programs/mailtree", "--config", self.config, "partition", "create",
                               "default"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"the mail store could not be made in {path}: {done.stderr.strip()}")

    def write_endpoints(self, directory):
        users = [{"login": f"user{number:02}@{domain}.test", "mail": f"user{number:02}@{domain}.test",
                  "password": f"secret-user{number:02}-{domain}"}
                 for domain in DOMAINS for number in range(1, USERS_PER_DOMAIN + 1)]
        values = {"host": "127.0.0.1", **{name: self.port(name) for name in PORTS if name != "ldap"},
                  "ldap_uri": directory["uri"], "ldap_bind_dn": directory["admin_dn"],
                  "ldap_password": directory["admin_password"], "ldap_base": directory["base"],
                  "store": f"{self.run}/store/default", "pids": {"slapd": [directory["pid"]]}, "users": users}
        with open(self.endpoints + ".new", "w", encoding="utf-8") as out:
            json.dump(values, out, indent=2)
        os.chmod(self.endpoints + ".new", 0o600)
        os.rename(self.endpoints + ".new", self.endpoints)


SETTINGS = """\
# Written by ./quickstart at each start. 'mailtree config sample' shows every setting.
host_name = "mail.alpha.test"
run_directory = "{sockets}"
postmaster = "user01@alpha.test"
default_domain = "alpha.test"

# For trying out on one machine only: both lists are empty on a real server.
plaintext_login_networks = ["127.0.0.0/8"]
limit_exempt_networks = ["127.0.0.0/8"]

[users]
{users}
[directory]
uris = ["{uri}"]
bind_dn = "{bind_dn}"
password_file = "{password}"
base_dn = "{base}"
image_directory = "{run}/directory"

[partitions.default]
path = "{run}/store/default"
index_directory = "{run}/index"

[queue]
directory = "{run}/queue"

[listeners]
{listeners}
[tls]
certificate = "{run}/tls/certificate.pem"
key = "{run}/tls/key.pem"
"""
