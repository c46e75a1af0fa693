#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "e2e/program.h"
#include "e2e/weights_file.h"
#include "files.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

fs::path source(const char* path) { return fs::path(PIXELFORGE_SOURCE_DIR) / path; }

fs::path golden_folder() {
  const char* elsewhere = std::getenv("PIXELFORGE_GOLDEN");
  return elsewhere ? fs::path(elsewhere) : source("tests/golden");
}

/// One line: "pixelforge: ...".
void expect_error(const Outcome& done, int status, const std::string& words) {
  EXPECT_EQ(done.status, status) << done.err;
  EXPECT_THAT(done.err, AllOf(StartsWith("pixelforge: "), HasSubstr(words)));
  EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
}

struct UsageCase {
  std::vector<std::string> arguments;
  const char* words;
};

TEST(WrongUsage, EndsWithTwoAndSaysWhatIsNeeded) {
  const UsageCase cases[] = {
      {{"genrate"}, "verb: got \"genrate\", need one of generate, choose"},
      {{"generate"}, "prompt is required; see pixelforge generate --help"},
      {{"generate", "a", "--lorra", "neon"}, "unknown flag \"--lorra\""},
      {{"generate", "a", "red", "apple"}, "quote an argument that has spaces"},
      {{"generate", "-a boat"}, "a prompt that begins with - goes after --"},
      {{"generate", "a", "--steps"}, "--steps: got nothing, need a value"},
      {{"generate", "a", "--steps", "many"}, "--steps: got \"many\", need a whole number"},
      {{"generate", "a", "--steps", "0"}, "steps: got 0, need 1 to 10000"},
      {{"generate", "a", "--steps", "99999999999999999999"}, "need a whole number"},
      {{"generate", "a", "--cfg", "nan"}, "got nan"},
      {{"generate", "a", "--cfg", "4,,5"}, "need a number such as 7.5"},
      {{"generate", "a", "--cfg", "4,nan"}, "guidance: cfg: scales: got nan, need 0 to 1000"},
      {{"generate", "a", "--memory", "3"}, "--memory: got \"3\", need a size such as 3G"},
      {{"generate", "a", "--shortcut", "depe:3"}, "did you mean \"deep\"?"},
      {{"generate", "a", "--shortcut", "deep:3,depth=99"}, "depth: got 99, need 1 to"},
      {{"generate", "a", "--guidance", "pug:3"}, "did you mean \"pag\"?"},
      {{"generate", "a", "--guidance", "pag:x"}, "guidance: pag: scale: got \"x\", need a number"},
      {{"generate", "a", "--guidance", "pag:3,layers=output.99"}, "output.99"},
      {{"generate", "a", "--guidance", "pag:3", "--guidance", "pag:2"}, "got pag twice"},
      {{"generate", "a", "--guidance", "rescale:-0.1"}, "got -0.1, need 0 to 1"},
      {{"generate", "a", "--size", "100x100"}, "width: got 100, need a multiple of 8; try 104"},
      {{"generate", "a", "--size", "0x64"}, "width: got 0"},
      {{"generate", "a", "--size", "big"}, "need WIDTHxHEIGHT"},
      {{"generate", "a", "--sampler", "eulr"}, "did you mean \"euler\"?"},
      {{"generate", "a", "--scheduler", "karas"}, "did you mean \"karras\"?"},
      {{"generate", "a", "--seed", "-1"}, "leave it out for a random one"},
      {{"generate", "a", "--count", "0"}, "count: got 0"},
      {{"generate", "a", "--clip-skip", "99"}, "clip skip: got 99"},
      {{"generate", "a", "--noise", "tpu"}, "need one of cpu|gpu"},
      {{"generate", "a", "--threads", "100000"}, "threads: got 100000"},
      {{"generate", "a", "--format", "gif"}, "need one of png|jpeg|webp"},
      {{"generate", "a", "-o", "out.gif"}, "need .png, .jpg or .webp"},
      {{"generate", "a", "-o", "out.png", "--format", "webp"}, "need \".webp\" for --format"},
      {{"generate", "a", "--quality", "0"}, "got 0, need 1 to 100"},
      {{"generate", "a", "--variation-strength", "2"}, "variation strength: got 2, need 0 to 1"},
      {{"generate", "a", "--seed-resize", "60x64"}, "seed resize width: got 60, need a multiple of 8; try 64"},
      {{"generate", "a", "--outpaint", "up=8"}, "need left=64"},
      {{"generate", "a", "--outpaint", "8"}, "outpaint: got margins without a picture"},
      {{"generate", "a", "--only-masked"}, "only masked: got no mask"},
      {{"generate", "a", "-o", "-", "-c", "2"}, "standard output takes 1"},
      {{"completion", "tcsh"}, "need bash, zsh or fish"},
  };
  TemporaryFolder folder;
  for (const UsageCase& c : cases) {
    SCOPED_TRACE(testing::PrintToString(c.arguments));
    expect_error(run(c.arguments, {.folder = folder.path()}), 2, c.words);
  }
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(LittleMemory, IsToldBeforeDrawing) {
  TemporaryFolder folder;
  expect_error(run({"generate", "a", "--memory", "20M"}, {.folder = folder.path()}), 1, "needs at least");
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(WrongUsage, IsAnObjectForThoseWhoAskForJson) {
  const Outcome done = run({"generate", "a", "--json", "--steps", "0"});
  EXPECT_EQ(done.status, 2);
  EXPECT_EQ(done.json()["error"]["code"], "invalid_argument");
  EXPECT_THAT(std::string(done.json()["error"]["message"]), HasSubstr("got 0"));
}

TEST(BadCheckpoint, EveryMalformedFileIsRefusedByNameAndRunsNothing) {
  const fs::path golden = golden_folder() / "malformed";
  std::ifstream file(golden / "manifest.json");
  const auto manifest = nlohmann::json::parse(file);
  TemporaryFolder folder;  // where a pickle that runs would leave a file
  int tried = 0;
  for (const auto& c : manifest["cases"]) {
    const std::string name = c["file"];
    if (!fs::exists(golden / name)) continue;
    SCOPED_TRACE(name);
    ++tried;
    // Of shards, the one at fault is named.
    const std::string place = name.ends_with(".index.json") ? fs::path(name).parent_path().string() : name;
    expect_error(run({"generate", "a", "-m", golden / name}, {.folder = folder.path()}), 1, place);
    const Outcome inspected = run({"inspect", "--json", golden / name}, {.folder = folder.path()});
    if (c.value("may_open", false) && inspected.status == 0) continue;
    EXPECT_EQ(inspected.status, 1);
    EXPECT_TRUE(inspected.json().contains("error")) << inspected.out;
  }
  EXPECT_GT(tried, 0);
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(BadCheckpoint, AMissingFile) { expect_error(run({"generate", "a", "-m", "no.safetensors"}), 1, "no such file"); }

TEST(BadCheckpoint, AFolder) { expect_error(run({"generate", "a", "-m", "/tmp"}), 1, "/tmp: has no weights"); }

TEST(BadCheckpoint, ALoraSaysThatItIsOne) {
  expect_error(run({"generate", "a", "-m", source("assets/starter/lora/neon.safetensors")}), 1, "LoRA");
}

TEST(BadCheckpoint, AVaeAloneSaysThatItIsOne) {
  TemporaryFolder folder;
  WeightsFile starter(starter_file());
  starter.drop("model.diffusion_model.");
  starter.drop("cond_stage_model.");
  starter.write(folder.path() / "vae.safetensors");
  expect_error(run({"generate", "a", "-m", "vae.safetensors"}, {.folder = folder.path()}), 1, "VAE");
}

TEST(BadCheckpoint, OneWithoutATextEncoder) {
  TemporaryFolder folder;
  WeightsFile starter(starter_file());
  starter.drop("cond_stage_model.");
  starter.write(folder.path() / "half.safetensors");
  expect_error(run({"generate", "a", "-m", "half.safetensors"}, {.folder = folder.path()}), 1, "text encoder");
}

TEST(BadCheckpoint, OneThatLacksATensorNamesIt) {
  TemporaryFolder folder;
  WeightsFile starter(starter_file());
  starter.drop("model.diffusion_model.out.2.weight");
  starter.write(folder.path() / "hole.safetensors");
  expect_error(run({"generate", "a", "-m", "hole.safetensors"}, {.folder = folder.path()}), 1,
               "model.diffusion_model.out.2.weight");
}

TEST(BadCheckpoint, NanWeightsAreNamedAndNoPictureIsWritten) {
  TemporaryFolder folder;
  WeightsFile starter(starter_file());
  starter.fill("model.diffusion_model.out.2.weight", '\xff');
  starter.write(folder.path() / "nan.safetensors");
  const Outcome done = run({"generate", "a", "-q", "--steps", "2", "-m", "nan.safetensors"}, {.folder = folder.path()});
  expect_error(done, 1, "\"model.diffusion_model.out.2.weight\" hold NaN");
  EXPECT_THAT(folder.files(), testing::ElementsAre("nan.safetensors"));
}

TEST(BadOutput, AFolderThatIsNotThere) {
  expect_error(run({"generate", "a", "-o", "no/such/out.png"}), 1, "no/such: no such folder");
}

TEST(BadOutput, AFolderThatMayNotBeWrittenTo) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become someone else";
  TemporaryFolder folder;
  constexpr uid_t kNobody = 65534;
  fs::permissions(folder.path(), fs::perms(0755));
  const Outcome done = run({"generate", "a"}, {.folder = folder.path(), .user = kNobody});
  if (done.status == 127) GTEST_SKIP() << "nobody may run the program from the build folder";
  expect_error(done, 1, "cannot write to this folder: Permission denied");
}

TEST(BadOutput, AFullDisk) {
  expect_error(run({"generate", "a", "-q", "--steps", "1", "-o", "-"}, {.output = "/dev/full"}), 1, "the disk is full");
  EXPECT_EQ(run({"list"}, {.output = "/dev/full"}).status, 1);
  EXPECT_EQ(run({"--help"}, {.output = "/dev/full"}).status, 1);
}

TEST(BadOutput, AFileThatCannotBeWrittenWholeIsNotThereAtAll) {
  TemporaryFolder folder;
  const Outcome done = run({"generate", "a", "-q", "--steps", "1"}, {.folder = folder.path(), .file_size = 1000});
  expect_error(done, 1, "File too large");
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(BadOutput, ADeviceIsWrittenToAndStays) {
  ASSERT_EQ(run({"generate", "a", "-q", "--steps", "1", "-o", "/dev/null"}).status, 0);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(Memory, TooLittleForThePictureIsSaidBeforehand) {
  if (kAddressSanitizer) GTEST_SKIP();
  const Outcome done = run({"generate", "a", "-q", "--size", "2048x2048"}, {.address_space = 1'000'000'000});
  expect_error(done, 1, "use a smaller size");
}

TEST(Memory, WhereItIsShortTheVaeWorksInBandsUnasked) {
  if (kAddressSanitizer) GTEST_SKIP();
  const std::vector<std::string> explain = {"generate", "a", "--explain", "--size", "2048x2048"};
  EXPECT_EQ(run(explain, {.address_space = 8'000'000'000}).out.find("in bands"), std::string::npos);
  EXPECT_NE(run(explain, {.address_space = 2'500'000'000}).out.find("in bands"), std::string::npos);
}

TEST(Memory, NoLimitMakesItCrash) {
  if (kAddressSanitizer) GTEST_SKIP();
  // From the first at which the loader can start it, in steps that meet every stage of the work.
  int started = 0;
  for (std::uint64_t megabytes = 80; megabytes <= 200; megabytes += 5) {
    const Outcome done =
        run({"generate", "a", "-q", "--steps", "1", "-o", "-"}, {.address_space = megabytes * 1'000'000});
    if (!started && (done.status == 127 || done.status == 139)) continue;
    ++started;
    EXPECT_TRUE(done.status == 0 || done.status == 1) << megabytes << " MB: " << done.status << " " << done.err;
  }
  EXPECT_GT(started, 5);
}

}  // namespace
}  // namespace pxf::test
