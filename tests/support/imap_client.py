# SPDX-License-Identifier: Apache-2.0
# IMAP for the tests (RFC 3501): one command at a time, answers parsed into lists, literals kept octet for octet.
import base64
import re

from wire import Closed, Wire


class Refused(AssertionError):
    """A tagged NO or BAD where OK was wanted."""


class Answer:
    """Tagged status, its text, and the untagged responses in order (each a list of parsed values)."""

    def __init__(self, status, text, untagged):
        self.status, self.text, self.untagged = status, text, untagged

    def __repr__(self):
        return f"{self.status} {self.text!r} {self.untagged!r}"

    def named(self, name):
        """Untagged responses whose first or second word is `name`."""
        wanted = name.upper().encode()
        return [r for r in self.untagged if any(isinstance(w, bytes) and w.upper() == wanted for w in r[:2])]

    def numbers(self, name):
        """The numbers of `* n NAME` responses, in order."""
        return [int(r[0]) for r in self.named(name) if r[0].isdigit()]

    def fetched(self):
        """{sequence number: {item: value}} of FETCH responses; later ones add to earlier ones."""
        found = {}
        for r in self.named("FETCH"):
            pairs = r[2]
            values = dict(zip([k.decode().upper() for k in pairs[::2]], pairs[1::2]))
            found.setdefault(int(r[0]), {}).update(values)
        return found

    def code(self):
        """The response code in brackets, upper case, or an empty string."""
        found = re.match(rb"\[([^\]]*)\]", self.text)
        return found[1].decode().upper() if found else ""


class Parser:
    """Parses one response: bytes with literals already in place as (position, octets)."""

    def __init__(self, parts):
        self.parts, self.at = parts, 0  # parts: alternating text and literal octets

    def parse(self):
        values, stack = [], []
        current = values
        for index, part in enumerate(self.parts):
            if index % 2:
                current.append(part)
                continue
            text, at = part, 0
            while at < len(text):
                c = text[at : at + 1]
                if c == b" ":
                    at += 1
                elif c == b"(":
                    stack.append(current)
                    current.append([])
                    current = current[-1]
                    at += 1
                elif c == b")":
                    current = stack.pop()
                    at += 1
                elif c == b'"':
                    word, at = self.quoted(text, at + 1)
                    current.append(word)
                else:
                    word, at = self.atom(text, at)
                    current.append(word)
        assert not stack, f"open parenthesis in {self.parts!r}"
        return values

    @staticmethod
    def quoted(text, at):
        out = bytearray()
        while text[at : at + 1] != b'"':
            if text[at : at + 1] == b"\\":
                at += 1
            assert at < len(text), f"open quote in {text!r}"
            out += text[at : at + 1]
            at += 1
        return bytes(out), at + 1

    @staticmethod
    def atom(text, at):
        section = re.compile(rb"(?i)(?:BODY|BINARY|BINARY\.SIZE)\[[^\]]*\](?:<\d+>)?").match(text, at)
        if section:
            return section[0], section.end()
        found = re.compile(rb"[^ ()\"]+").match(text, at)
        assert found, f"cannot parse {text[at:]!r}"
        return found[0], found.end()


