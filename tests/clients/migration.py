# SPDX-License-Identifier: Apache-2.0
# What an operator brings from an iPlanet, Sun or Oracle Messaging Server: exports of all layouts are imported and serve
# mail; each known trap of such a file is loaded into a fresh slapd; docs/migrating-from-iplanet.md is followed.
import base64
import contextlib
import json
import os
import pty
import re
import subprocess

from instance import ROOT, Account
from runner import test

EXPORTS = ROOT + "/tests/support/exports"
LETTER = b"From: a@remote.test\r\nTo: b@remote.test\r\nSubject: %s\r\n\r\ntext\r\n"
# name: files, suffix of the users, domain of anna, bert, clara; domain of dora and emil, who takes what nobody has
LAYOUTS = {
    "schema1": (["schema1-internet.ldif", "schema1-isp.ldif"], "o=isp", "one-a.test", "one-b.test"),
    "schema2": (["schema2-native.ldif"], "o=usergroup", "two-a.test", "two-b.test"),
    "compatible": (["compatible.ldif"], "o=business", "both-a.test", "both-b.test"),
    "4x": (["4x.ldif"], "o=airius", "four-a.test", "four-b.test"),
}


class Result:
    """A run of `mailtree ldif import --json`: exit status, findings, sums."""

    def __init__(self, done):
        self.status, self.errors = done.returncode, done.stderr
        self.findings = [json.loads(line) for line in done.stdout.splitlines()]
        self.sums = self.findings.pop() if self.findings else {}
        parts = ("loaded", "changed", "merged", "present", "replaced", "differing", "left_out", "not_reached")
        if self.sums:
            assert self.sums["read"] == sum(self.sums[part] for part in parts), self.sums

    def told(self, act, **wanted):
        """Findings of this act whose members hold these texts."""
        return [f for f in self.findings if f["act"] == act and all(v in str(f.get(k, "")) for k, v in wanted.items())]


def programs(instance):
    return instance.master()[0]


def run_import(instance, *arguments):
    command = [programs(instance) + "/mailtree", "ldif", "import", "--json", *arguments]
    return Result(subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60))


def options_for(instance, name, folder):
    """Options that bring this export below the instance's base."""
    files, suffix, _, _ = LAYOUTS[name]
    password = folder + "/admin.password"
    with open(password, "w") as out:
        out.write(instance["ldap_password"] + "\n")
    return [
        *("--from-suffix", suffix, "--to-suffix", f"o={name},{instance['ldap_base']}"),
        *("--map-host", "mail1.siroe.com=mail.alpha.test", "--map-partition", "primary=default"),
        *("--uri", instance["ldap_uri"], "--bind-dn", instance["ldap_bind_dn"], "--password-file", password),
        *(f"{EXPORTS}/{file}" for file in files),
    ]


def receives(instance, address, login, password, subject):
    instance.deliver(address, LETTER % subject.encode())
    with instance.imap() as session:
        session.login(login, password)
        session.ok("SELECT INBOX")
        assert len(session.search(f'SUBJECT "{subject}"')) == 1, f"{login} did not get what {address} was sent"


def arrives(instance, address, account, subject):
    """As receives(), for what queued expands."""
    instance.deliver(address, LETTER % subject.encode())
    assert account.wait_for(subject, 30), f"{account.mail} got nothing sent to {address}"


def serves_mail(instance, name, folder):
    """The entries stay: the server keeps the mail of an entry that is gone from the next one of the same name."""
    _, _, first, second = LAYOUTS[name]
    result = run_import(instance, *options_for(instance, name, folder))
    assert result.sums["left_out"] == 0 and not result.errors, (result.sums, result.errors)
    bert, emil = f"bert@{first}", f"emil@{second}"
    receives(instance, bert, bert, "secret-bert", f"{name} user")
    receives(instance, f"info@{first}", f"anna@{first}", "secret-anna", f"{name} alias")
    receives(instance, emil, emil, "secret-emil", f"{name} second domain")
    receives(instance, f"nobody@{second}", emil, "secret-emil", f"{name} catch-all")
    arrives(instance, f"staff@{first}", Account(instance, bert, "secret-bert", bert), f"{name} group")
    with instance.pop3() as session:
        session.login(bert, "secret-bert")
    return result


