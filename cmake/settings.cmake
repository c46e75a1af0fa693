set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# -ffp-contract=off: a compiler that fuses multiplies and adds where it likes would make one build's pictures differ from
# another's; kernels that want an FMA ask for it.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -ffp-contract=off)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

if(PIXELFORGE_SANITIZE)
  string(REPLACE ";" "," sanitizers "${PIXELFORGE_SANITIZE}")
  add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1 -O1)
  add_link_options(-fsanitize=${sanitizers} -fuse-ld=lld)  # a quarter of the time, of some forty programs
endif()

# The headers that cost most of a build's time, parsed once; presets that leave this off prove that every file includes
# what it needs.
function(pxf_precompile target)
  if(PIXELFORGE_QUICK_BUILD)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()
function(pxf_precompiled_by target other)
  if(PIXELFORGE_QUICK_BUILD)
    target_precompile_headers(${target} REUSE_FROM ${other})
  endif()
endfunction()

# Several files a compiler run, so that headers are read and templates made once for all of them; presets that leave
# PIXELFORGE_QUICK_BUILD off prove that every file stands alone. `apart` matches those that are compiled alone in any case:
# they have names of their own that are another file's too, such as each family's `build`, or are compiled once for each
# instruction set.
function(pxf_compile_together target apart)
  if(NOT PIXELFORGE_QUICK_BUILD)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  if(apart)
    get_target_property(files ${target} SOURCES)
    list(FILTER files INCLUDE REGEX "${apart}")
    set_source_files_properties(${files} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

# For what no user waits for: two thirds of the compile time of -O2, and half with sanitizers, where most of it goes into
# optimising the checks.
function(pxf_compile_briefly target)
  if(PIXELFORGE_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  elseif(CMAKE_BUILD_TYPE STREQUAL Release)
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

# What tells fuzzers which inputs reach new code: of no use to those that no fuzzer calls, which are compiled briefly.
function(pxf_report_branches target)
  if(PIXELFORGE_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# One folder, one library: pxf_library(formats DEPENDS base tensor LINK nlohmann_json::nlohmann_json).
# Sources are all .cpp files of the folder; includes are written from src/ ("formats/safetensors.h").
# BRIEFLY: see pxf_compile_briefly. APART: see pxf_compile_together.
function(pxf_library name)
  cmake_parse_arguments(arg "BRIEFLY" "FOLDER;APART" "DEPENDS;LINK" ${ARGN})
  if(NOT arg_FOLDER)
    set(arg_FOLDER ${name})
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${arg_FOLDER}/*.cpp)
  if(NOT sources)
    add_library(pxf_${name} INTERFACE)
    return()
  endif()
  add_library(pxf_${name} STATIC ${sources})
  target_include_directories(pxf_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  list(TRANSFORM arg_DEPENDS PREPEND pxf_)
  target_link_libraries(pxf_${name} PUBLIC ${arg_DEPENDS} ${arg_LINK})
  pxf_compile_together(pxf_${name} "${arg_APART}")
  if(arg_BRIEFLY)
    pxf_compile_briefly(pxf_${name})
  else()
    pxf_report_branches(pxf_${name})
  endif()
  if(name MATCHES "^(base|store)$")  # the first of either level of optimisation: clang shares headers within one only
    pxf_precompile(pxf_${name} ${PROJECT_SOURCE_DIR}/cmake/pch.h)
  elseif(arg_BRIEFLY)
    pxf_precompiled_by(pxf_${name} pxf_store)
  else()
    pxf_precompiled_by(pxf_${name} pxf_base)
  endif()
endfunction()

# All tests of one folder in one program: pxf_test(formats DEPENDS formats) builds tests/formats/*.cpp as test_formats.
function(pxf_test name)
  cmake_parse_arguments(arg "" "APART" "DEPENDS;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${name}/*.cpp)
  add_executable(test_${name} ${sources})
  target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  list(TRANSFORM arg_DEPENDS PREPEND pxf_)
  target_link_libraries(test_${name} PRIVATE ${arg_DEPENDS} ${arg_LINK} pxf_test_main)
  target_compile_definitions(test_${name} PRIVATE PIXELFORGE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set_target_properties(test_${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  pxf_precompiled_by(test_${name} pxf_test_main)
  pxf_compile_together(test_${name} "${arg_APART}")
  gtest_discover_tests(test_${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES PROPERTIES LABELS ${name} TIMEOUT 600)
endfunction()
