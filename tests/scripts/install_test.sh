#!/usr/bin/env bash
# What `cmake --install` puts in place serves others: the examples compile against it with pkg-config alone and with
# find_package, and draw; the library shows its API and nothing else. install_test.sh BUILD-FOLDER
set -euo pipefail
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples" && pwd -P)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cmake --install "$1" --prefix "$place/usr"
cd "$place"

mapfile -t configs < <(find usr -name pixelforge.pc -printf '%h\n')
export PKG_CONFIG_PATH=$place/${configs[0]} LD_LIBRARY_PATH=$place/${configs[0]%/pkgconfig}
read -ra flags < <(pkg-config --cflags --libs pixelforge)
g++ -std=c++20 "$examples/generate.cpp" -o generate_cpp "${flags[@]}"
gcc -std=c11 -Wall -Wextra -Wpedantic -Werror "$examples/generate.c" -o generate_c "${flags[@]}"
./generate_cpp "a red apple on a beach" cpp.png
./generate_c "a red apple on a beach" c.png
cmp cpp.png c.png

mkdir package
cat >package/CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C CXX)
find_package(PixelForge 0.1 REQUIRED)
add_executable(user $examples/generate.c)
target_link_libraries(user PRIVATE PixelForge::pixelforge)
END
cmake -S package -B package/build -G Ninja -DCMAKE_PREFIX_PATH="$place/usr"
cmake --build package/build

usr/bin/pixelforge --version
shown=$(nm --dynamic --defined-only --demangle "$LD_LIBRARY_PATH/libpixelforge.so" | cut -d' ' -f3-)
mapfile -t headers < <(find "$place/usr/include/pixelforge" -name '*.h' ! -name pixelforge.h)
mapfile -t functions < <(grep -hE '^[A-Za-z][A-Za-z0-9_:<>,* &]* [*&]?[a-z_]+\(' "${headers[@]}" | grep -v '^using' |
  grep -oE '[a-z_]+\(' | tr -d '(' | sort -u)
any=$(IFS='|' && echo "${functions[*]}")
foreign=$(grep -v -E "^(pxf_[a-z_]+|pxf::(Engine|Checkpoint|FolderWatch|Library|Server|QueueWorker|Accounts)::.*|pxf::($any)(\[abi:cxx11\])?\\(.*\\))\$" <<<"$shown" || true)
if [[ -n $foreign ]]; then
  printf 'the library shows what is no API: %s\n' "$foreign"
  exit 1
fi
for function in "${functions[@]}"; do
  if ! grep -q -E "^pxf::$function(\[abi:cxx11\])?\(" <<<"$shown"; then
    echo "the library lacks $function, which a header declares (cmake/pixelforge.map)"
    exit 1
  fi
done
