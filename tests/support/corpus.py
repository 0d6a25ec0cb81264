# SPDX-License-Identifier: Apache-2.0
# Messages for the round trips: those of CPython's e-mail tests and of spamassassin as Debian ships them, and made ones
# with all that servers get wrong: bare CR at buffer borders, NUL, 8-bit, long lines, dots.
import glob
import os
import random
import re

CPYTHON = "/usr/lib/python3.11/test/test_email/data/*.txt"
SPAMASSASSIN = "/usr/share/doc/spamassassin/examples/sample-*.txt"
BORDERS = (4096, 8192, 16384, 65536)
HEAD = (
    b"From: Writer <writer@alpha.test>\r\nTo: Reader <reader@beta.test>\r\nSubject: %s\r\n"
    b"Message-ID: <%s@corpus.test>\r\n\r\n"
)


class Message:
    """Octets as the author wrote them; `name` is unique and goes into reports."""

    def __init__(self, name, octets):
        self.name, self.octets = name, octets

    def __repr__(self):
        return f"{self.name} ({len(self.octets)} octets)"

    @property
    def bare(self):
        """CR or LF alone somewhere: text transfer (DATA) may not carry it, RFC 5321 2.3.8."""
        rest = self.octets.replace(b"\r\n", b"")
        return b"\r" in rest or b"\n" in rest

    @property
    def nul(self):
        return b"\0" in self.octets

    @property
    def longest_line(self):
        return max(map(len, self.octets.split(b"\r\n")))

    @property
    def is_text(self):
        """May go through DATA and through an IMAP literal that is not literal8."""
        return not self.bare and not self.nul

    def on_wire(self):
        """What IMAP and POP3 show: stored as it came, each bare LF as CRLF; a lone CR stays."""
        return re.sub(rb"(?<!\r)\n", b"\r\n", self.octets)

    def as_text(self):
        """What SMTP clients make of it for DATA: LF alone becomes CRLF, the last line gets its end."""
        octets = self.octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return octets if octets.endswith(b"\r\n") else octets + b"\r\n"


def whole_header(message):
    """The message with the fields in front that a submission server would add if they were missing (RFC 6409 8)."""
    fields = b"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nFrom: w@alpha.test\r\nMessage-ID: <whole@corpus.test>\r\n"
    return Message(message.name, fields + message.octets)


def trace_and_rest(stored, sent):
    """Splits what came out into what the server put before it and the rest; None if `sent` is not the rest."""
    if not stored.endswith(sent):
        return None
    head = stored[: len(stored) - len(sent)]
    return head, sent


TRACE = (b"return-path:", b"received:", b"authentication-results:", b"delivered-to:", b"x-original-to:")


def difference(stored, sent):
    """Empty when `stored` is trace headers followed by `sent` octet for octet; else what is wrong."""
    split = trace_and_rest(stored, sent)
    if split is None:
        at = stored.find(sent[:64]) if sent else -1
        if at < 0:
            return f"beginning not found; {len(stored)} octets came out, {len(sent)} went in; starts {stored[:200]!r}"
        body = stored[at:]
        n = next((i for i, (a, b) in enumerate(zip(body, sent)) if a != b), min(len(body), len(sent)))
        return (
            f"differs at octet {n} of {len(sent)} ({len(body)} came out): "
            f"{body[max(0, n - 20):n + 20]!r} instead of {sent[max(0, n - 20):n + 20]!r}"
        )
    for field in unfolded(split[0]):
        if not field.lower().startswith(TRACE):
            return f"added header that is no trace header: {field!r}"
    return ""


def unfolded(head):
    fields = []
    for text in head.split(b"\r\n"):
        if text[:1] in (b" ", b"\t") and fields:
            fields[-1] += text
        elif text:
            fields.append(text)
    return fields


def files(pattern, prefix):
    return [Message(f"{prefix} {os.path.basename(p)}", open(p, "rb").read()) for p in sorted(glob.glob(pattern))]


def real():
    """CPython's and spamassassin's samples; empty lists if the packages are missing (the caller says so)."""
    return files(CPYTHON, "cpython") + files(SPAMASSASSIN, "spamassassin")


def made(name, body):
    word = name.replace(" ", "-").encode()
    return Message(name, HEAD % (name.encode(), word) + body)


def at_border(name, border, piece):
    """`piece` begins at octet `border` of the message."""
    word = name.replace(" ", "-").encode()
    head = HEAD % (name.encode(), word)
    lines, filler = [], b"0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ\r\n"
    have = len(head)
    while have + len(filler) + 80 < border:
        lines.append(filler)
        have += len(filler)
    last = border - have
    lines.append(b"f" * last + piece + b"end\r\nafter the border\r\n")
    return Message(name, head + b"".join(lines))