class Imap(Wire):
    def __init__(self, host, port, tls=False, timeout=20.0):
        super().__init__(host, port, tls, timeout)
        self.count = 0
        self.greeting = self.line()
        assert self.greeting.startswith(b"* OK"), f"greeting: {self.greeting!r}"

    def response(self):
        """One response as alternating text and literals."""
        parts = []
        while True:
            text = self.line(1 << 26)
            literal = re.search(rb"~?\{(\d+)\}$", text)
            if not literal:
                return [*parts, text]
            parts += [text[: literal.start()], self.exactly(int(literal[1]))]

    @staticmethod
    def untagged(parts):
        head = re.match(rb"\* (OK|NO|BAD|BYE|PREAUTH)(?: (.*))?$", parts[0], re.S)
        if head:
            return [head[1], head[2] or b""]
        return Parser([parts[0][2:], *parts[1:]]).parse()

    def start(self, text, *literals, plus=False):
        """Sends a command; each literal of `literals` follows a `%` in `text`. Returns the tag."""
        self.count += 1
        tag = f"a{self.count}"
        pieces = (
            (text.encode() if isinstance(text, str) else text).split(b"%")
            if literals
            else [text.encode() if isinstance(text, str) else text]
        )
        self.send(tag.encode() + b" " + pieces[0])
        for octets, piece in zip(literals, pieces[1:]):
            self.send(b"{%d%s}\r\n" % (len(octets), b"+" if plus else b""))
            if not plus:
                answer = self.line()
                if not answer.startswith(b"+"):
                    self.early = answer
                    return tag
            self.send(octets + piece)
        self.send(b"\r\n")
        return tag

    def finish(self, tag):
        found, mark = [], tag.encode() + b" "
        early, self.early = getattr(self, "early", None), None
        while True:
            parts = [early] if early else self.response()
            early = None
            if parts[0].startswith(mark):
                status, _, text = parts[0][len(mark) :].partition(b" ")
                return Answer(status.decode().upper(), text, found)
            if parts[0].startswith(b"+"):
                found.append([b"+", parts[0][2:]])
                continue
            assert parts[0].startswith(b"* "), f"neither tagged nor untagged: {parts[0][:200]!r}"
            found.append(self.untagged(parts))

    def run(self, text, *literals, plus=False):
        """The answer, whatever the status."""
        return self.finish(self.start(text, *literals, plus=plus))

    def ok(self, text, *literals, plus=False):
        answer = self.run(text, *literals, plus=plus)
        if answer.status != "OK":
            raise Refused(f"{text}: {answer.status} {answer.text!r}")
        return answer

    def no(self, text, *literals):
        answer = self.run(text, *literals)
        assert answer.status == "NO", f"{text}: wanted NO, got {answer}"
        return answer

    def bad(self, text, *literals):
        answer = self.run(text, *literals)
        assert answer.status == "BAD", f"{text}: wanted BAD, got {answer}"
        return answer

    def login(self, login, password):
        return self.ok(f'LOGIN "{login}" "{password}"')

    def authenticate_plain(self, login, password, initial=True):
        token = base64.b64encode(b"\0" + login.encode() + b"\0" + password.encode())
        if initial:
            return self.run(b"AUTHENTICATE PLAIN " + token)
        tag = self.start("AUTHENTICATE PLAIN")
        more = self.line()
        assert more.startswith(b"+"), more
        self.send(token + b"\r\n")
        return self.finish(tag)

    def starttls(self):
        self.ok("STARTTLS")
        self.handshake()

    def capability(self):
        answer = self.ok("CAPABILITY")
        return [w.decode().upper() for w in answer.named("CAPABILITY")[0][1:]]

    def search(self, keys, *literals, uid=False):
        """Numbers found, in the order given by the server."""
        answer = self.ok(("UID " if uid else "") + "SEARCH " + keys, *literals)
        found = answer.named("SEARCH")
        return [int(n) for n in found[0][1:]] if found else []

    def body(self, number, section="", uid=False):
        """BODY.PEEK[section] of one message."""
        answer = self.ok(f"{'UID ' if uid else ''}FETCH {number} (BODY.PEEK[{section}])")
        for values in answer.fetched().values():
            for item, value in values.items():
                if item.startswith("BODY["):
                    return value
        raise AssertionError(f"no body of {number}: {answer}")

    def uids(self):
        return self.search("ALL", uid=True)

    def flags(self, uid):
        answer = self.ok(f"UID FETCH {uid} (FLAGS)")
        for values in answer.fetched().values():
            return {f.decode() for f in values["FLAGS"]}
        raise AssertionError(f"no message with uid {uid}")

    def folders(self, pattern="*"):
        """{name: set of attributes} of LIST."""
        answer = self.ok(f'LIST "" "{pattern}"')
        return {r[3].decode(): {a.decode() for a in r[1]} for r in answer.named("LIST")}

    def append(self, folder, octets, flags="", date="", plus=False):
        head = f'APPEND "{folder}"' + (f" ({flags})" if flags else "") + (f' "{date}"' if date else "") + " %"
        return self.ok(head, octets, plus=plus)

    def idle_line(self):
        """One untagged response while in IDLE."""
        return self.untagged(self.response())

    def logout(self):
        try:
            self.ok("LOGOUT")
        except Closed:
            pass
        self.close()
