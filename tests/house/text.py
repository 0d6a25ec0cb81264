# SPDX-License-Identifier: Apache-2.0
"""Form of files: licence line, purpose, length, words, log vocabulary."""
import re
import statistics

SPDX = "SPDX-License-Identifier: Apache-2.0"
MAX_COLUMNS = 120
WARN_LINES, MAX_LINES, MAX_MEDIAN = 400, 800, 150

BANNED = re.compile(
    r"\b(TODO(?!\((security|perf|someday)\))|FIXME|XXX|HACK|@author|Claude|Anthropic|ChatGPT|OpenAI|Copilot|LLM|"
    r"language model|AI|subagent|work item|issue #?\d+)\b")
NOT_CHECKED_FOR_WORDS = ("tests/house/", "tests/fuzz/corpus/")
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)
MACROS_ALLOWED = ("BOOST_TEST_MODULE", "BOOST_TEST_DYN_LINK", "MSGPACK_NO_BOOST", "MAILTREE_MESSAGE")
EVENT = re.compile(r'\blog::event\(\s*(?:[\w:]*Level::\w+|level)\s*,\s*"([^"]*)"')
EVENT_NAME = re.compile(r"^[a-z0-9_]+(\.[a-z0-9_]+){1,3}$")
DECLARED = re.compile(r'EventName\{"([^"]+)"')


def check_head(source, mark, report):
    lines = source.lines
    first = 1 if lines and lines[0].startswith("#!") else 0
    if len(lines) <= first or SPDX not in lines[first]:
        report(source, first + 1, f'the first line has to be "{mark} {SPDX}"')
    elif mark == "//" and source.path.suffix == ".h":
        second = lines[1] if len(lines) > 1 else ""
        if not second.startswith("//"):
            report(source, 2, "a header says in its second line what it is")
        if "#pragma once" not in source.text:
            report(source, 3, "#pragma once is missing")


def check_lines(source, report):
    for number, line in enumerate(source.lines, 1):
        if len(line) > MAX_COLUMNS:
            report(source, number, f"{len(line)} columns; at most {MAX_COLUMNS}")
        if "\t" in line:
            report(source, number, "a tabulator; indent with two blanks")
    if not source.name.startswith(NOT_CHECKED_FOR_WORDS):
        for match in BANNED.finditer(source.text):
            report(source, source.line_of(match.start()), f'"{match.group(0)}" does not belong in the sources')


def check_length(sources, report, warn):
    lengths = [len(s.lines) for s in sources]
    for source, length in zip(sources, lengths):
        if length > MAX_LINES:
            report(source, length, f"{length} lines; never more than {MAX_LINES}")
        elif length > WARN_LINES:
            warn(f"{source.name}: {length} lines; more than {WARN_LINES} needs a reason")
    if not lengths:
        return
    median = statistics.median(lengths)
    print(f"house: {len(lengths)} files, {sum(lengths)} lines, median {median:.0f}, longest {max(lengths)}")
    if median > MAX_MEDIAN:
        warn(f"the median file has {median:.0f} lines; it should stay below {MAX_MEDIAN}")


def check_macros(source, report):
    if source.folder is None:
        return
    for match in MACRO.finditer(source.text):
        if match.group(1) not in MACROS_ALLOWED:
            report(source, source.line_of(match.start()), f"macro {match.group(1)}: use a constant or a template")


def check_events(sources, report, warn):
    table = next((s for s in sources if s.name == "src/log/events.h"), None)
    if table is None:
        return
    declared = DECLARED.findall(table.text)
    used = set()
    for source in sources:
        if source.folder is None:
            continue
        for match in EVENT.finditer(source.text):
            name = match.group(1)
            used.add(name)
            if name not in declared:
                report(source, source.line_of(match.start()), f'log event "{name}" is not in src/log/events.h')
    for name in declared:
        if not EVENT_NAME.match(name):
            report(table, 1, f'"{name}" has not the form area.object.past_or_state')
    quoted = {q for s in sources if s is not table for q in re.findall(r'"([a-z0-9_.]+)"', s.text)}
    for name in declared:
        if name not in quoted:
            warn(f"src/log/events.h: nobody logs {name}")


def check(sources, scripts, report, warn):
    for source in sources:
        check_head(source, "//", report)
        check_lines(source, report)
        check_macros(source, report)
    for source in scripts:
        check_head(source, "#", report)
        check_lines(source, report)
    check_length(sources, report, warn)
    check_events(sources, report, warn)