@test("An export of Schema 1 is imported and serves mail; alias domains and locked accounts are obeyed", seconds=120)
def schema1(instance, folder):
    result = serves_mail(instance, "schema1", folder)
    assert result.told("merged", dn="dc=one-alias", reason="one-alias.test becomes part of o=one-a.test")
    assert result.told("added", attribute="mailDomainDiskQuota", reason="50G")
    assert result.told("left_out", attribute="icsStatus", ldif="icsStatus: active\n")
    assert result.told("changed", dn="uid=clara", attribute="inetUserStatus", reason="stays locked")
    assert result.status == 1  # icsStatus
    receives(instance, "bert@one-alias.test", "bert@one-a.test", "secret-bert", "by the alias domain")
    with instance.imap() as session:
        session.no('LOGIN clara@one-a.test "secret-clara"')
    with instance.smtp() as session:
        session.command("MAIL FROM:<sender@remote.test>").want(250)
        assert session.command("RCPT TO:<clara@one-a.test>").code == 450  # inactive: locked on the old server
        session.command("RCPT TO:<nobody@one-a.test>").want(550, "5.1.1")


@test("An export of Schema 2, with line ends of DOS, is imported and serves mail", seconds=120)
def schema2(instance, folder):
    result = serves_mail(instance, "schema2", folder)
    assert result.told("left_out", dn="uid=dora", attribute="icsCalendar")


@test("An export of the compatible layout is imported and serves mail", seconds=120)
def compatible(instance, folder):
    result = serves_mail(instance, "compatible", folder)
    assert result.told("removed", attribute="inetDomainStatus", reason="that of the organisation counts")
    assert result.told("left_out", attribute="mailRoutingHosts", reason="both-second.test")


@test("An export of 4.x is imported and serves mail", seconds=120)
def older(instance, folder):
    result = serves_mail(instance, "4x", folder)
    assert result.told("added", dn="o=four-a.test", attribute="sunPreferredDomain")
    assert result.told("changed", dn="uid=anna", attribute="sn", reason="ISO 8859-1")
    assert result.told("changed", dn="uid=bert", attribute="userpassword", reason="no scheme")


@test("An import by StartTLS goes only to a server with a certificate that is trusted", programs=["openssl"])
def start_tls(instance, folder):
    key, certificate, password = folder + "/key.pem", folder + "/certificate.pem", folder + "/password"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True, timeout=60)
    options = ("--base", "o=airius", "--ldif", os.devnull, "--tls-cert", certificate, "--tls-key", key)
    with fresh_slapd(folder, *options) as slapd:
        with open(password, "w") as out:
            out.write(slapd.facts["admin_password"])
        options = ["--uri", slapd.facts["uri"], "--start-tls", "--bind-dn", slapd.facts["admin_dn"],
                   "--password-file", password, EXPORTS + "/4x.ldif"]
        stranger = run_import(instance, *options)
        assert stranger.status == 1 and "StartTLS" in stranger.errors, stranger.errors
        assert slapd.values("o=airius", "o") == []
        assert run_import(instance, "--ca-file", certificate, *options).sums["left_out"] == 0
        assert slapd.values("o=airius", "o") == ["airius"]


@test("The password is asked for on the terminal, and not shown")
def prompt(instance, folder):
    with fresh_slapd(folder, "--base", "o=airius", "--ldif", os.devnull) as slapd:
        command = [programs(instance) + "/mailtree", "ldif", "import", "--uri", slapd.facts["ldapi"],
                   "--bind-dn", slapd.facts["admin_dn"], EXPORTS + "/4x.ldif"]
        child, terminal = pty.fork()
        if child == 0:
            os.execv(command[0], command)
        shown = b""
        while b"Password of" not in shown:
            shown += os.read(terminal, 4096)
        os.write(terminal, slapd.facts["admin_password"].encode() + b"\n")
        with contextlib.suppress(OSError):  # how Linux tells the end of a terminal
            while part := os.read(terminal, 4096):
                shown += part
        os.waitpid(child, 0)
        assert b"read 14 entries" in shown and slapd.facts["admin_password"].encode() not in shown, shown[-500:]
        assert slapd.values("o=airius", "o") == ["airius"]
        by_pipe = run_import(instance, *command[3:])
        assert by_pipe.status == 1 and "--password-file" in by_pipe.errors, by_pipe.errors


