# SPDX-License-Identifier: Apache-2.0
# The index ruined or missing, the partition in the hands of another server, while sessions are open: what is shown is
# right, or put off.
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from letters import letter
from runner import test
from store_faults import everything, fill_folders, index_folders, wait_for_new_index


def until(what, seconds=30):
    """Repeats `what` until it gives something true."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"{what.__doc__ or what} did not happen in {seconds} s"
        time.sleep(0.1)
    return found


def answers_again(account):
    """The account can be read."""
    try:
        return everything(account)
    except (AssertionError, OSError, EOFError):
        return None


def logged(instance, since, event):
    with open(f"{instance.run_folder}/mailtree.log", errors="replace") as log:
        log.seek(since)
        return [line for line in log if event in line]


@test("The index is overwritten under open sessions: nothing wrong is shown, then all is as before", seconds=300)
def index_ruined(instance, _):
    account = instance.account()
    fill_folders(account)
    instance.deliver(account, letter("before the ruin"))
    before = everything(account)
    since = instance.log_size()
    with account.imap(timeout=60) as session:
        session.ok("SELECT INBOX")
        old = [f for f in index_folders(instance) if ".aside-" not in f]
        for folder in old:
            with open(f"{folder}/data.mdb", "r+b") as data:
                octets = data.read()
                data.seek(2 * 4096)
                data.write(os.urandom(max(0, len(octets) - 2 * 4096)))
        end = time.monotonic() + 30
        while not logged(instance, since, "store.index.aside"):
            assert time.monotonic() < end, "the ruined index was not set aside"
            try:
                answer = session.run("UID FETCH 1:* (FLAGS)")
                if answer.status == "OK":
                    for number, message in answer.fetched().items():
                        assert set(message["FLAGS"]) <= {b"\\Recent", b"\\Seen"}, (number, message)
            except (OSError, EOFError, AssertionError) as failure:
                if "FLAGS" in str(failure):
                    raise
                break  # its imapd died inside LMDB: the next login is another process
            found = answers_again(account)
            assert found in (None, before), "something else was shown"
            time.sleep(0.1)
    until(lambda: logged(instance, since, "store.index.aside"))
    assert until(lambda: answers_again(account)) == before
    instance.deliver(account, letter("after the ruin"))
    assert account.wait_for("after the ruin")


@test("stored is killed at any moment, 12 times, under sessions that change flags: index and log agree", seconds=300)
def stored_killed(instance, _):
    account = instance.account()
    for n in range(20):
        instance.deliver(account, letter(f"kept {n}"))
    wanted, since = set(), instance.log_size()
    for round in range(12):
        try:
            with account.imap(timeout=60) as session:
                session.ok("SELECT INBOX")
                uid = session.uids()[round]  # the mailbox may have been used before
                session.ok(f"UID STORE {uid} +FLAGS (\\Flagged)")
                wanted.add(uid)
                time.sleep(0.013 * round)
                os.kill(instance.pids()["stored"][0], signal.SIGKILL)
        except (AssertionError, OSError, EOFError):
            pass  # it died before it answered
        until(lambda: answers_again(account))
        with account.imap(timeout=60) as session:
            session.ok("SELECT INBOX")
            flagged = set(session.search("FLAGGED", uid=True))
            assert wanted <= flagged, (wanted, flagged)
    assert wanted, "stored was always dead before it answered"
    assert not logged(instance, since, "rolled_back") and not logged(instance, since, "store.index.aside")


@test("No index can be made: mail is taken, logins are unavailable; once there can be one all is there", seconds=300)
def index_impossible(instance, _):
    account = instance.account()
    instance.deliver(account, letter("before"))
    before = everything(account)
    home = os.path.dirname(index_folders(instance)[0])
    since = instance.log_size()
    shutil.rmtree(home)
    with open(home, "w"):
        pass  # a file where its directory should be
    try:
        until(lambda: logged(instance, since, "store.index.absent"))
        until(lambda: logged(instance, since, "store.partition.opened"))
        instance.deliver(account, letter("meanwhile"))
        with instance.imap(timeout=60) as session:
            answer = session.run(f'LOGIN "{account.login}" "{account.password}"')
            assert answer.status == "NO" and answer.code() in ("UNAVAILABLE", "SERVERBUG"), answer
    finally:
        os.unlink(home)
    after = until(lambda: answers_again(account), 60)
    assert after["INBOX"][1].items() >= before["INBOX"][1].items()
    assert account.wait_for("meanwhile")


@test("Another stored takes the partition over: this one shows and changes nothing more, nothing is lost", seconds=300)
def partition_taken_over(instance, _):
    account = instance.account()
    instance.deliver(account, letter("ours"))
    programs, config, _ = instance.master()
    text = open(config).read()
    partition = re.search(r'^path = "(.*)"', text[text.index("[[partition") if "[[partition" in text else 0 :], re.M)
    assert partition, text
    lock = partition.group(1) + "/lock"
    since = instance.log_size()
    folder = tempfile.mkdtemp(prefix="mailtree-other-")
    other = None
    try:
        with account.imap(timeout=60) as session:
            session.ok("SELECT INBOX")
            os.rename(lock, lock + ".away")  # as where locks do not reach the other machine
            mine = re.sub(r'^run_directory = .*$', f'run_directory = "{folder}/run"', text, flags=re.M)
            mine = re.sub(r'^index_directory = .*$', f'index_directory = "{folder}/index"', mine, flags=re.M)
            with open(f"{folder}/mailtree.toml", "w") as out:
                out.write(mine)
            with open(f"{folder}/log", "w") as log:
                other = subprocess.Popen(
                    [programs + "/mailtree-stored", "--config", f"{folder}/mailtree.toml"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            until(lambda: "store.partition.opened" in open(f"{folder}/log").read(), 60)
            until(lambda: logged(instance, since, "store.partition.taken_over"))
            time.sleep(1.2)  # one look of the old one at its index
            answer = session.run("STORE 1 +FLAGS (\\Flagged)")
            assert answer.status == "NO", answer
        with instance.smtp(timeout=60) as session:
            session.command("MAIL FROM:<sender@remote.test>").want(250)
            answer = session.command(f"RCPT TO:<{account.mail}>")
            if answer.code == 250:
                answer = session.command("DATA")
            assert answer.code // 100 == 4, answer
        with instance.imap(timeout=60) as session:
            answer = session.run(f'LOGIN "{account.login}" "{account.password}"')
            assert answer.status == "NO", answer
    finally:
        if other:
            other.terminate()
            other.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
        instance.restart()  # the operator's decision: this one has it again
    until(lambda: answers_again(account), 60)
    instance.deliver(account, letter("ours again"))
    assert account.wait_for("ours") and account.wait_for("ours again")
    with account.imap() as session:
        session.ok("SELECT INBOX")
        assert session.search("FLAGGED") == []
