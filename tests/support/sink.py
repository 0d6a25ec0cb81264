# SPDX-License-Identifier: Apache-2.0
# The other mail server: a small SMTP receiver that keeps what it gets and misbehaves as told. One thread a connection.
import re
import socket
import threading
import time


class Received:
    def __init__(self, sender, recipients, octets):
        self.sender, self.recipients, self.octets = sender, recipients, octets


class Sink:
    """`behave` is called with (verb, argument) before the normal reply and may return the reply to give instead,
    `b""` to close the connection, or None. `line_end`: LF makes a receiver that takes a bare LF for a line end."""

    def __init__(
        self,
        port=0,
        behave=None,
        extensions=("8BITMIME", "PIPELINING", "SIZE 100000000"),
        line_end=b"\r\n",
        greeting=b"220 sink.test ESMTP\r\n",
    ):
        self.behave, self.extensions, self.line_end, self.greeting = behave, extensions, line_end, greeting
        self.messages, self.connections, self.port = [], 0, port
        self.changed = threading.Condition()
        self.listener = None
        self.open()

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def close(self):
        """From here on connections are refused; the port stays ours to open again."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection, connection.makefile("rb") as source:
                connection.settimeout(60)
                connection.sendall(self.greeting)
                self.session(connection, source)
        except OSError:
            pass

    def session(self, connection, source):
        sender, recipients = None, []
        while line := source.readline(100000):
            verb, _, argument = line.strip().partition(b" ")
            verb = verb.upper().decode("latin-1")
            reply = self.behave(verb, argument.decode("latin-1")) if self.behave else None
            if reply == b"":
                return
            if verb == "DATA" and reply is None and recipients:
                connection.sendall(b"354 go\r\n")
                octets = self.data(source)
                if octets is None:
                    return
                end = self.behave("END", "") if self.behave else None
                if end is None or end.startswith(b"2") or end == b"":
                    with self.changed:
                        self.messages.append(Received(sender, list(recipients), octets))
                        self.changed.notify_all()
                if end == b"":
                    return
                connection.sendall(end or b"250 2.0.0 taken\r\n")
                sender, recipients = None, []
                continue
            connection.sendall(reply or self.normal(verb))
            good = reply is None or reply.startswith(b"2")
            if verb == "MAIL" and good:
                sender, recipients = self.address(argument), []
            elif verb == "RCPT" and good:
                recipients.append(self.address(argument))
            elif verb in ("RSET", "EHLO", "HELO"):
                sender, recipients = None, []
            elif verb == "QUIT":
                return

    @staticmethod
    def address(argument):
        return re.search(rb"<([^>]*)>", argument)[1].decode("utf-8", "replace")

    def normal(self, verb):
        if verb == "EHLO":
            words = ["sink.test", *self.extensions]
            return "".join(
                f"250{'-' if n + 1 < len(words) else ' '}{word}\r\n" for n, word in enumerate(words)
            ).encode()
        if verb in ("HELO", "MAIL", "RCPT", "RSET", "NOOP"):
            return b"250 2.0.0 fine\r\n"
        if verb == "QUIT":
            return b"221 2.0.0 bye\r\n"
        return b"503 5.5.1 no\r\n" if verb == "DATA" else b"500 5.5.2 what\r\n"

    def data(self, source):
        """The octets up to the end of data as this receiver sees it, dot-stuffing removed."""
        out = bytearray()
        begin = True
        while True:
            line = source.readline(1 << 26)
            if not line:
                return None
            whole = line.endswith(b"\r\n") or self.line_end == b"\n" and line.endswith(b"\n")
            if begin and (line == b".\r\n" or self.line_end == b"\n" and line == b".\n"):
                return bytes(out)
            if begin and line.startswith(b"."):
                line = line[1:]
            out += line
            begin = whole

    def wait(self, count, seconds, text=b""):
        """The messages with `text` in them, once there are `count` or the time is over."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                found = [m for m in self.messages if text in m.octets]
                left = end - time.monotonic()
                if len(found) >= count or left <= 0:
                    return found
                self.changed.wait(left)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
