// Runs a program's tests with a temporary folder of their own, testing::TempDir(), which is gone afterwards: tests that
// run at the same time do not meet in it, and none finds what an earlier run has left.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <string>

// Asking for too much memory is something the program must survive: the sanitizers are to answer as the system does.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1"; }

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  std::string folder = (std::filesystem::temp_directory_path() / "pixelforge-test-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    std::perror(folder.c_str());
    return 1;
  }
  ::setenv("TEST_TMPDIR", folder.c_str(), 1);
  ::setenv("PIXELFORGE_HOME", (folder + "/home").c_str(), 1);  // not the library of whoever runs the tests
  const int status = RUN_ALL_TESTS();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return status;
}
