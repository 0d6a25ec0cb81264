# SPDX-License-Identifier: Apache-2.0
# Small messages for tests of mail programs: put into a mailbox, and compared there and in a local Maildir.
import glob
import hashlib
import os
import re
import ssl

import programs

LETTER = b"From: writer@alpha.test\r\nSubject: %s\r\nMessage-ID: <%s@readers.test>\r\n\r\n%s\r\n.\r\nlast\r\n"


def letter(subject, text=b"some text"):
    return LETTER % (subject.encode(), subject.replace(" ", "-").encode(), text)


def fill(account, count, folder="INBOX", flags=""):
    with account.imap() as session:
        if folder != "INBOX":
            session.run(f'CREATE "{folder}"')
        for n in range(count):
            session.append(folder, letter(f"{folder} letter {n}"), flags)
        session.logout()


def contents(account, folder="INBOX"):
    """{subject: flags} of a folder, as the server shows it."""
    with account.imap() as session:
        session.ok(f'EXAMINE "{folder}"')
        found = {}
        for uid in session.uids():
            values = next(
                iter(session.ok(f"UID FETCH {uid} (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])").fetched().values())
            )
            head = next(v for k, v in values.items() if k.startswith("BODY["))
            subject = head.decode().split(":", 1)[1].strip()
            assert subject not in found, f"{subject} is there twice"
            found[subject] = {f.decode() for f in values["FLAGS"]} - {"\\Recent"}
        session.logout()
        return found


def subject_of(octets):
    return re.search(rb"Subject: ([^\r\n]*)", octets)[1].decode()


def local(path):
    """{subject: flag letters} of a Maildir folder."""
    return {subject_of(octets): flags for flags, octets in programs.maildir_messages(path)}


def local_file(path, subject):
    for part in ("cur", "new"):
        for name in glob.glob(f"{glob.escape(path)}/{part}/*"):
            if subject_of(open(name, "rb").read()) == subject:
                return name
    raise AssertionError(f"{subject} is not in {path}: {local(path)}")


def set_local_flags(path, subject, flags):
    """As a mail program with a Maildir does it: a rename into cur/."""
    old = local_file(path, subject)
    base = os.path.basename(old).split(":2,")[0]
    os.rename(old, f"{path}/cur/{base}:2,{flags}")


def put_local(path, subject, flags="S"):
    programs.write(f"{path}/tmp/new", letter(subject).replace(b"\r\n", b"\n"))
    os.rename(f"{path}/tmp/new", f"{path}/cur/1700000000.{abs(hash(subject))}.local:2,{flags}")


def certificate(instance, folder):
    """The server's own certificate, as an operator would hand it to users."""
    programs.write(folder + "/cert.pem", ssl.get_server_certificate((instance.host, instance.port("imaps"))))


def fingerprint(folder):
    return hashlib.sha1(ssl.PEM_cert_to_DER_cert(open(folder + "/cert.pem").read())).hexdigest()
