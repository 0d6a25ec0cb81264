# SPDX-License-Identifier: Apache-2.0
# POP3 for the tests (RFC 1939, RFC 2449, RFC 2595): octets as on the wire, dot-stuffing removed by the CRLF rule only.
from wire import Wire


class Pop3(Wire):
    def __init__(self, host, port, tls=False, timeout=20.0):
        super().__init__(host, port, tls, timeout)
        self.greeting = self.line()
        assert self.greeting.startswith(b"+OK"), f"greeting: {self.greeting!r}"

    def command(self, text):
        """The status line."""
        self.send((text.encode() if isinstance(text, str) else text) + b"\r\n")
        return self.line()

    def ok(self, text):
        answer = self.command(text)
        assert answer.startswith(b"+OK"), f"{text}: {answer!r}"
        return answer

    def error(self, text):
        answer = self.command(text)
        assert answer.startswith(b"-ERR"), f"{text}: {answer!r}"
        return answer

    def multiline(self, text):
        """The octets of a multi-line answer, without the terminator and with stuffed dots removed."""
        self.ok(text)
        if self.buffer.startswith(b".\r\n"):
            self.buffer = self.buffer[3:]
            return b""
        while len(self.buffer) < 3:
            self.fill()
        if self.buffer.startswith(b".\r\n"):
            self.buffer = self.buffer[3:]
            return b""
        octets = self.until(b"\r\n.\r\n")[:-3]
        if octets.startswith(b"."):
            octets = octets[1:]
        return octets.replace(b"\r\n.", b"\r\n")

    def login(self, login, password):
        self.ok("USER " + login)
        return self.ok("PASS " + password)

    def stls(self):
        self.ok("STLS")
        self.handshake()

    def lines(self, text):
        return self.multiline(text).decode("latin-1").split("\r\n")[:-1]
