# SPDX-License-Identifier: Apache-2.0
"""The coroutine law (CONTRIBUTING.md): what g++ 12.2 compiles wrongly does not stand in the sources.

Works on blanked text with a bracket matcher, not on a full grammar: it may ask for a plainer spelling of something
harmless, and that is fine."""
import re

EXEMPT = {"tests/unit/loop/compiler_probe.cc"}  # asks whether the law is still needed
CONTROL = {"if", "while", "switch", "for", "catch"}
NO_DECLARATION = re.compile(
    r"^(if|for|while|do|switch|return|co_await|co_return|co_yield|throw|try|using|delete|goto|break|continue|"
    r"static_assert)\b")
DECLARATION = re.compile(
    r"^(\[\[[\w\s,:]+\]\]\s*)?"
    r"((static|constexpr|const|auto)\s+)*"
    r"(auto\s*[&*]*\s*\[[\w\s,]+\]|[A-Za-z_][\w:]*(\s*<[^;]*?>)?(::\w+)*(\s+const)?\s*[&*]*(\s*const\b)?\s*\b[a-z_]\w*)"
    r"\s*(=|\(|\{|;|,|\[)")


def match_brackets(code):
    """offset of each bracket -> offset of its partner."""
    partner, stack = {}, []
    closing = {")": "(", "]": "[", "}": "{"}
    for offset, char in enumerate(code):
        if char in "([{":
            stack.append(offset)
        elif char in ")]}":
            if stack and code[stack[-1]] == closing[char]:
                partner[offset] = stack[-1]
                partner[stack.pop()] = offset
    return partner


def enclosing(code, partner, offset):
    """Offsets of the opening brackets around `offset`, innermost first."""
    position = offset - 1
    while position >= 0:
        char = code[position]
        if char in ")]}" and position in partner:
            position = partner[position] - 1
            continue
        if char in "([{" and position in partner:
            yield position
        position -= 1


def word_before(code, offset):
    match = re.search(r"([A-Za-z_]\w*)\s*$", code[max(0, offset - 80):offset])
    return match.group(1) if match else ""


QUALIFIERS = re.compile(r"(\s|const|noexcept|override|final|mutable|->\s*[\w:<>,\s*&]+)*$")


def parameters_of_body(code, partner, brace):
    """For the brace that opens a function or lambda body: offset of its parameter list's "(", else None."""
    start = max(0, brace - 300)
    head = code[start:brace]
    close = head.rfind(")")
    if close < 0 or not QUALIFIERS.match(head[close + 1:]):
        return None
    opening = partner.get(start + close)
    if opening is None or word_before(code, opening) in CONTROL:
        return None
    return opening


def is_block(code, partner, brace):
    """Whether a "{" opens statements (rather than an initializer)."""
    before = code[max(0, brace - 300):brace].rstrip()
    return (not before or before[-1] in ";{}:" or word_before(code, brace) in {"else", "do", "try"}
            or before.endswith(")") or parameters_of_body(code, partner, brace) is not None)


def statement_end(code, partner, offset):
    position = offset
    while position < len(code):
        char = code[position]
        if char in "([{" and position in partner:
            position = partner[position]
        elif char in ";}":
            return position
        position += 1
    return position


def statement_start(code, partner, offset):
    position = offset - 1
    while position >= 0:
        char = code[position]
        if char in ")]" and position in partner:
            if char == ")" and word_before(code, partner[position]) in CONTROL:
                return position + 1
            position = partner[position]
        elif char == "}" and position in partner:
            if is_block(code, partner, partner[position]):
                return position + 1
            position = partner[position]
        elif char == ";" or (char == "{" and is_block(code, partner, position)):
            return position + 1
        position -= 1
    return 0


class Checker:
    def __init__(self, source, report):
        self.source, self.code = source, source.code
        self.partner = match_brackets(self.code)
        self.report = report

    def complain(self, offset, text):
        self.report(self.source, self.source.line_of(offset), text)

    def run(self):
        bodies = {}
        for match in re.finditer(r"\bco_(await|return|yield)\b", self.code):
            if match.group(1) == "await":
                self.check_await(match.start())
            self.note_body(match.start(), bodies)
        for brace, opening in bodies.items():
            self.check_body(brace, opening)

    def check_await(self, offset):
        for opening in enclosing(self.code, self.partner, offset):
            if self.code[opening] == "{":
                if is_block(self.code, self.partner, opening):
                    break
                self.complain(offset, "co_await within braces: name the value first")
                return
            word = word_before(self.code, opening)
            if self.code[opening] == "(" and word in CONTROL:
                self.complain(offset, f"co_await in the condition of {word}: name the result first")
                return
            if self.code[opening] == "(" and word.startswith("BOOST_"):
                self.complain(offset, "co_await in a test macro: name the result first")
                return
        start = statement_start(self.code, self.partner, offset)
        text = self.code[start:statement_end(self.code, self.partner, offset)]
        self.check_statement(offset, re.sub(r"\[\[[\w\s,:]+\]\]", "", text))

    def check_statement(self, offset, text):
        text = re.sub(r"^\s*(auto\s*&?\s*)\[[\w\s,]+\]", "", text.replace("const auto", "auto"))
        text = re.sub(r"^\s*auto\s*&{0,2}\s*\[[\w\s,]+\]", "", text)
        if len(re.findall(r"\bco_await\b", text)) > 1:
            self.complain(offset, "two co_await in one statement")
        for mark, meaning in (("{", "braces"), ("?", "?:"), ("[", "a lambda or subscript"), ("||", "||")):
            if mark in text:
                self.complain(offset, f"co_await beside {meaning}: name the value first")
        if re.search(r"\S\s*&&\s*(\w|\(|!)", text) and not re.match(r"^\s*auto\s*&&\s*\w+\s*=[^&]*$", text):
            self.complain(offset, "co_await beside &&: name the value first")
        if re.search(r"\bco_return\b", text):
            self.complain(offset, "co_return co_await: name the result first")

    def note_body(self, offset, bodies):
        for opening in enclosing(self.code, self.partner, offset):
            if self.code[opening] != "{":
                continue
            parameters = parameters_of_body(self.code, self.partner, opening)
            if parameters is not None:
                bodies[opening] = parameters
                return

    def check_body(self, brace, opening):
        start = brace + 1
        first = ""
        while not first or first.startswith("using "):
            end = statement_end(self.code, self.partner, start) + 1
            first = self.code[start:end].strip()
            start = end
        if NO_DECLARATION.match(first) or not DECLARATION.match(first):
            self.complain(brace, "a coroutine's first statement has to be a local variable declaration")
        parameters = self.code[opening:self.partner[opening]]
        if "&&" in parameters:
            self.complain(opening, "a coroutine takes no rvalue references")
        before = self.code[:opening].rstrip()
        if before.endswith("]") and len(before) - 1 in self.partner:
            captures = before[self.partner[len(before) - 1] + 1:-1].strip()
            if captures:
                self.complain(opening, "a coroutine lambda has no captures: pass the state as parameters")


def check(sources, report):
    for source in sources:
        if "co_" in source.code and source.name not in EXEMPT:
            Checker(source, report).run()
