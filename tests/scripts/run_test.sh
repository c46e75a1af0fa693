#!/usr/bin/env bash
# ./run draws a picture where the caller stands, and its set-up leaves no word in what the program prints.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

"$root/run" generate "a red apple on a beach" --seed 42 --output apple.png
[[ $(head -c 8 apple.png | od -An -tx1) == " 89 50 4e 47 0d 0a 1a 0a" ]]
"$root/run" generate "a red apple on a beach" --seed 42 --output - >again.png
cmp apple.png again.png
[[ $("$root/run" --version) =~ ^pixelforge\ [0-9.]+$ ]]
