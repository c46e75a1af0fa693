#include "base/temporary_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>

namespace pxf {
namespace {

namespace fs = std::filesystem;

const fs::path& temporary_files() {
  static const fs::path folder = testing::TempDir();
  return folder;
}

TEST(TemporaryFiles, AreGoneWithWhoeverHoldsThem) {
  std::optional<TemporaryFile> held;
  fs::path path;
  {
    TemporaryFile made = value_or_throw(TemporaryFile::create(temporary_files(), "a.txt"));
    path = made.path();
    std::ofstream(path) << "something";
    held.emplace(std::move(made));
  }
  EXPECT_TRUE(fs::exists(path));
  held.reset();
  EXPECT_FALSE(fs::exists(path));
}

TEST(TemporaryFiles, OfOneNameAreDifferentAndForTheirUserAlone) {
  const auto one = value_or_throw(TemporaryFile::create(temporary_files(), "a.png"));
  const auto other = value_or_throw(TemporaryFile::create(temporary_files(), "a.png"));
  EXPECT_NE(one.path(), other.path());
  EXPECT_EQ(one.path().extension(), ".png");
  EXPECT_EQ(fs::status(one.path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(TemporaryFiles, WithoutAFolderAreAnError) {
  const auto made = TemporaryFile::create(temporary_files() / "none", "a.txt");
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace pxf
