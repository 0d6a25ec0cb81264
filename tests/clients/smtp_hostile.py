# SPDX-License-Identifier: Apache-2.0
# SMTP sessions that try to slip something in (catalogue S01-S12, R01, R04, T08): exact replies, and what is delivered.
import itertools

import corpus
from runner import test
from smtp import LETTER, SENDER, rest, stored
from wire import Closed


ENDS = {
    "CRLF": b"\r\n",
    "LF": b"\n",
    "CR": b"\r",
    "CRCRLF": b"\r\r\n",
    "LFCR": b"\n\r",
    "CRLFNUL": b"\r\n\0",
    "NULCRLF": b"\0\r\n",
    "VT": b"\x0b",
    "FF": b"\x0c",
    "NEL": b"\xc2\x85",
}


def smuggle(instance, account, before, after, way):
    """Replies to a DATA that holds `before`.`after` and a smuggled transaction behind it."""
    with instance.smtp("smtp") as session:
        if way == "TLS":
            session.starttls()
        session.envelope("sender@remote.test", [account.mail])
        session.command("DATA").want(354)
        octets = (
            b"Subject: outer\r\n\r\nouter"
            + before
            + b"."
            + after
            + f"{SENDER}\r\nRCPT TO:<{account.mail}>\r\n".encode()
            + b"DATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\nQUIT\r\n"
        )
        try:
            if way == "single octets":
                for n in range(len(octets)):
                    session.send(octets[n : n + 1])
            else:
                session.send(octets)
        except OSError:
            pass
        return rest(session)


@test(
    "S01 No ending but CRLF.CRLF ends a message: a hundred endings, in one write, octet by octet and over TLS",
    seconds=240,
)
def smuggling(instance, _):
    account, accepted = instance.account(), 0
    for way in ("one write", "single octets", "TLS"):
        for (a, before), (b, after) in itertools.product(ENDS.items(), ENDS.items()):
            if a == b == "CRLF":
                continue
            # endings that hold CRLF.CRLF after all are a real end of data: NUL outside of it does not change that
            real = b"\r\n.\r\n" in b"outer" + before + b"." + after
            if real:
                continue
            replies = smuggle(instance, account, before, after, way)
            codes = [r.code for r in replies]
            assert codes and codes[0] in (250, 550, 554, 552), f"{a}.{b} {way}: {replies}"
            assert codes[1:] in ([], [221], [421]), f"{a}.{b} {way}: more than one answer: {replies}"
            accepted += codes[0] == 250
    assert stored(account) == accepted, f"{accepted} were accepted, {stored(account)} are stored"
    with account.imap() as session:
        session.ok("SELECT INBOX")
        assert session.search('HEADER SUBJECT "smuggled"') == []


BDAT = [
    ("BDAT", 501),
    ("BDAT -1", 501),
    ("BDAT x", 501),
    ("BDAT 18446744073709551616", 501),
    ("BDAT 9223372036854775808", 501),
    ("BDAT 1 FIRST", 501),
    ("BDAT 1e3", 501),
    ("BDAT +1", 501),
]


@test("S03 BDAT with bad sizes, without recipients, mixed with DATA; its octets are never commands")
def bdat(instance, _):
    account = instance.account()
    for command, code in BDAT:
        with instance.smtp() as session:
            session.envelope("sender@remote.test", [account.mail])
            answer = session.command(command)
            assert answer.code // 100 == 5, (command, answer)
    with instance.smtp() as session:
        session.send(b"BDAT 6 LAST\r\nNOOP\r\n")  # no transaction: the chunk is still swallowed
        assert session.reply().code == 503
        session.command("RSET").want(250)
    with instance.smtp() as session:
        session.envelope("sender@remote.test", [account.mail])
        session.send(b"BDAT 6\r\nNOOP\r\n")
        session.reply().want(250)
        assert session.command("DATA").code == 503
        session.command("RSET").want(250)
        session.envelope("sender@remote.test", [account.mail])
        octets = LETTER % b"bdat"
        session.send(b"BDAT %d\r\n%sBDAT 0 LAST\r\n" % (len(octets), octets))
        session.reply().want(250)
        session.reply().want(250)
        session.send(b"BDAT 3 LAST\r\nabc")
        assert session.reply().code == 503
        session.command("QUIT").want(221)
    assert stored(account) == 1


