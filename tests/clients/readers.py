# SPDX-License-Identifier: Apache-2.0
# Mail out, and flags and deletions both ways, by the programs people use: mbsync, offlineimap, neomutt, fetchmail,
# getmail, curl, imaplib, poplib. Every program works in a home folder of its own.
import glob
import hashlib
import imaplib
import os
import poplib
import re
import ssl

import programs
from runner import test

LETTER = b"From: writer@alpha.test\r\nSubject: %s\r\nMessage-ID: <%s@readers.test>\r\n\r\n%s\r\n.\r\nlast\r\n"
UMLAUT = "Entw&APw-rfe"  # "Entwürfe" in modified UTF-7 (RFC 3501 5.1.3)
ASIAN = "&ZeVnLIqe-"  # three characters of RFC 3501's own example
AMPERSAND = "A &- B"


def letter(subject, text=b"some text"):
    return LETTER % (subject.encode(), subject.replace(" ", "-").encode(), text)


def fill(account, count, folder="INBOX", flags=""):
    with account.imap() as session:
        if folder != "INBOX":
            session.run(f'CREATE "{folder}"')
        for n in range(count):
            session.append(folder, letter(f"{folder} letter {n}"), flags)
        session.logout()


def contents(account, folder="INBOX"):
    """{subject: flags} of a folder, as the server shows it."""
    with account.imap() as session:
        session.ok(f'EXAMINE "{folder}"')
        found = {}
        for uid in session.uids():
            values = next(
                iter(session.ok(f"UID FETCH {uid} (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])").fetched().values())
            )
            head = next(v for k, v in values.items() if k.startswith("BODY["))
            subject = head.decode().split(":", 1)[1].strip()
            assert subject not in found, f"{subject} is there twice"
            found[subject] = {f.decode() for f in values["FLAGS"]} - {"\\Recent"}
        session.logout()
        return found


def subject_of(octets):
    return re.search(rb"Subject: ([^\r\n]*)", octets)[1].decode()


def local(path):
    """{subject: flag letters} of a Maildir folder."""
    return {subject_of(octets): flags for flags, octets in programs.maildir_messages(path)}


def local_file(path, subject):
    for part in ("cur", "new"):
        for name in glob.glob(f"{glob.escape(path)}/{part}/*"):
            if subject_of(open(name, "rb").read()) == subject:
                return name
    raise AssertionError(f"{subject} is not in {path}: {local(path)}")


def set_local_flags(path, subject, flags):
    """As a mail program with a Maildir does it: a rename into cur/."""
    old = local_file(path, subject)
    base = os.path.basename(old).split(":2,")[0]
    os.rename(old, f"{path}/cur/{base}:2,{flags}")


def put_local(path, subject, flags="S"):
    programs.write(f"{path}/tmp/new", letter(subject).replace(b"\r\n", b"\n"))
    os.rename(f"{path}/tmp/new", f"{path}/cur/1700000000.{abs(hash(subject))}.local:2,{flags}")


def two_way(account, sync, box, maildrop):
    """The common part: both sides have letters, flags and deletions; after `sync` both sides are the same.
    `box(folder)` is the local path; `maildrop` a folder name as the server spells it."""
    fill(account, 3)
    fill(account, 2, maildrop, "\\Seen \\Flagged")
    sync()
    assert set(local(box("INBOX"))) == {f"INBOX letter {n}" for n in range(3)}, local(box("INBOX"))
    assert set(local(box(maildrop))) == {f"{maildrop} letter {n}" for n in range(2)}, local(box(maildrop))
    for flags in local(box(maildrop)).values():
        assert {"S", "F"} <= flags, f"flags of the server did not arrive: {local(box(maildrop))}"
    stored = open(local_file(box("INBOX"), "INBOX letter 0"), "rb").read()
    assert b"some text" in stored and b"\n.\n" in stored.replace(b"\r\n", b"\n"), stored
    # each side changes something else
    set_local_flags(box("INBOX"), "INBOX letter 0", "RS")
    os.unlink(local_file(box("INBOX"), "INBOX letter 1"))
    put_local(box("INBOX"), "written here")
    with account.imap() as session:
        session.ok("SELECT INBOX")
        second = session.search('SUBJECT "letter 2"', uid=True)[0]
        session.ok(f"UID STORE {second} +FLAGS (\\Flagged)")
        session.ok(f'SELECT "{maildrop}"')
        session.ok("STORE 1 +FLAGS (\\Deleted)")
        session.ok("STORE 2 -FLAGS (\\Seen)")
        session.ok("EXPUNGE")
        session.append("INBOX", letter("written there"))
        session.logout()
    sync()
    sync()
    there = contents(account)
    assert set(there) == {"INBOX letter 0", "INBOX letter 2", "written here", "written there"}, there
    assert there["INBOX letter 0"] >= {"\\Answered", "\\Seen"}, there
    assert there["INBOX letter 2"] >= {"\\Flagged"}, there
    assert there["written here"] >= {"\\Seen"}, there
    here = {k: v for k, v in local(box("INBOX")).items() if "T" not in v}
    assert set(here) == set(there), here
    assert "F" in here["INBOX letter 2"], here
    assert "S" not in here["written there"], here
    left = local(box(maildrop))
    assert set(left) == {f"{maildrop} letter 1"} and "S" not in next(iter(left.values())), left
    assert set(contents(account, maildrop)) == set(left)