@test("An import as the user of the process, who may not write, ends at once and says so")
def external(instance, folder):
    with fresh_slapd(folder) as slapd:
        done = run_import(instance, "--from-suffix", "o=airius", "--to-suffix", "o=new,o=mailtree", "--uri",
                          slapd.facts["ldapi"], EXPORTS + "/4x.ldif")
        assert done.status == 1 and "nsufficient access" in done.errors, done.errors
        assert done.sums["not_reached"] == done.sums["read"] == 14


@test("Wrong use, a wrong password and an unreachable server are told on standard error")
def mistakes(instance, folder):
    file = EXPORTS + "/4x.ldif"
    assert run_import(instance, file).status == 64
    assert run_import(instance, "--dry-run", "--from-suffix", "o=a", file).status == 64
    assert run_import(instance, "--dry-run", "--map-host", "x", file).status == 64
    wrong = folder + "/wrong"
    with open(wrong, "w") as out:
        out.write("not the password\n")
    refused = run_import(instance, "--uri", instance["ldap_uri"], "--bind-dn", instance["ldap_bind_dn"],
                         "--password-file", wrong, file)
    assert refused.status == 1 and "Invalid credentials" in refused.errors, refused.errors
    gone = run_import(instance, "--uri", "ldap://127.0.0.1:1", file)
    assert gone.status == 1 and "Can't contact LDAP server" in gone.errors, gone.errors
    missing = run_import(instance, "--dry-run", folder + "/none.ldif")
    assert missing.status == 1 and "No such file" in missing.errors, missing.errors


# a slapd of one's own ----------------------------------------------------------------------------------------------


class Directory:
    def __init__(self, facts):
        self.facts = facts

    def run(self, program, *arguments, ldif=None):
        login = ["-x", "-H", self.facts["ldapi"], "-D", self.facts["admin_dn"], "-w", self.facts["admin_password"]]
        return subprocess.run([program, *login, *arguments], input=ldif, capture_output=True, text=True, timeout=30)

    def loads(self, ldif):
        done = self.run("ldapadd", ldif=ldif)
        assert done.returncode == 0, done.stderr
        return self

    def refuses(self, ldif, reason):
        done = self.run("ldapadd", ldif=ldif)
        assert done.returncode != 0 and reason in done.stderr, done.stderr

    def values(self, dn, attribute):
        text = self.run("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", dn, "-s", "base", attribute).stdout
        found = re.findall(rf"(?mi)^{attribute}(::?) (.*)$", text)
        return sorted(base64.b64decode(v).decode() if c == "::" else v for c, v in found)


@contextlib.contextmanager
def fresh_slapd(folder, *options):
    script = ROOT + "/schema/private-slapd"
    place = f"{folder}/slapd{len(os.listdir(folder))}"
    started = subprocess.run([script, "start", place, *options], capture_output=True, text=True, timeout=60)
    assert started.returncode == 0, started.stderr
    try:
        yield Directory(json.loads(started.stdout))
    finally:
        subprocess.run([script, "stop", place], check=True, timeout=60)


