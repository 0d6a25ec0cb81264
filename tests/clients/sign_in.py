# SPDX-License-Identifier: Apache-2.0
# Signing in otherwise than with the password itself: SCRAM by gsasl, msmtp, mpop, mbsync and raw sessions, and the
# passwords of single applications. An outage is temporary for every name, and no answer tells who exists (D06, D13).
import contextlib
import shutil
import ssl
import subprocess
import time

import programs
import scram_client
from directory import add_user, fresh, imap_login, modify, pop3_login, smtp_login, within
from instance import Slapd
from runner import test
from scram_client import Scram

SCRAM = '["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"]'
MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-1")
APP_PASSWORD = """dn: cn={1},uid={0},ou=People,o={2},{3}
objectClass: mailtreeAppPassword
cn: {1}
userPassword: {{CRYPT}}{4}
{5}
"""


@contextlib.contextmanager
def offering_scram(instance):
    """Other tests go on with the default: programs would choose SCRAM for users that have no verifier."""
    instance.configure({"directory": {"mechanisms": SCRAM}})
    try:
        yield
    finally:
        instance.configure({"directory": {"mechanisms": '["PLAIN", "LOGIN"]'}})


def add_scram_user(instance, password="a-password", stored=None):
    """A new user with verifiers of `stored` (else of the password); the mail address, which is a login name too."""
    uid, mail = add_user(instance, instance.domains()[0], password)
    values = [scram_client.verifier(mechanism, stored or password) for mechanism in MECHANISMS]
    modify(
        instance,
        mail,
        "add: objectClass\nobjectClass: mailtreeVerifierHolder\n-\nadd: authPassword\n"
        + "".join(f"authPassword: {value}\n" for value in values),
    )
    return mail


def over_imap(instance, exchange):
    with instance.imap(tls=True) as session:
        answer = scram_client.imap(session, exchange)
        return f"{answer.status} {answer.text.decode()}"


def over_pop3(instance, exchange):
    with instance.pop3(tls=True) as session:
        return scram_client.pop3(session, exchange)


def over_smtp(instance, exchange):
    with instance.smtp("submissions") as session:
        return str(scram_client.smtp(session, exchange))


PROTOCOLS = ((over_imap, "OK"), (over_pop3, "+OK"), (over_smtp, "235 "))


@test("SCRAM signs in to IMAP, POP3 and submission, and the server proves itself", seconds=120)
def raw_scram(instance, _):
    with offering_scram(instance):
        mail = add_scram_user(instance)
        for sign_in, good in PROTOCOLS:
            for mechanism in MECHANISMS:
                answer = sign_in(instance, Scram(mechanism, mail, "a-password"))
                assert answer.startswith(good), f"{sign_in.__name__} {mechanism}: {answer}"


@test("Unknown users, users without a verifier and wrong passwords get the same words and challenges", seconds=120)
def no_telling(instance, _):
    with offering_scram(instance):
        mail = add_scram_user(instance)
        domain = mail.split("@")[1]
        _, bare = add_user(instance, instance.domains()[0])
        for sign_in, good in PROTOCOLS:
            answers, salts = set(), {}
            for name in (mail, bare, f"{fresh('nobody')}@{domain}"):
                exchanges = [Scram("SCRAM-SHA-256", name, "wrong-one") for _ in range(2)]
                answers |= {sign_in(instance, exchange) for exchange in exchanges}
                salts[name] = {exchange.salt for exchange in exchanges}
                assert [len(salt) for salt in salts[name]] == [24], f"{name}: {salts[name]}"
            assert len(answers) == 1 and not answers.pop().startswith(good), answers


