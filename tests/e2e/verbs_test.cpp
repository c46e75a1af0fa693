#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "e2e/program.h"
#include "e2e/weights_file.h"

namespace pxf::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Help, EveryVerbHasExamples) {
  for (const char* verb :
       {"generate", "inspect", "list", "doctor", "bench", "probe", "convert", "prepare", "explain", "completion"}) {
    const Outcome done = run({verb, "--help"});
    EXPECT_EQ(done.status, 0);
    EXPECT_THAT(done.out, AllOf(HasSubstr("Examples:\n"), HasSubstr(std::string("pixelforge ") + verb)));
  }
}

TEST(Help, TheProgramAloneShowsItAndEndsWithTwo) {
  const Outcome done = run({});
  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.err, HasSubstr("generate"));
}

TEST(Version, IsOneLine) {
  EXPECT_THAT(run({"--version"}).out, testing::MatchesRegex("pixelforge [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(Inspect, TellsWhatTheStarterIs) {
  const Outcome done = run({"inspect", "starter"});
  EXPECT_EQ(done.status, 0);
  EXPECT_THAT(done.out,
              AllOf(HasSubstr("checkpoint, SD 1.x, v-prediction"), HasSubstr("CC0-1.0"), HasSubstr("UNet: ")));
}

TEST(Inspect, GivesTheHashAsJson) {
  const Outcome done = run({"inspect", starter_file(), "--hash", "--json"});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto model = done.json();
  EXPECT_EQ(model["family"], "sd1");
  EXPECT_EQ(model["parts"].size(), 3u);
  EXPECT_EQ(std::string(model["sha256"]).size(), 64u);
}

TEST(Inspect, DoesNotLetAFileDriveTheTerminal) {
  TemporaryFolder folder;
  const std::string header =
      R"({"__metadata__":{"modelspec.title":"\u001b[2Jboo","modelspec.description":"a\u009b31mb"},)"
      R"("x\u001b[31m":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const std::uint64_t length = header.size();
  std::ofstream(folder.path() / "evil.safetensors", std::ios::binary)
      << std::string(reinterpret_cast<const char*>(&length), sizeof length) << header << std::string(4, '\0');
  const Outcome done = run({"inspect", "evil.safetensors", "--metadata"}, {.folder = folder.path()});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("\\x1b[2Jboo"), Not(HasSubstr("\x1b")), Not(HasSubstr("\xc2\x9b"))));
}

TEST(List, ShowsTheStarterAndFiles) {
  const Outcome done = run({"list", starter_file()});
  EXPECT_EQ(done.status, 0);
  EXPECT_THAT(done.out, AllOf(StartsWith("NAME"), HasSubstr("\nstarter "), HasSubstr("CC0-1.0")));
  EXPECT_GE(run({"list", "--json"}).json()["models"].size(), 1u);
}

TEST(Doctor, GivesAVerdictForEveryCheckAndLeavesNoFile) {
  TemporaryFolder folder;
  const Outcome done = run({"doctor", "--json"}, {.folder = folder.path()});
  ASSERT_EQ(done.status, 0);
  const auto report = done.json();
  EXPECT_THAT(std::string(report["verdict"]), testing::AnyOf("ok", "warning"));
  for (const auto& check : report["checks"]) EXPECT_EQ(check["verdict"] == "ok", check["advice"] == "") << check;
  EXPECT_GT(report["machine"]["memory_total"], 0);
  EXPECT_THAT(folder.files(), testing::IsEmpty());
  EXPECT_THAT(run({"doctor"}).out, AllOf(HasSubstr("processor"), HasSubstr("terminal")));
}

TEST(Bench, HasTheJsonThatComparePyReads) {
  const Outcome done = run({"bench", "--size", "64", "--repeats", "2", "--json"});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto report = done.json();
  std::vector<std::string> names;
  for (const auto& result : report["results"]) {
    names.push_back(result["name"]);
    EXPECT_LE(result["seconds"]["min"], result["seconds"]["median"]);
    EXPECT_LE(result["seconds"]["median"], result["seconds"]["max"]);
  }
  EXPECT_THAT(names,
              AllOf(Contains("unet.step"), Contains("vae.decode"), Contains("text.encode"), Contains("prompt.read")));
  EXPECT_GT(report["machine"]["threads"], 0);
}

TEST(Bench, ProfileAddsTheKernelsTheOpsAndTheLayers) {
  TemporaryFolder folder;
  const Outcome done =
      run({"bench", "--size", "64", "--repeats", "1", "--profile", "--chart", "chart.svg"}, {.folder = folder.path()});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("unet.step"), HasSubstr("GFLOP/s"), HasSubstr("conv2d/"),
                              HasSubstr("attention"), HasSubstr("first_stage_model.decoder.")));
  std::ifstream chart(folder.path() / "chart.svg");
  EXPECT_THAT(std::string(std::istreambuf_iterator<char>(chart), {}), HasSubstr("input_blocks.1"));
}

