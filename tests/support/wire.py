# SPDX-License-Identifier: Apache-2.0
# A buffered socket for the small protocol clients of the tests: octets exactly as on the wire, each wait bounded.
# Not a mail library: imaplib, poplib and smtplib take part in the tests as programs in their own right.
import socket
import ssl


class Closed(Exception):
    """The server ended the connection (the text says what had been read until then)."""


def tls_context(ca=None, alpn=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if ca:
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_REQUIRED
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


class Wire:
    """One connection; `timeout` bounds every single read and write in seconds."""

    def __init__(self, host, port, tls=False, timeout=20.0, alpn=None):
        self.host, self.port, self.timeout = host, int(port), timeout
        self.buffer = b""
        self.socket = socket.create_connection((host, self.port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.handshake(alpn)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def handshake(self, alpn=None):
        """TLS from here on; what came in the clear before and was not read is a fault of the server."""
        if self.buffer:
            raise AssertionError(f"plaintext before the TLS handshake: {self.buffer!r}")
        self.socket = tls_context(alpn=alpn).wrap_socket(self.socket, server_hostname="localhost")

    def send(self, octets):
        self.socket.sendall(octets)

    def fill(self):
        """Reads once; Closed at the end of the stream."""
        try:
            got = self.socket.recv(262144)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError) as error:
            raise Closed(f"{error}") from None
        if not got:
            raise Closed("end of stream")
        self.buffer += got

    def line(self, limit=1 << 20):
        """One line without its CRLF; a bare LF does not end it."""
        while (end := self.buffer.find(b"\r\n")) < 0:
            if len(self.buffer) > limit:
                raise AssertionError(f"line of more than {limit} octets")
            self.fill()
        found, self.buffer = self.buffer[:end], self.buffer[end + 2 :]
        return found

    def exactly(self, count):
        parts, have = [self.buffer], len(self.buffer)
        while have < count:
            self.buffer = b""
            self.fill()
            parts.append(self.buffer)
            have += len(self.buffer)
        whole = b"".join(parts)
        self.buffer = whole[count:]
        return whole[:count]

    def until(self, end):
        """Everything up to and with `end`; linear in the length."""
        parts = bytearray(self.buffer)
        start = 0
        while (found := parts.find(end, start)) < 0:
            start = max(0, len(parts) - len(end))
            self.buffer = b""
            self.fill()
            parts += self.buffer
        stop = found + len(end)
        self.buffer = bytes(parts[stop:])
        return bytes(parts[:stop])

    def silent(self, seconds):
        """True if nothing arrives within `seconds`."""
        if self.buffer:
            return False
        self.socket.settimeout(seconds)
        try:
            self.fill()
            return False
        except (TimeoutError, socket.timeout):
            return True
        finally:
            self.socket.settimeout(self.timeout)

    def closed_by_server(self, seconds=10.0):
        """True if the server closes within `seconds`; what it still sends is left in `buffer`."""
        self.socket.settimeout(seconds)
        try:
            while True:
                self.fill()
        except Closed:
            return True
        except (TimeoutError, socket.timeout):
            return False
        except (OSError, ssl.SSLError):
            return True
        finally:
            try:
                self.socket.settimeout(self.timeout)
            except OSError:
                pass

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass
