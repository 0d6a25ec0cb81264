# SPDX-License-Identifier: Apache-2.0
# Every message of the corpus in by each way and out by each way: octet for octet below the trace headers.
# DATA is text (RFC 5321 2.3.8): LF-only originals go as CRLF and get a final one; BDAT with BINARYMIME (RFC 3030) and
# APPEND carry the original exactly. A bare LF is stored as it is and shown as CRLF by IMAP and POP3.
import socket
import time

import corpus
from runner import Skip, test

OUT = ("IMAP", "IMAPS", "POP3", "POP3S")
BINARY = " BODY=BINARYMIME"


def check_corpus():
    found = corpus.real()
    if len(found) < 47 + 2:
        raise Skip(f"only {len(found)} real messages: packages libpython3.11-testsuite and spamassassin are needed")
    return found + corpus.generated(large=False)


def read_imap(account, tls, count):
    with account.imap(tls, timeout=60) as session:
        session.ok("SELECT INBOX")
        uids = session.uids()
        assert len(uids) == count, f"{count} messages went in, {len(uids)} are there"
        assert uids == sorted(set(uids)), uids
        for uid in uids:
            values = next(
                iter(
                    session.ok(f"UID FETCH {uid} (RFC822.SIZE BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT])")
                    .fetched()
                    .values()
                )
            )
            octets = values["BODY[]"]
            assert int(values["RFC822.SIZE"]) == len(
                octets
            ), f"RFC822.SIZE {values['RFC822.SIZE']}, {len(octets)} octets"
            assert values["BODY[HEADER]"] + values["BODY[TEXT]"] == octets, "HEADER and TEXT are not the whole"
            yield octets


def read_pop3(account, tls, count):
    with account.pop3(tls, timeout=60) as session:
        listed = session.lines("LIST")
        assert len(listed) == count, f"{count} messages went in, {len(listed)} are there"
        for number in range(1, count + 1):
            yield session.multiline(f"RETR {number}")
        session.ok("QUIT")


def compare(account, sent, exact=False):
    """`sent`: [(message, octets expected)] in order of delivery; all four ways out; `exact`: without trace headers."""
    faults = []
    for way in OUT:
        reader = read_imap if way.startswith("IMAP") else read_pop3
        for (message, octets), stored in zip(sent, reader(account, way.endswith("S"), len(sent))):
            # RFC 1939 3: a multi-line answer ends in CRLF before the dot, so POP3 cannot show a missing line end
            wanted = octets if way.startswith("IMAP") or octets.endswith(b"\r\n") else octets + b"\r\n"
            wrong = corpus.difference(stored, wanted)
            if wrong and octets.endswith(b"\r"):  # or only the LF that its last CR lacks
                wrong = corpus.difference(stored, octets + b"\n")
            if not wrong and exact and stored not in (wanted, octets + b"\n"):
                wrong = f"{len(stored) - len(wanted)} octets were put before it"
            if wrong:
                faults.append(f"{way} {message}: {wrong}")
    assert not faults, f"{len(faults)} differ\n" + "\n".join(faults)


def send_text(session, sender, account, messages):
    """Through DATA; what DATA may not carry is left out."""
    sent = []
    for message in messages:
        text = corpus.Message(message.name, message.as_text())
        if text.is_text:
            answer = session.send_message(sender, [account.mail], text.octets, parameters=" BODY=8BITMIME")
            assert answer.code == 250, f"{message}: {answer}"
            sent.append((message, text.octets))
    return sent


def send_chunks(session, sender, account, messages, size):
    sent = []
    for message in messages:
        answer = session.send_message(sender, [account.mail], message.octets, bdat=size, parameters=BINARY)
        assert answer.code == 250, f"{message}: {answer}"
        sent.append((message, message.on_wire()))
    return sent


@test("SMTP DATA in; IMAP, IMAPS, POP3 and POP3S out", seconds=180)
def data(instance, _):
    account = instance.account()
    with instance.smtp(timeout=60) as session:
        sent = send_text(session, "sender@remote.test", account, check_corpus())
    compare(account, sent)


@test("SMTP BDAT with BINARYMIME in (NUL, bare CR and LF, no final newline); all out", seconds=180)
def bdat(instance, _):
    account = instance.account()
    with instance.smtp(timeout=60) as session:
        assert "CHUNKING" in session.extensions and "BINARYMIME" in session.extensions, session.extensions
        sent = send_chunks(session, "sender@remote.test", account, check_corpus(), 1 << 20)
    compare(account, sent)


@test("SMTP BDAT in chunks of 1, 7 and 4096 octets gives the same message", seconds=120)
def bdat_chunks(instance, _):
    account = instance.account()
    short = [m for m in check_corpus() if len(m.octets) < 400][:12]
    long = [m for m in check_corpus() if " at 8192" in m.name]
    with instance.smtp(timeout=60) as session:
        sent = send_chunks(session, "sender@remote.test", account, short, 1)
        sent += send_chunks(session, "sender@remote.test", account, short + long, 7 * 64 + 1)
        sent += send_chunks(session, "sender@remote.test", account, long, 4096)
    compare(account, sent)


