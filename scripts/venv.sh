#!/usr/bin/env bash
# Makes a virtual environment with the first Python from 3.11 to 3.13 that is found.
set -euo pipefail

venv=${1:?where to}

for candidate in python3.12 python3.11 python3.13 python3; do
  if command -v "$candidate" >/dev/null &&
    "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
    python=$candidate
    break
  fi
done

if [ -z "${python:-}" ]; then
  cat >&2 <<'NONE'
No Python from 3.11 to 3.13 was found (looked for python3.12, python3.11, python3.13, python3).
  Debian, Ubuntu:  apt-get install python3 python3-venv
  macOS:           brew install python@3.12
NONE
  exit 1
fi

if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  package=$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get install --yes --no-install-recommends "$package" >/dev/null
  else
    echo "$python cannot make virtual environments here. Install the package $package." >&2
    exit 1
  fi
fi

echo "Making $venv with $("$python" --version)"
"$python" -m venv "$venv"
