# SPDX-License-Identifier: Apache-2.0
# Quotas of users and domains as a sender and a user meet them (RFC 9208, reliability S14): refused before the data,
# deferred within the grace, refused for good after it, and changed by ldapmodify with nothing restarted.
import time

from maintenance import mailtree
from people import USER, domain_ldif
from runner import test

LETTER = b"From: a@remote.test\r\nTo: b@alpha.test\r\nSubject: quota\r\n\r\ntext\r\n"


def within(seconds, check):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


def rcpt(instance, address):
    with instance.smtp() as session:
        session.command("MAIL FROM:<sender@remote.test>").want(250)
        return session.command(f"RCPT TO:<{address}>")


def new_domain(instance, name):
    """A domain of 3 messages with two users; their addresses."""
    domain = f"{name}{int(time.time() * 10) % 10000000}.test"
    users = "".join(USER.format(uid, domain, instance["ldap_base"], "a-password") for uid in ("ann", "bob"))
    instance.ldap("ldapadd", domain_ldif(instance, domain, "mailDomainMsgQuota: 3\n") + users)
    within(10, lambda: rcpt(instance, "bob@" + domain).code == 250)
    return domain, "ann@" + domain, "bob@" + domain


def set_quota(instance, domain, value):
    text = f"dn: o={domain},{instance['ldap_base']}\nchangetype: modify\nreplace: mailDomainMsgQuota\n"
    instance.ldap("ldapmodify", f"{text}mailDomainMsgQuota: {value}\n")


def fill(instance, ann, bob):
    for mail in (ann, ann, bob):
        instance.deliver(mail, LETTER)


@test("A full domain defers mail to all its users and refuses APPEND and COPY until one of them deletes something")
def full_domain(instance, _):
    domain, ann, bob = new_domain(instance, "full")
    fill(instance, ann, bob)
    for mail in (ann, bob):
        rcpt(instance, mail).want(452, "4.2.2")
    with instance.imap() as session:
        session.login(bob, "a-password")
        session.ok("SELECT INBOX")
        for answer in (session.no("APPEND INBOX %", LETTER), session.no("COPY 1 Sent")):
            assert answer.code() == "OVERQUOTA", answer
        session.ok("MOVE 1 Trash")
        session.ok("SELECT Trash")
        session.ok("STORE 1 +FLAGS (\\Deleted)")
        session.ok("EXPUNGE")
    rcpt(instance, ann).want(250)
    with instance.imap() as session:
        session.login(ann, "a-password")
        session.ok("SELECT INBOX")
        session.ok("COPY 1 Sent")
        assert session.no("COPY 1 Sent").code() == "OVERQUOTA"


@test("A quota of a domain that is raised by ldapmodify lets mail in at once")
def raised(instance, _):
    before = instance.pids()
    domain, ann, bob = new_domain(instance, "raised")
    fill(instance, ann, bob)
    rcpt(instance, ann).want(452, "4.2.2")
    set_quota(instance, domain, 4)
    within(10, lambda: rcpt(instance, ann).code == 250)
    instance.deliver(ann, LETTER)
    rcpt(instance, bob).want(452, "4.2.2")
    set_quota(instance, domain, -1)
    within(10, lambda: rcpt(instance, bob).code == 250)
    assert instance.pids() == before


@test("What a domain holds is known after a restart; without a grace period mail to a full one is refused for good")
def restarted(instance, _):
    domain, ann, bob = new_domain(instance, "grace")
    fill(instance, ann, bob)
    rcpt(instance, ann).want(452, "4.2.2")
    instance.configure({"store": {"quota_grace_seconds": "0"}})
    within(10, lambda: rcpt(instance, ann).code == 552)
    rcpt(instance, bob).want(552, "5.2.2")
    set_quota(instance, domain, 100)
    within(10, lambda: rcpt(instance, bob).code == 250)


@test("A mailbox that grows over nine tenths of its quota is named in the log once, and again after it was below")
def warned(instance, _):
    domain, _, _ = new_domain(instance, "warned")
    set_quota(instance, domain, -1)
    text = USER.format("cleo", domain, instance["ldap_base"], "a-password")
    instance.ldap("ldapadd", text.rstrip("\n") + "\nmailMsgQuota: 10\n\n")
    user = "cleo@" + domain
    within(10, lambda: rcpt(instance, user).code == 250)
    begin = instance.log_size()

    def warnings():
        return len([line for line in instance.troubles(begin) if "store.quota.warning" in line and domain in line])

    for n in range(10):
        assert warnings() == int(n > 8), n
        instance.deliver(user, LETTER)
    status, said = mailtree(instance, "store", "stat", user)
    assert status == 0 and "10 messages" in said and "100 % of the quota" in said, said
    with instance.imap() as session:
        session.login(user, "a-password")
        session.ok("SELECT INBOX")
        session.ok("STORE 1:2 +FLAGS (\\Deleted)")
        session.ok("EXPUNGE")
        assert warnings() == 1
        session.ok("COPY 1 Sent")
    assert warnings() == 2