@test("SCRAM obeys status, service access and a changed password", seconds=120)
def scram_rules(instance, _):
    with offering_scram(instance):
        mail = add_scram_user(instance)
        sign_in = lambda: over_imap(instance, Scram("SCRAM-SHA-256", mail, "a-password"))
        within(10, lambda: sign_in().startswith("OK"))
        modify(instance, mail, "replace: mailUserStatus\nmailUserStatus: inactive\n")
        within(10, lambda: sign_in().startswith("NO [AUTHORIZATIONFAILED]"))
        modify(instance, mail, "replace: mailUserStatus\nmailUserStatus: active\n")
        modify(instance, mail, "replace: mailAllowedServiceAccess\nmailAllowedServiceAccess: +pop:*\n")
        within(10, lambda: sign_in().startswith("NO [AUTHORIZATIONFAILED]"))
        assert over_pop3(instance, Scram("SCRAM-SHA-256", mail, "a-password")).startswith("+OK")
        modify(instance, mail, "delete: mailAllowedServiceAccess\n")
        within(10, lambda: sign_in().startswith("OK"))
        modify(instance, mail, "replace: userPassword\nuserPassword: another-one\n")
        assert sign_in().startswith("NO [AUTHENTICATIONFAILED]"), "the verifier of the old password still counts"
        assert imap_login(instance, mail, "another-one").status == "OK"
        new = scram_client.verifier("SCRAM-SHA-256", "another-one")
        now = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 5))
        time_text = f"replace: mailtreeVerifierTime\nmailtreeVerifierTime: {now}\n"
        modify(instance, mail, f"replace: authPassword\nauthPassword: {new}\n-\n{time_text}")
        answer = over_imap(instance, Scram("SCRAM-SHA-256", mail, "another-one"))
        assert answer.startswith("OK"), answer
        assert sign_in().startswith("NO [AUTHENTICATIONFAILED]")


@test("While the directory is down SCRAM is temporary for users and for unknown names", seconds=180)
def scram_outage(instance, _):
    with offering_scram(instance):
        mail = add_scram_user(instance)
        server = Slapd(instance)
        server.stop()
        try:
            for name in (mail, "nobody-here@" + mail.split("@")[1]):
                exchange = lambda: Scram("SCRAM-SHA-256", name, "a-password")
                assert over_imap(instance, exchange()).startswith("NO [UNAVAILABLE]"), name
                assert over_pop3(instance, exchange()).startswith("-ERR [SYS/TEMP]"), name
                assert over_smtp(instance, exchange()).startswith("454 4.7.0"), name
        finally:
            server.start()
        within(15, lambda: over_imap(instance, Scram("SCRAM-SHA-256", mail, "a-password")).startswith("OK"))


@test("-PLUS is offered over TLS only; the binding must be right, and a stripped list is found out", seconds=120)
def channel_binding(instance, _):
    with offering_scram(instance):
        mail = add_scram_user(instance)
        with instance.imap() as session:
            assert not [word for word in session.capability() if word.endswith("-PLUS")]
        with instance.imap(tls=True) as session:
            assert "AUTH=SCRAM-SHA-256-PLUS" in session.capability()
        with instance.pop3(tls=True) as session:
            sasl = [line for line in session.multiline("CAPA").split(b"\r\n") if line.startswith(b"SASL ")]
            assert b"SCRAM-SHA-256-PLUS" in sasl[0].split(), sasl
        with instance.smtp("submissions") as session:
            assert "SCRAM-SHA-1-PLUS" in session.extensions["AUTH"].split(), session.extensions
        # The client can bind and was told that the server cannot (RFC 5802 section 6).
        answer = over_imap(instance, Scram("SCRAM-SHA-256", mail, "a-password", flag="y"))
        assert answer.startswith("NO [AUTHENTICATIONFAILED]"), answer
        answer = over_imap(instance, Scram("SCRAM-SHA-256-PLUS", mail, "a-password", "p=tls-exporter", b"x" * 32))
        assert answer.startswith("NO [AUTHENTICATIONFAILED]"), answer
        # Python knows no tls-exporter, but TLS 1.2 has tls-unique (RFC 5929).
        with instance.imap() as session:
            session.ok("STARTTLS")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            session.socket = context.wrap_socket(session.socket)
            unique = session.socket.get_channel_binding("tls-unique")
            exchange = Scram("SCRAM-SHA-256-PLUS", mail, "a-password", "p=tls-unique", unique)
            answer = scram_client.imap(session, exchange)
            assert answer.status == "OK", answer


