# SPDX-License-Identifier: Apache-2.0
# Senders for the crash tests: threads that send ledger messages by SMTP, TLS submission, LMTP and APPEND without pause,
# and send again, as the same transaction, what got no reply or a temporary one.
import random
import threading
import time

from ledger import identify
from wire import Closed

SIZES = (300, 2000, 4096, 30000, 200000)
WAYS = ("smtp", "smtp", "submissions", "lmtp", "append", "group")
GONE = (Closed, OSError, AssertionError)


class Sender(threading.Thread):
    """One client. `stop` ends it after the message under way is settled, or given up at `give_up` seconds."""

    def __init__(self, instance, ledger, seed, ways=WAYS, give_up=30.0):
        super().__init__(daemon=True)
        self.instance, self.ledger, self.random = instance, ledger, random.Random(seed)
        self.ways, self.give_up = ways, give_up
        self.stopping = threading.Event()
        self.sessions = {}
        self.fault = self.sender = ""

    def run(self):
        try:
            while not self.stopping.is_set():
                self.one(self.random.choice(self.ways))
        except Exception as error:
            self.fault = f"{type(error).__name__}: {error}"
        finally:
            for session in self.sessions.values():
                session.close()

    def recipients(self, way):
        """(addresses for the envelope, mailboxes that must get a copy)."""
        accounts = self.instance.accounts()
        if way == "group":
            alpha, beta = self.instance.domains()
            return [f"team@{alpha}"], [f"user01@{alpha}", f"user02@{alpha}", f"user01@{beta}"]
        chosen = self.random.sample(accounts, 1 if way in ("append", "lmtp") else self.random.choice((1, 1, 1, 3)))
        return [a.mail for a in chosen], [a.mail for a in chosen]

    def one(self, way):
        addresses, mailboxes = self.recipients(way)
        entry, octets = self.ledger.new(way, mailboxes, self.random.choice(SIZES))
        end = time.monotonic() + self.give_up
        while not entry.acknowledged and time.monotonic() < end:
            try:
                session = self.session(way, addresses)
                if session is None:
                    time.sleep(0.05)
                    continue
                if not self.transact(session, way, entry, addresses, octets):
                    return
            except GONE as error:
                self.forget(way)
                if entry.attempts:
                    self.ledger.no_reply(entry, str(error)[:100])
            if not entry.acknowledged:
                time.sleep(0.1)

    def session(self, way, addresses):
        """An open session for this way, or None if none can be had now."""
        key = (way, addresses[0]) if way == "append" else "smtp" if way == "group" else way
        if key in self.sessions and self.random.random() < 0.9:
            return self.sessions[key]
        self.forget(key)
        try:
            if way == "append":
                account = next(a for a in self.instance.accounts() if a.mail == addresses[0])
                opened = account.imap(timeout=15)
            else:
                opened = self.instance.smtp("smtp" if way == "group" else way, timeout=15)
                if way == "submissions":
                    writer = self.random.choice(self.instance.accounts())
                    opened.auth_plain(writer.login, writer.password).want(235)
                    self.sender = writer.mail  # who signed in may send under its own addresses only
        except GONE:
            return None
        self.sessions[key] = opened
        return opened

    def forget(self, key):
        for known in [k for k in self.sessions if k == key or k[0] == key or key == "group" and k == "smtp"]:
            self.sessions.pop(known).close()

    def transact(self, session, way, entry, addresses, octets):
        """One attempt. False: refused for good. Raises if the connection is lost once the message is on its way."""
        if way == "append":
            self.ledger.attempt(entry)
            answer = session.run("APPEND INBOX %", octets)
            return self.settle(
                entry,
                way,
                answer.status == "OK",
                answer.status != "OK"
                and b"UNAVAILABLE" not in answer.text
                and b"INUSE" not in answer.text
                and b"SERVERBUG" not in answer.text,
                str(answer),
            )
        try:
            replies = [session.command(f"MAIL FROM:<{self.sender if way == 'submissions' else 'ledger@remote.test'}>")]
            replies += [session.command(f"RCPT TO:<{address}>") for address in addresses]
            if all(r.code == 250 for r in replies):
                replies.append(session.command("DATA"))
        except GONE:
            self.forget(way)
            return True
        wrong = [r for r in replies if r.code not in (250, 354)]
        if wrong:
            self.forget(way)
            return self.settle(entry, way, False, any(r.code >= 500 and r.code != 503 for r in wrong), str(wrong))
        self.ledger.attempt(entry)
        session.send(octets.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        final = [session.reply() for _ in range(len(addresses) if way == "lmtp" else 1)]
        return self.settle(entry, way, all(r.code == 250 for r in final), any(r.code >= 500 for r in final), str(final))

    def settle(self, entry, way, good, permanent, text):
        if permanent:
            self.ledger.refuse(entry, text)
            return False
        if not good:
            self.forget(way)
        self.ledger.reply(entry, good, text[:200])
        return True


def read_all(instance, seconds=60):
    """{mailbox: [(id, good)]} of every account's INBOX, by IMAP."""
    present = {}
    for account in instance.accounts():
        with account.imap(timeout=seconds) as session:
            session.ok("SELECT INBOX")
            present[account.mail] = []
            for uid in session.uids():
                present[account.mail].append(identify(session.body(uid, uid=True)))
            session.logout()
    return present
