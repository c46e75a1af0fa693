#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "e2e/program.h"
#include "files.h"

namespace pxf::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::vector<std::string> kFast = {"--steps", "2", "--size", "64x64", "--seed", "7"};

std::vector<std::string> fast(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin() + 1, kFast.begin(), kFast.end());
  return arguments;
}

// A plan of 10,000 steps would take minutes.
TEST(Generate, ParametersThatAJpegCannotHoldAreToldBeforeAnythingIsDrawn) {
  TemporaryFolder folder;
  const Outcome done = run({"generate", "-", "--steps", "10000", "-o", "a.jpg"},
                           {.folder = folder.path(), .input = std::string(40'000, 'a')});
  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.err, HasSubstr("a JPEG holds 65533; write a PNG or a WebP"));
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(Generate, NamesThePictureAfterPromptAndSeed) {
  TemporaryFolder folder;
  const Outcome done = run(fast({"generate", "A red apple, on a beach!"}), {.folder = folder.path()});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(folder.files(), ElementsAre("a-red-apple-on-a-beach-7.png"));
  EXPECT_THAT(done.out, StartsWith("starter · SD 1.x, v-prediction · CC0-1.0, commercial use allowed\n"));
  EXPECT_THAT(done.out, HasSubstr("2 steps · CFG 4 · 64x64 (the rest recommended by the file)"));
  EXPECT_THAT(done.out, HasSubstr("a-red-apple-on-a-beach-7.png   seed 7 · "));
  EXPECT_THAT(done.out, Not(HasSubstr("\x1b"))) << "escape sequences went into a file";
  EXPECT_THAT(done.err, IsEmpty()) << "progress is for terminals";
}

TEST(Generate, KeepsThePictureThatIsThere) {
  TemporaryFolder folder;
  for (int i = 0; i < 3; ++i) ASSERT_EQ(run(fast({"generate", "boat"}), {.folder = folder.path()}).status, 0);
  EXPECT_THAT(folder.files(), ElementsAre("boat-7-2.png", "boat-7-3.png", "boat-7.png"));
  EXPECT_EQ(content_of(folder.path() / "boat-7.png"), content_of(folder.path() / "boat-7-3.png"));
}

TEST(Generate, ReplacesAFileThatWasNamed) {
  TemporaryFolder folder;
  std::ofstream(folder.path() / "out.png") << "old";
  ASSERT_EQ(run(fast({"generate", "boat", "-o", "out.png"}), {.folder = folder.path()}).status, 0);
  EXPECT_THAT(folder.files(), ElementsAre("out.png"));
  EXPECT_THAT(content_of(folder.path() / "out.png"), StartsWith("\x89PNG"));
}

TEST(Generate, WritesNothingButThePictureToStandardOutput) {
  TemporaryFolder folder;
  const Outcome done = run(fast({"generate", "boat", "-o", "-"}), {.folder = folder.path()});
  EXPECT_EQ(done.status, 0);
  EXPECT_THAT(done.out, StartsWith("\x89PNG"));
  EXPECT_EQ(done.out.substr(done.out.size() - 8, 4), "IEND");
  EXPECT_THAT(done.err, HasSubstr("seed 7"));
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(Generate, EachOfSeveralPicturesHasTheNextSeedAndEqualsItsOwnRun) {
  TemporaryFolder folder;
  ASSERT_EQ(run(fast({"generate", "boat", "-c", "3"}), {.folder = folder.path()}).status, 0);
  EXPECT_THAT(folder.files(), ElementsAre("boat-7.png", "boat-8.png", "boat-9.png"));
  ASSERT_EQ(run(fast({"generate", "boat", "--seed", "8", "-o", "alone.png"}), {.folder = folder.path()}).status, 0);
  EXPECT_EQ(content_of(folder.path() / "boat-8.png"), content_of(folder.path() / "alone.png"));
}

TEST(Generate, OneAndFiveThreadsGiveTheSameBytes) {
  const Outcome one = run(fast({"generate", "boat", "-o", "-", "--threads", "1"}));
  const Outcome five = run(fast({"generate", "boat", "-o", "-", "--threads", "5"}));
  ASSERT_EQ(one.status, 0);
  EXPECT_EQ(one.out, five.out);
}

TEST(Generate, TellsWhatItDidAsJson) {
  TemporaryFolder folder;
  const Outcome done = run(fast({"generate", "boat", "--json", "--sampler", "Euler a"}), {.folder = folder.path()});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto report = done.json();
  EXPECT_EQ(report["checkpoint"]["name"], "starter");
  EXPECT_EQ(report["settings"]["prompt"], "boat");
  EXPECT_EQ(report["settings"]["sampler"], "euler_ancestral");
  EXPECT_EQ(report["settings"]["seed"], 7);
  ASSERT_EQ(report["pictures"].size(), 1u);
  EXPECT_EQ(report["pictures"][0]["path"], "boat-7.png");
  EXPECT_EQ(report["pictures"][0]["width"], 64);
  EXPECT_GT(report["pictures"][0]["seconds"]["total"], 0);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "boat-7.png"));
}

TEST(Generate, SaysWhichShortcutsItTookAndWhatTheyLeftOut) {
  const Outcome done =
      run(fast({"generate", "boat", "--json", "--explain", "--shortcut", "deep:2", "--shortcut", "tome"}));
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.json()["settings"]["shortcuts"], "deep:2; tome:0.5");
  const Outcome told = run(fast({"generate", "boat", "--explain", "--shortcut", "deep:2", "--steps", "3"}));
  EXPECT_THAT(told.out, HasSubstr("2 of 3 steps run whole, the others in their outermost layer alone"));
}

TEST(Generate, ReportsItsGuidanceAsItCanBeGivenAgain) {
  const Outcome done = run(fast({"generate", "boat", "--json", "--explain", "--cfg", "5,3", "--guidance", "PAG:2",
                                 "--guidance", "rescale; freeu:version=1"}));
  ASSERT_EQ(done.status, 0) << done.err;
  const std::string guidance = done.json()["settings"]["guidance"];
  EXPECT_EQ(guidance, "cfg:5,3; rescale:0.7; pag:2; freeu:1.3,version=1");
  EXPECT_EQ(done.json()["settings"]["cfg_scale"], 5);
  const Outcome again = run(fast({"generate", "boat", "--json", "--explain", "--guidance", guidance}));
  EXPECT_EQ(again.json()["settings"], done.json()["settings"]);
}

TEST(Generate, QuietPrintsThePathsAlone) {
  TemporaryFolder folder;
  const Outcome done = run(fast({"generate", "boat", "-q", "-c", "2"}), {.folder = folder.path()});
  EXPECT_EQ(done.out, "boat-7.png\nboat-8.png\n");
}

TEST(Generate, ExplainDrawsNothing) {
  TemporaryFolder folder;
  const Outcome done = run(fast({"generate", "boat", "--explain"}), {.folder = folder.path()});
  EXPECT_EQ(done.status, 0);
  EXPECT_THAT(done.out, HasSubstr("DPM++ 2M"));
  EXPECT_THAT(folder.files(), IsEmpty());
}

struct PromptCase {
  const char* prompt;
  const char* file;
};

TEST(Generate, TakesAnyPrompt) {
  const PromptCase cases[] = {
      {"", "picture-7.png"},           {"list", "list-7.png"},  {"../../etc/passwd", "etc-passwd-7.png"},
      {"\x1b[31m\n\r\t", "31m-7.png"}, {"[a, b]", "a-b-7.png"}, {"Grüße aus 東京", "grüße-aus-東京-7.png"},
  };
  for (const PromptCase& c : cases) {
    TemporaryFolder folder;
    const Outcome done = run(fast({"generate", c.prompt}), {.folder = folder.path()});
    EXPECT_EQ(done.status, 0) << c.prompt << ": " << done.err;
    EXPECT_THAT(folder.files(), ElementsAre(c.file));
  }
}

TEST(Generate, RefusesAPromptThatIsNotUtf8) {
  TemporaryFolder folder;
  const Outcome done = run(fast({"generate", "\xff\xfe broken"}), {.folder = folder.path()});
  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.err, HasSubstr("UTF-8"));
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(Generate, TakesAPromptThatBeginsWithAHyphen) {
  TemporaryFolder folder;
  EXPECT_EQ(run(fast({"generate", "--", "-5 degrees"}), {.folder = folder.path()}).status, 0);
  EXPECT_THAT(folder.files(), ElementsAre("5-degrees-7.png"));
}

TEST(Generate, ReadsAPromptFromStandardInput) {
  TemporaryFolder folder;
  EXPECT_EQ(run(fast({"generate", "-"}), {.folder = folder.path(), .input = "a boat\n"}).status, 0);
  EXPECT_THAT(folder.files(), ElementsAre("a-boat-7.png"));
}

TEST(Generate, TakesAPromptOfThousandsOfWords) {
  TemporaryFolder folder;
  std::string prompt;
  for (int i = 0; i < 3000; ++i) prompt += "boat ";
  const Outcome done = run(fast({"generate", prompt, "--steps", "1"}), {.folder = folder.path()});
  ASSERT_EQ(done.status, 0) << done.err;
  ASSERT_EQ(folder.files().size(), 1u);
  EXPECT_LE(folder.files()[0].size(), 80u);
}

TEST(Generate, ShowsProgressAndThePictureOnATerminal) {
  TemporaryFolder folder;
  OnTerminal program(fast({"generate", "boat"}), folder.path());
  ASSERT_TRUE(program.shows("\x1b[c")) << program.screen();  // it asks what the terminal is
  program.type("\x1b[?62;22c");                              // no sixel
  EXPECT_EQ(program.status(), 0);
  EXPECT_THAT(program.screen(), HasSubstr("████████████████████████ 2/2"));
  EXPECT_THAT(program.screen(), HasSubstr("\x1b[38;2;"));
  EXPECT_THAT(program.screen(), testing::EndsWith("▀\x1b[0m\r\n"));
}

TEST(Generate, ShowsSixelsWhereTheTerminalCan) {
  TemporaryFolder folder;
  OnTerminal program(fast({"generate", "boat"}), folder.path());
  ASSERT_TRUE(program.shows("\x1b[c"));
  program.type("\x1b[?62;4;22c");
  EXPECT_EQ(program.status(), 0);
  EXPECT_THAT(program.screen(), HasSubstr("\x1bP0;1;0q\"1;1;64;64"));
}

}  // namespace
}  // namespace pxf::test
