# SPDX-License-Identifier: Apache-2.0
# mailtree explain tells an operator what the server would do. Each answer is compared with what the server does.
import json

from directory import add_user, fresh, imap_login, modify, pop3_login, rcpt, within
from instance import Slapd
from maintenance import mailtree
from people import USER, domain_ldif
from runner import test


MORE = "associatedDomain: alias-{0}\nmailDomainCatchallAddress: catcher@{0}\n"


def explained(instance, name, *words):
    """(exit status, the JSON objects) of mailtree explain."""
    status, said = mailtree(instance, "explain", name, "--json", *words)
    return status, [json.loads(line) for line in said.strip().split("\n")]


def compare_rcpt(instance, address):
    """What explain says of mail to the address, once SMTP has said the same."""
    reply = rcpt(instance, address)
    status, (answer,) = explained(instance, address, "--rcpt")
    assert answer["answer"].startswith(f"{reply.code} "), (address, reply, answer)
    assert status == (0 if reply.code == 250 else 1), (address, status, answer)
    return answer


def compare_login(instance, login, password):
    """The same of signing in."""
    imap = imap_login(instance, login, password).status == "OK"
    pop = pop3_login(instance, login, password).startswith("+OK")
    status, (answer,) = explained(instance, login, "--login")
    told = answer["services"]
    assert told.get("imap", False) == imap and told.get("pop", False) == pop, (login, imap, pop, answer)
    assert status == (0 if any(told.values()) else 1), (login, status, answer)
    return answer


@test("mailtree explain says of each kind of address what SMTP says, and by which entry")
def addresses(instance, _):
    domain = fresh("explained") + ".test"
    base = instance["ldap_base"]
    instance.ldap(
        "ldapadd",
        domain_ldif(instance, domain, MORE.format(domain))
        + "".join(USER.format(uid, domain, base, "a-password") for uid in ("plain", "catcher", "held", "away"))
        + f"dn: ou=Groups,o={domain},{base}\nobjectClass: organizationalUnit\nou: Groups\n\n"
        + f"dn: cn=all,ou=Groups,o={domain},{base}\nobjectClass: groupOfUniqueNames\nobjectClass: inetMailGroup\n"
        + "objectClass: inetLocalMailRecipient\n"
        + f"cn: all\nmail: all@{domain}\nuniqueMember: uid=plain,ou=People,o={domain},{base}\n\n",
    )
    within(10, lambda: rcpt(instance, "plain@" + domain).code == 250)
    modify(instance, "held@" + domain, "replace: mailUserStatus\nmailUserStatus: hold\n")
    modify(
        instance,
        "away@" + domain,
        "replace: mailDeliveryOption\nmailDeliveryOption: forward\n-\n"
        "add: mailForwardingAddress\nmailForwardingAddress: away@remote.test\n",
    )
    within(10, lambda: compare_rcpt(instance, "held@" + domain)["plan"]["holds"])
    within(10, lambda: compare_rcpt(instance, "away@" + domain)["plan"]["forwards"] == ["away@remote.test"])
    for address, uid, folder in (
        ("plain@" + domain, "plain", ""),
        ("PLAIN@" + domain.upper(), "plain", ""),
        ("plain+Work@" + domain, "plain", "Work"),
        ("plain@alias-" + domain, "plain", ""),
        ("nobody-has-this@" + domain, "catcher", ""),
    ):
        answer = compare_rcpt(instance, address)
        assert answer["domain"]["name"] == domain, answer
        (mailbox,) = answer["plan"]["mailboxes"]
        assert mailbox["name"] == f"{uid}@{domain}" and mailbox["folder"] == folder, (address, answer)
        found = [dn for search in answer["searches"] for dn in search["entries"]]
        assert f"uid={uid},ou=People,o={domain},{base}" in found, (address, answer)
    (group,) = compare_rcpt(instance, "all@" + domain)["plan"]["groups"]
    assert group["members"] == ["plain@" + domain], group
    known = instance.domains()[0]
    assert compare_rcpt(instance, "nobody-has-this@" + known)["outcome"] == "no such user"
    assert compare_rcpt(instance, "someone@foreign.test")["outcome"] == "not hosted"


@test("mailtree explain says of a login what the server says, and closes what a rule closes")
def logins(instance, _):
    uid, mail = add_user(instance, instance.domains()[0], "a-password")
    within(10, lambda: imap_login(instance, mail, "a-password").status == "OK")
    assert compare_login(instance, mail, "a-password")["user"]["name"] == mail
    modify(instance, mail, "add: mailAllowedServiceAccess\nmailAllowedServiceAccess: -pop:*\n")
    within(10, lambda: "closed: pop" in compare_login(instance, mail, "a-password")["answer"])
    modify(instance, mail, "replace: mailUserStatus\nmailUserStatus: inactive\n")
    within(10, lambda: not any(compare_login(instance, mail, "a-password")["services"].values()))
    assert compare_login(instance, f"no-{uid}", "a-password")["outcome"] == "no such user"
    status, said = mailtree(instance, "explain", mail)
    assert status == 1 and "mailUserStatus=inactive" in said and "Signing in as " + mail in said, said
    assert "a-password" not in said and "userPassword" not in said, said


@test("Without the directory mailtree explain says that nothing is known, and shows the search that failed")
def outage(instance, _):
    slapd = Slapd(instance)
    slapd.stop()
    try:
        address = fresh("unasked") + "@" + instance.domains()[0]
        answer = compare_rcpt(instance, address)
        assert answer["answer"].startswith("451 4.3.0") and answer["searches"][-1]["problem"], answer
        status, (login,) = explained(instance, address, "--login")
        assert status == 1 and login["outcome"] == "unavailable" and "temporarily" in login["answer"], login
    finally:
        slapd.start()
    within(30, lambda: rcpt(instance, address).code == 550)