@test("A second import finds all present, tells what differs, and replaces only when asked", seconds=120)
def again(instance, folder):
    with fresh_slapd(folder, "--base", "o=usergroup", "--ldif", os.devnull) as slapd:
        with open(folder + "/password", "w") as out:
            out.write(slapd.facts["admin_password"])
        bind = ("--uri", slapd.facts["ldapi"], "--bind-dn", slapd.facts["admin_dn"])
        load = lambda *more: run_import(
            instance, *more, *bind, "--password-file", folder + "/password", EXPORTS + "/schema2-native.ldif"
        )
        user = "uid=anna,ou=People,o=two-a.test,o=usergroup"
        dry = load("--dry-run")
        assert dry.sums["dry_run"] and dry.sums["present"] == 0 and dry.sums["changed"] > 0
        assert slapd.values(user, "mailQuota") == []
        first = load()
        assert first.sums["loaded"] + first.sums["changed"] == first.sums["read"]
        second = load()
        assert second.sums["present"] == second.sums["read"], second.sums
        change = "replace: mailQuota\nmailQuota: 1M\n-\nadd: description\ndescription: new\n"
        assert slapd.run("ldapmodify", ldif=f"dn: {user}\nchangetype: modify\n{change}").returncode == 0
        third = load()
        assert third.status == 1 and third.sums["differing"] == 1 and third.told("differs", reason="mailQuota")
        assert slapd.values(user, "mailQuota") == ["1M"]
        assert load("--dry-run", "--replace").sums["replaced"] == 1 and slapd.values(user, "mailQuota") == ["1M"]
        assert load("--replace").sums["replaced"] == 1
        assert slapd.values(user, "mailQuota") == ["20M"] and slapd.values(user, "description") == ["new"]
        assert load().sums["present"] == second.sums["read"]


BASE = "o=mailtree"
USER = f"dn: uid=t,{BASE}\nobjectClass: inetOrgPerson\nobjectClass: inetMailUser\nuid: t\ncn: T\nsn: T\n"


@test("Trap: addresses and hosts are loaded under the published OIDs that OpenLDAP's misc uses for something else")
def trap_misc(_, folder):
    with fresh_slapd(folder) as slapd:
        slapd.loads(USER + "objectClass: inetLocalMailRecipient\nmailAlternateAddress: a@x.test\nmailHost: h.x.test\n")
        kinds = slapd.run("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", "cn=Subschema", "-s", "base",
                          "attributeTypes").stdout
        assert "( 2.16.840.1.113730.3.1.13 NAME 'mailAlternateAddress'" in kinds and "mailLocalAddress" not in kinds


@test("Trap: groups without uniqueMember are loaded")
def trap_members(_, folder):
    with fresh_slapd(folder) as slapd:
        group = f"dn: cn=%s,{BASE}\nobjectClass: groupOfUniqueNames\nobjectClass: inetMailGroup\ncn: %s\n%s\n\n"
        slapd.loads(group % ("a", "a", "mgrpRFC822MailMember: x@y.test"))
        slapd.loads(group % ("u", "u", "memberURL: ldap:///o=mailtree??sub"))
        slapd.loads(group % ("p", "p", "mailProgramDeliveryInfo: archive\nmailDeliveryOption: program"))


@test("Trap: memberOf is loaded as plain data")
def trap_member_of(_, folder):
    with fresh_slapd(folder) as slapd:
        slapd.loads(USER + f"objectClass: inetUser\nmemberOf: cn=g,{BASE}\n")
        assert slapd.values(f"uid=t,{BASE}", "memberOf") == [f"cn=g,{BASE}"]


@test("Trap: names whose OIDs the vendor printed as placeholders or not at all are loaded")
def trap_placeholders(_, folder):
    with fresh_slapd(folder) as slapd:
        slapd.loads(USER + "mailEquivalentAddress: e@x.test\nmailConversionTag: t\nmailMsgMaxBlocks: 100\n\n"
                    f"dn: cn=g,{BASE}\nobjectClass: groupOfUniqueNames\nobjectClass: mailGroup\ncn: g\n"
                    f"mgrpApprovePassword: p\n\ndn: o=p,{BASE}\nobjectClass: organization\n"
                    "objectClass: sunManagedProvider\nobjectClass: sunDelegatedOrganization\no: p\n"
                    "sunAvailableServices: mailuser:10:-1\n")


