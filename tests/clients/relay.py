# SPDX-License-Identifier: Apache-2.0
# Mail to other hosts through queued and relayd: a static route leads to a receiver of our own (tests/support/sink.py)
# that is down, slow to accept, or hostile (catalogue S02, S17, R02, R03, R07, R09). One restart puts the route in.
import os
import signal
import time

import corpus
from directory import within
from runner import test
from sink import Sink, free_port

LETTER = (
    b"From: %s\r\nTo: x@sink.test\r\nSubject: %s\r\nMessage-ID: <%s@relay.test>\r\n"
    b"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\ntext\r\n.\r\n..\r\nlast\r\n"
)
RETRY = 2  # seconds, of queue.retry_first_seconds


def prepare(instance):
    """Routes sink.test and other.test to ports of ours, with quick retries; once an instance."""
    if not getattr(instance, "sink_ports", None):
        one, two = free_port(), free_port()
        routes = f'{{ "sink.test" = "127.0.0.1:{one}", "other.test" = "127.0.0.1:{two}" }}'
        retry = {"retry_first_seconds": RETRY, "retry_max_seconds": 2 * RETRY}
        instance.configure({"relay": {"routes": routes}, "queue": retry})
        instance.sink_ports = one, two
    return instance.sink_ports


def letter(account, subject):
    return LETTER % (account.mail.encode(), subject.encode(), subject.replace(" ", "-").encode())


def submit(account, recipients, octets, **more):
    with account.instance.smtp("submissions", timeout=30) as session:
        session.auth_plain(account.login, account.password).want(235)
        return session.send_message(account.mail, recipients, octets, **more)


class Receiver:
    """A sink for the time of a `with`."""

    def __init__(self, instance, other=False, **more):
        self.sink = Sink(prepare(instance)[other], **more)

    def __enter__(self):
        return self.sink

    def __exit__(self, *_):
        self.sink.close()


@test("A submitted message reaches the other host: envelope and octets as sent", seconds=90)
def delivery(instance, _):
    account = instance.account()
    usable = [m for m in corpus.generated(large=False) if m.is_text and m.octets.endswith(b"\r\n")]
    messages = [corpus.whole_header(m) for m in usable if m.longest_line < 990]
    with Receiver(instance) as sink:
        for message in messages:
            to = ["someone@sink.test", "other@sink.test"]
            answer = submit(account, to, message.octets, parameters=" BODY=8BITMIME")
            assert answer.code == 250, f"{message}: {answer}"
        got = sink.wait(len(messages), 45, b"whole@corpus.test")
        assert len(got) == len(messages), f"{len(got)} of {len(messages)} arrived"
        faults = []
        for message in messages:
            if not any(not corpus.difference(g.octets, message.octets) for g in got):
                faults.append(message.name)
        assert not faults, f"arrived changed: {faults}"
        assert all(g.sender == account.mail for g in got), [g.sender for g in got]
        assert all(sorted(g.recipients) == ["other@sink.test", "someone@sink.test"] for g in got), [
            g.recipients for g in got
        ]


@test("Local and remote recipients of one message get one copy each", seconds=60)
def mixed(instance, _):
    account, other = instance.account(), instance.account()
    with Receiver(instance) as sink:
        submit(account, [other.mail, "far@sink.test", account.mail], letter(account, "mixed recipients")).want(250)
        assert len(sink.wait(1, 20, b"mixed recipients")) == 1
        for local in (account, other):
            assert len(local.wait_for("mixed recipients")) == 1
        assert len(sink.wait(2, 3, b"mixed recipients")) == 1


@test("Mail for a host that is down waits and is delivered once when it is back", seconds=90)
def down(instance, _):
    prepare(instance)
    account = instance.account()
    submit(account, ["far@sink.test"], letter(account, "host is down")).want(250)
    time.sleep(2 * RETRY)
    with Receiver(instance) as sink:
        assert len(sink.wait(1, 30, b"host is down")) == 1
        assert len(sink.wait(2, 3 * RETRY, b"host is down")) == 1


@test("A temporary refusal is tried again, at MAIL, RCPT, DATA and at the end", seconds=120)
def temporary(instance, _):
    account = instance.account()
    for verb in ("MAIL", "RCPT", "DATA", "END"):
        refused = []

        def behave(word, _argument, verb=verb, refused=refused):
            if word == verb and not refused:
                refused.append(word)
                return b"451 4.3.0 later\r\n"
            return None

        with Receiver(instance, behave=behave) as sink:
            submit(account, ["far@sink.test"], letter(account, f"later at {verb}")).want(250)
            got = sink.wait(1, 25, f"later at {verb}".encode())
            assert len(got) == 1 and refused, (verb, len(got))


@test("R09 A reply lost after the message: it is sent again with the same Message-ID", seconds=60)
def lost_reply(instance, _):
    account, ends = instance.account(), []

    def behave(word, _argument):
        if word == "END" and not ends:
            ends.append(word)
            return b""
        return None

    with Receiver(instance, behave=behave) as sink:
        submit(account, ["far@sink.test"], letter(account, "reply is lost")).want(250)
        got = sink.wait(2, 25, b"reply is lost")
        assert (
            len(got) == 2
            and got[0].octets[-40:] == got[1].octets[-40:]
            and b"<reply-is-lost@relay.test>" in got[1].octets
        )


