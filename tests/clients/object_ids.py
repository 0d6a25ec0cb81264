# SPDX-License-Identifier: Apache-2.0
# Object identifiers (RFC 8474) as a mail program sees them, by imaplib: what belongs together, and that no id changes.
import imaplib
import re
import shutil

from runner import test
from store_faults import index_folders, wait_for_new_index

OBJECT_ID = re.compile(r"[MTF][A-Za-z0-9_-]{1,254}$")


def mail(subject, number, references=()):
    lines = ["From: a@remote.test", f"Subject: {subject}", f"Message-ID: <{number}.conversation@remote.test>"]
    if references:
        lines.append("References: " + "\r\n\t".join(f"<{n}.conversation@remote.test>" for n in references))
        lines.append(f"In-Reply-To: <{references[-1]}.conversation@remote.test> (of last week)")
    return ("\r\n".join(lines) + f"\r\n\r\ntext of {number}\r\n").encode()


def opened(instance, account):
    session = imaplib.IMAP4(instance.host, instance.port("imap"))
    session.login(account.login, account.password)
    assert "OBJECTID" in session.capabilities or b"OBJECTID" in session.capability()[1][0].split()
    return session


def good(answer):
    assert answer[0] == "OK", answer
    return answer[1]


def object_ids(session, folder):
    """MAILBOXID, and for each UID (EMAILID, THREADID, number of the mail in its Message-ID)."""
    status = good(session.status(folder, "(MAILBOXID)"))[0].decode()
    mailbox = re.search(r"MAILBOXID \(([^)]+)\)", status).group(1)
    good(session.select(folder))
    code = session.response("MAILBOXID")[1]
    assert code == [f"({mailbox})".encode()], (code, mailbox)
    found = {}
    parts = good(session.uid("FETCH", "1:*", "(EMAILID THREADID BODY.PEEK[HEADER.FIELDS (Message-ID)])"))
    for part in parts:
        if not isinstance(part, tuple):
            continue
        head = part[0].decode()
        email, thread = (re.search(rf"\b{name} \(([^)]+)\)", head).group(1) for name in ("EMAILID", "THREADID"))
        assert OBJECT_ID.match(email) and OBJECT_ID.match(thread) and email != thread, head
        found[int(re.search(r"UID (\d+)", head).group(1))] = (email, thread, int(re.search(rb"<(\d+)\.", part[1])[1]))
    return mailbox, found


def by_number(ids):
    return {number: (email, thread) for email, thread, number in ids.values()}


@test("A conversation has one THREADID; no object id changes by COPY, by MOVE, or when the index goes", seconds=240)
def conversation(instance, _):
    account = instance.account()
    instance.deliver(account, mail("Lunch", 1))
    instance.deliver(account, mail("Re: Lunch", 2, [1]))
    instance.deliver(account, mail("Another matter", 9))
    instance.deliver(account, mail("AW: Re: Lunch", 3, [1, 2]))
    session = opened(instance, account)
    code = good(session.create("Kept"))
    assert re.match(rb"\[MAILBOXID \(F[A-Za-z0-9_-]+\)\]", code[0]), code
    inbox, ids = object_ids(session, "INBOX")
    first = by_number(ids)
    assert {1, 2, 3, 9} <= set(first), first
    assert len({first[n][0] for n in first}) == len(first), "two messages share an EMAILID"
    assert first[1][1] == first[2][1] == first[3][1] != first[9][1], first
    uids = {number: uid for uid, (_, _, number) in ids.items()}
    found = good(session.uid("SEARCH", "THREADID", first[1][1]))[0].split()
    assert {int(uid) for uid in found} == {uids[1], uids[2], uids[3]}, found
    assert good(session.uid("SEARCH", "EMAILID", first[2][0]))[0].split() == [str(uids[2]).encode()]
    assert good(session.search(None, "EMAILID", first[2][0].swapcase()))[0] == b""

    old = index_folders(instance)
    for folder in old:
        shutil.rmtree(folder)
    wait_for_new_index(instance, old)
    session.shutdown()
    session = opened(instance, account)
    assert object_ids(session, "INBOX") == (inbox, ids)

    good(session.uid("COPY", str(uids[1]), "Kept"))
    good(session.uid("MOVE", str(uids[3]), "Kept"))
    kept, moved = object_ids(session, "Kept")
    assert kept != inbox
    assert by_number(moved) == {n: first[n] for n in (1, 3)}, moved
    assert by_number(object_ids(session, "INBOX")[1]) == {n: first[n] for n in first if n != 3}
    good(session.rename("Kept", "Renamed"))
    assert object_ids(session, "Renamed")[0] == kept, "RENAME changed the MAILBOXID"
    session.logout()
