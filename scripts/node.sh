#!/usr/bin/env bash
# Says what to do where Node.js is missing or too old to build the page.
set -euo pipefail

if command -v node >/dev/null && command -v npm >/dev/null &&
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
  exit 0
fi

found=$(node --version 2>/dev/null || echo none)
echo "Building the page needs Node.js 20.19 or newer with npm; found: $found. Install it and run make again." >&2
exit 1
