# SPDX-License-Identifier: Apache-2.0
# Mail in by the programs people use for it: swaks, curl, msmtp. What arrives is read by a raw IMAP session.
import os

import corpus
import programs
from runner import test

TEXT = (
    b"From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s@programs.test>\r\n"
    b"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\n"
    b"first line\r\n.\r\n..dots\r\nlast line\r\n"
)


def letter(sender, to, subject):
    return TEXT % (sender.encode(), to.encode(), subject.encode(), subject.replace(" ", "-").encode())


def arrived(account, subject, sent):
    """One message with this subject, equal to `sent` below the trace headers."""
    found = account.wait_for(subject)
    assert len(found) == 1, f"{len(found)} messages with subject {subject!r}"
    with account.imap() as session:
        session.ok("SELECT INBOX")
        stored = session.body(found[0], uid=True)
    wrong = corpus.difference(stored, sent)
    assert not wrong, wrong


def swaks(instance, folder, service, subject, writer, reader, *options):
    octets = letter(writer, reader.mail, subject)
    # swaks adds the last line end itself
    path = programs.write(folder + "/letter", octets.replace(b"\r\n", b"\n").removesuffix(b"\n"))
    programs.run(
        [
            "swaks",
            "--server",
            instance.host,
            "--port",
            instance.port(service),
            "--from",
            writer,
            "--to",
            reader.mail,
            "--data",
            "@" + path,
            "--helo",
            "client.test",
            "--timeout",
            "20",
            *options,
        ],
        folder,
    )
    arrived(reader, subject, octets)


@test("swaks delivers to port 25", programs=["swaks"])
def swaks_mx(instance, folder):
    swaks(instance, folder, "smtp", "swaks to the mx", "stranger@remote.test", instance.account())


@test("swaks delivers over STARTTLS", programs=["swaks"])
def swaks_starttls(instance, folder):
    swaks(instance, folder, "smtp", "swaks with starttls", "stranger@remote.test", instance.account(), "--tls")


@test("swaks submits with STARTTLS and each of AUTH PLAIN and LOGIN", programs=["swaks"])
def swaks_submission(instance, folder):
    for mechanism in ("PLAIN", "LOGIN"):
        writer, reader = instance.account(), instance.account()
        swaks(
            instance,
            folder,
            "submission",
            f"swaks auth {mechanism}",
            writer.mail,
            reader,
            "--tls",
            "--auth",
            mechanism,
            "--auth-user",
            writer.login,
            "--auth-password",
            writer.password,
        )


@test("swaks submits over implicit TLS", programs=["swaks"])
def swaks_submissions(instance, folder):
    writer, reader = instance.account(), instance.account()
    swaks(
        instance,
        folder,
        "submissions",
        "swaks implicit tls",
        writer.mail,
        reader,
        "--tls-on-connect",
        "--auth",
        "PLAIN",
        "--auth-user",
        writer.login,
        "--auth-password",
        writer.password,
    )


@test("swaks delivers by LMTP", programs=["swaks"])
def swaks_lmtp(instance, folder):
    swaks(instance, folder, "lmtp", "swaks over lmtp", "stranger@remote.test", instance.account(), "--protocol", "LMTP")


@test("swaks pipelines", programs=["swaks"])
def swaks_pipeline(instance, folder):
    swaks(instance, folder, "smtp", "swaks pipelined", "stranger@remote.test", instance.account(), "--pipeline")


@test("curl sends by smtp and smtps", programs=["curl"])
def curl_smtp(instance, folder):
    for scheme, service, options in (
        ("smtp", "smtp", []),
        ("smtp", "submission", ["--ssl-reqd", "-k"]),
        ("smtps", "submissions", ["-k"]),
    ):
        writer, reader = instance.account(), instance.account()
        subject = f"curl {scheme} {service}"
        octets = letter(writer.mail, reader.mail, subject)
        path = programs.write(folder + "/letter", octets)
        login = [] if service == "smtp" else ["--user", f"{writer.login}:{writer.password}"]
        programs.run(
            [
                "curl",
                "-sS",
                "--url",
                f"{scheme}://{instance.host}:{instance.port(service)}/client.test",
                "--mail-from",
                "stranger@remote.test" if service == "smtp" else writer.mail,
                "--mail-rcpt",
                reader.mail,
                "--upload-file",
                path,
                *login,
                *options,
            ],
            folder,
        )
        arrived(reader, subject, octets)


@test("curl appends by imap", programs=["curl"])
def curl_append(instance, folder):
    reader = instance.account()
    octets = letter("writer@alpha.test", reader.mail, "curl append")
    path = programs.write(folder + "/letter", octets)
    programs.run(
        [
            "curl",
            "-sS",
            "--user",
            f"{reader.login}:{reader.password}",
            "--upload-file",
            path,
            f"imap://{instance.host}:{instance.port('imap')}/INBOX",
        ],
        folder,
    )
    arrived(reader, "curl append", octets)


@test("msmtp submits with STARTTLS and over TLS", programs=["msmtp"])
def msmtp(instance, folder):
    for service, direct in (("submission", "off"), ("submissions", "on")):
        writer, reader = instance.account(), instance.account()
        subject = f"msmtp {service}"
        programs.write(
            folder + "/.msmtprc",
            f"""account default
host {instance.host}
port {instance.port(service)}
from {writer.mail}
auth plain
user {writer.login}
password {writer.password}
tls on
tls_starttls {'off' if direct == 'on' else 'on'}
tls_certcheck off
set_from_header off
set_date_header off
""",
        )
        octets = letter(writer.mail, reader.mail, subject)
        programs.run(["msmtp", "-C", folder + "/.msmtprc", reader.mail], folder, stdin=octets.replace(b"\r\n", b"\n"))
        arrived(reader, subject, octets)
        os.unlink(folder + "/.msmtprc")


@test("msmtp reports a wrong password and an unknown recipient by its exit code", programs=["msmtp"])
def msmtp_refused(instance, folder):
    writer = instance.account()
    for password, to in (("wrong", writer.mail), (writer.password, "nobody-here@" + writer.mail.split("@")[1])):
        programs.write(
            folder + "/.msmtprc",
            f"""account default
host {instance.host}
port {instance.port('submissions')}
from {writer.mail}
auth plain
user {writer.login}
password {password}
tls on
tls_starttls off
tls_certcheck off
""",
        )
        said = programs.run(["msmtp", "-C", folder + "/.msmtprc", to], folder, code=None, stdin=b"Subject: x\n\nx\n")
        assert ("535" in said) if password == "wrong" else ("550" in said), said