@test("S03 A dot line inside BDAT means nothing")
def bdat_dot(instance, _):
    account = instance.account()
    octets = b"Subject: dots\r\n\r\n.\r\nQUIT\r\n.\r\n..\r\n"
    with instance.smtp() as session:
        session.send_message("sender@remote.test", [account.mail], octets, bdat=5).want(250)
    with account.imap() as session:
        session.ok("SELECT INBOX")
        assert not corpus.difference(session.body(1), octets)


OPENINGS = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n",
    b"CONNECT x:25 HTTP/1.1\r\n\r\n",
    b"*1\r\n$4\r\nPING\r\n",
    b"0032git-upload-pack /x\0host=y\0",
    b"SSH-2.0-OpenSSH_9\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\0\0\0\0\0\0",
    b"a1 LOGIN x y\r\n",
    b"USER x\r\nPASS y\r\n",
    b"<?xml version='1.0'?>\r\n",
    b"\x80\x2e\x01\x03\x01",
    b"OPTIONS sip:x SIP/2.0\r\n",
    b"PUT / HTTP/1.0\r\n\r\n",
    b"HEAD / HTTP/1.0\r\n\r\n",
    b"DELETE / HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"JRMI\0\2K",
    b"GIOP\1\2\0\0",
    b'{"jsonrpc":"2.0"}\r\n',
]


@test("S05 Openings of other protocols never lead to a message", seconds=90)
def other_protocols(instance, _):
    account = instance.account()
    for opening in OPENINGS:
        with instance.smtp(greet=False, timeout=3) as session:
            session.reply().want(220)
            try:
                session.send(
                    opening
                    + f"EHLO x\r\n{SENDER}\r\nRCPT TO:<{account.mail}>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n".encode()
                )
                codes = [r.code for r in rest(session)]
            except (OSError, AssertionError):
                codes = []
            assert 354 not in codes, (opening, codes)
    assert stored(account) == 0


@test("S06 An overlong command line gets 500 and its tail is not run")
def long_line(instance, _):
    for length in (4097, 65536, 4 << 20):
        with instance.smtp() as session:
            try:
                session.send(b"NOOP " + b"x" * length + b" MAIL FROM:<x@y.test>\r\n")
                answer = session.reply()
            except (OSError, Closed):
                continue
            assert answer.code in (500, 501, 421), (length, answer)
            if answer.code != 421:
                assert session.command("RCPT TO:<user01@alpha.test>").code == 503


@test("S08 NUL and bare CR or LF in a command are refused")
def nul(instance, _):
    account = instance.account()
    for command in (b"NO\0OP", b"MAIL FROM:<a\0b@remote.test>", b"MAIL FROM:<a@remote.test>\rRCPT TO:<x@alpha.test>"):
        with instance.smtp() as session:
            assert session.command(command).code // 100 == 5, command
    with instance.smtp() as session:
        session.send(b"NOOP\nNOOP\r\n")
        try:
            answer = session.reply()
            assert answer.code // 100 == 5, f"bare LF in a command: {answer}"
        except Closed:
            pass
    del account


PARAMETERS = [
    ("SIZE=-1", 501),
    ("SIZE=18446744073709551616", (501, 552)),
    ("SIZE=1 SIZE=2", 501),
    ("BODY=9BIT", 501),
    ("FROB=1", 555),
    ("SIZE=9999999999999", 552),
]


