// LoRAs on the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "e2e/program.h"

namespace pxf::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Outcome draw(std::vector<std::string> more, const Surroundings& surroundings = {}) {
  std::vector<std::string> all = {"generate", "boat", "--steps", "2", "--size", "64x64", "--seed", "7", "-o", "-"};
  all.insert(all.end(), more.begin(), more.end());
  return run(all, surroundings);
}

TEST(Lora, ChangesThePictureAndSaysHowMuchOfItApplies) {
  const Outcome plain = draw({}), neon = draw({"--lora", "neon:1"});
  ASSERT_EQ(neon.status, 0) << neon.err;
  EXPECT_NE(neon.out, plain.out);
  EXPECT_THAT(neon.err, HasSubstr("neon: 230 of 230 tensors apply\n"));
  EXPECT_THAT(neon.out, HasSubstr("boat <lora:neon:1>"));
}

TEST(Lora, MayBeGivenSeveralTimesAndBeforeThePrompt) {
  const Outcome done = run({"generate", "--lora", "neon:0.5", "--lora", "sketch:0.4:0.2", "boat", "--steps", "1",
                            "--size", "64x64", "--seed", "7", "--explain", "--json"});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto loras = done.json()["settings"]["loras"];
  ASSERT_EQ(loras.size(), 2u);
  EXPECT_EQ(loras[0]["name"], "neon");
  EXPECT_EQ(loras[0]["text_strength"], 0.5);
  EXPECT_EQ(loras[1]["strength"], 0.4);
  EXPECT_EQ(loras[1]["text_strength"], 0.2);
  EXPECT_EQ(loras[1]["applied"], 230);
}

TEST(Lora, ThatCannotBeUsedIsRefusedInOneLine) {
  TemporaryFolder folder;
  std::ofstream(folder.path() / "a:b.safetensors") << "nothing";
  for (const auto& [name, message] : {std::pair{"nion", "nion: "}, std::pair{"a:b.safetensors:0.5", "a:b.safetensors"},
                                      std::pair{"neon:1e6", "need -100 to 100"}, std::pair{"starter", "starter"}}) {
    const Outcome done = draw({"--lora", name}, {.folder = folder.path()});
    EXPECT_EQ(done.status, std::string(name) == "neon:1e6" ? 2 : 1) << name << ": " << done.err;
    EXPECT_THAT(done.err, HasSubstr(message));
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
    EXPECT_THAT(done.out, IsEmpty());
  }
  EXPECT_THAT(draw({"--lora", ":0.5"}).err, HasSubstr("--lora: got \":0.5\", need a name or file"));
}

TEST(Lora, IsDescribedByInspect) {
  const Outcome done = run({"inspect", "neon"});
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("LoRA, SD 1.x"));
  EXPECT_THAT(done.out, HasSubstr("LoRA of rank 16 on 230 modules, 12 of them in text encoders"));
  EXPECT_THAT(done.out, HasSubstr("trigger words  neon"));
}

}  // namespace
}  // namespace pxf::test
