// A picture comes again from what is written in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "e2e/own_library.h"
#include "e2e/program.h"
#include "files.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class FromPicture : public OwnLibrary {
 protected:
  FromPicture() {}
  Outcome pxf(std::vector<std::string> arguments) const { return run(arguments, {.folder = folder_.path()}); }
  Outcome draw(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"generate", "boat, neon", "--steps", "2", "--size", "64x64", "--seed", "7"});
    return pxf(arguments);
  }
  std::string file(const std::string& name) const { return content_of(folder_.path() / name); }
};

TEST_F(FromPicture, JpegAndWebpComeAgainByteForByte) {
  for (const std::string name : {"a.jpg", "a.webp"}) {
    SCOPED_TRACE(name);
    ASSERT_EQ(draw({"-o",
                    name,
                    "-n",
                    "red, blue: \"x\"",
                    "--sampler",
                    "Euler a",
                    "--scheduler",
                    "Karras",
                    "--cfg",
                    "3.25",
                    "--noise",
                    "gpu",
                    "--lora",
                    "neon:0.7",
                    "--variation-strength",
                    "0.2",
                    "--variation-seed",
                    "9",
                    "--seed-resize",
                    "32x64",
                    "--ensd",
                    "5"})
                  .status,
              0);
    const Outcome again = pxf({"generate", "--from", name, "-o", "again-" + name});
    ASSERT_EQ(again.status, 0) << again.err;
    EXPECT_THAT(again.err, Not(HasSubstr("not repeated")));
    EXPECT_TRUE(file("again-" + name) == file(name));
  }
}

