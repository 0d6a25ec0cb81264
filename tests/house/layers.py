# SPDX-License-Identifier: Apache-2.0
"""Who may include whom (ARCHITECTURE.md), and which folder owns which library."""
import re

LAYERS = [
    {"base"},
    {"config", "log", "metrics"},
    {"loop"},
    {"net"},
    {"mime"},
    {"ldapauth", "store", "sieve", "milter"},
    {"queue"},
    {"delivery", "smtp", "imap", "pop3", "managesieve"},
    {"front", "relay", "admin", "migration"},
    {"programs"},
]
LEVEL = {folder: level for level, layer in enumerate(LAYERS) for folder in layer}
FRONT = LEVEL["front"]
# Parts of a folder that stand elsewhere than the folder: daemons that use protocols, messages that others link.
LEVEL_OF_PART = {"queue/daemon": FRONT, "relay/messages.h": LEVEL["ldapauth"]}

OWNERS = {
    "uv.h": ("loop",),
    "lmdb.h": ("store",),
    "ldap.h": ("ldapauth", "migration"),
    "ldap_schema.h": ("migration",),
    "lber.h": ("ldapauth", "migration"),
    "sasl/": ("ldapauth",),
    "openssl/": ("net",),
}
# Too heavy, or with surprising costs, for a header that many include.
HEAVY_IN_HEADERS = {"iostream", "regex", "filesystem"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)")', re.M)


def place(path):
    """(unit, level) of a path below src/."""
    for part, level in LEVEL_OF_PART.items():
        if path == part or path.startswith(part + "/"):
            return part, level
    folder = path.split("/")[0]
    return folder, LEVEL[folder]


def includes(source):
    for match in INCLUDE.finditer(source.text):
        yield source.line_of(match.start()), match.group(1), match.group(2)


def check_quoted(source, line, target, report):
    other = target.split("/")[0]
    if "/" not in target or other not in LEVEL:
        if "/" not in target:
            report(source, line, f'"{target}": write the path from src/')
        return
    mine = source.folder
    if other == mine:
        return
    level, (unit, own_level) = place(target)[1], place(source.name[len("src/"):])
    if level > own_level:
        report(source, line, f'"{target}" lies above {unit}/; a folder includes only lower layers')
    elif level == own_level:
        report(source, line, f'"{target}" lies beside {mine}/; folders of one layer do not know each other')
    if target.startswith(("ldapauth/daemon/", "store/daemon/")) and mine != "programs":
        report(source, line, f'"{target}" is the daemon half; only its program links it')


def check_angled(source, line, target, report):
    for prefix, owners in OWNERS.items():
        if target == prefix or (prefix.endswith("/") and target.startswith(prefix)):
            if source.folder not in owners:
                report(source, line, f"<{target}> may be included in src/{'/, src/'.join(owners)}/ only")
    if source.path.suffix == ".h" and target in HEAVY_IN_HEADERS:
        report(source, line, f"<{target}> is too heavy for a header")


def check(sources, report):
    for source in sources:
        if source.folder is None:
            continue
        if source.folder not in LEVEL:
            report(source, 1, f"src/{source.folder}/ is in no layer: see tests/house/layers.py and ARCHITECTURE.md")
            continue
        for line, angled, quoted in includes(source):
            if quoted is not None:
                check_quoted(source, line, quoted, report)
            else:
                check_angled(source, line, angled, report)
        check_own_header_first(source, report)


def check_own_header_first(source, report):
    """A header whose .cc includes it first is proven to compile alone by the build itself."""
    header = source.path.with_suffix(".h")
    if source.path.suffix != ".cc" or not header.exists():
        return
    own = source.name[len("src/"):-len(".cc")] + ".h"
    first = next(includes(source), None)
    if first is None or first[2] != own:
        report(source, first[0] if first else 1, f'"{own}" has to be the first include')


def headers_without_proof(sources):
    """Headers that no .cc of the same name includes first: these have to be compiled alone."""
    return [s for s in sources if s.path.suffix == ".h" and not s.path.with_suffix(".cc").exists()]
