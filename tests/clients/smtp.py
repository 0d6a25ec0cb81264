# SPDX-License-Identifier: Apache-2.0
# SMTP sessions by hand, right and wrong ones (catalogue S04, S14, S16, D14): exact replies, and what is delivered.
import base64
import re

from instance import Account
from runner import Skip, test
from wire import Closed

LETTER = b"From: a@remote.test\r\nSubject: %s\r\n\r\ntext\r\n"
SENDER = "MAIL FROM:<sender@remote.test>"


def stored(account: Account):
    """Number of messages in INBOX."""
    with account.pop3() as session:
        return int(session.ok("STAT").split()[1])


def rest(session):
    """All further replies until the server closes or says 221."""
    replies = []
    try:
        while True:
            replies.append(session.reply())
            if replies[-1].code in (221, 421):
                break
    except (Closed, OSError):
        pass
    return replies


@test("Greeting and EHLO name the host and the extensions promised")
def greeting(instance, _):
    with instance.smtp() as session:
        for word in ("PIPELINING", "SIZE", "8BITMIME", "CHUNKING", "BINARYMIME", "ENHANCEDSTATUSCODES", "STARTTLS"):
            assert word in session.extensions, (word, session.extensions)
        assert re.match(rb"[\w.-]+ ", session.greeting.lines[0] + b" ")
    with instance.smtp("submission") as session:
        session.starttls()
        assert {"PLAIN", "LOGIN"} <= set(session.extensions["AUTH"].split()), session.extensions
        assert "STARTTLS" not in session.extensions
    with instance.smtp("submissions") as session:
        assert "AUTH" in session.extensions and "STARTTLS" not in session.extensions


@test("Commands out of order get 503, unknown ones 500, HELP, NOOP and RSET work")
def order(instance, _):
    account = instance.account()
    with instance.smtp(greet=False) as session:
        session.reply().want(220)
        assert session.command(SENDER).code == 503
        session.command("HELO client.test").want(250)
        assert session.command(f"RCPT TO:<{account.mail}>").code == 503
        assert session.command("DATA").code == 503
        session.command(SENDER).want(250)
        assert session.command("DATA").code in (503, 554)
        assert session.command(SENDER).code == 503
        session.command("RSET").want(250)
        assert session.command(f"RCPT TO:<{account.mail}>").code == 503
        session.command("NOOP").want(250)
        assert session.command("FROB").code == 500
        assert session.command("HELP").code in (211, 214)
        session.command("QUIT").want(221)
        assert session.closed_by_server(5)


@test("S16 VRFY, EXPN and ETRN tell nothing")
def verify(instance, _):
    account = instance.account()
    with instance.smtp() as session:
        known, unknown = session.command("VRFY " + account.mail), session.command("VRFY nobody-here@alpha.test")
        assert known.code == unknown.code == 252 and known.lines == unknown.lines, (known, unknown)
        assert session.command("EXPN team").code in (500, 502, 550)
        assert session.command("ETRN alpha.test").code in (500, 502)


@test("Pipelined MAIL, RCPT and DATA are answered in order, also with a refused recipient between")
def pipelining(instance, _):
    account = instance.account()
    with instance.smtp() as session:
        session.send(
            f"{SENDER}\r\nRCPT TO:<{account.mail}>\r\nRCPT TO:<nobody-here@alpha.test>\r\n"
            f"RCPT TO:<x@foreign.test>\r\nDATA\r\n".encode()
        )
        assert [session.reply().code for _ in range(5)] == [250, 250, 550, 550, 354]
        session.send(
            LETTER % b"pipelined one" + b".\r\n" + f"{SENDER}\r\nRCPT TO:<{account.mail}>\r\nDATA\r\n".encode()
        )
        assert [session.reply().code for _ in range(4)] == [250, 250, 250, 354]
        session.send(LETTER % b"pipelined two" + b".\r\nQUIT\r\n")
        assert [session.reply().code for _ in range(2)] == [250, 221]
    assert stored(account) == 2


@test("Pipelined DATA without any accepted recipient is refused and the text is not run as commands")
def no_recipient(instance, _):
    with instance.smtp() as session:
        session.send(f"{SENDER}\r\nRCPT TO:<nobody-here@alpha.test>\r\nDATA\r\nNOOP\r\n".encode())
        codes = [session.reply().code for _ in range(4)]
        assert codes[:2] == [250, 550] and codes[2] in (503, 554) and codes[3] == 250, codes


