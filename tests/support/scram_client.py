# SPDX-License-Identifier: Apache-2.0
# The client's side of SCRAM (RFC 5802, RFC 7677), octet by octet, and the verifiers an operator stores (RFC 5803).
import base64
import hashlib
import hmac
import os

HASHES = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}


def b64(octets):
    return base64.b64encode(octets).decode()


def keys(mechanism, password, salt, iterations):
    """(client key, stored key, server key)."""
    name = HASHES[mechanism.removesuffix("-PLUS")]
    salted = hashlib.pbkdf2_hmac(name, password.encode(), salt, iterations)
    client = hmac.digest(salted, b"Client Key", name)
    return client, hashlib.new(name, client).digest(), hmac.digest(salted, b"Server Key", name)


def verifier(mechanism, password, iterations=4096):
    salt = os.urandom(16)
    _, stored, server = keys(mechanism, password, salt, iterations)
    return f"{mechanism}${iterations}:{b64(salt)}${b64(stored)}:{b64(server)}"


class Scram:
    """One exchange. `flag`: the channel binding flag of the GS2 header; `binding`: the octets bound to."""

    def __init__(self, mechanism, user, password, flag="n", binding=b""):
        self.mechanism, self.password, self.binding = mechanism, password, binding
        self.header = flag + ",,"
        self.bare = "n=" + user.replace("=", "=3D").replace(",", "=2C") + ",r=" + b64(os.urandom(18))
        self.salt = None
        self.signature = None

    def first(self):
        return b64((self.header + self.bare).encode())

    def final(self, challenge):
        server_first = base64.b64decode(challenge).decode()
        fields = dict(field.split("=", 1) for field in server_first.split(","))
        assert fields["r"].startswith(self.bare.split(",r=")[1]), server_first
        self.salt = fields["s"]
        client, stored, server = keys(
            self.mechanism, self.password, base64.b64decode(self.salt), int(fields["i"])
        )
        name = HASHES[self.mechanism.removesuffix("-PLUS")]
        bound = "c=" + b64(self.header.encode() + self.binding) + ",r=" + fields["r"]
        message = ",".join((self.bare, server_first, bound)).encode()
        proof = bytes(a ^ b for a, b in zip(client, hmac.digest(stored, message, name)))
        self.signature = b64(hmac.digest(server, message, name))
        return b64((bound + ",p=" + b64(proof)).encode())

    def is_from_server(self, challenge):
        """The server knows the user's verifier."""
        return base64.b64decode(challenge).decode() == "v=" + self.signature


def imap(session, scram):
    """AUTHENTICATE over a raw session (imap_client.py); the tagged answer."""
    tag = session.start(f"AUTHENTICATE {scram.mechanism} {scram.first()}")
    for reply in (scram.final, lambda challenge: "" if scram.is_from_server(challenge) else "*"):
        line = session.line()
        if not line.startswith(b"+ "):
            session.early = line
            break
        session.send(reply(line[2:].strip()).encode() + b"\r\n")
    return session.finish(tag)


def pop3(session, scram):
    line = session.command(f"AUTH {scram.mechanism} {scram.first()}")
    for reply in (scram.final, lambda challenge: "" if scram.is_from_server(challenge) else "*"):
        if not line.startswith(b"+ "):
            break
        line = session.command(reply(line[2:].strip()))
    return line.decode()


def smtp(session, scram):
    answer = session.command(f"AUTH {scram.mechanism} {scram.first()}")
    for reply in (scram.final, lambda challenge: "" if scram.is_from_server(challenge) else "*"):
        if answer.code != 334:
            break
        answer = session.command(reply(answer.lines[-1]))
    return answer
