# SPDX-License-Identifier: Apache-2.0
"""Source files as the checks see them: raw text, and the same text with comments and literals blanked out."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE_FOLDERS = ("src", "tests")
CODE_SUFFIXES = (".cc", ".h")
SCRIPT_SUFFIXES = (".py", ".sh")

TOKEN = re.compile(
    r'R"(?P<mark>[^()\s\\]{0,16})\((?:.|\n)*?\)(?P=mark)"'   # raw string
    r'|"(?:\\.|[^"\\\n])*"'                                  # string
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"                  # character; not a digit separator
    r"|//[^\n]*|/\*(?:.|\n)*?\*/")


def blanked(text):
    """Comments become blanks, literals become "" of the same length: offsets and line numbers stay right."""
    def blank(match):
        found = match.group(0)
        if found[0] == "/":
            return re.sub(r"[^\n]", " ", found)
        inner = re.sub(r"[^\n]", "_", found[1:-1])
        return '"' + inner + '"'
    return TOKEN.sub(blank, text)


class Source:
    def __init__(self, path, text=None):
        self.path = path
        self.text = path.read_text(errors="replace") if text is None else text
        self.code = blanked(self.text)

    @property
    def name(self):
        return str(self.path.relative_to(ROOT)) if self.path.is_absolute() else str(self.path)

    @property
    def folder(self):
        """Folder below src/, or None."""
        parts = pathlib.Path(self.name).parts
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None

    @property
    def lines(self):
        return self.text.splitlines()

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1


def all_sources():
    found = []
    for folder in CODE_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in CODE_SUFFIXES and path.is_file():
                found.append(Source(path))
    return found


def all_scripts():
    """Every text file with a #-comment of ours: scripts, build files, and executables without a suffix."""
    found = []
    for folder in ("src", "tests", "packaging", "."):
        walk = (ROOT / folder).rglob("*") if folder != "." else (ROOT / folder).glob("*")
        for path in sorted(walk):
            if not path.is_file() or "__pycache__" in path.parts or "corpus" in path.parts:
                continue
            if path.suffix in SCRIPT_SUFFIXES:
                found.append(Source(path))
            elif path.suffix == "" and path.read_bytes()[:2] == b"#!":
                found.append(Source(path))
    return found
