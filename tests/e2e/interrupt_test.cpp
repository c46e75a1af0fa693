#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "e2e/program.h"

namespace pxf::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// Long enough that no machine finishes it before the test has stopped it.
const std::vector<std::string> kEndless = {"generate", "boat", "--steps", "10000", "--size", "256x256"};

TEST(Interrupt, CtrlCWhileDrawingLeavesNothingBehind) {
  TemporaryFolder folder;
  OnTerminal program(kEndless, folder.path());
  ASSERT_TRUE(program.shows(" 1/10000")) << program.screen();
  program.type("\x03");
  EXPECT_EQ(program.status(), 130);
  EXPECT_THAT(program.screen(), HasSubstr("pixelforge: cancelled"));
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(Interrupt, SigtermDoesTheSame) {
  TemporaryFolder folder;
  OnTerminal program(kEndless, folder.path());
  ASSERT_TRUE(program.shows(" 1/10000"));
  program.signal(SIGTERM);
  EXPECT_EQ(program.status(), 130);
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(Interrupt, CtrlCBeforeTheFirstStepStopsToo) {
  TemporaryFolder folder;
  OnTerminal program(kEndless, folder.path());
  ASSERT_TRUE(program.shows("starter"));
  program.type("\x03");
  EXPECT_EQ(program.status(), 130) << program.screen();
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(Interrupt, CtrlCAmongSeveralPicturesKeepsThoseThatAreDone) {
  TemporaryFolder folder;
  OnTerminal program(
      {"generate", "boat", "--steps", "2", "--size", "64x64", "--seed", "1", "-c", "1000", "--no-picture"},
      folder.path());
  ASSERT_TRUE(program.shows("boat-2.png"));
  program.signal(SIGINT);
  EXPECT_EQ(program.status(), 130);
  EXPECT_THAT(program.screen(), HasSubstr("of 1000 pictures are saved"));
  const auto files = folder.files();
  EXPECT_GE(files.size(), 2u);
  for (const std::string& file : files) EXPECT_THAT(file, testing::MatchesRegex("boat-[0-9]+\\.png"));
}

TEST(Interrupt, CtrlCWhileWaitingForAPrompt) {
  TemporaryFolder folder;
  OnTerminal program({"generate", "-"}, folder.path());
  program.type("half a pro");
  ASSERT_TRUE(program.shows("half a pro"));
  // The terminal echoes keys before the program has come to reading them. A signal then ends it as any other program.
  program.signal(SIGINT);
  EXPECT_EQ(program.status(), 130);
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(Interrupt, BenchStopsToo) {
  TemporaryFolder folder;
  OnTerminal program({"bench", "--size", "256", "--repeats", "1000"}, folder.path());
  ASSERT_TRUE(program.shows("threads"));
  program.type("\x03");
  EXPECT_EQ(program.status(), 130);
}

}  // namespace
}  // namespace pxf::test