TEST(Bench, ComparesWithAnEarlierResultAndWarnsWhenTheRunIsAnother) {
  TemporaryFolder folder;
  std::ofstream(folder.path() / "before.json")
      << R"({"width":128,"results":[{"name":"unet.step","seconds":{"median":100}}]})";
  const Outcome done =
      run({"bench", "--size", "64", "--repeats", "1", "--compare", "before.json"}, {.folder = folder.path()});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("before/now"));
  EXPECT_THAT(done.err, HasSubstr("width: 128 before, 64 now"));
  EXPECT_EQ(run({"bench", "--compare", "nothing.json"}, {.folder = folder.path()}).status, 1);
}

TEST(Prepare, WritesWhatLaterProcessesMap) {
  const std::string file = std::string(PIXELFORGE_SOURCE_DIR) + "/assets/starter/starter.safetensors";
  const auto report = run({"prepare", file, "--size", "64", "--json"}).json();
  ASSERT_EQ(report.size(), 1u);
  EXPECT_EQ(report[0]["name"], "starter");
  EXPECT_GT(report[0]["bytes"], 1 << 20);
}

TEST(Explain, KnowsItsTermsHoweverSpelled) {
  EXPECT_THAT(run({"explain", "cfg", "Scale"}).out, StartsWith("CFG scale"));
  EXPECT_THAT(run({"explain", "loras"}).out, StartsWith("LoRA"));
  EXPECT_EQ(run({"explain", "VAE", "--json"}).json()["term"], "VAE");
  EXPECT_GE(run({"explain", "--json"}).json()["entries"].size(), 30u);
}

TEST(Explain, SuggestsTheNearestTerm) {
  const Outcome done = run({"explain", "smapler"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("did you mean \"Sampler\"?"));
}

TEST(Probe, WritesWhatAPartGives) {
  TemporaryFolder folder;
  std::string header = R"({"latent":{"dtype":"F32","shape":[1,4,8,8],"data_offsets":[0,1024]}})";
  const std::uint64_t length = header.size();
  std::ofstream(folder.path() / "in.safetensors", std::ios::binary)
      << std::string(reinterpret_cast<const char*>(&length), sizeof length) << header << std::string(1024, '\0');
  const Outcome done =
      run({"probe", "starter", "--part", "vae.decode", "--in", "in.safetensors", "--out", "out.safetensors", "--json"},
          {.folder = folder.path()});
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.json()["tensors"], testing::ElementsAre("image"));
  EXPECT_THAT(folder.files(), testing::ElementsAre("in.safetensors", "out.safetensors"));
}

TEST(Completion, KnowsEveryVerbAndFlag) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Outcome done = run({"completion", shell});
    EXPECT_EQ(done.status, 0);
    EXPECT_THAT(done.out, AllOf(HasSubstr("generate"), HasSubstr("clip-skip"), HasSubstr("explain")));
  }
}

}  // namespace
}  // namespace pxf::test
