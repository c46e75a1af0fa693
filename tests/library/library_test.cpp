#include "pixelforge/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/small_model.h"
#include "formats/temporary_folder.h"
#include "library/scan.h"
#include "support.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ALibrary : public testing::Test {
 protected:
  fs::path model(const std::string& name, char fill = 1) const {
    folder_.write(name, "");
    write_small_model(folder_ / name, 64, fill);
    return folder_ / name;
  }
  /// Of the folder, without it.
  std::vector<std::string> scanned() const {
    std::vector<std::string> out;
    for (const fs::path& path : scan_for_models({folder_.path()}).models) {
      out.push_back(path.lexically_relative(folder_.path()).string());
    }
    return out;
  }

  TemporaryFolder folder_;
  Engine engine_;
  Library library_{engine_, folder_ / "home"};
};

TEST_F(ALibrary, ShowsWhatSuitsACheckpointAsItIsSetToRun) {
  const fs::path sdxl = golden_folder() / "families/sdxl/checkpoint.safetensors";
  ASSERT_TRUE(library_.add(sdxl, {.mode = ImportMode::link, .name = "mine"}));
  const auto shown = [&] { return library_.show("mine").value().info; };
  ASSERT_EQ(shown().prediction, "eps");
  const double usual = shown().recommended->cfg_scale;
  ASSERT_TRUE(library_.set("mine", "prediction", "edm"));
  EXPECT_EQ(shown().prediction, "edm");
  EXPECT_NE(shown().recommended->cfg_scale, usual) << "EDM checkpoints want less";
}

TEST_F(ALibrary, WhoSetsAVaeOverTheNetworkLearnsNothingOfFiles) {
  ASSERT_TRUE(library_.add(model("mine.safetensors"), {.mode = ImportMode::link}));
  Engine names_only{EngineOptions{.names_only = true}};
  Library library(names_only, folder_ / "home");
  const auto refused = [&](const std::string& vae) { return library.set("mine", "vae", vae).error().message; };
  const std::string there = refused((folder_ / "mine.safetensors").string());
  EXPECT_THAT(there, HasSubstr("is no name of a model here"));
  EXPECT_EQ(refused((folder_ / "none.safetensors").string()), there);
  EXPECT_TRUE(library.set("mine", "vae", "starter-pixel"));
}

TEST_F(ALibrary, NamesAFileByItsStem) {
  EXPECT_EQ(library_.add(model("neon.v2.safetensors")).value().entry.name, "neon.v2");
  EXPECT_EQ(library_.add(model("auto.safetensors", 2)).value().entry.name, "auto-2");
  EXPECT_EQ(library_.add(model("-x\n.safetensors", 3)).value().entry.name, "x_");
  EXPECT_EQ(library_.add(model("a.safetensors", 4), {.name = "b"}).value().entry.name, "b");
}

TEST_F(ALibrary, RefusesNamesThatCouldBeTakenForSomethingElse) {
  const fs::path path = model("a.safetensors");
  for (const char* name : {"auto", "a/b", "-a", "a\x1b[2J"}) {
    const auto refused = library_.add(path, {.name = name});
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument) << name;
  }
  EXPECT_FALSE(fs::exists(library_.home()));
}

TEST_F(ALibrary, CopyingALinkedFileKeepsItsNameAndWhatIsSet) {
  const fs::path path = model("a.safetensors");
  ASSERT_TRUE(library_.add(path, {.mode = ImportMode::link}));
  ASSERT_TRUE(library_.set("a", "author", "me"));
  const Imported kept = library_.add(path, {.mode = ImportMode::move}).value();
  EXPECT_FALSE(kept.is_new);
  EXPECT_FALSE(fs::exists(path));
  const LibraryModel shown = library_.show("a").value();
  EXPECT_FALSE(shown.entry.linked);
  EXPECT_FALSE(shown.missing);
  EXPECT_EQ(shown.entry.author, "me");
  EXPECT_THAT(library_.verify().value().problems, IsEmpty());
}

TEST_F(ALibrary, SettingAnEmptyValueGoesBackToTheFiles) {
  folder_.write("a.json", R"({"author": "beside"})");
  ASSERT_TRUE(library_.add(model("a.safetensors")));
  ASSERT_TRUE(library_.set("a", "author", "me"));
  EXPECT_EQ(library_.show("a").value().entry.author, "me");
  ASSERT_TRUE(library_.set("a", "author", ""));
  EXPECT_EQ(library_.show("a").value().entry.author, "beside");
  EXPECT_TRUE(library_.show("a").value().set.empty());
}

