# SPDX-License-Identifier: Apache-2.0
# Folders by IMAP (RFC 3501 6.3, RFC 6154; catalogue I11, I12, F14): making, renaming, removing, names of all kinds.
from imap import opened, short
from runner import test


@test("CREATE, RENAME with children, DELETE, LIST patterns, and \\Noselect or refusal for parents")
def folders(instance, _):
    account = instance.account()
    with account.imap() as session:
        for name in ("One", "One/Two", "One/Two/Three", "Other"):
            session.ok(f'CREATE "{name}"')
        session.append("One/Two/Three", short("deep"))
        session.no('CREATE "One"')
        session.no("CREATE INBOX")
        assert set(session.folders("One%")) == {"One"} and set(session.folders("One/%")) == {"One/Two"}
        assert {"One", "One/Two", "One/Two/Three"} <= set(session.folders("One*"))
        session.no("RENAME One Other")
        session.ok("RENAME One Moved")
        names = session.folders()
        assert {"Moved", "Moved/Two", "Moved/Two/Three"} <= set(names) and "One" not in names, names
        session.ok('SELECT "Moved/Two/Three"')
        assert session.body(1) == short("deep")
        session.ok("SELECT INBOX")
        session.ok('DELETE "Moved/Two/Three"')
        assert "Moved/Two/Three" not in session.folders()
        session.no('SELECT "Moved/Two/Three"')
        session.no("DELETE INBOX")
        session.no('DELETE "never was"')
        assert session.ok('LIST "" ""').named("LIST")[0][2] == b"/"
        assert session.ok('CREATE "New/Parent/Child"') and "New/Parent/Child" in session.folders()


@test("RENAME INBOX moves its messages and leaves an empty INBOX")
def rename_inbox(instance, _):
    account = instance.account()
    with opened(account, 2) as session:
        session.ok("CLOSE")
        session.ok("RENAME INBOX Old-mail")
        assert session.ok("SELECT INBOX").numbers("EXISTS") == [0]
        assert session.ok("SELECT Old-mail").numbers("EXISTS") == [2]


@test("F14 A folder deleted and created again has another UIDVALIDITY; UIDs are never given twice")
def uidvalidity(instance, _):
    account = instance.account()
    with account.imap() as session:
        seen = []
        for _ in range(3):
            session.ok("CREATE Again")
            session.append("Again", short("x"))
            text = repr(session.ok("STATUS Again (UIDVALIDITY UIDNEXT MESSAGES)").untagged)
            seen.append(int(text.split("UIDVALIDITY', b'")[1].split("'")[0]))
            session.ok("DELETE Again")
        assert len(set(seen)) == 3 and seen == sorted(seen), seen
        for n in range(2):
            session.append("INBOX", short("x"))
            session.ok("SELECT INBOX")
            session.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
            session.ok("CLOSE")
        session.ok("SELECT INBOX")
        first = int(session.append("INBOX", short("y")).code().split()[2])
        session.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        session.ok("EXPUNGE")
        assert int(session.append("INBOX", short("z")).code().split()[2]) > first


@test("SUBSCRIBE, LSUB and STATUS")
def subscribe(instance, _):
    account = instance.account()
    with opened(account, 2) as session:
        session.ok("CREATE Sub")
        session.ok("SUBSCRIBE Sub")
        assert any(r[-1] == b"Sub" for r in session.ok('LSUB "" *').named("LSUB"))
        session.ok("UNSUBSCRIBE Sub")
        assert not any(r[-1] == b"Sub" for r in session.ok('LSUB "" *').named("LSUB"))
        session.ok("CLOSE")
        values = session.ok("STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)").named("STATUS")[0][2]
        found = dict(zip(values[::2], values[1::2]))
        assert found[b"MESSAGES"] == b"2" and found[b"UNSEEN"] == b"2", found


@test("SPECIAL-USE: LIST shows \\Sent, \\Drafts, \\Trash, \\Junk")
def special_use(instance, _):
    with instance.account().imap() as session:
        found = set().union(*session.folders().values())
        assert {"\\Sent", "\\Drafts", "\\Trash", "\\Junk"} <= found, found


@test("Folder names in modified UTF-7 (I11): good ones come back the same, wrong ones are refused")
def utf7(instance, _):
    account = instance.account()
    with account.imap() as session:
        good = ["Entw&APw-rfe", "&U,BTFw-", "A &- B", "&2D3cDA-", "&ZeVnLIqe-/&AOk-"]
        for name in good:
            session.ok(f'CREATE "{name}"')
        names = session.folders()
        for name in good:
            assert name in names, (name, names)
        for name in ("&AC8-", "&AC4-&AC4-/x", "&AAA-", "&AGE-", "&", "&AOk", "&2D0-", "a&AOk-&AOk-"):
            answer = session.run(f'CREATE "{name}"')
            assert answer.status in ("NO", "BAD"), (name, answer)


@test("I12 Names that would leave the account are refused")
def traversal(instance, _):
    account = instance.account()
    with account.imap() as session:
        before = set(session.folders())
        for name in ("../x", "a/../../b", "/x", "./x", "a/./b", "..", ".", "a//b", "inbox/../x", "x" * 5000):
            answer = session.run(f'CREATE "{name}"')
            assert answer.status in ("NO", "BAD"), (name[:50], answer)
        for name in ("~/x", "cur", "new", "tmp", "log", "aside", "dovecot.index", ".x", "a.b", "x" * 250):
            if session.run(f'CREATE "{name}"').status == "OK":
                session.append(name, short("in it"))
                assert session.ok(f'SELECT "{name}"').numbers("EXISTS") == [1], name
                session.ok(f'RENAME "{name}" "{name}2"') if len(name) < 200 else None
        assert before <= set(session.folders())
        assert session.run("CREATE %", b"a\rb").status in ("NO", "BAD")
