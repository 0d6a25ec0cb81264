# SPDX-License-Identifier: Apache-2.0
"""One message from alpha.test to beta.test through the running server, and what to do next."""
import email.message
import imaplib
import poplib
import smtplib
import ssl
import time
import uuid

from place import Failure

SENDER, RECIPIENT = "user01@alpha.test", "user02@beta.test"
PATIENCE_SECONDS = 20


def password_of(address):
    user, _, domain = address.partition("@")
    return f"secret-{user}-{domain.partition('.')[0]}"


def context():
    own = ssl.create_default_context()  # our certificate is of our own making
    own.check_hostname = False
    own.verify_mode = ssl.CERT_NONE
    return own


def submit(here, token):
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, RECIPIENT, f"First message {token}"
    message["Message-ID"] = f"<{token}@alpha.test>"
    message.set_content("Moved by mailtree.\n")
    with smtplib.SMTP("127.0.0.1", here.port("submission"), timeout=PATIENCE_SECONDS) as session:
        session.starttls(context=context())
        session.login(SENDER, password_of(SENDER))
        session.send_message(message)


def read_by_imap(here, token):
    """Number of messages in the mailbox once the one with `token` is there."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with imaplib.IMAP4_SSL("127.0.0.1", here.port("imaps"), ssl_context=context()) as session:
            session.login(RECIPIENT, password_of(RECIPIENT))
            count = int(session.select("INBOX", readonly=True)[1][0])
            found = session.search(None, "SUBJECT", f'"{token}"')[1][0].split() if token else [b""]
        if found:
            return count
        time.sleep(0.2)
    raise Failure(f"the message did not reach {RECIPIENT} within {PATIENCE_SECONDS} seconds; see {here.log}")


def read_by_pop3(here, token):
    session = poplib.POP3_SSL("127.0.0.1", here.port("pop3s"), context=context(), timeout=PATIENCE_SECONDS)
    try:
        session.user(RECIPIENT)
        session.pass_(password_of(RECIPIENT))
        count = session.stat()[0]
        lines = session.top(count, 0)[1]
    finally:
        session.quit()
    if not any(token.encode() in line for line in lines):
        raise Failure(f"POP3 does not show the message that IMAP shows; see {here.log}")


def run(here, fresh):
    try:
        if not fresh:
            print(f"mailtree runs again; {read_by_imap(here, '')} messages in the mailbox of {RECIPIENT}")
        else:
            token = uuid.uuid4().hex[:12]
            submit(here, token)
            print(f"submitted   {SENDER} -> {RECIPIENT}  (SMTP submission, STARTTLS, login)")
            read_by_imap(here, token)
            print("read        by IMAP over TLS")
            read_by_pop3(here, token)
            print("read        by POP3 over TLS: the same message")
    except (OSError, smtplib.SMTPException, imaplib.IMAP4.error, poplib.error_proto) as error:
        raise Failure(f"the first message failed: {type(error).__name__}: {error}; see {here.log}") from error


def print_help(here):
    print(HELP.format(imap=here.port("imap"), imaps=here.port("imaps"), pop3=here.port("pop3"),
                      pop3s=here.port("pop3s"), submission=here.port("submission"), ldap=here.port("ldap"),
                      sender=SENDER, password=password_of(SENDER), recipient=RECIPIENT,
                      recipient_password=password_of(RECIPIENT), root=here.root, log=here.log, run=here.run,
                      program=f"{here.build}/src/programs/mailtree", config=here.config))


HELP = """
Mail program   host 127.0.0.1, IMAP {imap} (TLS {imaps}), POP3 {pop3} (TLS {pop3s}), submission {submission}
               users user01..user10 @alpha.test and @beta.test; {sender} has the password {password}
               (the certificate is self-signed: a mail program asks once)
New user       ldapadd -x -H ldap://127.0.0.1:{ldap} -D cn=admin,o=mailtree -y {run}/slapd/admin.password \\
                 -f {root}/ldif/new-user.ldif
               (ann@alpha.test, password secret-ann-alpha: she has a mailbox at once; look into the file)
Read           curl -k "imaps://127.0.0.1:{imaps}/INBOX;MAILINDEX=1" -u {recipient}:{recipient_password}
State          {program} --config {config} status
Why            {program} --config {config} explain team@alpha.test
Log            {log}
Stop           ./quickstart stop      (also: status, restart)"""
