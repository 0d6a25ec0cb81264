# SPDX-License-Identifier: Apache-2.0
# POP3 sessions by hand (RFC 1939, 2449, 3206; catalogue P01-P05).
import base64

from runner import test
from wire import Closed


def letter(n):
    return b"Subject: letter %d\r\n\r\nline 1\r\n.line 2\r\n..\r\nline 4\r\n" % n


def filled(instance, count):
    account = instance.account()
    with account.imap() as session:
        for n in range(count):
            session.append("INBOX", letter(n))
        session.logout()
    return account


@test("CAPA lists what is there, before and after login")
def capa(instance, _):
    account = instance.account()
    with instance.pop3() as session:
        words = session.lines("CAPA")
        assert {"TOP", "UIDL", "USER", "STLS", "RESP-CODES"} <= set(words) and any(
            w.startswith("SASL PLAIN") for w in words
        ), words
        session.login(account.login, account.password)
        assert {"TOP", "UIDL"} <= set(session.lines("CAPA"))


@test("AUTH PLAIN with and without initial response, and cancelled")
def auth(instance, _):
    account = instance.account()
    token = base64.b64encode(f"\0{account.login}\0{account.password}".encode()).decode()
    with instance.pop3() as session:
        session.ok("AUTH PLAIN " + token)
        session.ok("STAT")
    with instance.pop3() as session:
        assert session.command("AUTH PLAIN").startswith(b"+ ")
        session.error("*")
        assert session.command("AUTH PLAIN").startswith(b"+ ")
        session.ok(token)
        session.ok("STAT")


@test("STAT, LIST, UIDL, RETR and TOP agree with each other")
def numbers(instance, _):
    account = filled(instance, 3)
    with account.pop3() as session:
        _, count, size = session.ok("STAT").split()[:3]
        listed = {int(n): int(s) for n, s in (line.split() for line in session.lines("LIST"))}
        assert int(count) == 3 and int(size) == sum(listed.values())
        for n in (1, 2, 3):
            octets = session.multiline(f"RETR {n}")
            assert octets == letter(n - 1) and listed[n] == len(octets), (n, listed, len(octets))
            assert session.ok(f"LIST {n}").split()[1:3] == [b"%d" % n, b"%d" % listed[n]]
        assert session.multiline("TOP 1 0") == b"Subject: letter 0\r\n\r\n"
        assert session.multiline("TOP 1 2") == b"Subject: letter 0\r\n\r\nline 1\r\n.line 2\r\n"
        assert session.multiline("TOP 1 99") == letter(0)
        uids = [line.split()[1] for line in session.lines("UIDL")]
        assert len(set(uids)) == 3 and all(len(u) <= 70 and u.isprintable() for u in uids)
        assert session.ok("UIDL 2").split()[2].decode() == uids[1]


@test("P02 DELE counts only after QUIT; RSET takes it back; a dropped connection removes nothing")
def deletes(instance, _):
    account = filled(instance, 3)
    with account.pop3() as session:
        session.ok("DELE 1")
        session.error("RETR 1")
        session.error("DELE 1")
        assert session.ok("STAT").split()[1] == b"2"
        assert [line.split()[0] for line in session.lines("LIST")] == ["2", "3"]
        session.ok("RSET")
        assert session.ok("STAT").split()[1] == b"3"
        session.ok("DELE 2")
    with account.pop3() as session:
        assert session.ok("STAT").split()[1] == b"3"
        session.ok("DELE 2")
        session.ok("QUIT")
        assert session.closed_by_server(5)
    with account.pop3() as session:
        assert [session.multiline(f"RETR {n}") for n in (1, 2)] == [letter(0), letter(2)]
    with account.imap() as session:
        assert session.ok("SELECT INBOX").numbers("EXISTS") == [2]


@test("P04 UIDLs stay the same over sessions, flag changes and deletions of others, and are never used again")
def uidl(instance, _):
    account = filled(instance, 3)

    def uids():
        with account.pop3() as session:
            return [line.split()[1] for line in session.lines("UIDL")]

    before = uids()
    with account.imap() as session:
        session.ok("SELECT INBOX")
        session.ok("STORE 1:3 +FLAGS.SILENT (\\Seen \\Flagged)")
        session.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
        session.ok("EXPUNGE")
        session.append("INBOX", letter(9))
        session.logout()
    after = uids()
    assert after[:2] == [before[0], before[2]] and after[2] not in before, (before, after)


@test("P01 Wrong numbers get -ERR and the session lives")
def wrong_numbers(instance, _):
    account = filled(instance, 1)
    with account.pop3() as session:
        for command in (
            "RETR 0",
            "RETR -1",
            "RETR 2",
            "RETR 4294967297",
            "RETR 18446744073709551617",
            "RETR x",
            "RETR",
            "TOP 1",
            "TOP 1 x",
            "TOP 1 -1",
            "LIST 2",
            "UIDL x",
            "DELE 0",
            "DELE",
        ):
            session.error(command)
        session.error("FROB")
        session.ok("NOOP")


@test("P05 Long lines, commands out of state, pipelined RETR")
def floods(instance, _):
    account = filled(instance, 2)
    with instance.pop3() as session:
        session.error("STAT")
        session.error("RETR 1")
        session.login(account.login, account.password)
        session.error("USER x")
    with account.pop3() as session:
        session.send(b"RETR 1\r\nRETR 2\r\n" * 100)
        for n in range(200):
            assert session.line().startswith(b"+OK")
            session.until(b"\r\n.\r\n")
        session.ok("NOOP")
        try:
            assert session.command("NOOP " + "x" * 100000).startswith(b"-ERR")
        except (Closed, ConnectionError):
            pass


@test("Two POP3 sessions and an IMAP session of one user go along or are refused with IN-USE, and nothing breaks")
def two_sessions(instance, _):
    account = filled(instance, 2)
    with account.pop3() as one, instance.pop3() as two, account.imap() as three:
        two.command("USER " + account.login)
        said = two.command("PASS " + account.password)
        assert said.startswith((b"+OK", b"-ERR [IN-USE]")), said
        three.ok("SELECT INBOX")
        three.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        three.ok("EXPUNGE")
        one.send(b"RETR 1\r\n")
        assert one.line()[:3] in (b"+OK", b"-ER")
    with account.pop3() as session:
        assert session.multiline("RETR 1") == letter(1)