TEST_F(FromPicture, SecondPassesPromptSyntaxAndTilesComeAgainInAPng) {
  ASSERT_EQ(draw({"-o", "a.png", "--hires", "1.5", "--hires-strength", "0.4", "--hires-upscaler", "latent-bicubic",
                  "--prompt-syntax", "comfy", "--tiling", "x", "--clip-skip", "2"})
                .status,
            0);
  const Outcome again = pxf({"generate", "--from", "a.png", "-o", "b.png"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_TRUE(file("b.png") == file("a.png"));
}

TEST_F(FromPicture, FlagsAndAPromptReplaceWhatThePictureSays) {
  ASSERT_EQ(draw({"-o", "a.png", "--cfg", "3", "-l", "neon:0.5"}).status, 0);
  const Outcome other = pxf({"generate", "--steps", "1", "--from", "a.png", "a house", "--explain", "--json"});
  ASSERT_EQ(other.status, 0) << other.err;
  const auto settings = other.json()["settings"];
  EXPECT_EQ(settings["prompt"], "a house");
  EXPECT_EQ(settings["steps"], 1);
  EXPECT_EQ(settings["cfg_scale"], 3);
  EXPECT_EQ(settings["seed"], 7);
  EXPECT_EQ(settings["loras"][0]["name"], "neon") << "LoRAs stay with another prompt";
  const Outcome sketch = pxf({"generate", "--from", "a.png", "--lora", "sketch", "--explain", "--json"});
  ASSERT_EQ(sketch.json()["settings"]["loras"].size(), 1u);
  EXPECT_EQ(sketch.json()["settings"]["loras"][0]["name"], "sketch");
  EXPECT_EQ(sketch.json()["settings"]["prompt"], "boat, neon");
}

TEST_F(FromPicture, AnImageToImagePictureComesAgainWithTheSamePicture) {
  ASSERT_EQ(draw({"-o", "init.png"}).status, 0);
  const std::vector<std::string> inpaint = {"-i",          "init.png", "--outpaint",  "left=16,bottom=8",
                                            "--mask-fill", "noise",    "--mask-blur", "2"};
  std::vector<std::string> first = {"generate", "sea", "--steps", "2", "--seed", "1", "-o", "a.png"};
  first.insert(first.end(), inpaint.begin(), inpaint.end());
  ASSERT_EQ(pxf(first).status, 0);
  const Outcome again = pxf({"generate", "--from", "a.png", "-i", "init.png", "-o", "b.png"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_TRUE(file("b.png") == file("a.png"));
  EXPECT_THAT(pxf({"generate", "--from", "a.png", "--outpaint", "0", "--explain"}).err,
              HasSubstr("a.png: began with another picture, which is not in it; give that with --init"));
}

TEST_F(FromPicture, OfAnotherProgramItNamesWhatIsNotHere) {
  const std::string comfy = std::string(PIXELFORGE_SOURCE_DIR) + "/tests/image/files/graph.webp";
  const Outcome refused = pxf({"generate", "--from", comfy, "--explain"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("was made with the checkpoint \"dreamlike\", which is not here; import it, or "
                                     "choose another with -m"));
  const Outcome other = pxf({"generate", "--from", comfy, "-m", "starter", "--explain", "--json"});
  ASSERT_EQ(other.status, 0) << other.err;
  EXPECT_EQ(other.json()["settings"]["steps"], 3);
  EXPECT_EQ(other.json()["settings"]["sampler"], "euler");
}

TEST_F(FromPicture, ALoraThatIsNotHereIsNamedAndMayBeGiven) {
  const fs::path neon = fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/lora/neon.safetensors";
  fs::create_directory(folder_.path() / "elsewhere");
  fs::copy_file(neon, folder_.path() / "elsewhere/style.safetensors");
  ASSERT_EQ(draw({"--lora", "elsewhere/style.safetensors", "-o", "a.png"}).status, 0);
  const Outcome refused = pxf({"generate", "--from", "a.png", "--explain"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("style: cannot open"));
  EXPECT_THAT(refused.err, HasSubstr("a.png names it: give the file"));
  ASSERT_EQ(pxf({"generate", "--from", "a.png", "--lora", "elsewhere/style.safetensors", "-o", "b.png"}).status, 0);
  EXPECT_TRUE(file("b.png") == file("a.png"));
}

TEST_F(FromPicture, ACheckpointIsFoundByItsHashUnderAnotherName) {
  const std::string starter = std::string(PIXELFORGE_SOURCE_DIR) + "/assets/starter/starter-pixel.safetensors";
  ASSERT_EQ(pxf({"import", starter, "--name", "mine"}).status, 0);
  ASSERT_EQ(draw({"-m", "mine", "-o", "a.png"}).status, 0);
  ASSERT_EQ(pxf({"rename", "mine", "other"}).status, 0);
  const Outcome again = pxf({"generate", "--from", "a.png", "--explain", "--json"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.err, IsEmpty());
}

TEST_F(FromPicture, InspectShowsWhatMadeAPicture) {
  ASSERT_EQ(draw({"-o", "a.webp"}).status, 0);
  const Outcome shown = pxf({"inspect", "a.webp"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.out, HasSubstr("a picture, made by PixelForge"));
  EXPECT_THAT(shown.out, HasSubstr("starter (sha256 "));
  const auto told = pxf({"inspect", "a.webp", "--json"}).json();
  EXPECT_EQ(told["seed"], 7);
  EXPECT_EQ(told["prompt"], "boat, neon");
}

TEST_F(FromPicture, APictureThatSaysNothingIsRefused) {
  const std::string bare = std::string(PIXELFORGE_SOURCE_DIR) + "/tests/image/files/halves.jpg";
  const Outcome refused = pxf({"generate", "--from", bare});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("halves.jpg: holds no settings"));
  EXPECT_EQ(pxf({"generate", "--from", "none.png"}).status, 1);
  EXPECT_EQ(pxf({"generate"}).status, 2) << "a prompt is needed where no picture has one";
}

TEST_F(FromPicture, TheFormatIsThatOfTheEndingOrTheFlag) {
  ASSERT_EQ(draw({"-o", "a.webp"}).status, 0);
  EXPECT_EQ(file("a.webp").substr(8, 4), "WEBP");
  ASSERT_EQ(draw({"--format", "jpeg", "--quality", "60"}).status, 0);
  EXPECT_THAT(file("boat-neon-7.jpg"), StartsWith("\xff\xd8\xff"));
}

}  // namespace
}  // namespace pxf::test
