# SPDX-License-Identifier: Apache-2.0
# Both sides kept the same, folders, flags and deletions included, by mbsync and offlineimap.
import glob
import os

import programs
from letters import certificate, contents, fill, fingerprint, letter, local, local_file, put_local, set_local_flags
from runner import test

UMLAUT = "Entw&APw-rfe"  # "Entwürfe" in modified UTF-7 (RFC 3501 5.1.3)
ASIAN = "&ZeVnLIqe-"  # three characters of RFC 3501's own example
AMPERSAND = "A &- B"


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
