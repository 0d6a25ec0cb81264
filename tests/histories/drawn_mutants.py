# SPDX-License-Identifier: Apache-2.0
"""Small mistakes, as people make them, at every place of a source text where one is possible."""
import re

# Not what histories are about: other processes and threads, or what may be lost.
NOT_DRAWN_FROM = re.compile(r"/(server|upkeep|accounts|index_\w+|account_list|measure|inspection|recount|naming)\.cc$")

CONDITION = re.compile(r"^ *(?:\} else )?if \((?!const )(?!constexpr)")
CHECK = re.compile(r"^ *if \(!\w+\) return [^;]*;$")
CALL = re.compile(r"^(?:if \([^;]*\) )?[\w.\->:*\[\]]*(?: = )?[^;]*\(.*\);$")
NO_STATEMENT = re.compile(r"^(return|co_return|const|auto|using|for|while|break|continue|else|case|default|"
                          r"static_assert|[A-Z]\w*(<.*>)? \w|std::\w+(<.*>)? \w|bool |int |unsigned )")
# Of two statements one has to be such that their order may matter.
ORDERED = re.compile(r"disk|sync|link|rename|remove|plan|publish|replace|append\(|undo|settle|run\(|carry|forget|done")
FORMAT = re.compile(r"/(entry_codec|log_frame)\.cc$")  # any order of fields is as good as another
HEADER = re.compile(r"\bResult<void> [\w:]+\(")


class Place:
    """One possible mistake: `apply` gives the text with it, `probe` one that crashes where it would matter."""

    def __init__(self, kind, path, number, what, lines):
        self.kind, self.path, self.number, self.what, self._lines = kind, path, number, what, lines

    def apply(self, text):
        return "\n".join(self._lines(text.split("\n")))

    def probe(self, text):
        lines = text.split("\n")
        at = self.number - 1
        line = lines[at]
        if self.kind == "dropped":
            lines[at] = line[:line.index(" return ")] + " __builtin_trap();"
        elif self.kind == "negated":
            lines[at] = line.replace("if (", "if (__builtin_trap(), ", 1)
        else:
            lines.insert(at, "__builtin_trap();")
        return "\n".join(lines)


def indent(line):
    return len(line) - len(line.lstrip())


def closing(line, begin):
    """Where the parenthesis that opens at `begin` closes in this line; -1 if it does not."""
    depth = 0
    for at in range(begin, len(line)):
        depth += {"(": 1, ")": -1}.get(line[at], 0)
        if depth == 0:
            return at
    return -1


def negated(line):
    if not CONDITION.match(line):
        return None
    begin = line.index("if (") + 3
    end = closing(line, begin)
    if end < 0 or ";" in line[begin:end]:
        return None
    return f"{line[:begin + 1]}!({line[begin + 1:end]}){line[end:]}"


def is_call(line):
    text = line.strip()
    return bool(CALL.match(text)) and not NO_STATEMENT.match(text) and " return" not in text


def returns_result(lines, number):
    """Whether the statement in this line is in the outermost block of a function that may just return {}."""
    outer = indent(lines[number]) - 2
    for above in range(number - 1, -1, -1):
        line = lines[above]
        if not line.strip() or indent(line) > outer:
            continue
        if line.strip().startswith(("const ", ")")) and indent(line) > outer:
            continue
        return outer in (0, 2) and bool(HEADER.search(line)) and line.rstrip().endswith(("{", ","))
    return False


def places(path, text):
    """All mistakes that this file invites, in order."""
    lines = text.split("\n")
    found = []

    def add(kind, number, what, change):
        found.append(Place(kind, path, number + 1, what, change))

    for number, line in enumerate(lines):
        other = negated(line)
        if other:
            add("negated", number, line.strip(),
                lambda all_lines, n=number, o=other: all_lines[:n] + [o] + all_lines[n + 1:])
        if CHECK.match(line):
            above = lines[number - 1].strip()  # tells one check from the next
            add("dropped", number, f"{above} {line.strip()}",
                lambda all_lines, n=number: all_lines[:n] + all_lines[n + 1:])
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if is_call(line) and is_call(following) and indent(line) == indent(following) and not FORMAT.search(
                path) and (ORDERED.search(line) or ORDERED.search(following)):
            add("swapped", number, f"{line.strip()} <-> {following.strip()}",
                lambda all_lines, n=number: all_lines[:n] + [all_lines[n + 1], all_lines[n]] + all_lines[n + 2:])
        if (is_call(line) or line.strip().startswith(("const auto ", "const Result", "auto "))) and returns_result(
                lines, number):
            add("early", number, f"return {{}}; before {line.strip()}",
                lambda all_lines, n=number, i=indent(line): all_lines[:n] + [" " * i + "return {};"] + all_lines[n:])
    return found