def mbsync_setup(instance, account, folder, port, tls):
    programs.maildir(folder + "/mail/INBOX")
    programs.write(
        folder + "/.mbsyncrc",
        f"""IMAPAccount server
Host {'localhost' if tls != 'None' else instance.host}
Port {instance.port(port)}
User {account.login}
Pass "{account.password}"
SSLType {tls}
CertificateFile {folder}/cert.pem
AuthMechs *

IMAPStore far
Account server

MaildirStore near
Path {folder}/mail/
Inbox {folder}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
CopyArrivalDate yes
""",
    )
    certificate(instance, folder)
    return lambda: programs.run(["mbsync", "-c", folder + "/.mbsyncrc", "-a"], folder)


def certificate(instance, folder):
    """The server's own certificate, as an operator would hand it to users."""
    programs.write(folder + "/cert.pem", ssl.get_server_certificate((instance.host, instance.port("imaps"))))


@test("mbsync keeps both sides the same, folders with UTF-7 names included", programs=["mbsync"], seconds=120)
def mbsync(instance, folder):
    account = instance.account()
    sync = mbsync_setup(instance, account, folder, "imap", "None")
    # mbsync keeps names as UTF-7 on disk
    two_way(account, sync, lambda name: f"{folder}/mail/{name}", UMLAUT)


@test("mbsync over IMAPS makes folders on the other side both ways and in a tree", programs=["mbsync"], seconds=120)
def mbsync_folders(instance, folder):
    account = instance.account()
    sync = mbsync_setup(instance, account, folder, "imaps", "IMAPS")
    for name in (ASIAN, AMPERSAND, f"Tree/{UMLAUT}/leaf"):
        fill(account, 1, name)
    sync()
    for name in (ASIAN, AMPERSAND, f"Tree/{UMLAUT}/leaf"):
        assert list(local(f"{folder}/mail/{name}")) == [f"{name} letter 0"], (name, glob.glob(folder + "/mail/*"))
    programs.maildir(f"{folder}/mail/{ASIAN}2")
    put_local(f"{folder}/mail/{ASIAN}2", "made here")
    sync()
    assert set(contents(account, ASIAN + "2")) == {"made here"}


@test("mbsync with STARTTLS", programs=["mbsync"], seconds=60)
def mbsync_starttls(instance, folder):
    account = instance.account()
    fill(account, 2)
    mbsync_setup(instance, account, folder, "imap", "STARTTLS")()
    assert len(local(folder + "/mail/INBOX")) == 2


@test("offlineimap keeps both sides the same", programs=["offlineimap"], seconds=180)
def offlineimap(instance, folder):
    account = instance.account()
    certificate(instance, folder)
    programs.write(
        folder + "/.offlineimaprc",
        f"""[general]
accounts = one
metadata = {folder}/state
ui = basic
[Account one]
localrepository = here
remoterepository = there
[Repository here]
type = Maildir
localfolders = {folder}/mail
sync_deletes = yes
[Repository there]
type = IMAP
remotehost = {instance.host}
remoteport = {instance.port('imaps')}
remoteuser = {account.login}
remotepass = {account.password}
ssl = yes
cert_fingerprint = {fingerprint(folder)}
ssl_version = tls1_2
tls_level = tls_compat
usecompression = no
""",
    )
    sync = lambda: programs.run(["offlineimap", "-c", folder + "/.offlineimaprc", "-o", "-1"], folder, seconds=60)
    two_way(account, sync, lambda name: f"{folder}/mail/{name}", "Work")


def fingerprint(folder):
    return hashlib.sha1(ssl.PEM_cert_to_DER_cert(open(folder + "/cert.pem").read())).hexdigest()


