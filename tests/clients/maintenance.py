# SPDX-License-Identifier: Apache-2.0
# What an operator does with the store of a running server: mailtree store stat, check and rebuild.
import os
import subprocess

from letters import letter
from runner import test


def mailtree(instance, *words):
    """(exit status, output) of the operator's program."""
    programs, config, _ = instance.master()
    done = subprocess.run(
        [programs + "/mailtree", "--config", config, *words], capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def files(instance, account):
    """Paths of the message files of INBOX, in order of delivery."""
    uid, domain = account.mail.split("@")
    for bucket in sorted(os.listdir(f"{instance['store']}/{domain}")):
        cur = f"{instance['store']}/{domain}/{bucket}/{uid}/Maildir/cur"
        if os.path.isdir(cur):
            names = sorted(os.listdir(cur), key=lambda name: int(name.split(",U=1.")[1].split(",")[0]))
            return [cur + "/" + name for name in names]
    raise AssertionError(f"no account directory of {account.mail}")


@test("mailtree store stat tells what IMAP tells, of one, of a domain and of everybody")
def stat(instance, _):
    account = instance.account()
    for n in range(3):
        instance.deliver(account, letter(f"stat {n}"))
    with account.imap() as session:
        session.ok("SELECT INBOX")
        sizes = [int(v["RFC822.SIZE"]) for v in session.ok("FETCH 1:* RFC822.SIZE").fetched().values()]
    status, said = mailtree(instance, "store", "stat", account.mail)
    assert status == 0 and f"{account.mail}  3 messages, {sum(sizes)} octets" in said, said
    assert f"INBOX  3 messages, 3 unseen, {sum(sizes)} octets" in said, said
    domain = account.mail.split("@")[1]
    status, said = mailtree(instance, "store", "stat", domain)
    assert status == 0 and account.mail in said, said
    assert all(line.split("  ")[0].endswith("@" + domain) for line in said.strip().split("\n")[:-1]), said
    status, said = mailtree(instance, "store", "stat")
    assert status == 0 and all("@" + d in said for d in instance.domains()), said
    status, said = mailtree(instance, "store", "stat", "nobody-here@" + domain)
    assert status == 1 and "no mail of" in said, said


@test("mailtree store check finds what happened to files, rebuild mends it, open sessions go on")
def check_and_rebuild(instance, _):
    account = instance.account()
    for n in range(4):
        instance.deliver(account, letter(f"kept {n}"))
    with account.imap() as session:
        session.ok("SELECT INBOX")
        uids = session.uids()
        assert mailtree(instance, "store", "check", account.mail)[0] == 0
        paths = files(instance, account)
        assert len(paths) == 4, paths
        os.unlink(paths[0])
        with open(paths[1], "r+") as damaged:
            damaged.truncate(10)
        status, said = mailtree(instance, "store", "check", account.mail)
        assert status == 1 and f"missing: uid {uids[0]}" in said and f"damaged: uid {uids[1]}" in said, said
        status, said = mailtree(instance, "store", "rebuild", account.mail)
        assert status == 0 and "2 findings" in said, said
        session.ok("NOOP")
        assert session.uids() == uids[2:]
        for uid in uids[2:]:
            assert b"kept" in session.ok(f"UID FETCH {uid} BODY.PEEK[]").fetched().popitem()[1]["BODY[]"]
    status, said = mailtree(instance, "store", "check", account.mail)
    assert status == 0 and "0 findings" in said, said
    assert "1 files aside" in mailtree(instance, "store", "stat", account.mail)[1]


@test("mailtree store without a server says so; a wrong word is refused")
def no_server(instance, folder):
    programs, config, _ = instance.master()
    with open(config) as text:
        other = text.read().replace(instance.run_folder, folder)
    with open(folder + "/other.toml", "w") as out:
        out.write(other)
    done = subprocess.run(
        [programs + "/mailtree", "--config", folder + "/other.toml", "store", "stat"], capture_output=True, timeout=60
    )
    assert done.returncode == 3 and b"does not run" in done.stderr, done
    assert mailtree(instance, "store", "mend")[0] == 64
