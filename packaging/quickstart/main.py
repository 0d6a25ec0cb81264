# SPDX-License-Identifier: Apache-2.0
"""The part of ./quickstart after the build: data folders, private slapd, settings, daemons, first message."""
import argparse
import fcntl
import json
import os
import subprocess
import sys

import place
import trial
from place import Failure


def slapd_command(here, verb, *more):
    return [sys.executable, "-B", f"{here.root}/schema/private-slapd", verb, f"{here.run}/slapd", *more]


def start_slapd(here):
    done = subprocess.run(slapd_command(here, "start", "--port", str(here.port("ldap"))),
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"the private LDAP server did not start:\n{done.stderr.strip()}\n"
                      f"Its log is {here.run}/slapd/slapd.log.")
    return json.loads(done.stdout)


def mailtree(here, *arguments):
    return subprocess.run([f"{here.build}/src/programs/mailtree", "--config", here.config, *arguments],
                          capture_output=True, text=True)


def is_running(here):
    return os.path.exists(here.config) and mailtree(here, "status").returncode in (0, 1)


def start_daemons(here):
    done = mailtree(here, "start", "--log", here.log, "--endpoints", here.endpoints)
    if done.returncode != 0:
        tail = "".join(open(here.log, errors="replace").readlines()[-8:]) if os.path.exists(here.log) else ""
        raise Failure(f"mailtree did not start: {done.stderr.strip()}\n{done.stdout}Last lines of {here.log}:\n{tail}")


def start(here):
    fresh = not os.path.exists(here.endpoints)
    if is_running(here):
        print(mailtree(here, "status").stdout, end="")
        print("quickstart is already running. './quickstart stop' ends it.")
        return
    here.prepare()
    here.refuse_taken_ports()
    try:
        here.make_certificate()
        directory = start_slapd(here)
        here.write_settings(directory)
        here.make_partition()
        here.write_endpoints(directory)
        start_daemons(here)
        trial.run(here, fresh)
    except BaseException:
        stop(here, quiet=True)
        if fresh and os.path.exists(here.endpoints):
            os.unlink(here.endpoints)  # the next start is a first start again
        raise
    trial.print_help(here)


def stop(here, quiet=False):
    if os.path.exists(here.config):
        done = mailtree(here, "stop")
        if not quiet:
            print(done.stdout + done.stderr, end="")
    subprocess.run(slapd_command(here, "stop"), check=False)
    if not quiet:
        print(f"The mail stays in {here.run}; './quickstart' starts again with it.")


def status(here):
    if not os.path.exists(here.config):
        print("quickstart has not been started here")
        return 3
    done = mailtree(here, "status")
    print(done.stdout + done.stderr, end="")
    pid = here.slapd_pid()
    print(f"slapd               {'running, pid ' + str(pid) if pid else 'not running'}")
    return done.returncode if pid or done.returncode else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=("start", "stop", "restart", "status"))
    for name in ("--root", "--run", "--build"):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    try:
        here = place.Place(options.root, options.run, options.build)
        if options.command == "status":
            return status(here)
        with here.locked(fcntl):
            if options.command in ("stop", "restart"):
                stop(here)
            if options.command in ("start", "restart"):
                start(here)
    except Failure as failure:
        print(f"quickstart: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
