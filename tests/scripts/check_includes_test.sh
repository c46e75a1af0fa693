#!/usr/bin/env bash
# scripts/check-includes on small trees: a clean one passes, and each kind of breach is caught with its file and line.
set -euo pipefail
check=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../scripts" && pwd -P)/check-includes
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

fresh_tree() {
  rm -rf "$tree"
  mkdir -p "$tree"/{include/pixelforge,src/{base,tensor,ops,models,cli}}
  echo '#include <string>' >"$tree/include/pixelforge/error.h"
  echo '#include "pixelforge/error.h"' >"$tree/src/base/error.h"
  printf '#include <vector>\n\n#include "tensor/shape.h"\n' >"$tree/src/tensor/tensor.h"
  echo '#include "base/error.h"' >"$tree/src/tensor/shape.h"
  echo '#include "pixelforge/error.h"' >"$tree/src/cli/main.cpp"
}

# caught EXPECTED FILE TEXT: a clean tree with this line added to the file is refused, and EXPECTED is in what is said.
caught() {
  fresh_tree
  mkdir -p "$(dirname "$tree/$2")"
  echo "$3" >>"$tree/$2"
  local said
  if said=$("$check" "$tree") || [[ $said != *"$1"* ]]; then
    printf 'not caught: %s in %s; got "%s", need "%s"\n' "$3" "$2" "$said" "$1"
    failures=$((failures + 1))
  fi
}

fresh_tree
"$check" "$tree" || failures=$((failures + 1))
caught 'src/tensor/tensor.h:4: tensor must not include "ops/conv2d.h"' src/tensor/tensor.h '#include "ops/conv2d.h"'
caught 'src/models/unet.cpp:1: models must not include "backends/all.h"' src/models/unet.cpp '#  include "backends/all.h"'
caught 'src/cli/main.cpp:2: cli must not include "base/error.h"' src/cli/main.cpp '#include "base/error.h"'
caught 'include/pixelforge/error.h:2: the public API must not include "base/bytes.h"' include/pixelforge/error.h '#include "base/bytes.h"'
caught 'include/pixelforge/error.h:2: a public header includes <fmt/format.h>' include/pixelforge/error.h '#include <fmt/format.h>'
caught 'src/base/error.h:2: "../tensor/tensor.h" is not written from src/' src/base/error.h '#include "../tensor/tensor.h"'
caught 'the folder extras is not in the list of layers' src/extras/a.h '#pragma once'
caught 'src/base/utils:1: a folder of this name' src/base/utils/a.h '#pragma once'
caught 'circle: src/tensor/tensor.h src/tensor/shape.h' src/tensor/shape.h '#include "tensor/tensor.h"'
exit $((failures > 0))