@test("S04 Commands sent before the EHLO reply are refused with 554 and the connection closes")
def early(instance, _):
    account = instance.account()
    with instance.smtp(greet=False) as session:
        session.reply().want(220)
        session.send(f"EHLO client.test\r\n{SENDER}\r\nRCPT TO:<{account.mail}>\r\nDATA\r\n".encode())
        codes = [r.code for r in rest(session)]
        assert 354 not in codes and 554 in codes, codes


@test("Submission without login is refused with 530 5.7.0")
def no_login(instance, _):
    for service in ("submission", "submissions"):
        with instance.smtp(service) as session:
            if service == "submission":
                session.starttls()
            answer = session.command(SENDER)
            assert answer.code == 530 and answer.enhanced == "5.7.0", answer


@test("D14 AUTH: cancelled 501, unknown mechanism 504, twice 503, another authorisation identity refused")
def auth(instance, _):
    account = instance.account()
    with instance.smtp("submissions") as session:
        session.command("AUTH LOGIN").want(334)
        session.command("*").want(501)
        session.command("AUTH FROB").want(504)
        assert session.command("AUTH PLAIN !!!").code == 501
        other = base64.b64encode(f"user01@alpha.test\0{account.login}\0{account.password}".encode()).decode()
        assert session.command("AUTH PLAIN " + other).code // 100 == 5
        session.auth_plain(account.login, account.password).want(235)
        assert session.auth_plain(account.login, account.password).code == 503
        session.command(f"MAIL FROM:<{account.mail}>").want(250)


@test("S14 LMTP answers once for each recipient, in order")
def lmtp(instance, _):
    one, two = instance.account(), instance.account()
    with instance.smtp("lmtp") as session:
        session.command("MAIL FROM:<sender@remote.test>").want(250)
        session.command(f"RCPT TO:<{one.mail}>").want(250)
        session.command("RCPT TO:<nobody-here@alpha.test>").want(550, "5.1.1")
        session.command(f"RCPT TO:<{two.mail}>").want(250)
        session.content(LETTER % b"by lmtp").want(250)
        session.reply().want(250)
        session.command("NOOP").want(250)
        assert session.command("EHLO x").code == 500
    assert stored(one) == stored(two) == 1


@test("SIZE: a message over the limit is refused with 552 5.3.4 while it is sent, and the session goes on", seconds=120)
def too_large(instance, _):
    account = instance.account()
    with instance.smtp(timeout=60) as session:
        limit = int(session.extensions["SIZE"] or 0)
        if not 0 < limit <= 200 << 20:
            raise Skip(f"SIZE {limit}")
        session.envelope("sender@remote.test", [account.mail])
        session.command("DATA").want(354)
        session.send(b"Subject: large\r\n\r\n")
        piece = b"x" * 998 + b"\r\n"
        for _ in range(limit // 1000 // 1000 + 2):
            session.send(piece * 1000)
        session.send(b".\r\n")
        session.reply().want(552, "5.3.4")
        session.command("NOOP").want(250)
    assert stored(account) == 0


@test("A thousand transactions in one session, RSET between, all stored", seconds=120)
def many(instance, _):
    account = instance.account()
    with instance.smtp() as session:
        for n in range(200):
            session.command(SENDER).want(250)
            session.command("RSET").want(250)
        for n in range(50):
            session.send_message("sender@remote.test", [account.mail], LETTER % b"%d" % n).want(250)
        for _ in range(750):
            session.command("RSET").want(250)
    assert stored(account) == 50


@test("A message with ninety-nine RCPTs reaches each of its mailboxes once", seconds=60)
def recipients(instance, _):
    accounts = [a for a in instance.accounts()]
    with instance.smtp() as session:
        session.command(SENDER).want(250)
        for n in range(99):
            session.command(f"RCPT TO:<{accounts[n % len(accounts)].mail}>").want(250)
        session.content(LETTER % b"to everybody").want(250)
    for account in accounts:
        assert len(account.wait_for("to everybody", 5)) == 1, account.mail