@test("S11 Parameters of MAIL that are wrong, doubled, unknown or too large")
def parameters(instance, _):
    for text, codes in PARAMETERS:
        with instance.smtp() as session:
            answer = session.command(f"{SENDER} {text}")
            assert answer.code in (codes if isinstance(codes, tuple) else (codes,)), (text, answer)
    with instance.smtp() as session:
        session.command(f"{SENDER} SIZE=9999999999999").want(552, "5.3.4")
        assert session.command(SENDER + " ".join(f" X{n}=1" for n in range(100))).code // 100 == 5


ADDRESSES = [
    "<>",
    "< >",
    "<@>",
    "<@a,@b:u@alpha.test>",
    "<user01@alpha.test",
    "user01@alpha.test>",
    '<""@alpha.test>',
    '<"\\"@alpha.test>',
    "<a(b(c@alpha.test>",
    "<user01@alpha.test.>",
    "<user01@[127.0.0.1]>",
    "<user01@alpha..test>",
    "<.user01@alpha.test>",
    '<"user01@alpha.test>',
    "<user 01@alpha.test>",
    "<" + "a" * 70000 + "@alpha.test>",
    "<user01@" + "a" * 300 + ".test>",
]


@test("S12 Malformed addresses get a reply of their own and the session goes on")
def addresses(instance, _):
    for address in ADDRESSES:
        with instance.smtp() as session:
            session.command(SENDER).want(250)
            try:
                answer = session.command("RCPT TO:" + address)
            except (Closed, OSError):
                continue
            assert (
                answer.code // 100 == 5
                or address in ("<user01@alpha.test.>", "<@a,@b:u@alpha.test>")
                and answer.code == 250
            ), (address[:80], answer)
            if answer.code not in (421, 500):
                session.command("NOOP").want(250)


RELAY = [
    "user@foreign.test",
    "user%foreign.test@alpha.test",
    '"user@foreign.test"@alpha.test',
    "@alpha.test:user@foreign.test",
    "foreign.test!user@alpha.test",
    "user@foreign.test@alpha.test",
    "user@[192.0.2.1]",
    "user@[127.0.0.1]",
    "user@foreign.test.",
    '"user%foreign.test"@alpha.test',
    "user@localhost",
    "user@xn--lpha-0qa.test",
    "root",
    "user",
    "user@mx.foreign.test",
]


@test("R01 None of the open relay variants is taken from a stranger", seconds=90)
def open_relay(instance, _):
    for sender, address in itertools.product(
        ("sender@remote.test", "", "user03@alpha.test", "postmaster@alpha.test"), RELAY
    ):
        with instance.smtp() as session:
            session.command(f"MAIL FROM:<{sender}>")
            answer = session.command(f"RCPT TO:<{address}>")
            assert answer.code // 100 == 5, f"from <{sender}> to <{address}>: {answer}"


@test("T08 A message cut short is never stored, in DATA or BDAT, plain or TLS")
def cut_short(instance, _):
    account = instance.account()
    octets = LETTER % b"cut short" + b"line\r\n" * 1000
    for tls, bdat_way in itertools.product((False, True), (False, True)):
        for part in (1, len(octets) // 2, len(octets)):
            with instance.smtp() as session:
                if tls:
                    session.starttls()
                session.envelope("sender@remote.test", [account.mail])
                if bdat_way:
                    session.send(b"BDAT %d LAST\r\n" % (len(octets) + 1) + octets[:part])
                else:
                    session.command("DATA").want(354)
                    session.send(octets[:part])
    with instance.smtp() as session:  # another session, to be behind the others
        session.command("NOOP").want(250)
    assert stored(account) == 0


@test("R04 More than fifty Received headers are a loop: 554 5.4.6")
def loop(instance, _):
    account = instance.account()
    with instance.smtp() as session:
        octets = b"Received: from a by b; Sun, 22 Nov 2026 10:00:00 +0000\r\n" * 60 + LETTER % b"loop"
        session.send_message("sender@remote.test", [account.mail], octets).want(554, "5.4.6")
    assert stored(account) == 0