@test("Trap: mailRoutingAddress, published under two OIDs, is loaded by its name")
def trap_routing_address(_, folder):
    with fresh_slapd(folder) as slapd:
        slapd.loads(USER + "objectClass: mailRecipient\nmailRoutingAddress: t@other.test\n")
        assert slapd.values(f"uid=t,{BASE}", "mailRoutingAddress") == ["t@other.test"]


@test("Trap: mailGroup, structural in some schemas, is loaded beside groupOfUniqueNames")
def trap_mail_group(_, folder):
    with fresh_slapd(folder) as slapd:
        slapd.loads(f"dn: cn=g,{BASE}\nobjectClass: groupOfUniqueNames\nobjectClass: mailGroup\ncn: g\n"
                    f"mail: g@x.test\nuniqueMember: uid=t,{BASE}\n")


@test("Trap: what the old server kept for itself is refused by slapd and taken out by the import")
def trap_operational(instance, folder):
    for line, reason in (("nsUniqueId: 1-2-3-4", "attribute type undefined"), ("aci: (x)", "attribute type undefined"),
                         ("nsRoleDN: cn=r,o=x", "attribute type undefined"),
                         ("creatorsName: cn=m", "no user modification allowed"),
                         ("passwordExpirationTime: 20380119031407Z", "attribute type undefined")):
        with fresh_slapd(folder) as slapd:
            slapd.refuses(USER + line + "\n", reason)
            loads_after_import(instance, slapd, folder, USER + line + "\n", complete=True)


@test("Trap: blanks in names, any case, and no blank behind the colon are loaded")
def trap_spelling(_, folder):
    with fresh_slapd(folder) as slapd:
        slapd.loads(f"dn: uid=T , {BASE.upper()}\nobjectclass:INETORGPERSON\nOBJECTCLASS:inetmailuser\n"
                    "UID:T\nCn:T\nSN:T\nMAILQUOTA:20M\n")
        assert slapd.values(f"uid=t,{BASE}", "mailQuota") == ["20M"]


@test("Trap: numbers with units and texts with dollars and escapes survive unchanged")
def trap_texts(_, folder):
    texts = {"mailQuota": "20M;Trash%5M", "mailMsgQuota": "-2", "mailAutoReplyText": "a$b 5\\24 and \\5c.$"}
    with fresh_slapd(folder) as slapd:
        slapd.loads(USER + "".join(f"{name}: {value}\n" for name, value in texts.items()))
        for name, value in texts.items():
            assert slapd.values(f"uid=t,{BASE}", name) == [value]


@test("Trap: old auxiliary classes are loaded, unknown ones refused by slapd and taken out by the import")
def trap_classes(instance, folder):
    with fresh_slapd(folder) as slapd:
        known = USER + "objectClass: nsManagedPerson\nobjectClass: ipUser\nobjectClass: userPresenceProfile\n"
        slapd.refuses(known + "objectClass: icsCalendarUser\n", "Invalid syntax")
        loads_after_import(instance, slapd, folder, known + "objectClass: icsCalendarUser\n", complete=False)


def loads_after_import(instance, slapd, folder, ldif, complete):
    """--out writes a file that ldapadd loads as it is."""
    export, new = folder + "/export.ldif", folder + "/new.ldif"
    with open(export, "w") as out:
        out.write(ldif)
    result = run_import(instance, "--out", new, export)
    assert result.status == (0 if complete else 1), (result.findings, result.errors)
    assert os.stat(new).st_mode & 0o077 == 0
    done = slapd.run("ldapadd", "-f", new)
    assert done.returncode == 0, done.stderr


@test("What --out writes of every layout is loaded by ldapadd unchanged, also where a group has to have a member")
def out_files(instance, folder):
    for files, suffix, _, _ in LAYOUTS.values():
        with fresh_slapd(folder, "--base", "o=new", "--stock-core") as slapd:
            group = "dn: cn=g,o=new\nobjectClass: groupOfUniqueNames\ncn: g\n"
            slapd.refuses(group, "requires attribute 'uniqueMember'")
            new = folder + "/out.ldif"
            result = run_import(instance, "--from-suffix", suffix, "--to-suffix", "o=old,o=new", "--out", new,
                                *(f"{EXPORTS}/{file}" for file in files))
            assert result.sums["left_out"] == 0, result.sums
            done = slapd.run("ldapadd", "-f", new)
            assert done.returncode == 0, done.stderr


