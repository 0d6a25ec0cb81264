# SPDX-License-Identifier: Apache-2.0
# SMTP, submission and LMTP for the tests (RFC 5321, RFC 3030, RFC 2033): one method a command, replies as values.
import base64
import re

from wire import Wire


class Reply:
    """Code, lines and the enhanced code (RFC 2034) of one reply."""

    def __init__(self, code, lines):
        self.code, self.lines = code, lines
        found = re.match(rb"([245]\.\d{1,3}\.\d{1,3})(?: |$)", lines[0]) if lines else None
        self.enhanced = found[1].decode() if found else ""

    def __str__(self):
        return f"{self.code} " + " / ".join(line.decode("latin-1") for line in self.lines)

    __repr__ = __str__

    def want(self, code, enhanced=None):
        assert self.code == code, f"wanted {code}, got {self}"
        assert enhanced is None or self.enhanced == enhanced, f"wanted {code} {enhanced}, got {self}"
        return self


def dot_stuffed(octets):
    """RFC 5321 4.5.2; only CRLF ends a line."""
    if octets.startswith(b"."):
        octets = b"." + octets
    return octets.replace(b"\r\n.", b"\r\n..")


class Smtp(Wire):
    def __init__(self, host, port, tls=False, timeout=20.0, greet=True, lmtp=False):
        super().__init__(host, port, tls, timeout)
        self.extensions, self.lmtp = {}, lmtp
        if greet:
            self.greeting = self.reply().want(220)
            self.hello()

    def reply(self):
        lines = []
        while True:
            text = self.line()
            assert re.match(rb"\d{3}([ -]|$)", text), f"not a reply: {text!r}"
            lines.append(text[4:])
            if text[3:4] != b"-":
                return Reply(int(text[:3]), lines)

    def command(self, text):
        self.send((text.encode() if isinstance(text, str) else text) + b"\r\n")
        return self.reply()

    def hello(self, name="client.test"):
        answer = self.command(("LHLO " if self.lmtp else "EHLO ") + name).want(250)
        self.extensions = {}
        for text in answer.lines[1:]:
            word, _, rest = text.decode().partition(" ")
            self.extensions[word.upper()] = rest
        return answer

    def starttls(self):
        self.command("STARTTLS").want(220)
        self.handshake()
        self.hello()

    def auth_plain(self, login, password):
        token = base64.b64encode(b"\0" + login.encode() + b"\0" + password.encode()).decode()
        return self.command("AUTH PLAIN " + token)

    def auth_login(self, login, password):
        self.command("AUTH LOGIN").want(334)
        self.command(base64.b64encode(login.encode())).want(334)
        return self.command(base64.b64encode(password.encode()))

    def envelope(self, sender, recipients, parameters=""):
        self.command(f"MAIL FROM:<{sender}>{parameters}").want(250)
        for address in recipients:
            self.command(f"RCPT TO:<{address}>").want(250)

    def content(self, octets):
        """DATA of octets that end in CRLF; for LMTP the caller reads the further replies."""
        self.command("DATA").want(354)
        self.send(dot_stuffed(octets) + b".\r\n")
        return self.reply()

    def chunks(self, octets, size=65536):
        """BDAT in chunks of `size` octets (RFC 3030)."""
        last = None
        for begin in range(0, max(1, len(octets)), size):
            part = octets[begin : begin + size]
            final = begin + size >= len(octets)
            self.send(f"BDAT {len(part)}{' LAST' if final else ''}\r\n".encode() + part)
            last = self.reply()
            if last.code != 250:
                return last
        return last

    def send_message(self, sender, recipients, octets, bdat=None, parameters=""):
        """A whole transaction; `bdat` is the chunk size, None means DATA."""
        self.envelope(sender, recipients, parameters)
        return self.chunks(octets, bdat) if bdat else self.content(octets)