@test("A permanent refusal of one recipient: the sender gets a report, the other recipient the message", seconds=90)
def bounce(instance, _):
    account = instance.account()

    def behave(word, argument):
        return b"550 5.1.1 no such user here\r\n" if word == "RCPT" and "nobody" in argument else None

    with Receiver(instance, behave=behave) as sink:
        submit(account, ["nobody@sink.test", "far@sink.test"], letter(account, "half refused")).want(250)
        got = sink.wait(1, 20, b"half refused")
        assert len(got) == 1 and got[0].recipients == ["far@sink.test"], [g.recipients for g in got]
        report = within(20, lambda: report_of(account))
        for text in (
            b"multipart/report",
            b"nobody@sink.test",
            b"5.1.1",
            b"no such user here",
            b"half-refused@relay.test",
        ):
            assert text in report, (text, report)
        assert b"Return-Path: <>" in report and b"far@sink.test" not in report.split(b"Content-Type: message/rfc822")[0]


def report_of(account):
    with account.imap() as session:
        session.ok("SELECT INBOX")
        for uid in session.uids():
            octets = session.body(uid, uid=True)
            if b"multipart/report" in octets:
                return octets
    return b""


@test("R03 A message from <> that fails makes no report", seconds=60)
def no_report(instance, _):
    account = instance.account()
    with Receiver(instance, behave=lambda word, _: b"550 5.1.1 no\r\n" if word == "RCPT" else None) as sink:
        with instance.smtp("submissions") as session:
            session.auth_plain(account.login, account.password).want(235)
            session.send_message("", ["nobody@sink.test"], letter(account, "from nobody")).want(250)
        for _ in range(50):
            if sink.connections:
                break
            time.sleep(0.2)
        assert sink.connections
        time.sleep(3)
    assert report_of(account) == b""


@test(
    "S02 Bare CR and LF around dots never become two messages at a receiver that takes LF for a line end", seconds=120
)
def smuggling(instance, _):
    account = instance.account()
    pieces = [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\r",
        b"\n.\r",
        b"\r\r\n.\r\r\n",
        b"\r\n.\r\n",
    ]
    with Receiver(instance, line_end=b"\n") as sink:
        for piece in pieces:
            octets = (
                LETTER % (b"a@alpha.test", b"smuggle", b"smuggle")
                + b"x"
                + piece
                + b"MAIL FROM:<evil@sink.test>\r\nRCPT TO:<evil@sink.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n"
            )
            answer = submit(account, ["far@sink.test"], octets, bdat=1 << 20, parameters=" BODY=BINARYMIME")
            assert answer.code // 100 in (2, 5), answer
        sink.wait(len(pieces), 10, b"smuggle")
        for got in sink.wait(99, 2, b"smuggle"):
            assert got.sender == account.mail and got.recipients == ["far@sink.test"], (
                got.sender,
                got.recipients,
                got.octets,
            )


@test("S17 Hostile receivers keep their mail waiting and hold up no other", seconds=180)
def hostile(instance, _):
    account = instance.account()
    hostile_greetings = [
        b"220-x\r\n" * 5000,
        b"220 " + b"x" * (1 << 20) + b"\r\n",
        b"hello\r\n",
        b"220 \x00\x01\x1b\r\n250 early\r\n250 early\r\n" * 5,
        b"",
        b"554 no\r\n",
        b"421 later\r\n",
        b"999 what\r\n",
    ]
    prepare(instance)
    before = instance.daemons()
    for greeting in hostile_greetings:
        with Receiver(instance, greeting=greeting), Receiver(instance, other=True) as good:
            submit(account, ["far@sink.test"], letter(account, "to the hostile")).want(250)
            submit(account, ["far@other.test"], letter(account, "to the good")).want(250)
            assert len(good.wait(1, 15, b"to the good")) == 1, greeting[:40]
    assert instance.daemons() == before, "a daemon died"


@test("kill -9 of queued and relayd while mail waits: it is delivered, and once", seconds=120)
def killed(instance, _):
    prepare(instance)
    account = instance.account()
    for n in range(5):
        submit(account, [f"far{n}@sink.test"], letter(account, f"waits {n}")).want(250)
    for name in ("queued", "relayd"):
        for pid in instance.pids()[name]:
            os.kill(pid, signal.SIGKILL)
        time.sleep(1)
    with Receiver(instance) as sink:
        got = sink.wait(5, 40, b"Subject: waits ")
        assert sorted(g.recipients[0] for g in got) == [f"far{n}@sink.test" for n in range(5)], [
            g.recipients for g in got
        ]
        assert len(sink.wait(6, 3 * RETRY, b"Subject: waits ")) == 5


@test("A restart keeps waiting mail, UIDs, UIDVALIDITY, flags and POP3 UIDLs", seconds=120)
def restart(instance, _):
    prepare(instance)
    account = instance.account()
    with account.imap() as session:
        session.ok("CREATE Kept")
        for n in range(3):
            session.append("INBOX", letter(account, f"kept {n}"), "\\Flagged kw")
        session.append("Kept", letter(account, "kept too"))

    def picture():
        with account.imap() as session, account.pop3() as pop:
            status = session.ok("STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)").untagged
            kept = session.ok("STATUS Kept (MESSAGES UIDNEXT UIDVALIDITY)").untagged
            session.ok("EXAMINE INBOX")
            flags = [sorted(session.flags(uid) - {"\\Recent"}) for uid in session.uids()]
            return status, kept, flags, session.uids(), pop.lines("UIDL")

    before = picture()
    submit(account, ["far@sink.test"], letter(account, "waits over the restart")).want(250)
    instance.restart()
    assert picture() == before
    with Receiver(instance) as sink:
        assert len(sink.wait(1, 30, b"waits over the restart")) == 1
