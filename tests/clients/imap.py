# SPDX-License-Identifier: Apache-2.0
# IMAP sessions by hand (RFC 3501 with RFC 2177, 2342, 2971, 4315, 4959, 6154, 7888; catalogue I09, I17): two sessions
# at once, flags, what each FETCH item holds, UIDs told by COPY and APPEND.
import time

from runner import test

PLAIN = (
    b"Date: Mon, 7 Feb 1994 21:52:25 -0800\r\nFrom: Terry Gray <gray@cac.test>\r\nSubject: IMAP4rev1 WG mtg summary\r\n"
    b'To: imap@cac.test\r\nCc: minutes@cnri.test, "Doe, John" <KLENSIN@mit.test>\r\n'
    b"Message-Id: <B27397-0100000@cac.test>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\nHello Joe, do you think we can meet?\r\n"
)
MIXED = (
    b"From: a@alpha.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\npreamble\r\n'
    b"--x\r\nContent-Type: text/plain\r\n\r\nfirst part\r\n"
    b"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: b@alpha.test\r\n\r\ninner text\r\n--x\r\n"
    b'Content-Type: application/octet-stream; name="f.bin"\r\nContent-Transfer-Encoding: base64\r\n'
    b'Content-Disposition: attachment; filename="f.bin"\r\n\r\nAAECAwQ=\r\n--x--\r\nepilogue\r\n'
)


def short(subject):
    return b"From: a@alpha.test\r\nTo: b@beta.test\r\nSubject: %s\r\n\r\ntext of %s\r\n" % (
        subject.encode(),
        subject.encode(),
    )


def opened(account, count=0, folder="INBOX"):
    session = account.imap()
    for n in range(count):
        session.append(folder, short(f"letter {n}"))
    session.ok(f"SELECT {folder}")
    return session


@test("Capabilities, NAMESPACE and ID are those promised")
def capabilities(instance, _):
    with instance.account().imap() as session:
        words = session.capability()
        for word in ("IMAP4REV1", "IDLE", "UIDPLUS", "LITERAL+", "NAMESPACE", "ID", "SPECIAL-USE", "OBJECTID"):
            assert word in words, (word, words)
        space = session.ok("NAMESPACE").named("NAMESPACE")[0]
        assert space[1] == [[b"", b"/"]], space
        assert session.ok("ID NIL").named("ID")
        session.ok('ID ("name" "test" "version" "1")')


@test("SASL-IR, AUTHENTICATE with continuation, LOGIN with literals and quoted strings; capabilities come with the OK")
def logins(instance, _):
    account = instance.account()
    with instance.imap() as session:
        answer = session.authenticate_plain(account.login, account.password)
        assert answer.status == "OK" and ("CAPABILITY" in answer.code() or answer.named("CAPABILITY")), answer
    with instance.imap() as session:
        assert session.authenticate_plain(account.login, account.password, initial=False).status == "OK"
    with instance.imap() as session:
        session.ok("LOGIN % %", account.login.encode(), account.password.encode())
    with instance.imap() as session:
        session.ok("LOGIN % %", account.login.encode(), account.password.encode(), plus=True)
        session.bad("LOGIN a b")
    with instance.imap() as session:
        tag = session.start("AUTHENTICATE PLAIN")
        assert session.line().startswith(b"+")
        session.send(b"*\r\n")
        assert session.finish(tag).status == "BAD"
        session.login(account.login, account.password)


@test("Commands pipelined behind LOGIN are run in order after it")
def pipelined_login(instance, _):
    account = instance.account()
    with instance.imap() as session:
        session.send(
            f"x1 LOGIN {account.login} {account.password}\r\nx2 SELECT INBOX\r\nx3 NOOP\r\nx4 LOGOUT\r\n".encode()
        )
        for tag in ("x1", "x2", "x3", "x4"):
            assert session.finish(tag).status == "OK", tag
        assert session.closed_by_server(5)


@test("Commands before login and without a selected folder get BAD or NO")
def states(instance, _):
    account = instance.account()
    with instance.imap() as session:
        for command in ("SELECT INBOX", 'LIST "" *'):
            assert session.run(command).status in ("BAD", "NO")
        session.login(account.login, account.password)
        for command in ("FETCH 1 FLAGS", "SEARCH ALL", "EXPUNGE", "CLOSE"):
            assert session.run(command).status in ("BAD", "NO"), command
        session.no('SELECT "no such folder"')
        session.ok("NOOP")