TEST_F(ALibrary, CancellingAFolderKeepsWhatWasFound) {
  for (const char* name : {"models/a.safetensors", "models/b.safetensors", "models/c.safetensors"}) model(name);
  CancelToken cancel;
  const auto on_file = [&](const std::string&, std::size_t done, std::size_t) {
    if (done == 1) cancel.request();
  };
  const auto report = library_.add_folder(folder_ / "models", on_file, &cancel);
  EXPECT_EQ(report.error().code, ErrorCode::cancelled);
  EXPECT_EQ(library_.list().value().size(), 2u);
  EXPECT_EQ(library_.add_folder(folder_ / "models").value().added, 1);
}

TEST_F(ALibrary, TwoObjectsSeeEachOthersChanges) {
  Library other(engine_, folder_ / "home");
  ASSERT_TRUE(library_.add(model("a.safetensors")));
  EXPECT_EQ(other.list().value().size(), 1u);
  ASSERT_TRUE(other.rename("a", "zebra"));
  EXPECT_TRUE(library_.show("zebra"));
  EXPECT_THAT(library_.show("a").error().message, HasSubstr("pixelforge list shows what is"));
}

TEST_F(ALibrary, AFileThatWasReplacedIsToldByVerify) {
  const fs::path path = model("a.safetensors");
  ASSERT_TRUE(library_.add(path, {.mode = ImportMode::link}));
  model("a.safetensors", 2);
  fs::last_write_time(path, fs::file_time_type::clock::now() + std::chrono::hours(1));
  const VerifyReport report = library_.verify({.quick = true}).value();
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_THAT(report.problems[0].message, HasSubstr("has been changed"));
}

TEST_F(ALibrary, ACheckpointOfAPictureIsFoundByA1111sFirstHash) {
  const fs::path pixel = fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/starter-pixel.safetensors";
  ASSERT_TRUE(library_.add(pixel, {.mode = ImportMode::link, .name = "mine"}));
  EXPECT_EQ(library_.find_checkpoint("gone", "01234567").value().unhashed, 1);
  ASSERT_EQ(library_.verify({.missing = true}).value().checked, 1);
  const LibraryEntry entry = library_.show("mine").value().entry;
  ASSERT_EQ(entry.auto_v1.size(), 8u);
  EXPECT_EQ(library_.find_checkpoint("gone", entry.auto_v1).value().name, "mine");
  EXPECT_EQ(library_.find_checkpoint("gone", "01234567").value().name, "");
}

TEST_F(ALibrary, ScanFindsModelsOfEveryKindAndNothingElse) {
  for (const char* name : {"loras/a.safetensors", "checkpoints/B.CKPT", "unet/c.gguf", "readme.txt", "x.png",
                           ".hidden.safetensors", ".git/d.pt", "venv/lib/e.pt", "clip/f.bin"}) {
    folder_.write(name, "");
  }
  EXPECT_THAT(scanned(), ElementsAre("checkpoints/B.CKPT", "clip/f.bin", "loras/a.safetensors", "unet/c.gguf"));
}

TEST_F(ALibrary, ScanTakesShardsAndDiffusersFoldersAsOne) {
  for (const char* name : {"big-00001-of-00002.safetensors", "big-00002-of-00002.safetensors",
                           "big.safetensors.index.json", "sd/model_index.json", "sd/unet/model.safetensors"}) {
    folder_.write(name, "");
  }
  EXPECT_THAT(scanned(), ElementsAre("big.safetensors.index.json", "sd"));
}

TEST_F(ALibrary, ScanLooksInAProgramsFolderOnlyWhereItKeepsModels) {
  for (const char* name : {"webui.py", "models/Lora/a.safetensors", "embeddings/b.pt", "extensions/x/c.pth"}) {
    folder_.write(name, "");
  }
  EXPECT_THAT(scanned(), ElementsAre("embeddings/b.pt", "models/Lora/a.safetensors"));
}

TEST_F(ALibrary, ScanGoesThroughLinksOnce) {
  folder_.write("real/a.safetensors", "");
  fs::create_directory_symlink(folder_ / "real", folder_ / "again");
  fs::create_directory_symlink(folder_.path(), folder_ / "real/round");
  EXPECT_EQ(scanned().size(), 1u);
}

}  // namespace
}  // namespace pxf::test
