# SPDX-License-Identifier: Apache-2.0
# STARTTLS and STLS (catalogue T01, T02, T04, T05): nothing sent in the clear survives into the encrypted session.
import socket
import ssl
import time

from runner import test
from wire import Closed

SMTP = [
    "NOOP",
    "RSET",
    "MAIL FROM:<evil@remote.test>",
    "EHLO evil",
    "AUTH PLAIN AHgAeQ==",
    "VRFY x",
    "QUIT",
    "HELP",
    "\r\n",
    "x" * 200,
    "MAIL FROM:<a@remote.test>\r\nRCPT TO:<user01@alpha.test>\r\nDATA",
    "STARTTLS",
    "NO",
    "BDAT 5 LAST\r\nabcde",
    ".",
    " ",
    "\0",
    "RCPT TO:<user01@alpha.test>",
    "DATA",
    "noop noop",
]
IMAP = [
    "x1 NOOP",
    "x1 LOGIN evil evil",
    "x1 CAPABILITY",
    "x1 LOGOUT",
    "x1 AUTHENTICATE PLAIN AHgAeQ==",
    "x1 ID NIL",
    "x1 STARTTLS",
    "\r\n",
    "x1 LOGIN {4+}\r\nevil {4+}\r\nevil",
    "x",
    "x1 SELECT INBOX",
    "* BYE",
    "+ go",
    "x1",
    " ",
    "\0",
    "x1 NOOP\r\nx2 NOOP",
    "x1 IDLE\r\nDONE",
    "x1 NAMESPACE",
    "x" * 200,
]
POP3 = [
    "CAPA",
    "USER evil",
    "USER evil\r\nPASS evil",
    "QUIT",
    "STLS",
    "AUTH PLAIN AHgAeQ==",
    "NOOP",
    "\r\n",
    "x",
    "APOP a b",
    "STAT",
    "LIST",
    "RETR 1",
    "UIDL",
    "RSET",
    "TOP 1 1",
    " ",
    "\0",
    "x" * 200,
    "CAPA\r\nCAPA",
]


def open_plain(instance, protocol):
    if protocol == "smtp":
        return instance.smtp("smtp", timeout=8), b"STARTTLS\r\n", b"220"
    if protocol == "submission":
        return instance.smtp("submission", timeout=8), b"STARTTLS\r\n", b"220"
    if protocol == "imap":
        return instance.imap(timeout=8), b"t1 STARTTLS\r\n", b"t1 OK"
    return instance.pop3(timeout=8), b"STLS\r\n", b"+OK"


def one_reply_only(session, protocol):
    """Inside TLS: NOOP gets one reply, nothing else comes."""
    if protocol in ("smtp", "submission"):
        session.hello()
        session.command("NOOP").want(250)
    elif protocol == "imap":
        answer = session.ok("NOOP")
        assert not answer.untagged, answer
    else:
        session.ok("CAPA")
        session.until(b"\r\n.\r\n")
    assert session.silent(0.15), f"something more came: {session.buffer!r}"


def inject(instance, protocol, payload, pause):
    """Returns what became of it, after making sure that the payload was not run inside TLS."""
    session, command, good = open_plain(instance, protocol)
    with session:
        octets = payload.encode() + b"\r\n"
        try:
            if pause:
                session.send(command)
                time.sleep(0.001)
                session.send(octets)
            else:
                session.send(command + octets)
            answer = session.line()
        except (Closed, OSError):
            return "closed"
        if not answer.startswith(good):
            assert session.closed_by_server(5), f"{payload!r}: refused with {answer!r} but not closed"
            return "refused"
        assert pause, f"{payload!r} in the same segment as {command!r}: {answer!r}"
        try:
            # what came after the command is TLS as far as the server knows: the handshake fails, or had begun already
            session.buffer = b""
            session.handshake()
        except (ssl.SSLError, OSError, Closed):
            return "handshake failed"
        one_reply_only(session, protocol)
        return "ignored"


