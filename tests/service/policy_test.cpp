#include "service/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "base/error.h"
#include "formats/temporary_folder.h"

namespace pxf::test {
namespace {

using testing::HasSubstr;

std::string refusal(const Policy& policy, const std::string& prompt) {
  try {
    policy.check_prompt("local", {.prompt = prompt});
    return {};
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().context, failure.error().code == ErrorCode::invalid_argument ? "prompt" : "");
    return failure.error().message;
  }
}

TEST(PolicyWords, AreFoundWhereverTheyStandAsWords) {
  TemporaryFolder folder;
  folder.write("words.txt", "# no weapons\nbomb\n\nDirty  Work # both words\n");
  const Policy policy({.words = folder / "words.txt"});
  for (const char* prompt : {"a BOMB", "(bomb:1.2)", "a b(om)b", "bomb,", "dirty, work"}) {
    EXPECT_THAT(refusal(policy, prompt), HasSubstr("this server does not draw")) << prompt;
  }
  for (const char* prompt : {"", "a bombastic hat", "dirt and work", "no weapons"}) {
    EXPECT_EQ(refusal(policy, prompt), "") << prompt;
  }
}

TEST(PolicyWords, OfThePictureCountAsItWasDrawn) {
  TemporaryFolder folder;
  folder.write("words.txt", "bomb");
  Picture picture;
  picture.prompt = "a bomb, by a wildcard";
  EXPECT_THROW(Policy({.words = folder / "words.txt"}).check_picture("local", picture), Failure);
}

TEST(PolicyWords, AListThatIsNotThereIsTold) { EXPECT_THROW(Policy({.words = "/nowhere/words.txt"}), Failure); }

TEST(PolicyCommand, IsAskedAndGivesTheReason) {
  const Policy policy({.command = "grep -q '\"prompt\":\"a cat\"' && exit 0; echo 'cats only'; exit 1"});
  EXPECT_EQ(refusal(policy, "a cat"), "");
  EXPECT_EQ(refusal(policy, "a dog"), "this server's policy refuses it: cats only");
}

TEST(PolicyCommand, ThatFailsRefuses) {
  EXPECT_THAT(refusal(Policy({.command = "exit 3"}), "a cat"), HasSubstr("ended with 3, need 0 or 1"));
  EXPECT_THAT(refusal(Policy({.command = "/nowhere/program"}), "a cat"), HasSubstr("ended with 127"));
}

TEST(PolicyCommand, ThatTakesTooLongIsEndedWithAllThatItStarted) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(refusal(Policy({.command = "sleep 60 & sleep 60", .seconds = 1}), "a cat"), HasSubstr("took too long"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(PolicyCommand, SeesThePicture) {
  Picture picture;
  picture.image = {2, 1, {1, 2, 3, 4, 5, 6}};
  const char* is_png = "f=$(sed 's/.*\"file\":\"\\([^\"]*\\)\".*/\\1/'); head -c 4 \"$f\" | grep -q PNG";
  EXPECT_NO_THROW(Policy({.command = is_png}).check_picture("local", picture));
  EXPECT_THROW(Policy({.command = std::string(is_png) + " && exit 1"}).check_picture("local", picture), Failure);
}

}  // namespace
}  // namespace pxf::test