@test("Without PLAIN and LOGIN among the mechanisms no password is taken in any way", seconds=120)
def scram_alone(instance, _):
    with offering_scram(instance):
        mail = add_scram_user(instance)
        instance.configure({"directory": {"mechanisms": '["SCRAM-SHA-256"]'}})
        with instance.imap(tls=True) as session:
            words = session.capability()
            assert "LOGINDISABLED" in words and "AUTH=PLAIN" not in words, words
            session.no(f'LOGIN "{mail}" "a-password"')
        with instance.pop3(tls=True) as session:
            assert b"USER" not in session.multiline("CAPA").split(b"\r\n")
            session.command("USER " + mail)
            session.error("PASS a-password")
        with instance.smtp("submissions") as session:
            assert session.extensions["AUTH"].split() == ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"], session.extensions
            session.auth_plain(mail, "a-password").want(504)
        for sign_in, good in PROTOCOLS:
            answer = sign_in(instance, Scram("SCRAM-SHA-256", mail, "a-password"))
            assert answer.startswith(good), f"{sign_in.__name__}: {answer}"


def gsasl(instance, folder, service, mail, password, mechanism, *options):
    protocol = "--imap" if service == "imap" else "--smtp"  # by STARTTLS, as both offer it
    command = [shutil.which("gsasl"), protocol, f"--connect={instance.host}:{instance.port(service)}",
               f"--mechanism={mechanism}", f"--authentication-id={mail}", f"--password={password}",
               "--x509-ca-file=", "--verbose", *options]
    return programs.run(command, folder)


@test("gsasl signs in by SCRAM to IMAP and submission, with channel binding where TLS 1.3 or 1.2 has it",
      seconds=180, programs=["gsasl"])
def gsasl_scram(instance, folder):
    with offering_scram(instance):
        mail = add_scram_user(instance)
        for service in ("imap", "submission"):
            for mechanism in MECHANISMS:
                gsasl(instance, folder, service, mail, "a-password", mechanism, "--no-cb")
                gsasl(instance, folder, service, mail, "a-password", mechanism + "-PLUS")
                old = "--priority=NORMAL:-VERS-TLS1.3"
                gsasl(instance, folder, service, mail, "a-password", mechanism + "-PLUS", old)
            for name, password in ((mail, "wrong"), ("nobody-here@" + mail.split("@")[1], "a-password")):
                try:
                    gsasl(instance, folder, service, name, password, "SCRAM-SHA-256", "--no-cb")
                except programs.Failed:
                    continue
                raise AssertionError(f"gsasl got in as {name}")


@test("msmtp submits after SCRAM", seconds=120, programs=["msmtp"])
def msmtp_scram(instance, folder):
    with offering_scram(instance):
        mail = add_scram_user(instance)
        reader = instance.account()
        for method in ("scram-sha-256", "scram-sha-1"):
            path = programs.write(
                folder + "/.msmtprc",
                f"account default\nhost {instance.host}\nport {instance.port('submission')}\nfrom {mail}\n"
                f"auth {method}\nuser {mail}\npassword a-password\ntls on\ntls_starttls on\ntls_certcheck off\n",
            )
            letter = f"From: {mail}\nTo: {reader.mail}\nSubject: by {method}\n\ntext\n".encode()
            programs.run(["msmtp", "-C", path, reader.mail], folder, stdin=letter)
            assert len(reader.wait_for(f"by {method}")) == 1