@test("SELECT tells all it must; a failed SELECT leaves no folder selected; EXAMINE is read-only")
def select(instance, _):
    account = instance.account()
    with opened(account, 2) as session:
        answer = session.ok("SELECT INBOX")
        text = repr(answer.untagged).upper()
        for word in ("UIDVALIDITY", "UIDNEXT", "PERMANENTFLAGS", "FLAGS"):
            assert word in text, (word, text)
        assert answer.numbers("EXISTS") == [2] and answer.code() == "READ-WRITE"
        session.no("SELECT nowhere")
        assert session.run("FETCH 1 FLAGS").status in ("BAD", "NO")
        answer = session.ok("EXAMINE INBOX")
        assert answer.code() == "READ-ONLY"
        assert session.run("STORE 1 +FLAGS (\\Seen)").status == "NO"
        session.ok("FETCH 1 BODY[]")
        assert "\\Seen" not in session.flags(session.uids()[0])


@test("ENVELOPE, BODYSTRUCTURE, sizes and dates of the examples of RFC 3501")
def fetch_items(instance, _):
    account = instance.account()
    with account.imap() as session:
        session.append("INBOX", PLAIN, "\\Flagged", "07-Feb-1994 21:52:25 -0800")
        session.ok("SELECT INBOX")
        values = session.ok("FETCH 1 FULL").fetched()[1]
        assert values["RFC822.SIZE"] == str(len(PLAIN)).encode()
        assert values["INTERNALDATE"].strip() in (
            b"7-Feb-1994 21:52:25 -0800",
            b"07-Feb-1994 21:52:25 -0800",
            b"08-Feb-1994 05:52:25 +0000",
            b"8-Feb-1994 05:52:25 +0000",
        ), values
        envelope = values["ENVELOPE"]
        assert envelope[0] == b"Mon, 7 Feb 1994 21:52:25 -0800" and envelope[1] == b"IMAP4rev1 WG mtg summary"
        assert envelope[2] == [[b"Terry Gray", b"NIL", b"gray", b"cac.test"]] == envelope[3] == envelope[4], envelope
        assert envelope[6][1] == [b"Doe, John", b"NIL", b"KLENSIN", b"mit.test"], envelope
        assert envelope[9] == b"<B27397-0100000@cac.test>"
        body = values["BODY"]
        assert [w.upper() for w in body[:2]] == [b"TEXT", b"PLAIN"] and body[6:8] == [b"38", b"1"], body
        assert {f.decode() for f in values["FLAGS"]} - {"\\Recent"} == {"\\Flagged"}


@test("Parts, headers, partial fetches (I09) and \\Seen of BODY[] but not of BODY.PEEK[]")
def fetch_parts(instance, _):
    account = instance.account()
    with account.imap() as session:
        session.append("INBOX", MIXED)
        session.ok("SELECT INBOX")
        assert session.body(1) == MIXED
        assert (
            session.body(1, "1") == b"first part"
            and session.body(1, "2.HEADER") == b"Subject: inner\r\nFrom: b@alpha.test\r\n\r\n"
        )
        assert session.body(1, "2.1") == b"inner text" == session.body(1, "2.TEXT")
        assert session.body(1, "3").strip() == b"AAECAwQ="
        assert session.body(1, "1.MIME") == b"Content-Type: text/plain\r\n\r\n"
        assert session.body(1, "HEADER.FIELDS (SUBJECT X-NONE)") == b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n"
        assert b"Subject" not in session.body(1, "HEADER.FIELDS.NOT (SUBJECT)")
        structure = session.ok("FETCH 1 BODYSTRUCTURE").fetched()[1]["BODYSTRUCTURE"]
        assert [p[1].upper() for p in structure[:3]] == [b"PLAIN", b"RFC822", b"OCTET-STREAM"] and structure[
            3
        ].upper() == b"MIXED", structure
        assert "\\Seen" not in session.flags(session.uids()[0])
        for start, length in (
            (0, 10),
            (5, 1),
            (len(MIXED) - 3, 10),
            (len(MIXED), 5),
            (len(MIXED) + 100, 5),
            (4294967295, 4294967295),
        ):
            answer = session.run(f"FETCH 1 BODY.PEEK[]<{start}.{length}>")
            if answer.status == "OK":
                value = answer.fetched()[1][f"BODY[]<{start}>"]
                assert (b"" if value == b"NIL" else value) == MIXED[start : start + length], (start, length, value)
        for wrong in ("<0.0>", "<-1.5>", "<9223372036854775808.1>", "<x.1>", "<1>"):
            session.bad(f"FETCH 1 BODY.PEEK[]{wrong}")
        session.ok("FETCH 1 BODY[TEXT]")
        assert "\\Seen" in session.flags(session.uids()[0])


