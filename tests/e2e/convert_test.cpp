// The verb convert as its users run it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "e2e/program.h"
#include "e2e/weights_file.h"
#include "files.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A file of zeros that takes no room: one f32 tensor of so many rows of 1 MiB.
void write_sparse(const fs::path& path, std::uint64_t rows) {
  const std::string header = R"({"mid.weight":{"dtype":"F32","shape":[)" + std::to_string(rows) +
                             R"(,262144],"data_offsets":[0,)" + std::to_string(rows << 20) + "]}}";
  write_sparse_weights(path, header, rows << 20);
}

TEST(Convert, SaysWhatItDid) {
  TemporaryFolder folder;
  const Outcome done = run({"convert", "starter", "a.gguf", "--type", "q8_0", "--prune"}, {.folder = folder.path()});
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("a.gguf   GGUF, "), HasSubstr("tensors are q8_0 now"),
                              HasSubstr("norms, biases, embeddings"), HasSubstr("0 tensors left out")));
  const Outcome json = run({"convert", "a.gguf", "b.out", "--format", "safetensors", "--type", "bf16", "--json"},
                           {.folder = folder.path()});
  ASSERT_EQ(json.status, 0) << json.err;
  EXPECT_EQ(json.json()["format"], "safetensors");
  EXPECT_EQ(json.json()["converted"], json.json()["tensors"]);
  EXPECT_EQ(json.json()["bytes_after"], fs::file_size(folder.path() / "b.out"));
  EXPECT_THAT(folder.files(), ElementsAre("a.gguf", "b.out"));
}

TEST(Convert, WhatItWroteDraws) {
  TemporaryFolder folder;
  ASSERT_EQ(run({"convert", "starter", "a.gguf", "--type", "q4_k", "-q"}, {.folder = folder.path()}).status, 0);
  const Outcome done =
      run({"generate", "a", "-m", "a.gguf", "--steps", "1", "-q", "-o", "a.png"}, {.folder = folder.path()});
  EXPECT_EQ(done.status, 0) << done.err;
}

TEST(Convert, WrongUsageEndsWithTwoAndWritesNothing) {
  TemporaryFolder folder;
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"starter"}, "out is required"},
      {{"starter", "a.gguf", "--type", "q8_1"}, "did you mean \"q8_0\"?"},
      {{"starter", "a.gguf", "--type", "f8_e4m3"},
       "GGUF files have no f8_e4m3, need f32, f16, bf16 or one such as q8_0"},
      {{"starter", "a.safetensors", "--type", "q4_k"}, "safetensors files have no q4_k"},
      {{"starter", "a.bin"}, "the ending tells the format: need .safetensors or .gguf; or say --format"},
      {{"starter", "a.gguf", "--format", "zip"}, "format: got \"zip\""},
  };
  for (const auto& [arguments, words] : cases) {
    std::vector<std::string> all{"convert"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome done = run(all, {.folder = folder.path()});
    EXPECT_EQ(done.status, 2) << done.err;
    EXPECT_THAT(done.err, HasSubstr(words));
  }
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(Convert, NeverReplacesTheFileItReads) {
  TemporaryFolder folder;
  fs::copy_file(starter_file(), folder.path() / "a.safetensors");
  fs::create_symlink("a.safetensors", folder.path() / "link.safetensors");
  for (const char* out : {"a.safetensors", "link.safetensors", "./a.safetensors"}) {
    const Outcome done = run({"convert", "a.safetensors", out, "--type", "f32"}, {.folder = folder.path()});
    EXPECT_EQ(done.status, 2);
    EXPECT_THAT(done.err, HasSubstr("is the file to convert; choose another name"));
  }
  EXPECT_EQ(fs::file_size(folder.path() / "a.safetensors"), fs::file_size(starter_file()));
}

TEST(Convert, BadPlacesAreSaid) {
  TemporaryFolder folder;
  const auto error = [&](const std::string& in, const std::string& out, const Surroundings& surroundings) {
    return run({"convert", in, out, "--type", "f16"}, surroundings).err;
  };
  EXPECT_THAT(error("starter", "none/a.gguf", {.folder = folder.path()}), HasSubstr("no such file or folder"));
  EXPECT_THAT(error("none.safetensors", "a.gguf", {.folder = folder.path()}), HasSubstr("none.safetensors"));
  fs::create_directory(folder.path() / "d.gguf");
  EXPECT_THAT(error("starter", "d.gguf", {.folder = folder.path()}), HasSubstr("is no regular file"));
  EXPECT_THAT(error("starter", "/dev/null", {.folder = folder.path()}), HasSubstr("ending"));
  EXPECT_THAT(error("starter", "a.gguf", {.folder = folder.path(), .file_size = 1'000'000}),
              HasSubstr("a.gguf: cannot write: File too large; the limit on the size of files"));
  EXPECT_THAT(folder.files(), ElementsAre("d.gguf"));
}

TEST(Convert, ADiskThatIsTooSmallIsSaidBeforehand) {
  TemporaryFolder folder;
  constexpr std::uint64_t kRows = std::uint64_t{1} << 21;  // 2 TiB, half of it as f16
  if (fs::space(folder.path()).available > kRows << 19) GTEST_SKIP() << "a disk that has room for it";
  try {
    write_sparse(folder.path() / "in.safetensors", kRows);
  } catch (const fs::filesystem_error&) {
    GTEST_SKIP() << "no files of this size here";
  }
  const Outcome done = run({"convert", "in.safetensors", "out.gguf", "--type", "f16"}, {.folder = folder.path()});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, AllOf(HasSubstr("out.gguf: disk: got "), HasSubstr("need 1099511627776")));
  EXPECT_THAT(folder.files(), ElementsAre("in.safetensors"));
}

TEST(Convert, CtrlCLeavesTheOldFile) {
  TemporaryFolder folder;
  write_sparse(folder.path() / "in.safetensors", 6144);
  if (fs::space(folder.path()).available < std::uint64_t{4} << 30) GTEST_SKIP() << "needs 4 GiB, to be stopped early";
  std::ofstream(folder.path() / "out.gguf") << "old";
  OnTerminal program({"convert", "in.safetensors", "out.gguf", "--type", "q8_0"}, folder.path());
  ASSERT_TRUE(program.shows("converting ")) << program.screen();
  program.type("\x03");
  EXPECT_EQ(program.status(), 130);
  EXPECT_THAT(program.screen(), HasSubstr("pixelforge: cancelled"));
  EXPECT_THAT(folder.files(), ElementsAre("in.safetensors", "out.gguf"));
  EXPECT_EQ(fs::file_size(folder.path() / "out.gguf"), 3u);
}

TEST(Convert, ALargeTensorNeedsLittleMemory) {
  if (kAddressSanitizer) GTEST_SKIP();
  TemporaryFolder folder;
  write_sparse(folder.path() / "in.safetensors", 1024);
  // The file is mapped, so that address space holds it once; what is left for the rest is 300 MB.
  const Outcome done = run({"convert", "in.safetensors", "out.gguf", "--type", "q8_0", "--threads", "2"},
                           {.folder = folder.path(), .address_space = (1024u << 20) + 300'000'000u});
  EXPECT_EQ(done.status, 0) << done.err;
}

}  // namespace
}  // namespace pxf::test
