# SPDX-License-Identifier: Apache-2.0
# Programs that work in the Maildir while the server runs: a mail reader, a program that files mail, a script that
# renames. What they do is seen by IMAP, what IMAP does is seen by them, and no read fails meanwhile.
import os
import threading
import time

import programs
from letters import contents, letter
from maintenance import files
from runner import test


def flags_in_names(instance, account):
    return [path.rsplit(":2,", 1)[1] for path in files(instance, account)]


def within(seconds, wanted, check):
    end = time.monotonic() + seconds
    while (found := check()) != wanted:
        assert time.monotonic() < end, f"not within {seconds} s: {found} instead of {wanted}"
        time.sleep(0.1)


def at_once(instance):
    """Names follow flags after a second instead of 20."""
    instance.configure({"store": {"flags_in_names_seconds": "1"}})


def deliver(instance, account, count):
    for n in range(count):
        instance.deliver(account, letter(f"other {n}"))


def neomutt(instance, account, folder, keys):
    """Runs neomutt on the account's Maildir itself, without the server."""
    box = os.path.dirname(os.path.dirname(files(instance, account)[0]))
    programs.write(
        folder + "/muttrc",
        f"""set mbox_type=mbox folder={folder} spoolfile={box} quit=yes confirmappend=no confirmcreate=no move=no
set mark_old=no delete=yes sleep_time=0 wait_key=no prompt_after=no beep=no resolve=no auto_tag=no copy=yes
set record="" sort=date
""",
    )
    command = f"neomutt -n -F {folder}/muttrc -f {box} -e 'push \"{keys}\"'"
    programs.run(
        ["script", "-qec", command, "/dev/null"], folder, seconds=40, environment={"LINES": "40", "COLUMNS": "120"}
    )


@test("Flags that IMAP sets are in the file names within 30 s, read in the log before and after", seconds=90)
def names_follow(instance, _):
    account = instance.account()
    deliver(instance, account, 3)
    with account.imap() as session:
        session.ok("SELECT INBOX")
        session.ok("STORE 1:2 +FLAGS (\\Seen)")
        session.ok("STORE 2 +FLAGS (\\Flagged \\Answered)")
        assert flags_in_names(instance, account) == ["", "", ""]
        within(30, ["S", "FRS", ""], lambda: flags_in_names(instance, account))
        for n in (1, 2, 3):
            assert b"other" in session.body(n)
    expected = {"other 0": {"\\Seen"}, "other 1": {"\\Seen", "\\Flagged", "\\Answered"}, "other 2": set()}
    assert contents(account) == expected, contents(account)


@test("neomutt in the Maildir and IMAP see each other's flags", programs=["neomutt", "script"], seconds=180)
def neomutt_in_the_maildir(instance, folder):
    at_once(instance)
    account = instance.account()
    deliver(instance, account, 4)
    read_and_flag = "<first-entry><display-message><exit><last-entry><flag-message>"
    neomutt(instance, account, folder, read_and_flag + "<sync-mailbox><exit>")
    marked = contents(account)  # the flagged one was put into new/, since nobody has read it
    assert sorted(map(sorted, marked.values())) == [[], [], ["\\Flagged"], ["\\Seen"]], marked
    other = min(subject for subject in marked if not marked[subject])
    with account.imap() as session:
        session.ok("SELECT INBOX")
        session.ok(f"STORE {int(other.split()[1]) + 1} +FLAGS (\\Flagged)")
    within(30, 2, lambda: sum("F" in flags for flags in flags_in_names(instance, account)))
    neomutt(instance, account, folder, f"<tag-pattern>~F<enter><tag-prefix><copy-message>{folder}/flagged<enter><exit>")
    copied = open(folder + "/flagged", "rb").read()
    wanted = {subject for subject in marked if "\\Flagged" in marked[subject]} | {other}
    assert {subject for subject in marked if f"Subject: {subject}\r\n".encode() in copied} == wanted, copied
    neomutt(instance, account, folder, "<delete-pattern>~A<enter><sync-mailbox><exit>")
    assert contents(account) == {}


@test("Every FETCH of a body succeeds while flags change and files are renamed under it", seconds=120)
def reads_during_renames(instance, _):
    at_once(instance)
    account = instance.account()
    deliver(instance, account, 20)
    with account.imap() as session:
        session.ok("SELECT INBOX")
        uids = session.uids()
    over = threading.Event()
    shown = set()
    failures = []

    def change():
        try:
            with account.imap() as session:
                session.ok("SELECT INBOX")
                sign = "+"
                while not over.is_set():
                    session.ok(f"STORE 1:* {sign}FLAGS.SILENT (\\Flagged)")
                    sign = "-" if sign == "+" else "+"
                    over.wait(0.7)
        except Exception as failure:
            failures.append(failure)

    changer = threading.Thread(target=change)
    changer.start()
    try:
        fetched = 0
        with account.imap() as session, account.pop3() as drop:
            session.ok("SELECT INBOX")
            end = time.monotonic() + 25
            while time.monotonic() < end:
                for number, uid in enumerate(uids):
                    text = session.body(uid, uid=True)
                    assert b"Subject: other %d\r\n" % number in text, text
                    fetched += 1
                assert any("other 3" in line for line in drop.lines("RETR 4"))
                shown.add(tuple(flags_in_names(instance, account)))
    finally:
        over.set()
        changer.join()
    assert not failures, failures
    assert len(shown) > 1, "no file was renamed meanwhile"
    print(f"# {fetched} bodies fetched while names changed")


@test("A rename by a script and a STORE of the same message in one moment lose nothing; the STORE counts", seconds=120)
def rename_against_store(instance, _):
    at_once(instance)
    account = instance.account()
    deliver(instance, account, 12)
    with account.imap() as session:
        session.ok("SELECT INBOX")
        for n in range(1, 13):
            path = files(instance, account)[n - 1]
            if n % 2:
                os.rename(path, path + "S")
            session.ok(f"STORE {n} +FLAGS (\\Flagged)")
            if n % 2 == 0 and os.path.exists(path):
                os.rename(path, path + "S")
    marked = contents(account)
    assert set(marked) == {f"other {n}" for n in range(12)}, marked
    assert all("\\Flagged" in flags for flags in marked.values()), marked
    within(30, True, lambda: all("F" in flags for flags in flags_in_names(instance, account)))
    assert all("\\Flagged" in flags for flags in contents(account).values())


@test("Mail that other programs put into new/ and cur/ is taken in with its flags and once", seconds=60)
def droppers(instance, _):
    account = instance.account()
    deliver(instance, account, 1)
    box = os.path.dirname(os.path.dirname(files(instance, account)[0]))
    for n, (part, name) in enumerate((("new", "1"), ("cur", "2:2,FS"), ("cur", "3:2,")), 1):
        name = f"17800000{n:02}.M{n}P77.elsewhere,S=1{n}{name[1:]}"
        with open(f"{box}/tmp/{name}", "wb") as out:
            out.write(letter(f"other {n}"))
        os.rename(f"{box}/tmp/{name}", f"{box}/{part}/{name}")
    wanted = {"other 0": set(), "other 1": set(), "other 2": {"\\Flagged", "\\Seen"}, "other 3": set()}
    assert contents(account) == wanted, contents(account)
    assert contents(account) == wanted, "taken in twice"
    assert os.listdir(box + "/new") == [] and len(files(instance, account)) == 4
