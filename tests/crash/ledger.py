# SPDX-License-Identifier: Apache-2.0
# The referee for loss: what was sent, which final replies came, and what is there in the end. Each line of the file is
# synced before the next message goes out, so that the file is right even if this program is killed.
import hashlib
import json
import os
import re
import threading
import time
import uuid


class Entry:
    """One message to one or more mailboxes."""

    def __init__(self, identity, way, mailboxes):
        self.identity, self.way, self.mailboxes = identity, way, mailboxes
        self.attempts = self.without_reply = self.temporary = 0
        self.acknowledged = False


class Ledger:
    def __init__(self, path):
        self.file = open(path, "ab", buffering=0)
        self.lock = threading.Lock()
        self.entries = {}
        self.refused = []

    def write(self, **values):
        line = json.dumps({"time": round(time.time(), 3), **values}).encode() + b"\n"
        with self.lock:
            self.file.write(line)
            os.fdatasync(self.file.fileno())

    def new(self, way, mailboxes, size):
        """(entry, octets) of a message nobody has sent before; its body's hash is in its header."""
        identity = uuid.uuid4().hex
        seed = hashlib.sha256(identity.encode()).hexdigest().encode()
        lines = b"".join(b"%06d %s\r\n" % (n, seed) for n in range(max(1, size // 73)))
        octets = (
            b"From: ledger@remote.test\r\nTo: somebody@alpha.test\r\nSubject: ledger %s\r\n"
            b"Message-ID: <%s@ledger.test>\r\n"
            b"X-Ledger: %s %s %d\r\n\r\n%s"
            % (
                identity.encode(),
                identity.encode(),
                identity.encode(),
                hashlib.sha256(lines).hexdigest().encode(),
                len(lines),
                lines,
            )
        )
        entry = Entry(identity, way, mailboxes)
        self.write(event="new", id=identity, way=way, to=mailboxes)
        with self.lock:
            self.entries[identity] = entry
        return entry, octets

    def attempt(self, entry):
        entry.attempts += 1
        self.write(event="attempt", id=entry.identity, number=entry.attempts)

    def reply(self, entry, good, text):
        if good:
            entry.acknowledged = True
        else:
            entry.temporary += 1
        self.write(event="reply", id=entry.identity, good=good, text=text)

    def no_reply(self, entry, text):
        """The connection ended after something of the message was out: it may or may not have arrived."""
        entry.without_reply += 1
        self.write(event="no reply", id=entry.identity, text=text)

    def refuse(self, entry, text):
        """A permanent refusal of good mail: always a fault."""
        self.refused.append(f"{entry.identity} {entry.way}: {text}")
        self.write(event="refused", id=entry.identity, text=text)


def identify(stored):
    """(id, whether the body is what was sent) of a message read back; (None, False) if it has no ledger header."""
    found = re.search(rb"\r?\nX-Ledger: (\w+) (\w+) (\d+)\r?\n", stored)
    if not found:
        return None, False
    body = stored.split(b"\r\n\r\n", 1)[1] if b"\r\n\r\n" in stored else b""
    good = len(body) == int(found[3]) and hashlib.sha256(body).hexdigest().encode() == found[2]
    return found[1].decode(), good


class Verdict:
    """Counts per mailbox copy: a message to three mailboxes counts three times."""

    def __init__(self, ledger, present):
        """`present`: {mailbox: [(id, good)]} as read."""
        self.once, self.lost, self.doubled, self.doubled_after_loss = 0, [], [], []
        self.unacknowledged, self.never_arrived, self.corrupt, self.unknown = 0, 0, [], []
        seen = {}
        for mailbox, messages in present.items():
            for identity, good in messages:
                if identity not in ledger.entries:
                    self.unknown.append(f"{mailbox}: {identity}")
                elif not good:
                    self.corrupt.append(f"{mailbox}: {identity}")
                else:
                    seen[mailbox, identity] = seen.get((mailbox, identity), 0) + 1
        for entry in ledger.entries.values():
            for mailbox in entry.mailboxes:
                self.judge(entry, mailbox, seen.pop((mailbox, entry.identity), 0))
        self.unknown += [f"{mailbox}: {identity} was sent to others" for mailbox, identity in seen]

    def judge(self, entry, mailbox, copies):
        name = (
            f"{mailbox}: {entry.identity} ({entry.way}, {entry.attempts} attempts, {entry.without_reply} without reply)"
        )
        if copies > 1:
            # a temporary reply tells the client to send again, so the server may not know that it had stored the first
            (self.doubled_after_loss if entry.without_reply or entry.temporary else self.doubled).append(
                f"{name} {copies} times"
            )
        elif copies == 1:
            self.once += entry.acknowledged
            self.unacknowledged += not entry.acknowledged
        elif entry.acknowledged:
            self.lost.append(name)
        else:
            self.never_arrived += 1

    def good(self):
        return not (self.lost or self.doubled or self.corrupt or self.unknown)

    def __str__(self):
        lines = [
            f"acknowledged and present once {self.once}; lost {len(self.lost)}; doubled {len(self.doubled)}; corrupt "
            f"{len(self.corrupt)}; doubled after a lost or temporary reply {len(self.doubled_after_loss)}; present "
            f"without acknowledgement {self.unacknowledged}; neither {self.never_arrived}"
        ]
        for word in ("lost", "doubled", "corrupt", "unknown"):
            lines += [f"  {word.upper()} {text}" for text in getattr(self, word)[:20]]
        return "\n".join(lines)