@test("mpop fetches after SCRAM", seconds=120, programs=["mpop"])
def mpop_scram(instance, folder):
    with offering_scram(instance):
        mail = add_scram_user(instance)
        for method in ("scram-sha-256", "scram-sha-1"):
            instance.deliver(mail, b"From: a@remote.test\r\nTo: b@here.test\r\nSubject: for mpop\r\n\r\ntext\r\n")
            path = programs.write(
                folder + "/.mpoprc",
                f"account default\nhost {instance.host}\nport {instance.port('pop3s')}\nauth {method}\nuser {mail}\n"
                f"password a-password\ntls on\ntls_starttls off\ntls_certcheck off\nkeep off\n"
                f"delivery maildir {programs.maildir(folder + '/' + method)}\n",
            )
            programs.run([shutil.which("mpop"), "-C", path], folder)
            found = programs.maildir_messages(folder + "/" + method)
            assert len(found) == 1 and b"for mpop" in found[0][1], found


@test("mbsync reads after SCRAM, by Cyrus SASL", seconds=120, programs=["mbsync"])
def mbsync_scram(instance, folder):
    with offering_scram(instance):
        mail = add_scram_user(instance)
        instance.deliver(mail, b"From: a@remote.test\r\nTo: b@here.test\r\nSubject: for mbsync\r\n\r\ntext\r\n")
        for mechanism in MECHANISMS:
            local = programs.maildir(f"{folder}/{mechanism}/INBOX")
            path = programs.write(
                folder + "/.mbsyncrc",
                f"IMAPAccount a\nHost {instance.host}\nPort {instance.port('imap')}\nUser {mail}\nPass a-password\n"
                f"AuthMechs {mechanism}\nSSLType None\n\nIMAPStore far\nAccount a\n\nMaildirStore near\n"
                f"Path {folder}/{mechanism}/\nInbox {local}\n\nChannel c\nFar :far:\nNear :near:\nPatterns INBOX\n"
                f"Sync Pull\nSyncState {folder}/{mechanism}/state-\n",
            )
            programs.run(["mbsync", "-c", path, "c"], folder)
            found = programs.maildir_messages(local)
            assert len(found) == 1 and b"for mbsync" in found[0][1], found


def crypted(password):
    """As an operator makes it."""
    command = ["openssl", "passwd", "-6", "-stdin"]
    done = subprocess.run(command, input=password, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@test("A password of an application opens the services of its scope until its end", seconds=120)
def app_password(instance, _):
    base = instance["ldap_base"]
    uid, mail = add_user(instance, instance.domains()[0], "own-one")
    domain = mail.split("@")[1]
    phone = APP_PASSWORD.format(
        uid, "phone", domain, base, crypted("phone-one"), "mailtreePasswordScope: imap, smtp\n"
    )
    old = APP_PASSWORD.format(
        uid, "old tablet", domain, base, crypted("tablet-one"), "mailtreePasswordExpires: 20260101000000Z\n"
    )
    instance.ldap("ldapadd", phone + old)
    within(10, lambda: imap_login(instance, mail, "phone-one").status == "OK")
    for _ in range(2):
        assert smtp_login(instance, mail, "phone-one").code == 235
        assert pop3_login(instance, mail, "phone-one").startswith("-ERR [AUTH]")
        assert pop3_login(instance, mail, "own-one").startswith("+OK")
        assert imap_login(instance, mail, "tablet-one").code() == "AUTHENTICATIONFAILED"
        assert imap_login(instance, mail, "phone-one").status == "OK"
    other = instance.account()
    assert imap_login(instance, other.login, "phone-one").status == "NO"
    modify(instance, mail, "replace: mailUserStatus\nmailUserStatus: inactive\n")
    within(10, lambda: imap_login(instance, mail, "phone-one").code() == "AUTHORIZATIONFAILED")
    modify(instance, mail, "replace: mailUserStatus\nmailUserStatus: active\n")
    within(10, lambda: imap_login(instance, mail, "phone-one").status == "OK")
    instance.ldap("ldapdelete", None, f"cn=phone,uid={uid},ou=People,o={domain},{base}")
    within(10, lambda: imap_login(instance, mail, "phone-one").status == "NO")
    assert imap_login(instance, mail, "own-one").status == "OK"
