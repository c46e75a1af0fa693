#!/usr/bin/env bash
# systemd reads its unit without a complaint, and is as closed as docs/operations.md says: tests/scripts/unit_test.sh BUILD
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
program=$(cd "$1" && pwd -P)/pixelforge

if ! command -v systemd-analyze >/dev/null; then
  echo "left out: there is no systemd-analyze here"
  exit 0
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
sed "s|^ExecStart=pixelforge |ExecStart=$program |" "$root/packaging/systemd/pixelforge.service" >"$place/pixelforge.service"
systemd-analyze verify --man=no "$place/pixelforge.service" 2>"$place/complaints" || true
if [[ -s $place/complaints ]]; then
  cat "$place/complaints"
  exit 1
fi
systemd-analyze security --no-pager --offline=true --threshold=14 "$place/pixelforge.service" >"$place/security" || {
  tail -n 1 "$place/security"
  exit 1
}
tail -n 1 "$place/security"