def neomutt_run(instance, account, folder, commands, scheme="imap"):
    certificate(instance, folder)
    programs.write(
        folder + "/muttrc",
        f"""set imap_user="{account.login}" imap_pass="{account.password}"
set folder="{scheme}://{instance.host}:{instance.port(scheme)}/"
set spoolfile="+INBOX" ssl_starttls=no ssl_force_tls=no certificate_file={folder}/cert.pem
unset ssl_verify_host
unset ssl_verify_dates
set delete=yes quit=yes confirmappend=no confirmcreate=no move=no mark_old=no sleep_time=0
set header_cache="" message_cachedir=""
set wait_key=no mail_check=60 timeout=5 imap_keepalive=60 prompt_after=no beep=no resolve=no auto_tag=no
""",
    )
    # a terminal is needed; `script` gives one without a window
    command = f"neomutt -n -F {folder}/muttrc -f +INBOX {commands}"
    return programs.run(
        ["script", "-qec", command, "/dev/null"], folder, seconds=40, environment={"LINES": "40", "COLUMNS": "120"}
    )


@test("neomutt reads, flags, copies and deletes", programs=["neomutt", "script"], seconds=90)
def neomutt(instance, folder):
    account = instance.account()
    fill(account, 4)
    with account.imap() as session:
        session.run('CREATE "Kept"')
        session.logout()
    push = (
        "-e 'set copy=yes; push \"<first-entry><flag-message><next-entry><set-flag>N<next-entry><delete-message>"
        "<last-entry><copy-message>=Kept<enter><sync-mailbox><exit>\"'"
    )
    neomutt_run(instance, account, folder, push)
    there = contents(account)
    assert set(there) == {f"INBOX letter {n}" for n in (0, 1, 3)}, there
    assert "\\Flagged" in there["INBOX letter 0"], there
    assert set(contents(account, "Kept")) == {"INBOX letter 3"}


@test("neomutt saves a message to a local file over imaps", programs=["neomutt", "script"], seconds=60)
def neomutt_save(instance, folder):
    account = instance.account()
    fill(account, 1)
    neomutt_run(
        instance,
        account,
        folder,
        f"-e 'set mbox_type=mbox; push \"<copy-message>{folder}/out.mbox<enter><exit>\"'",
        "imaps",
    )
    assert b"some text" in open(folder + "/out.mbox", "rb").read()


@test("fetchmail fetches by POP3, POP3S and IMAP and removes what it fetched", programs=["fetchmail"], seconds=90)
def fetchmail(instance, folder):
    # fetchmail writes bounces and logs as "bare user"; a delivery program of our own takes the messages
    for protocol, port, options in (
        ("pop3", "pop3", "sslproto ''"),
        ("pop3", "pop3s", "ssl"),
        ("imap", "imap", "sslproto ''"),
        ("imap", "imaps", "ssl"),
    ):
        account = instance.account()
        fill(account, 3)
        out = f"{folder}/got-{port}"
        programs.write(folder + "/take", f"#!/bin/sh\ncat >>{out}\necho ======== >>{out}\n", 0o700)
        programs.write(
            folder + "/.fetchmailrc",
            f"""poll {instance.host} protocol {protocol} service {instance.port(port)} uidl
  user "{account.login}" password "{account.password}" {options} no sslcertck no keep fetchall mda "{folder}/take"
""".replace(
                " uidl", "" if protocol == "imap" else " uidl"
            ),
        )
        programs.run(["fetchmail", "-f", folder + "/.fetchmailrc", "--pidfile", folder + "/pid", "-v"], folder)
        got = open(out).read()
        assert got.count("========") == 3 and all(f"INBOX letter {n}" in got for n in range(3)), got[:500]
        assert contents(account) == {}, contents(account)


@test("getmail fetches by POP3, POP3S and IMAP; what it keeps is not fetched twice", programs=["getmail"], seconds=120)
def getmail(instance, folder):
    for kind, port in (
        ("SimplePOP3Retriever", "pop3"),
        ("SimplePOP3SSLRetriever", "pop3s"),
        ("SimpleIMAPRetriever", "imap"),
        ("SimpleIMAPSSLRetriever", "imaps"),
    ):
        account = instance.account()
        fill(account, 2)
        box = programs.maildir(f"{folder}/box-{port}")
        state = f"{folder}/state-{port}"
        os.makedirs(state)
        programs.write(
            state + "/getmailrc",
            f"""[retriever]
type = {kind}
server = {instance.host}
port = {instance.port(port)}
username = {account.login}
password = {account.password}
{'mailboxes = ("INBOX",)' if 'IMAP' in kind else ''}
[destination]
type = Maildir
path = {box}/
[options]
read_all = false
delete = false
delivered_to = false
received = false
verbose = 2
""",
        )
        for _ in range(2):
            programs.run(["getmail", "--getmaildir", state], folder, plain_user=True)
        assert set(local(box)) == {"INBOX letter 0", "INBOX letter 1"} and len(programs.maildir_messages(box)) == 2, (
            kind,
            local(box),
        )
        with account.imap() as session:
            session.append("INBOX", letter("later"))
            session.logout()
        programs.run(["getmail", "--getmaildir", state], folder, plain_user=True)
        assert len(programs.maildir_messages(box)) == 3, (kind, local(box))


