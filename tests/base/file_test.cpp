#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace pxf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  std::string content(const fs::path& path) { return value_or_throw(read_file(path, 1 << 20)); }
  std::ptrdiff_t entries() { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); }

  fs::path folder = fs::path(testing::TempDir()) / "pxf-files";
};

TEST_F(Files, WhatIsWrittenIsReadBackAndReplacesWhatWasThere) {
  const fs::path path = folder / "a.txt";
  for (const std::string text : {"first", "second and longer", ""}) {
    ASSERT_TRUE(write_file_atomically(path, as_bytes(text)).ok());
    EXPECT_EQ(content(path), text);
  }
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, AWriteThatFailsHalfWayKeepsTheOldFileAndLeavesNoOther) {
  const fs::path path = folder / "a.txt";
  ASSERT_TRUE(write_file_atomically(path, as_bytes("old")).ok());
  // A limit on file sizes stands for a disk that fills up while writing.
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{4096, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const Status written = write_file_atomically(path, as_bytes(std::string(100000, 'x')));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(written.ok());
  EXPECT_THAT(written.error().text(), HasSubstr("a.txt: cannot write: "));
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, AMissingFolderIsNotFound) {
  const Status written = write_file_atomically(folder / "none" / "a.txt", as_bytes("x"));
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, ErrorCode::not_found);
}

TEST_F(Files, OnlyRegularFilesAreMapped) {
  EXPECT_THAT(MappedFile::open(folder).error().text(), HasSubstr("is a folder, need a file"));
  const fs::path pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(MappedFile::open(pipe).error().text(), HasSubstr("is not a regular file"));  // and does not hang
  EXPECT_EQ(MappedFile::open(folder / "none").error().code, ErrorCode::not_found);
}

TEST_F(Files, AnEmptyFileIsAnEmptyView) {
  std::ofstream(folder / "empty").close();
  EXPECT_TRUE(value_or_throw(MappedFile::open(folder / "empty"))->bytes().empty());
}

TEST_F(Files, ReleasedPagesAreReadAgain) {
  const std::string text(100000, 'y');
  ASSERT_TRUE(write_file_atomically(folder / "a", as_bytes(text)).ok());
  const auto file = value_or_throw(MappedFile::open(folder / "a"));
  EXPECT_EQ(as_text(file->bytes()), text);
  file->release_pages(file->bytes());
  EXPECT_EQ(as_text(file->bytes()), text);
}

}  // namespace
}  // namespace pxf
