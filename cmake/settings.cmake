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
  add_link_options(-fsanitize=${sanitizers})
endif()

# One folder, one library: pxf_library(formats DEPENDS base tensor LINK nlohmann_json::nlohmann_json).
# Sources are all .cpp files of the folder; includes are written from src/ ("formats/safetensors.h").
function(pxf_library name)
  cmake_parse_arguments(arg "" "FOLDER" "DEPENDS;LINK" ${ARGN})
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
endfunction()

# All tests of one folder in one program: pxf_test(formats DEPENDS formats) builds tests/formats/*.cpp as test_formats.
function(pxf_test name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${name}/*.cpp)
  add_executable(test_${name} ${PROJECT_SOURCE_DIR}/tests/main.cpp ${sources})
  target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  list(TRANSFORM arg_DEPENDS PREPEND pxf_)
  target_link_libraries(test_${name} PRIVATE ${arg_DEPENDS} ${arg_LINK} GTest::gmock)
  target_compile_definitions(test_${name} PRIVATE PIXELFORGE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_compile_options(test_${name} PRIVATE -O0)  # builds in two thirds of the time; what is tested keeps its own level
  gtest_discover_tests(test_${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES PROPERTIES LABELS ${name} TIMEOUT 600)
endfunction()