@test("curl lists, fetches and searches by imap, imaps, pop3 and pop3s", programs=["curl"])
def curl(instance, folder):
    account = instance.account()
    fill(account, 2)
    base = ["curl", "-sSk", "--user", f"{account.login}:{account.password}"]
    for scheme in ("imap", "imaps"):
        url = f"{scheme}://{instance.host}:{instance.port(scheme)}"
        assert "INBOX" in programs.run([*base, url + "/"], folder)
        assert "INBOX letter 1" in programs.run([*base, url + "/INBOX;MAILINDEX=2"], folder)
        assert "some text" in programs.run([*base, url + "/INBOX;MAILINDEX=1;SECTION=TEXT"], folder)
        assert re.search(r"SEARCH 2\b", programs.run([*base, url + "/INBOX?SUBJECT%20%22letter%201%22"], folder))
    for scheme in ("pop3", "pop3s"):
        url = f"{scheme}://{instance.host}:{instance.port(scheme)}"
        assert len(programs.run([*base, url + "/"], folder).split()) == 4
        got = programs.run([*base, url + "/2"], folder)
        assert "INBOX letter 1" in got and "\n.\r\n" in got or "\n.\n" in got, got
    programs.run([*base, "--ssl-reqd", f"imap://{instance.host}:{instance.port('imap')}/INBOX;MAILINDEX=1"], folder)
    programs.run([*base, "--ssl-reqd", f"pop3://{instance.host}:{instance.port('pop3')}/1"], folder)


@test("imaplib reads, flags, copies, expunges and idles by NOOP")
def python_imaplib(instance, _):
    account = instance.account()
    for make in (imaplib.IMAP4, imaplib.IMAP4_SSL):
        account.wipe()
        session = make(instance.host, instance.port("imap" if make is imaplib.IMAP4 else "imaps"))
        if make is imaplib.IMAP4:
            session.starttls()
        session.login(account.login, account.password)
        assert session.select()[0] == "OK"
        for n in range(3):
            assert (
                session.append("INBOX", "(\\Seen)", imaplib.Time2Internaldate(1700000000 + n), letter(f"letter {n}"))[0]
                == "OK"
            )
        session.noop()
        assert session.search(None, "ALL")[1][0].split() == [b"1", b"2", b"3"]
        typ, data = session.fetch("2", "(FLAGS INTERNALDATE BODY.PEEK[])")
        assert data[0][1] == letter("letter 1"), data
        assert b"\\Seen" in data[0][0] + data[1], data
        session.create("Lib")
        assert session.copy("1:2", "Lib")[0] == "OK"
        session.store("1", "+FLAGS", "(\\Deleted)")
        assert session.expunge()[1] == [b"1"]
        assert session.status("Lib", "(MESSAGES)")[1][0].endswith(b"(MESSAGES 2)")
        assert session.getannotation is not None and session.namespace()[0] == "OK"
        session.logout()


@test("poplib lists, reads, deletes by pop3, STLS and pop3s")
def python_poplib(instance, _):
    for way in ("pop3", "stls", "pop3s"):
        account = instance.account()
        fill(account, 3)
        if way == "pop3s":
            session = poplib.POP3_SSL(instance.host, instance.port("pop3s"))
        else:
            session = poplib.POP3(instance.host, instance.port("pop3"))
            if way == "stls":
                session.stls()
        session.user(account.login)
        session.pass_(account.password)
        count, size = session.stat()
        listed = [line.split() for line in session.list()[1]]
        assert count == 3 and size == sum(int(n) for _, n in listed), (count, size, listed)
        got = b"\r\n".join(session.retr(2)[1]) + b"\r\n"
        assert got == letter("INBOX letter 1"), got
        assert len(set(line.split()[1] for line in session.uidl()[1])) == 3
        session.top(1, 1)
        session.dele(1)
        session.quit()
        assert set(contents(account)) == {"INBOX letter 1", "INBOX letter 2"}
