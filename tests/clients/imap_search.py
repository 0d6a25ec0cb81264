# SPDX-License-Identifier: Apache-2.0
# SEARCH keys and sequence sets (RFC 3501 6.4.4; catalogue I07).
from imap import MIXED, PLAIN, opened, short
from runner import test


@test("SEARCH keys: flags, dates, sizes, headers, text, sets, NOT, OR, charset")
def search(instance, _):
    account = instance.account()
    with account.imap() as session:
        session.append("INBOX", PLAIN, "\\Seen", "01-Jan-2020 12:00:00 +0000")
        session.append("INBOX", MIXED, "\\Flagged \\Draft", "15-Jun-2021 12:00:00 +0000")
        session.append("INBOX", short("third one") + b"x" * 5000 + b"\r\n", "kw", "31-Dec-2022 12:00:00 +0000")
        session.ok("SELECT INBOX")
        uids = session.uids()
        for keys, found in {
            "ALL": [1, 2, 3],
            "SEEN": [1],
            "UNSEEN": [2, 3],
            "FLAGGED DRAFT": [2],
            "UNFLAGGED": [1, 3],
            "KEYWORD kw": [3],
            "UNKEYWORD kw": [1, 2],
            "NOT SEEN": [2, 3],
            "OR SEEN KEYWORD kw": [1, 3],
            "1:2": [1, 2],
            "2:*": [2, 3],
            "*": [3],
            "UID %d" % uids[1]: [2],
            "BEFORE 15-Jun-2021": [1],
            "ON 15-Jun-2021": [2],
            "SINCE 15-Jun-2021": [2, 3],
            "SENTON 7-Feb-1994": [1],
            "LARGER 4000": [3],
            "SMALLER 4000": [1, 2],
            "FROM gray": [1],
            "TO imap@cac": [1],
            "CC klensin": [1],
            'SUBJECT "wg MTG"': [1],
            "HEADER message-id B27397": [1],
            'HEADER Cc ""': [1],
            'BODY "inner text"': [2],
            'TEXT "third one"': [3],
            "BODY third": [3],
            "(SEEN UID %d)" % uids[0]: [1],
            "NOT (OR SEEN FLAGGED)": [3],
            "ANSWERED": [],
            "CHARSET UTF-8 SUBJECT summary": [1],
            "NEW": None,
            "OLD": None,
            "RECENT": None,
            "BCC x": [],
        }.items():
            got = session.search(keys)
            assert found is None or got == found, (keys, got, found)
        assert session.search("CHARSET UTF-8 SUBJECT %", "grüße".encode()) == [2]
        answer = session.no("SEARCH CHARSET X-NONE ALL")
        assert "BADCHARSET" in answer.code(), answer
        session.bad("SEARCH FROB")
        session.bad("SEARCH")
        assert session.search("1:2 NOT SEEN", uid=True) == [uids[1]]


@test("I07 Sequence sets with zero, too large numbers, reversed ranges and thousands of parts")
def sets(instance, _):
    account = instance.account()
    with opened(account, 5) as session:
        for text in ("0", "4294967296", "1:0", "-1", "1,,2", "1:", ":1", "1:2:3", "a", ""):
            session.bad(f"FETCH {text} FLAGS")
        uids = session.uids()
        assert set(session.ok("FETCH 5:1 FLAGS").fetched()) == {1, 2, 3, 4, 5}
        assert set(session.ok("FETCH *:4 FLAGS").fetched()) == {4, 5}
        assert set(session.ok("UID FETCH 1:4294967295 FLAGS").fetched()) == {1, 2, 3, 4, 5}
        assert set(session.ok(f"UID FETCH {uids[-1] + 100}:* FLAGS").fetched()) == {5}
        session.ok("FETCH " + ",".join(["1:*"] * 4000) + " FLAGS")
        session.ok("NOOP")