# schema ------------------------------------------------------------------------------------------------------------


@test("Every name of the schema is published by slapd under the OID that it will always have")
def names(_, folder):
    with fresh_slapd(folder) as slapd:
        text = slapd.run("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", "cn=Subschema", "-s", "base",
                         "attributeTypes", "objectClasses").stdout
    published = {}
    for kind, oid, rest in re.findall(r"(?m)^(attributeTypes|objectClasses): \( (\S+) NAME (\([^)]*\)|'[^']*')", text):
        for name in re.findall("'([^']+)'", rest):
            published["attribute" if kind == "attributeTypes" else "class", name.lower()] = oid
    with open(ROOT + "/schema/names.txt") as source:
        listed = [line.split() for line in source if not line.startswith("#")]
    wrong = [line for line in listed if published.get((line[0], line[2].lower())) != line[1]]
    assert not wrong, wrong
    with open(ROOT + "/schema/mailtree.schema") as source:
        ours = re.findall(r"(attributetype|objectclass) \( \S+ NAME '([^']+)'", source.read())
    unlisted = {name for _, name in ours} - {line[2] for line in listed}
    assert not unlisted, f"not in schema/names.txt: {unlisted}"


@test("The tables of the import and of cn=config are what the schema says")
def tables(_, folder):
    for what in ("attributes", "classes"):
        made = subprocess.run([ROOT + "/schema/to-table", what], capture_output=True, text=True, timeout=60, check=True)
        with open(f"{ROOT}/src/migration/published_{what}.cc") as source:
            assert made.stdout == source.read(), f"run schema/to-table {what} again"
    made = subprocess.run([ROOT + "/schema/to-ldif", ROOT + "/schema/mailtree.schema"], capture_output=True, text=True,
                          timeout=60, check=True)
    with open(ROOT + "/schema/mailtree.ldif") as source:
        assert made.stdout == source.read(), "run schema/to-ldif again"


# docs --------------------------------------------------------------------------------------------------------------


@test("The commands of docs/migrating-from-iplanet.md do what it says", seconds=120)
def documentation(instance, folder):
    with open(ROOT + "/docs/migrating-from-iplanet.md") as source:
        commands = re.findall(r"(?m)^    (\S.*)$", source.read())
    assert len(commands) == 6, commands
    for old, new in (("schema1-internet.ldif", "internet.ldif"), ("schema1-isp.ldif", "isp.ldif")):
        os.symlink(f"{EXPORTS}/{old}", f"{folder}/{new}")
    expected = {"--dry-run": 1, "--out": 1, "--uri": 1, "grep": 0, "ldapadd": 0, "--replace": 1}
    environment = {**os.environ, "PATH": programs(instance) + ":" + os.environ["PATH"]}
    for route in ("--uri", "ldapadd"):
        with fresh_slapd(folder, "--base", "o=isp", "--ldif", os.devnull) as slapd:
            with open(folder + "/admin.password", "w") as out:
                out.write(slapd.facts["admin_password"])
            for command in commands:
                skipped = "ldapadd" if route == "--uri" else "--uri"
                if skipped in command:
                    continue
                run = command.replace("ldap://ldap.example.net", slapd.facts["ldapi"])
                done = subprocess.run(run, shell=True, cwd=folder, env=environment, capture_output=True, text=True,
                                      timeout=60)
                status = next(code for word, code in reversed(expected.items()) if word in command)
                assert done.returncode == status, (command, done.returncode, done.stdout[-1500:], done.stderr)
            assert slapd.values("o=one-a.test,o=isp", "associatedDomain") == ["one-alias.test"]
            assert slapd.values("uid=bert,ou=People,o=one-a.test,o=isp", "mailHost") == ["mail.example.net"]
