# SPDX-License-Identifier: Apache-2.0
# What users see when something happens to the store under a running server: the index is only a copy, and a stored that
# does not answer is told as a temporary failure (catalogue F16, F17).
import glob
import os
import shutil
import signal
import subprocess
import time

from letters import letter
from people import add_users, domain_ldif
from runner import test

FOLDERS = [f"Box {n:03}" for n in range(100)]


def fill_folders(account):
    with account.imap(timeout=60) as session:
        for n, name in enumerate(FOLDERS):
            session.run(f'CREATE "{name}"')
            for k in range(n % 4):
                session.append(name, letter(f"{name} {k}"), flags=("\\Flagged $Work", "\\Seen", "")[k])
        session.ok('SELECT "Box 003"')
        session.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
        session.ok("EXPUNGE")


def everything(account):
    """What must not change when the index goes: of each folder its numbers, of each message all but the octets."""
    found = {}
    with account.imap(timeout=60) as session:
        for name in sorted(session.folders()):
            status = session.ok(f'STATUS "{name}" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN MAILBOXID)').named("STATUS")
            session.ok(f'EXAMINE "{name}"')
            answer = session.ok("UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE EMAILID THREADID)")
            messages = {n: {k: v for k, v in sorted(m.items())} for n, m in answer.fetched().items()}
            for message in messages.values():
                message["FLAGS"] = sorted(f for f in message["FLAGS"] if f != b"\\Recent")
            found[name] = (status, messages)
        session.logout()
    with account.pop3() as session:
        found["UIDL"] = session.lines("UIDL")
    return found


def index_folders(instance):
    return glob.glob(f"{instance.run_folder}/index/*/*")


def wait_for_new_index(instance, old, seconds=20):
    end = time.monotonic() + seconds
    while not (now := index_folders(instance)) or set(now) & set(old):
        assert time.monotonic() < end, f"no new index: {now}"
        time.sleep(0.05)


@test("The index is removed under 100 mailboxes: no number, flag or date changes, sessions go on", seconds=240)
def index_removed(instance, _):
    account = instance.account()
    fill_folders(account)
    for n in range(3):
        instance.deliver(account, letter(f"inbox {n}"))
    before = everything(account)
    assert sum(len(f[1]) for name, f in before.items() if name != "UIDL") >= 150
    with account.imap(timeout=60) as session:
        session.ok("SELECT INBOX")
        old = index_folders(instance)
        for folder in old:
            shutil.rmtree(folder)
        wait_for_new_index(instance, old)
        assert everything(account) == before
        instance.deliver(account, letter("after the loss"))
        end = time.monotonic() + 10
        while session.search('SUBJECT "after the loss"') == []:
            assert time.monotonic() < end, "the session that was open sees no new mail"
            time.sleep(0.2)
        session.ok("STORE 1 +FLAGS (\\Answered)")
    with account.imap() as session:
        session.ok("SELECT INBOX")
        uid = session.uids()[0]
        assert "\\Answered" in session.flags(uid), session.flags(uid)


@test("F17 A stored that is stopped: mail is put off, logins are unavailable, both till it goes on", seconds=240)
def stored_stopped(instance, _):
    account = instance.account()
    instance.deliver(account, letter("before the stop"))
    pid = instance.pids()["stored"][0]
    os.kill(pid, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        with instance.smtp(timeout=100) as session:
            session.command("MAIL FROM:<sender@remote.test>").want(250)
            answer = session.command(f"RCPT TO:<{account.mail}>")
            if answer.code == 250:  # the directory alone may have been asked
                answer = session.command("DATA")
            assert answer.code // 100 == 4, answer
            session.command("RSET").want(250)
            session.command("NOOP").want(250)
        with instance.imap(timeout=100) as session:
            answer = session.run(f'LOGIN "{account.login}" "{account.password}"')
            assert answer.status == "NO" and answer.code() in ("UNAVAILABLE", "SERVERBUG"), answer
        assert time.monotonic() - begin < 60, "a program has given up by then"
    finally:
        os.kill(pid, signal.SIGCONT)
    instance.deliver(account, letter("after the stop"))
    assert account.wait_for("after the stop") and account.wait_for("before the stop")
    assert instance.pids()["stored"] == [pid]


@test("A partition whose stored is stopped stops its own users only: those of the other notice nothing", seconds=300)
def one_partition_stopped(instance, folder):
    programs, config, _ = instance.master()
    second = f"{instance.run_folder}/store/second"
    with open(config) as settings:
        before = settings.read()
    places = {"path": f'"{second}"', "index_directory": f'"{instance.run_folder}/index-second"'}
    instance.configure({"partitions.second": places}, restart=False)
    subprocess.run([f"{programs}/mailtree", "--config", config, "partition", "create", "second"], check=True)
    try:
        instance.restart()
        check_partitions(instance, second)
    finally:
        with open(config, "w") as settings:
            settings.write(before)
        instance.restart()


def check_partitions(instance, second):
    domain = "parted.test"
    instance.ldap("ldapadd", domain_ldif(instance, domain))
    here, there = add_users(instance, domain, "parted", 2)
    instance.ldap(
        "ldapmodify",
        f"dn: uid=parted1,ou=People,o={domain},{instance['ldap_base']}\n"
        "changetype: modify\nadd: mailMessageStore\nmailMessageStore: second\n",
    )
    for account in here, there:
        instance.deliver(account, letter("before the stop"))
    assert not glob.glob(f"{instance.run_folder}/store/default/{domain}/*/parted1")
    assert glob.glob(f"{second}/{domain}/*/parted1")
    stopped = pid_of_partition(instance, "second")
    os.kill(stopped, signal.SIGSTOP)
    try:
        slowest = 0
        with instance.smtp(timeout=100) as session:
            for n in range(5):
                begin = time.monotonic()
                session.command("MAIL FROM:<sender@remote.test>").want(250)
                session.command(f"RCPT TO:<{here.mail}>").want(250)
                session.content(letter(f"meanwhile {n}")).want(250)
                slowest = max(slowest, time.monotonic() - begin)
            session.command("MAIL FROM:<sender@remote.test>").want(250)
            answer = session.command(f"RCPT TO:<{there.mail}>")
            assert answer.code // 100 == 4, answer
            # Whoever is refused for now does not take the others with him.
            session.command(f"RCPT TO:<{here.mail}>").want(250)
            session.content(letter("beside a refused one")).want(250)
        begin = time.monotonic()
        with here.imap() as session:
            session.ok("SELECT INBOX")
            assert len(session.search("ALL")) == 7
            session.ok("STORE 1:* +FLAGS.SILENT (\\Seen)")
        slowest = max(slowest, time.monotonic() - begin)
        assert slowest < 10, f"{slowest:.1f} s for what concerns the other partition alone"
        with instance.imap(timeout=100) as session:
            answer = session.run(f'LOGIN "{there.login}" "{there.password}"')
            assert answer.status == "NO" and answer.code() == "UNAVAILABLE", answer
    finally:
        os.kill(stopped, signal.SIGCONT)
    instance.deliver(there, letter("after the stop"))
    assert there.wait_for("after the stop") and there.wait_for("before the stop")
    assert pid_of_partition(instance, "second") == stopped


def pid_of_partition(instance, name):
    for pid in instance.pids()["stored"]:
        words = open(f"/proc/{pid}/cmdline").read().split("\0")
        if words[words.index("--instance") + 1] == name:
            return pid
    raise AssertionError(f"no stored of {name}")
