# Sourced: starts the server of $program on a port and in a home of its own, both gone when the script ends. Sets $place, a
# folder for whatever the script leaves, and $url.
# shellcheck shell=bash
place=$(mktemp -d)
server=
finish() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$place"
}
trap finish EXIT

PIXELFORGE_HOME=$place/home "${program:?}" serve --port 0 --json >"$place/address" 2>"$place/log" &
server=$!
for ((tries = 0; ; ++tries)); do
  if [[ -s $place/address ]]; then break; fi
  if ((tries == 100)) || ! kill -0 "$server" 2>/dev/null; then
    echo "the server did not come up:" >&2
    cat "$place/log" >&2
    exit 1
  fi
  sleep 0.1
done
# shellcheck disable=SC2034 # for those who source this
url=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["url"])' <"$place/address")