@test("Submission with STARTTLS and AUTH PLAIN in; all out", seconds=180)
def submission(instance, _):
    account, writer = instance.account(), instance.account()
    with instance.smtp("submission", timeout=60) as session:
        session.starttls()
        session.auth_plain(writer.login, writer.password).want(235)
        sent = send_text(session, writer.mail, account, map(corpus.whole_header, check_corpus()))
    compare(account, sent)


@test("Submission over implicit TLS and AUTH LOGIN in; all out", seconds=180)
def submissions(instance, _):
    account, writer = instance.account(), instance.account()
    with instance.smtp("submissions", timeout=60) as session:
        session.auth_login(writer.login, writer.password).want(235)
        sent = send_text(session, writer.mail, account, map(corpus.whole_header, check_corpus()))
    compare(account, sent)


@test("LMTP in; all out", seconds=180)
def lmtp(instance, _):
    account = instance.account()
    with instance.smtp("lmtp", timeout=60) as session:
        sent = send_text(session, "sender@remote.test", account, check_corpus())
    compare(account, sent)


def append_all(account, messages, plus):
    sent = []
    with account.imap(timeout=60) as session:
        for message in messages:
            if message.nul:  # needs literal8 (RFC 3516)
                continue
            session.append("INBOX", message.octets, plus=plus)
            sent.append((message, message.on_wire()))
        session.logout()
    return sent


@test("IMAP APPEND in; all out, exactly", seconds=180)
def append(instance, _):
    account = instance.account()
    compare(account, append_all(account, check_corpus(), False), exact=True)


@test("IMAP APPEND with LITERAL+ in; all out, exactly", seconds=180)
def append_plus(instance, _):
    account = instance.account()
    with account.imap() as session:
        assert "LITERAL+" in session.capability()
    compare(account, append_all(account, check_corpus(), True), exact=True)


def large():
    return [m for m in corpus.generated() if m.name == "25 MiB"]


@test("25 MiB in by SMTP DATA; all out", seconds=240)
def large_data(instance, _):
    account = instance.account()
    with instance.smtp(timeout=120) as session:
        sent = send_text(session, "sender@remote.test", account, large())
    compare(account, sent)


@test("25 MiB in by SMTP BDAT in one chunk; all out", seconds=240)
def large_bdat(instance, _):
    account = instance.account()
    with instance.smtp(timeout=120) as session:
        sent = send_chunks(session, "sender@remote.test", account, large(), 1 << 30)
    compare(account, sent)


@test("25 MiB in by IMAP APPEND; all out, exactly", seconds=240)
def large_append(instance, _):
    account = instance.account()
    compare(account, append_all(account, large(), False), exact=True)


@test("25 MiB in by submission over TLS; all out", seconds=240)
def large_submissions(instance, _):
    account, writer = instance.account(), instance.account()
    with instance.smtp("submissions", timeout=120) as session:
        session.auth_plain(writer.login, writer.password).want(235)
        sent = send_text(session, writer.mail, account, map(corpus.whole_header, large()))
    compare(account, sent)


@test("A client that is slow to read gets all of large messages over IMAPS and POP3S", seconds=120)
def slow_reader(instance, _):
    account, head = instance.account(), b"From: a@remote.test\r\nSubject: large\r\n\r\n"
    messages = [head + (b"%d " % n * 24 + b"\r\n") * 140_000 for n in range(6)]
    with account.imap(timeout=60) as session:
        for octets in messages:
            session.append("INBOX", octets)
    with account.imap(True, timeout=60) as session:
        session.ok("SELECT INBOX")
        session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        tag = session.start("FETCH 1:* BODY.PEEK[]")
        time.sleep(0.5)
        got = session.finish(tag).fetched()
        assert [got[n]["BODY[]"] for n in sorted(got)] == messages
    with account.pop3(True, timeout=60) as session:
        session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        for number, octets in enumerate(messages, 1):
            session.send(b"RETR %d\r\n" % number)
            time.sleep(0.5)
            assert session.until(b"\r\n.\r\n").partition(b"\r\n")[2] == octets + b".\r\n"


@test(
    "DATA with bare CR, bare LF or NUL is refused whole or stored exactly, and the session or the next one works",
    seconds=180,
)
def data_not_text(instance, _):
    account, kept = instance.account(), []
    for message in check_corpus():
        octets = message.octets if message.octets.endswith(b"\r\n") else message.octets + b"\r\n"
        if corpus.Message(message.name, octets).is_text or b"\r\n.\r\n" in message.octets:
            continue
        with instance.smtp() as session:
            answer = session.send_message("sender@remote.test", [account.mail], octets, parameters=" BODY=8BITMIME")
            assert answer.code // 100 in (2, 5), f"{message}: {answer}"
            if answer.code == 250:
                kept.append((message, corpus.Message(message.name, octets).on_wire()))
    compare(account, kept)
