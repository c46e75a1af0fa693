// The verbs merge, diff and extract as their users run them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

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
using testing::StartsWith;

/// An SD 1.x checkpoint of zeros that takes no room: one large tensor of so many rows of 1 MiB.
void write_sparse_checkpoint(const fs::path& path, std::uint64_t rows) {
  const std::string large = std::to_string(rows << 20);
  const std::string header =
      R"({"model.diffusion_model.middle_block.0.weight":{"dtype":"F32","shape":[)" + std::to_string(rows) +
      R"(,262144],"data_offsets":[0,)" + large +
      R"(]},"model.diffusion_model.input_blocks.0.0.weight":{"dtype":"F32","shape":[1,4,1,1],"data_offsets":[)" +
      large + "," + std::to_string((rows << 20) + 16) + "]}}";
  write_sparse_weights(path, header, (rows << 20) + 16);
}

TEST(MergeVerb, MakesOneOfTwoThatDraws) {
  TemporaryFolder folder;
  const Outcome done = run({"merge", "starter:0.6", "starter-pixel:0.4", "-o", "both.safetensors", "--blocks",
                            "IN=0.2,OUT=0.8", "--lora", "neon:0.5"},
                           {.folder = folder.path()});
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("both.safetensors   safetensors, "), HasSubstr("780 of 780 tensors merged"),
                              HasSubstr("LoRA neon: "), HasSubstr("commercial use: yes")));
  const Outcome picture =
      run({"generate", "a", "-m", "both.safetensors", "--steps", "1", "-q", "-o", "a.png"}, {.folder = folder.path()});
  EXPECT_EQ(picture.status, 0) << picture.err;
  EXPECT_THAT(folder.files(), ElementsAre("a.png", "both.safetensors"));
}

TEST(MergeVerb, WrongUsageEndsWithTwoAndWritesNothing) {
  TemporaryFolder folder;
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"starter", "starter-pixel"}, "--out is required"},
      {{"starter", "-o", "a.gguf"}, "models: got one, need two or more for weighted"},
      {{"starter", "starter-pixel", "-o", "a.gguf", "--method", "sum"},
       "need one of add-difference|dare|slerp|ties|weighted"},
      {{"starter", "starter-pixel", "-o", "a.gguf", "--blocks", "OUT4=1"}, "did you mean \"OUT04\"?"},
      {{"starter", "starter-pixel", "-o", "a.bin"}, "the ending tells the format"},
      {{"starter", "starter-pixel", "-o", "a.gguf", "--method", "dare"}, "base: got none"},
  };
  for (const auto& [arguments, words] : cases) {
    std::vector<std::string> all{"merge"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome done = run(all, {.folder = folder.path()});
    EXPECT_EQ(done.status, 2) << done.err;
    EXPECT_THAT(done.err, HasSubstr(words));
  }
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(MergeVerb, CtrlCLeavesTheOldFile) {
  TemporaryFolder folder;
  write_sparse_checkpoint(folder.path() / "in.safetensors", 3072);
  if (fs::space(folder.path()).available < std::uint64_t{4} << 30) GTEST_SKIP() << "needs 4 GiB, to be stopped early";
  std::ofstream(folder.path() / "out.safetensors") << "old";
  OnTerminal program({"merge", "in.safetensors", "in.safetensors", "-o", "out.safetensors"}, folder.path());
  ASSERT_TRUE(program.shows("merging ")) << program.screen();
  program.type("\x03");
  EXPECT_EQ(program.status(), 130);
  EXPECT_THAT(program.screen(), HasSubstr("pixelforge: cancelled"));
  EXPECT_THAT(folder.files(), ElementsAre("in.safetensors", "out.safetensors"));
  EXPECT_EQ(fs::file_size(folder.path() / "out.safetensors"), 3u);
}

TEST(MergeVerb, LargeTensorsNeedLittleMemory) {
  if (kAddressSanitizer) GTEST_SKIP();
  TemporaryFolder folder;
  write_sparse_checkpoint(folder.path() / "in.safetensors", 256);
  // The file is mapped three times; what is left for the rest is less than the tensor.
  const Outcome done = run({"merge", "in.safetensors", "in.safetensors", "--method", "add-difference", "--base",
                            "in.safetensors", "--type", "f16", "-o", "out.safetensors", "--threads", "2"},
                           {.folder = folder.path(), .address_space = 3 * (256u << 20) + 250'000'000u});
  EXPECT_EQ(done.status, 0) << done.err;
}

TEST(DiffVerb, ShowsBlocksAndDrawsAChart) {
  TemporaryFolder folder;
  const Outcome done = run({"diff", "starter", "starter-pixel", "--chart", "where.png"}, {.folder = folder.path()});
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(StartsWith("A: starter\nB: starter-pixel\n"), HasSubstr("  IN04 "), HasSubstr("  TE00 "),
                              HasSubstr("  decoder.up.03 ")));
  EXPECT_THAT(content_of(folder.path() / "where.png"), StartsWith("\x89PNG"));
  const Outcome json = run({"diff", "starter", "starter", "--json"}, {.folder = folder.path()});
  ASSERT_EQ(json.status, 0) << json.err;
  EXPECT_EQ(json.json()["all"]["equal"], 780);
  EXPECT_EQ(json.json()["tensors"].size(), 780u);
  const Outcome other = run({"diff", "starter", "neon"}, {.folder = folder.path()});
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.err, HasSubstr("neon: is a LoRA, starter is a checkpoint"));
}

TEST(ExtractVerb, WritesALoraThatDraws) {
  TemporaryFolder folder;
  const Outcome done =
      run({"extract", "starter", "starter-pixel", "-o", "pixel.safetensors", "--rank", "8", "--conv-rank", "4"},
          {.folder = folder.path()});
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out,
              AllOf(HasSubstr("pixel.safetensors   LoRA, "), HasSubstr("ranks 4 to 8"), HasSubstr("left out (--full")));
  const Outcome picture = run({"generate", "a", "--lora", "pixel.safetensors", "--steps", "1", "-q", "-o", "a.png"},
                              {.folder = folder.path()});
  EXPECT_EQ(picture.status, 0) << picture.err;
  const Outcome wrong =
      run({"extract", "starter", "starter-pixel", "-o", "c.safetensors", "--energy", "2"}, {.folder = folder.path()});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("energy: got 2, need more than 0 and at most 1"));
}

}  // namespace
}  // namespace pxf::test
