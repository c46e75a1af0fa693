#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "e2e/program.h"
#include "files.h"

namespace pxf::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Json = nlohmann::json;

Outcome grid(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  const std::vector<std::string> fast = {"grid", "--steps", "2", "--size", "64x64", "--seed", "7"};
  arguments.insert(arguments.begin(), fast.begin(), fast.end());
  return run(arguments, {.folder = folder.path()});
}

TEST(Grid, EachCellIsThePictureThatItsSettingsGiveAlone) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "cells");
  const Outcome done = grid(folder, {"a red boat", "--x", "prompt=boat,cat", "--y", "cfg=2,5", "--keep", "cells",
                                     "--json", "-o", "sheet.png"});
  ASSERT_EQ(done.status, 0) << done.err;
  const Json report = Json::parse(done.out);
  ASSERT_EQ(report["cells"].size(), 4u);
  const Json& last = report["cells"][3];
  EXPECT_EQ(last["x"], "cat");
  EXPECT_EQ(last["y"], "5");
  ASSERT_EQ(
      run({"generate", "a red cat", "--cfg", "5", "--steps", "2", "--size", "64x64", "--seed", "7", "-o", "one.png"},
          {.folder = folder.path()})
          .status,
      0);
  EXPECT_EQ(content_of(folder.path() / last["path"].get<std::string>()), content_of(folder.path() / "one.png"));
  const Outcome sheet = run({"inspect", "sheet.png"}, {.folder = folder.path()});
  EXPECT_THAT(sheet.out, HasSubstr("a red boat")) << "the first cell's parameters";
}

TEST(Grid, WithoutASeedAllCellsShareOne) {
  TemporaryFolder folder;
  const Outcome done =
      run({"grid", "boat", "--steps", "1", "--size", "64x64", "--x", "cfg=1,2,3", "--explain", "--json"},
          {.folder = folder.path()});
  ASSERT_EQ(done.status, 0) << done.err;
  const Json report = Json::parse(done.out);
  for (const Json& cell : report["cells"]) EXPECT_EQ(cell["settings"]["seed"], report["cells"][0]["settings"]["seed"]);
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(Grid, TellsWhichCellCannotBeBeforeAnyIsDrawn) {
  TemporaryFolder folder;
  const auto error_of = [&](std::vector<std::string> arguments) {
    const Outcome done = grid(folder, std::move(arguments));
    EXPECT_EQ(done.status, 2);
    return done.err;
  };
  EXPECT_THAT(error_of({"boat", "--x", "cfg=3,x"}), HasSubstr("[cfg x] --cfg: got \"x\", need a number"));
  EXPECT_THAT(error_of({"boat", "--x", "sampler=euler,eulr"}), HasSubstr("[sampler eulr]"));
  EXPECT_THAT(error_of({"boat", "--x", "output=a,b"}), HasSubstr("got \"output\", need one of checkpoint, lora"));
  EXPECT_THAT(error_of({"boat", "--x", "prompt=cat,dog"}), HasSubstr("got \"cat\", which is not in the prompt"));
  EXPECT_THAT(error_of({"boat", "--x", "cfg=1", "--z", "cfg=2"}), HasSubstr("both vary cfg"));
  EXPECT_THAT(error_of({"boat"}), HasSubstr("nothing varies"));
  EXPECT_THAT(error_of({"boat", "--x", "seed=1,2", "--count", "2"}), HasSubstr("one picture a cell"));
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(Grid, LaysALoraOnSomeCellsAlone) {
  TemporaryFolder folder;
  const Outcome done = grid(folder, {"boat", "--x", "lora=none,neon:0.5", "--y", "cfg=7,7,5;4", "--explain"});
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("lora none, cfg 7,7,5: starter"));
  const Outcome json = grid(folder, {"boat", "--x", "lora=none,neon:0.5", "--explain", "--json"});
  const Json report = Json::parse(json.out);
  EXPECT_THAT(report["cells"][0]["settings"]["loras"], IsEmpty());
  EXPECT_EQ(report["cells"][1]["settings"]["loras"][0]["strength"], 0.5);
}

}  // namespace
}  // namespace pxf::test
