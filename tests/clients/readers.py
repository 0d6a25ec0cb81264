# SPDX-License-Identifier: Apache-2.0
# Mail out, and flags and deletions back, by the programs people read with: neomutt, fetchmail, getmail, curl,
# imaplib, poplib. Every program works in a home folder of its own.
import imaplib
import os
import poplib
import re

import programs
from letters import certificate, contents, fill, letter, local
from runner import test


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
