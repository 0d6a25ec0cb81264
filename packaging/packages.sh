# SPDX-License-Identifier: Apache-2.0
# Sourced by ./quickstart and ./check: installs the Debian packages of a list that are missing, and nothing else.
# No service is started, enabled or configured by it.

# Prints the names in the given lists (one name a line, # comments).
packages_listed() {
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"
}

# Prints those of its arguments that are not installed.
packages_missing() {
  local name
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || echo "$name"
  done
}

# Prints the prefix that makes a command run as root: nothing, or sudo. Fails if there is neither.
root_prefix() {
  if [ "$(id -u)" = 0 ]; then
    return 0
  fi
  if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    echo sudo
    return 0
  fi
  return 1
}

# invoke-rc.d and deb-systemd-invoke ask policy-rc.d before they start anything; 101 means no. A policy of the
# machine's own is put back as it was.
guard_services() {
  local prefix=$1 policy=/usr/sbin/policy-rc.d
  if [ -e $policy ]; then
    $prefix mv $policy $policy.mailtree-saved
  fi
  printf '#!/bin/sh\nexit 101\n' | $prefix tee $policy >/dev/null
  $prefix chmod 755 $policy
}

unguard_services() {
  local prefix=$1 policy=/usr/sbin/policy-rc.d
  $prefix rm -f $policy
  if [ -e $policy.mailtree-saved ]; then
    $prefix mv $policy.mailtree-saved $policy
  fi
}

run_apt() {
  local prefix=$1
  shift
  $prefix env DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none \
    flock /tmp/apt.lock apt-get -q -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=4 -o Acquire::http::Timeout=30 "$@"
}

# install_guarded PREFIX NAME...
install_guarded() {
  local prefix=$1
  shift
  case " $* " in
    *" slapd "*)  # no directory of the system's own: its configuration is not ours to make
      echo 'slapd slapd/no_configuration boolean true' | $prefix debconf-set-selections || true ;;
  esac
  local attempt
  for attempt in 1 2 3; do
    if run_apt "$prefix" install --no-install-recommends "$@"; then break; fi
    run_apt "$prefix" update || sleep $((5 * attempt))  # the lists may be old or absent, the server away for a moment
  done
  case " $* " in
    *" slapd "*) $prefix update-rc.d slapd disable || true ;;  # nor one that starts with the machine
  esac
}

# install_packages LIST...: 0 when all are there in the end.
install_packages() {
  local names missing prefix log
  mapfile -t names < <(packages_listed "$@")
  mapfile -t missing < <(packages_missing "${names[@]}")
  if [ ${#missing[@]} = 0 ]; then
    return 0
  fi
  if ! prefix=$(root_prefix); then
    echo "These packages are missing and I may not install them (neither root nor sudo):" >&2
    echo "  ${missing[*]}" >&2
    echo "Ask an administrator for:  apt-get install --no-install-recommends ${missing[*]}" >&2
    return 1
  fi
  echo "Installing ${#missing[@]} packages (no service is started): ${missing[*]}"
  log=$(mktemp /tmp/mailtree-apt.XXXXXX)
  # In a shell of its own: however it ends, services may start again afterwards.
  (
    trap 'unguard_services "$prefix"' EXIT
    guard_services "$prefix"
    install_guarded "$prefix" "${missing[@]}"
  ) >"$log" 2>&1 || true
  mapfile -t missing < <(packages_missing "${names[@]}")
  if [ ${#missing[@]} != 0 ]; then
    tail -n 15 "$log" >&2
    echo "Could not install: ${missing[*]}" >&2
    echo "The whole output is in $log. Is the package server reachable (apt-get update)? Then start again." >&2
    return 1
  fi
  rm -f "$log"
}