def generated(large=True):
    """The made messages; `large` includes the one of 25 MiB."""
    rng = random.Random(20260101)
    out = [
        made("empty body", b""),
        Message("headers only", b"Subject: no empty line follows\r\nX-Last: yes\r\n"),
        Message("no headers", b"\r\nOnly a body.\r\n"),
        Message("one line end", b"\r\n"),
        made("no final newline", b"first line\r\nlast line without end"),
        made("body is one dot", b".\r\n"),
        made("dots everywhere", b".\r\n..\r\n...\r\n. \r\n.a\r\nb.\r\n.\r\n.\r\n..\r\n\r\n.\r\n"),
        made("dots that look like the end", b"text\r\n.\r\nMAIL FROM:<x@alpha.test>\r\nQUIT\r\n..\r\n"),
        made("8-bit latin-1", bytes(range(128, 256)) + b"\r\n" + "Grüße aus Köln\r\n".encode("latin-1")),
        made("8-bit utf-8", "Grüße, 世界, Привет \U0001f40c\r\n".encode() * 50),
        Message("8-bit headers", "Subject: Grüße aus Köln\r\nFrom: Jürgen <j@alpha.test>\r\n\r\nText\r\n".encode()),
        made("control characters", bytes(c for c in range(1, 32) if c not in (10, 13)) + b"\x7f\r\n"),
        made("line of 998", b"x" * 998 + b"\r\nnext\r\n"),
        made("line of 999", b"x" * 999 + b"\r\nnext\r\n"),
        made("line of 1000", b"x" * 1000 + b"\r\n.next\r\n"),
        made("line of 70000 with dots", b"." * 70000 + b"\r\n." + b"y" * 5000 + b"\r\n"),
        Message(
            "folded header of 20000",
            b"Subject: s\r\nX-Long: " + b"\r\n ".join([b"word" * 10] * 450) + b"\r\n\r\nText\r\n",
        ),
        made("many empty lines", b"\r\n" * 5000),
        made("trailing spaces", b"line  \r\n\t\r\n \r\n  \r\n"),
        made("imap words", b'a1 OK done\r\n* BYE\r\n+ go\r\n{10}\r\n) "\r\n\\\r\n'),
        Message("folding with nothing", b"Subject: one\r\n \r\n\ttwo\r\nX-Empty:\r\n\r\nText\r\n"),
        Message("lines that are no headers", b"no colon here\r\nSubject: late\r\n: empty name\r\n\r\nText\r\n"),
        Message(
            "from line first", b"From writer@alpha.test Sun Nov 22 10:00:00 2026\r\nSubject: mbox\r\n\r\n>From here\r\n"
        ),
        nested(60),
        multipart(200),
        made("random lines 300 KiB", b"".join(rng.randbytes(57).hex().encode() + b"\r\n" for _ in range(2600))),
        # what only BINARYMIME and APPEND may carry
        made("bare LF", b"one\ntwo\n.\nthree\r\n.\n.\r\n\n"),
        Message("LF only", b"Subject: unix\nFrom: a@alpha.test\n\nbody\n.\n..\nlast\n"),
        made("bare CR", b"one\rtwo\r.\rthree\r\n\r\r\n\r.\r\nend\r\n"),
        made("CR at the very end", b"text\r"),
        made("NUL in the body", b"a\0b\0\0c\r\n\0\r\n"),
        made("every octet", bytes(range(256)) * 8),
    ]
    for border in BORDERS:
        for shift in (-1, 0, 1):
            out.append(at_border(f"bare CR at {border}{shift:+d}", border + shift, b"\rx"))
            out.append(at_border(f"CRLF dot at {border}{shift:+d}", border + shift, b"\r\n.dot\r\n..\r\n"))
    if large:
        out.append(
            made(
                "25 MiB",
                b"".join(rng.randbytes(36).hex().encode() + b".\r\n." for _ in range(25 * 1024 * 1024 // 76)) + b"\r\n",
            )
        )
    return out


def nested(depth):
    """multipart in multipart, `depth` levels."""
    head, tail = b"Subject: nested\r\nMIME-Version: 1.0\r\n", b""
    for level in range(depth):
        mark = b"b%d" % level
        head += b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n" % (mark, mark)
        tail = b"\r\n--%s--\r\n" % mark + tail
    return Message(f"nested {depth} deep", head + b"\r\ninnermost" + tail)


def multipart(count):
    parts = b"".join(
        b'--part\r\nContent-Type: text/plain; name="f%d"\r\n\r\ntext %d\r\n' % (i, i) for i in range(count)
    )
    return Message(
        f"multipart of {count}",
        b"Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
        b'boundary="part"\r\n\r\npreamble\r\n' + parts + b"--part--\r\nepilogue\r\n",
    )


def everything(large=True):
    return real() + generated(large)
