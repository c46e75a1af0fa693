// Tests with a library of their own, which goes with them.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "e2e/program.h"

namespace pxf::test {

class OwnLibrary : public testing::Test {
 protected:
  OwnLibrary() { ::setenv("PIXELFORGE_HOME", home().c_str(), 1); }
  ~OwnLibrary() override { ::setenv("PIXELFORGE_HOME", outside_.c_str(), 1); }

  std::filesystem::path home() const { return folder_.path() / "home"; }
  /// Names that `list` shows, without the embedded ones.
  static std::set<std::string> names() {
    std::set<std::string> out;
    const auto listed = run({"list", "--json"}).json();
    for (const auto& one : listed["models"]) {
      if (one.contains("added")) out.insert(one["name"]);
    }
    return out;
  }

  std::string outside_ = std::getenv("PIXELFORGE_HOME");  // as main() has set it
  TemporaryFolder folder_;
};

}  // namespace pxf::test