@test("STORE adds, removes, replaces; keywords; .SILENT; flags are there in another session and after reconnecting")
def store(instance, _):
    account = instance.account()
    with opened(account, 3) as one, opened(account) as two:
        answer = one.ok("STORE 1:2 +FLAGS (\\Flagged keyword1 $Forwarded)")
        assert set(answer.fetched()) == {1, 2}
        assert one.ok("STORE 1 -FLAGS.SILENT (\\Flagged)").fetched() == {}
        one.ok("UID STORE %d FLAGS (\\Answered)" % one.uids()[2])
        seen = two.ok("NOOP").fetched()
        assert set(seen) == {1, 2, 3} and b"keyword1" in seen[1]["FLAGS"] and b"\\Flagged" not in seen[1]["FLAGS"], seen
        one.bad("STORE 1 +FLAGS (\\Recent)")
        one.bad("STORE 1 FROB (\\Seen)")
        assert one.run("STORE 99 +FLAGS (\\Seen)").status in ("OK", "NO", "BAD")
        one.logout()
    with opened(account) as again:
        assert again.flags(again.uids()[0]) - {"\\Recent"} == {"keyword1", "$Forwarded"}
        assert again.flags(again.uids()[2]) - {"\\Recent"} == {"\\Answered"}
        assert again.search("KEYWORD keyword1") == [1, 2] and again.search("ANSWERED") == [3]


@test("\\Recent is seen by one session only")
def recent(instance, _):
    account = instance.account()
    instance.deliver(account, short("recent"))
    with account.imap() as session:
        assert session.ok("EXAMINE INBOX").numbers("RECENT") == [1]
        answer = session.ok("SELECT INBOX")
        assert answer.numbers("RECENT") == [1]
        assert "\\Recent" in session.flags(session.uids()[0])
        with opened(account) as other:
            assert other.ok("SELECT INBOX").numbers("RECENT") == [0]
        session.logout()
    with account.imap() as session:
        assert session.ok("SELECT INBOX").numbers("RECENT") == [0]


@test("EXPUNGE numbers go down as messages go; other sessions hear of it, but not during FETCH, STORE or SEARCH")
def expunge(instance, _):
    account = instance.account()
    with opened(account, 6) as one, opened(account) as two:
        uids = one.uids()
        one.ok("STORE 2,3,5 +FLAGS.SILENT (\\Deleted)")
        gone = one.ok("EXPUNGE").numbers("EXPUNGE")
        model = list(uids)
        for number in gone:
            del model[number - 1]
        assert model == [uids[0], uids[3], uids[5]] == one.uids(), (gone, model)
        for command in ("FETCH 1:* UID", "STORE 1 +FLAGS (\\Flagged)", "SEARCH ALL"):
            answer = two.run(command)    # RFC 5530: EXPUNGEISSUED where something is gone that was asked for
            assert answer.status == "OK" or answer.code() == "EXPUNGEISSUED", (command, answer)
            assert not answer.numbers("EXPUNGE"), command
        view = list(uids)
        for number in two.ok("NOOP").numbers("EXPUNGE"):
            del view[number - 1]
        assert view == model == two.uids()
        fetched = two.run(f"UID FETCH {uids[1]} (FLAGS)")
        assert fetched.status == "OK" and fetched.fetched() == {}


@test("A message expunged in one session can still be asked for in another without harm")
def expunged_elsewhere(instance, _):
    account = instance.account()
    with opened(account, 3) as one, opened(account) as two:
        one.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
        one.ok("EXPUNGE")
        answer = two.run("FETCH 2 BODY.PEEK[]")
        assert answer.status in ("OK", "NO") and not answer.numbers("EXPUNGE"), answer
        two.ok("NOOP")
        assert len(two.uids()) == 2
        two.ok("FETCH 1:2 BODY.PEEK[]")


