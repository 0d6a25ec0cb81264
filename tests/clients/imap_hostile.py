# SPDX-License-Identifier: Apache-2.0
# Abuse that must get BAD or NO and leave the session or the next one working, and many sessions at once (I01-I20).
import threading

from imap import opened, short
from runner import test
from wire import Closed


@test("I01 I02 I03 Literals that are too large, many, or hold commands never run anything")
def literals(instance, _):
    account = instance.account()
    for text in (
        "{4294967296}",
        "{18446744073709551616}",
        "{-1}",
        "{00000000000000000001}x",
        "{1 }",
        "{x}",
        "{99999999999+}",
    ):
        for before in (True, False):
            with instance.imap() if before else account.imap() as session:
                command = f"x1 LOGIN {text}\r\n" if before else f"x1 APPEND INBOX {text}\r\n"
                try:
                    session.send(command.encode())
                    line = session.line()
                except (Closed, OSError):
                    continue
                assert not line.startswith(b"+"), (text, before, line)
    with account.imap() as session:
        session.send(b"x1 SEARCH SUBJECT {12+}\r\nx2 LOGOUT\r\n \r\n")
        assert session.finish("x1").status in ("OK", "BAD", "NO")
        session.ok("NOOP")


@test("I04 An APPEND cut short stores nothing")
def append_cut(instance, _):
    account = instance.account()
    octets = short("cut") + b"line\r\n" * 2000
    for tenth in range(10):
        with account.imap() as session:
            session.send(b"x1 APPEND INBOX {%d}\r\n" % len(octets))
            session.line()
            session.send(octets[: len(octets) * tenth // 10])
    with account.imap() as session:
        assert session.ok("SELECT INBOX").numbers("EXISTS") == [0]
        session.append("INBOX", octets)
        assert session.ok("SELECT INBOX").numbers("EXISTS") == [1]


@test("I05 I06 I10 I16 I20 Deep parentheses, long keys, NUL and strange tags get BAD; sessions go on", seconds=90)
def abuse(instance, _):
    account = instance.account()
    texts = [
        b"FETCH 1 " + b"(" * 10000,
        b"SEARCH " + b"(" * 5000,
        b"SEARCH " + b"NOT " * 5000 + b"ALL",
        b"SEARCH " + b"OR " * 5000 + b"ALL",
        b"FETCH 1 BODY[" + b"1." * 5000 + b"1]",
        b"FETCH 1 BODY[0]",
        b"FETCH 1 BODY[MIME]",
        b"FETCH 1 BODY[1.FROB]",
        b'LOGIN "a\\',
        b'LIST "" "' + b"*%" * 200 + b'"',
        b'SELECT "a\0b"',
        b"NOOP extra",
        b"FROB",
        b"",
        b"STORE",
        b"FETCH",
        b"COPY 1",
        b"UID",
        b"UID FROB 1",
        b"FETCH 1 (FLAGS",
        b"FETCH 1 FLAGS)",
    ]
    for text in texts:
        with account.imap() as session:
            session.ok("SELECT INBOX")
            try:
                answer = session.run(text)
                assert answer.status in ("BAD", "NO") or text.startswith((b"LIST", b"SEARCH", b"FETCH 1 BODY")), (
                    text[:40],
                    answer,
                )
                session.ok("NOOP")
            except (Closed, ConnectionError):
                pass
    for tag in (b"+", b"*", b"x" * 10000, b"(", b"\0", b"\xff"):
        with instance.imap() as session:
            try:
                session.send(tag + b" NOOP\r\n")
                line = session.line()
                assert line.startswith(b"* BAD") or b" BAD " in line or line.startswith((b"* BYE", tag + b" OK")), (
                    tag[:10],
                    line[:80],
                )
            except (Closed, ConnectionError):
                pass
    with account.imap() as session:
        session.ok("NOOP")


@test("A hundred pipelined commands are answered in order")
def pipelined(instance, _):
    account = instance.account()
    with opened(account, 3) as session:
        session.send(
            b"".join(
                b"p%d %s\r\n" % (n, (b"NOOP", b"FETCH 1:* (FLAGS BODY.PEEK[])", b"SEARCH ALL")[n % 3])
                for n in range(100)
            )
        )
        for n in range(100):
            assert session.finish(f"p{n}").status == "OK"


@test("DELETE of a folder selected elsewhere harms nobody; RENAME of the selected one keeps it usable or says so")
def concurrent_folders(instance, _):
    account = instance.account()
    with account.imap() as one, account.imap() as two:
        one.ok("CREATE Shared")
        one.append("Shared", short("x"))
        two.ok("SELECT Shared")
        one.ok("RENAME Shared Renamed")
        try:
            answer = two.run("FETCH 1 BODY.PEEK[]")
            assert answer.status in ("OK", "NO"), answer
            one.ok("DELETE Renamed")
            for command in ("NOOP", "FETCH 1 BODY.PEEK[]", "STORE 1 +FLAGS (\\Seen)", "EXPUNGE"):
                assert two.run(command).status in ("OK", "NO", "BAD"), command
        except (Closed, ConnectionError):
            pass
        one.ok("NOOP")


@test("I15 Ten sessions change one folder at once: nothing is lost, doubled or misnumbered", seconds=120)
def concurrent(instance, _):
    account, faults = instance.account(), []
    with account.imap() as session:
        session.ok("CREATE Busy")

    def work(number):
        try:
            with account.imap(timeout=60) as session:
                session.ok("SELECT INBOX")
                for n in range(12):
                    session.append("INBOX", short(f"w{number}n{n}"))
                    uid = session.search(f'SUBJECT "w{number}n{n}"', uid=True)
                    assert len(uid) == 1, f"w{number}n{n}: {uid}"
                    session.ok(f"UID STORE {uid[0]} +FLAGS.SILENT (\\Flagged)")
                    session.ok(f"UID COPY {uid[0]} Busy")
                    if n % 2:
                        session.ok(f"UID STORE {uid[0]} +FLAGS.SILENT (\\Deleted)")
                        session.ok(f"UID EXPUNGE {uid[0]}")
                session.ok("NOOP")
                session.logout()
        except Exception as error:  # reported by the main thread
            faults.append(f"{number}: {type(error).__name__} {error}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults
    with account.imap() as session:
        assert session.ok("SELECT INBOX").numbers("EXISTS") == [60]
        assert len(session.search("FLAGGED")) == 60
        assert session.ok("SELECT Busy").numbers("EXISTS") == [120]
        names = sorted(session.body(n, "HEADER.FIELDS (SUBJECT)") for n in range(1, 121))
        assert len(set(names)) == 120