def all_payloads(instance, protocol, payloads):
    for payload in payloads:
        for pause in (False, True):
            inject(instance, protocol, payload, pause)


@test("T01 Commands behind STARTTLS are never run, SMTP", seconds=180)
def smtp(instance, _):
    all_payloads(instance, "smtp", SMTP)
    all_payloads(instance, "submission", SMTP[:6])


@test("T01 Commands behind STARTTLS are never run, IMAP", seconds=180)
def imap(instance, _):
    all_payloads(instance, "imap", IMAP)


@test("T01 Commands behind STLS are never run, POP3", seconds=180)
def pop3(instance, _):
    all_payloads(instance, "pop3", POP3)


@test("T02 After STARTTLS everything known before is forgotten, and STARTTLS is neither offered nor taken again")
def forgotten(instance, _):
    account = instance.account()
    with instance.smtp() as session:
        session.command("MAIL FROM:<a@remote.test>").want(250)
        session.command("STARTTLS").want(220)
        session.handshake()
        assert session.command(f"RCPT TO:<{account.mail}>").code == 503
        session.hello()
        assert "STARTTLS" not in session.extensions
        assert session.command("STARTTLS").code in (503, 554)
        assert session.command(f"RCPT TO:<{account.mail}>").code == 503
    with instance.imap() as session:
        session.starttls()
        assert "STARTTLS" not in session.capability()
        session.bad("STARTTLS")
        session.login(account.login, account.password)
    with instance.pop3() as session:
        session.ok("USER " + account.login)
        session.stls()
        assert session.command("PASS " + account.password).startswith(b"-ERR"), "USER from before STLS counted"
        assert "STLS" not in session.lines("CAPA")
        session.error("STLS")
        session.login(account.login, account.password)


@test("T02 Sessions work to the end over STARTTLS and STLS")
def to_the_end(instance, _):
    account = instance.account()
    with instance.smtp() as session:
        session.starttls()
        session.send_message(
            "a@remote.test", [account.mail], b"Subject: over tls\r\n\r\n" + b"x" * 998 + b"\r\n" * 2
        ).want(250)
        session.command("QUIT").want(221)
    with instance.imap() as session:
        session.starttls()
        session.login(account.login, account.password)
        session.ok("SELECT INBOX")
        assert len(session.body(1)) > 998
        session.logout()
    with instance.pop3() as session:
        session.stls()
        session.login(account.login, account.password)
        assert len(session.multiline("RETR 1")) > 998
        session.ok("QUIT")


@test("T05 TLS 1.2 and 1.3 work, older versions do not")
def versions(instance, _):
    for port in ("imaps", "pop3s", "submissions"):
        for version, good in (
            (ssl.TLSVersion.TLSv1_2, True),
            (ssl.TLSVersion.TLSv1_3, True),
            (ssl.TLSVersion.TLSv1_1, False),
        ):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            if not good:
                context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
            with socket.create_connection((instance.host, instance.port(port)), 10) as plain:
                try:
                    with context.wrap_socket(plain) as wrapped:
                        assert good, f"{port} took {version}"
                        assert wrapped.recv(100)
                except (ssl.SSLError, ConnectionError) as error:
                    assert not good, f"{port} {version}: {error}"


@test("T03 Greetings never say PREAUTH; logins are offered as the settings say")
def greetings(instance, _):
    with instance.imap() as session:
        assert b"PREAUTH" not in session.greeting and "STARTTLS" in session.capability()
    with instance.imap(tls=True) as session:
        words = session.capability()
        assert (
            "STARTTLS" not in words and "LOGINDISABLED" not in words and "AUTH=PLAIN" in words and "SASL-IR" in words
        ), words
    with instance.pop3() as session:
        assert {"STLS", "UIDL", "TOP"} <= set(session.lines("CAPA"))