@test("IDLE tells of new mail, flags and expunges at once; DONE ends it")
def idle(instance, _):
    account = instance.account()
    with opened(account, 1) as one, account.imap() as two:
        two.ok("SELECT INBOX")
        tag = one.start("IDLE")
        assert one.line().startswith(b"+")
        begin = time.monotonic()
        instance.deliver(account, short("wakes"))
        while (line := one.idle_line())[-1:] != [b"EXISTS"]:
            pass
        assert line[0] == b"2" and time.monotonic() - begin < 5, (line, time.monotonic() - begin)
        two.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        while (line := one.idle_line())[1:2] != [b"FETCH"]:
            pass
        assert line[0] == b"1"
        two.ok("EXPUNGE")
        while (line := one.idle_line())[1:2] != [b"EXPUNGE"]:
            pass
        assert line[0] == b"1"
        one.send(b"DONE\r\n")
        assert one.finish(tag).status == "OK"
        assert len(one.uids()) == 1


@test("I17 Garbage instead of DONE ends IDLE with BAD; IDLE and DONE in one segment work")
def idle_garbage(instance, _):
    account = instance.account()
    with opened(account) as session:
        tag = session.start("IDLE")
        session.line()
        session.send(b"frob\r\n")
        assert session.finish(tag).status == "BAD"
        session.send(b"x1 IDLE\r\nDONE\r\nx2 NOOP\r\n")
        assert session.finish("x1").status == "OK" and session.finish("x2").status == "OK"


@test("UIDPLUS: APPENDUID and COPYUID name the messages; UID EXPUNGE removes only its own")
def uidplus(instance, _):
    account = instance.account()
    with opened(account, 4) as session:
        session.ok("CREATE Target")
        code = session.append("Target", short("appended")).code().split()
        assert code[0] == "APPENDUID" and code[2] == "1", code
        answer = session.ok("COPY 2:3 Target")
        word, validity, source, target = answer.code().split()
        uids = session.uids()
        assert (
            word == "COPYUID" and validity == code[1] and source == f"{uids[1]}:{uids[2]}" and target == "2:3"
        ), answer
        session.ok("STORE 1,2 +FLAGS.SILENT (\\Deleted)")
        assert session.ok(f"UID EXPUNGE {uids[1]}:{uids[3]}").numbers("EXPUNGE") == [2]
        assert session.uids() == [uids[0], uids[2], uids[3]]
        session.ok("SELECT Target")
        assert session.uids() == [1, 2, 3]
        assert session.body(2) == short("letter 1")


@test("COPY keeps flags and dates; to a missing folder it says TRYCREATE and copies nothing; all or nothing")
def copy(instance, _):
    account = instance.account()
    with account.imap() as session:
        session.append("INBOX", short("dated"), "\\Answered keyword2", "01-Jan-2001 01:02:03 +0000")
        session.ok("SELECT INBOX")
        answer = session.no("COPY 1 Missing")
        assert answer.code() == "TRYCREATE", answer
        session.ok("CREATE There")
        session.ok("UID COPY 1:* There")
        session.ok("SELECT There")
        values = session.ok("FETCH 1 (FLAGS INTERNALDATE)").fetched()[1]
        assert {b"\\Answered", b"keyword2"} <= set(values["FLAGS"]) and b"2001" in values["INTERNALDATE"], values
        session.ok("COPY 1 There")
        assert session.ok("NOOP").numbers("EXISTS") == [2] or len(session.uids()) == 2


@test("APPEND to a missing folder says TRYCREATE; flags and date are kept; the selected folder hears of it")
def append(instance, _):
    account = instance.account()
    with opened(account) as session:
        answer = session.run("APPEND Missing %", short("x"))
        assert answer.status == "NO" and answer.code() == "TRYCREATE", answer
        answer = session.append("INBOX", short("x"), "\\Seen \\Draft kw", "11-Nov-2011 11:11:11 +0100")
        assert answer.numbers("EXISTS") in ([1], []) and len(session.uids()) == 1
        values = session.ok("FETCH 1 (FLAGS INTERNALDATE)").fetched()[1]
        assert {b"\\Seen", b"\\Draft", b"kw"} <= set(values["FLAGS"]) and b"Nov-2011" in values["INTERNALDATE"]
        session.bad('APPEND INBOX "32-Foo-2011 11:11:11 +0100" {1+}\r\nx')
