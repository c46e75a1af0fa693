// The library's verbs as a user runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "e2e/own_library.h"
#include "e2e/program.h"
#include "e2e/small_model.h"
#include "e2e/weights_file.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Library : public OwnLibrary {
 protected:
  fs::path model(const std::string& name, std::size_t bytes = 4096, char fill = 1) const {
    const fs::path path = folder_.path() / "models" / (name + ".safetensors");
    fs::create_directories(path.parent_path());
    write_small_model(path, bytes, fill);
    return path;
  }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << text;
  }
};

TEST_F(Library, EveryVerbHasExamples) {
  for (const char* verb : {"import", "add-folder", "show", "rm", "rename", "tag", "set", "verify", "gc"}) {
    const Outcome done = run({verb, "--help"});
    EXPECT_EQ(done.status, 0);
    EXPECT_THAT(done.out,
                AllOf(HasSubstr("Examples:\n"), HasSubstr(std::string("pixelforge ") + verb), HasSubstr("--json")));
  }
}

TEST_F(Library, NothingIsCreatedByLooking) {
  EXPECT_EQ(run({"list"}).status, 0);
  EXPECT_EQ(run({"verify"}).status, 0);
  EXPECT_EQ(run({"gc"}).status, 0);
  EXPECT_EQ(run({"show", "nothing"}).status, 1);
  EXPECT_EQ(run({"inspect", "nothing"}).status, 1);
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Library, ModelsInTheProgramAreSetLikeAnyOther) {
  ASSERT_EQ(run({"set", "starter", "steps=7", "license=cc-by-nc-4.0", "good_for=logos"}).status, 0);
  EXPECT_THAT(run({"show", "starter"}).out, AllOf(HasSubstr("7 steps"), HasSubstr("set by you     good_for = logos")));
  EXPECT_THAT(run({"inspect", "starter"}).out, HasSubstr("recommended by\n               you, else the file"));
  EXPECT_EQ(run({"generate", "a logo", "--explain", "--json"}).json()["settings"]["steps"], 7);
  EXPECT_EQ(run({"choose", "a logo", "--json"}).json()["checkpoint"], "starter");
  EXPECT_EQ(run({"choose", "a logo", "--commercial", "--json"}).json()["checkpoint"], "starter-pixel");
  ASSERT_EQ(run({"set", "starter", "steps=", "license=", "good_for="}).status, 0);
  EXPECT_EQ(run({"show", "starter", "--json"}).json()["set"].size(), 0);
  EXPECT_THAT(run({"show", "starter"}).out, HasSubstr("20 steps"));
}

TEST_F(Library, ALoraInTheProgramIsTaggedAndItsLicenceSet) {
  EXPECT_EQ(run({"tag", "neon", "mine"}).out, "style, neon, mine\n");
  ASSERT_EQ(run({"set", "neon", "license=cc-by-nc-4.0"}).status, 0);
  const Outcome refused = run({"generate", "x", "-m", "starter", "-l", "neon", "--commercial", "--explain"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("got neon (no"));
}

double strength_of(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"generate", "neon sign of a cat", "--explain", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  return run(words).json()["settings"]["loras"][0]["strength"];
}

TEST_F(Library, ALoraActsAsStronglyAsItsUserSetUnlessARequestSaysOtherwise) {
  EXPECT_EQ(strength_of({"-l", "neon"}), 1);
  ASSERT_EQ(run({"set", "neon", "strength=0.6"}).status, 0);
  EXPECT_EQ(strength_of({"-l", "neon"}), 0.6);
  EXPECT_EQ(strength_of({"--auto-loras"}), 0.6);
  EXPECT_EQ(strength_of({"-l", "neon:0.9"}), 0.9);
  EXPECT_THAT(run({"show", "neon"}).out, HasSubstr("\nstrength       0.6\n"));
  EXPECT_EQ(run({"set", "neon", "strength=strong"}).status, 2);
}

TEST_F(Library, ALoraActsAsStronglyAsItsAuthorRecommends) {
  write("models/glow.json", R"({"preferred weight": 0.7})");
  write("models/shine.json", R"({"preferred weight": 0})");
  for (const char* name : {"glow", "shine"}) {
    const fs::path file = folder_.path() / "models" / (std::string(name) + ".safetensors");
    fs::copy_file(PIXELFORGE_SOURCE_DIR "/assets/starter/lora/neon.safetensors", file);
    EXPECT_EQ(run({"import", file, "--link"}).status, 0);
  }
  EXPECT_EQ(strength_of({"-m", "starter", "-l", "glow"}), 0.7);
  EXPECT_EQ(strength_of({"-m", "starter", "-l", folder_.path() / "models/glow.safetensors"}), 0.7);
  EXPECT_EQ(strength_of({"-m", "starter", "-l", "shine"}), 1) << "0 is what A1111 writes where nobody said anything";
}

TEST_F(Library, ModelsInTheProgramKeepTheirNames) {
  for (const auto& words : {std::vector<std::string>{"rm", "neon"}, {"rename", "starter", "mine"}}) {
    const Outcome done = run(words);
    EXPECT_EQ(done.status, 2);
    EXPECT_THAT(done.err, HasSubstr("is part of the program"));
  }
}

TEST_F(Library, ShowsWhatAModelIsGoodFor) {
  ASSERT_EQ(run({"import", starter_file(), "--name", "mine"}).status, 0);
  ASSERT_EQ(run({"set", "mine", "good_for=logos, not photos"}).status, 0);
  EXPECT_THAT(run({"show", "mine"}).out, AllOf(HasSubstr("\ngood for       logo, "), HasSubstr("; not photo\n")));
  EXPECT_EQ(run({"show", "mine", "--json"}).json()["good_for"][0]["what"], "logo");
  EXPECT_THAT(run({"inspect", "starter-pixel"}).out, HasSubstr("good for       pixel art\n"));
}

TEST_F(Library, AnImportedCheckpointDrawsByItsNameWithWhatIsSet) {
  ASSERT_EQ(run({"import", starter_file(), "--name", "mine"}).status, 0);
  ASSERT_EQ(run({"set", "mine", "steps=2", "cfg=3", "size=64", "sampler=Euler", "license=cc-by-nc-4.0"}).status, 0);
  const Outcome drawn = run({"generate", "a", "-m", "mine", "--json"}, {.folder = folder_.path()});
  ASSERT_EQ(drawn.status, 0) << drawn.err;
  const auto report = drawn.json();
  EXPECT_EQ(report["checkpoint"]["name"], "mine");
  EXPECT_EQ(report["checkpoint"]["license"], "cc-by-nc-4.0");
  EXPECT_EQ(report["settings"]["steps"], 2);
  EXPECT_EQ(report["settings"]["cfg_scale"], 3);
  EXPECT_EQ(report["settings"]["width"], 64);
  EXPECT_EQ(report["settings"]["sampler"], "euler");
  EXPECT_EQ(report["settings"]["from"], "you, else the file");
  const auto shown = run({"show", "mine", "--json"}).json();
  EXPECT_EQ(shown["recommended"]["steps"], 2);
  EXPECT_EQ(shown["commercial"]["use"], "no");
  EXPECT_EQ(shown["family"], "sd1");
  EXPECT_EQ(std::string(shown["sha256"]).size(), 64u);
}

TEST_F(Library, WhatIsSetChangesWhatACheckpointIsRunAs) {
  ASSERT_EQ(run({"import", starter_file(), "--name", "mine"}).status, 0);
  const auto draw = [](const char* lora) {
    return run({"generate", "a", "-m", "mine", "-q", "--seed", "1", "--steps", "2", "--size", "64", "-o", "-", "--lora",
                lora});
  };
  const std::string plain = draw("neon:0").out;
  for (const char* pair : {"prediction=eps", "zero_terminal_snr=true"}) {
    ASSERT_EQ(run({"set", "mine", pair}).status, 0);
    const Outcome other = draw("neon:0");
    EXPECT_EQ(other.status, 0) << other.err;
    EXPECT_TRUE(other.out != plain) << pair;
    ASSERT_EQ(run({"set", "mine", std::string(pair).substr(0, std::string(pair).find('=') + 1)}).status, 0);
    EXPECT_TRUE(draw("neon:0").out == plain) << pair;
  }
  EXPECT_THAT(run({"set", "mine", "prediction=x0"}).err, HasSubstr("prediction: got \"x0\", need eps, v or edm"));
}

TEST_F(Library, WhatIsSetForPromptsHoldsUnlessARequestSaysOtherwise) {
  ASSERT_EQ(run({"import", starter_file(), "--name", "mine"}).status, 0);
  ASSERT_EQ(run({"set", "mine", "negative=a blue cat", "clip_skip=2", "shortcuts=deep:2"}).status, 0);
  const auto settings = [](std::vector<std::string> more) {
    std::vector<std::string> all = {"generate", "a", "-m", "mine", "--explain", "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return run(all).json()["settings"];
  };
  EXPECT_EQ(settings({})["negative"], "a blue cat");
  EXPECT_EQ(settings({})["clip_skip"], 2);
  EXPECT_EQ(settings({})["shortcuts"], "deep:2");
  EXPECT_EQ(settings({"--shortcut", "none"})["shortcuts"], "");
  EXPECT_EQ(settings({"-n", ""})["negative"], "");
  EXPECT_EQ(settings({"-n", "fog", "--clip-skip", "1"})["negative"], "fog");
  EXPECT_EQ(settings({"-n", "fog", "--clip-skip", "1"})["clip_skip"], 1);
}

TEST_F(Library, APictureIsRepeatedWhateverIsSetForItsCheckpointSince) {
  ASSERT_EQ(run({"import", starter_file(), "--name", "mine"}).status, 0);
  const auto draw = [&](std::vector<std::string> more) {
    std::vector<std::string> all = {"generate", "-q", "-o", "-", "--steps", "2"};
    all.insert(all.end(), more.begin(), more.end());
    return run(all, {.folder = folder_.path()}).out;
  };
  const std::vector<std::string> asked = {"a red cat", "-m", "mine", "--seed", "1"};
  const std::string plain = draw(asked);
  std::ofstream(folder_.path() / "plain.png", std::ios::binary) << plain;
  ASSERT_EQ(run({"set", "mine", "negative=a blue cat", "clip_skip=2", "vae=starter-pixel"}).status, 0);
  EXPECT_TRUE(draw(asked) != plain);
  EXPECT_TRUE(draw({"--from", "plain.png", "-m", "mine"}) == plain);
}

TEST_F(Library, TheVaeThatIsSetForACheckpointIsUsedUnlessARequestWantsItsOwn) {
  for (const char* name : {"mine", "other"}) {
    const char* file = name == std::string("mine") ? "starter" : "starter-pixel";
    ASSERT_EQ(run({"import", fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter" / (std::string(file) + ".safetensors"),
                   "--name", name})
                  .status,
              0);
  }
  const auto draw = [&](std::vector<std::string> more) {
    std::vector<std::string> all = {"generate", "a", "-m", "mine", "-q", "--seed", "1", "--steps", "2", "-o", "-"};
    all.insert(all.end(), more.begin(), more.end());
    return run(all).out;
  };
  const std::string plain = draw({}), others = draw({"--vae", "other"});
  ASSERT_EQ(run({"set", "mine", "vae=other"}).status, 0);
  EXPECT_TRUE(draw({}) == others);
  EXPECT_TRUE(draw({"--vae", "own"}) == plain);
  EXPECT_THAT(run({"set", "mine", "vae=nothing-of-that-name"}).err, HasSubstr("nothing-of-that-name"));
}

TEST_F(Library, AFamilyThatTheTensorsAreNotOfIsRefusedWithBothNames) {
  ASSERT_EQ(run({"import", starter_file(), "--name", "mine"}).status, 0);
  const auto said = [](const std::string& family) {
    run({"set", "mine", "family=" + family});
    const Outcome done = run({"generate", "a", "-m", "mine", "--explain"});
    EXPECT_EQ(done.status, 1);
    return done.err;
  };
  EXPECT_THAT(said("sdxl"), HasSubstr("set to SDXL, its tensors are of SD 1.x: the text encoder"));
  EXPECT_THAT(said("sd1-inpaint"),
              HasSubstr("inpainting, its tensors are of SD 1.x: the UNet takes 4 channels, need 9"));
  EXPECT_THAT(said("sdxll"), HasSubstr("did you mean \"sdxl\"?"));
  ASSERT_EQ(run({"set", "mine", "family=sd1"}).status, 0);
  EXPECT_EQ(run({"generate", "a", "-m", "mine", "--explain"}).status, 0);
}

TEST_F(Library, TheLicencesOfAllModelsBehindAPictureAreJudgedTogether) {
  const fs::path neon = fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/lora/neon.safetensors";
  ASSERT_EQ(run({"import", neon, "--name", "glow"}).status, 0);
  const auto draw = [&](std::vector<std::string> more) {
    std::vector<std::string> all = {"generate", "a", "--json", "--steps", "1", "--size", "64", "--lora", "glow"};
    all.insert(all.end(), more.begin(), more.end());
    return run(all, {.folder = folder_.path()});
  };
  EXPECT_EQ(draw({"--commercial", "--explain"}).json()["commercial"]["use"], "yes");
  ASSERT_EQ(run({"set", "glow", "license=cc-by-nc-4.0"}).status, 0);
  const auto drawn = draw({}).json();
  EXPECT_EQ(drawn["commercial"]["use"], "no");
  EXPECT_EQ(drawn["settings"]["loras"][0]["license"], "cc-by-nc-4.0");
  EXPECT_THAT(std::string(drawn["pictures"][0]["parameters"]),
              AllOf(HasSubstr("Lora licenses: \"glow: CC-BY-NC\""),
                    HasSubstr("Commercial use: \"no (glow: the licence forbids commercial use)\"")));
  const std::string picture = drawn["pictures"][0]["path"];
  EXPECT_THAT(run({"generate", "--from", picture, "--explain"}, {.folder = folder_.path()}).err,
              Not(HasSubstr("not repeated")));
  const Outcome refused = draw({"--commercial"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.out, HasSubstr("commercial use: got glow (no: the licence forbids commercial use), need"));
  ASSERT_EQ(run({"set", "glow", "license=my own"}).status, 0);
  EXPECT_THAT(draw({"--commercial"}).out, HasSubstr("glow (ask: this licence is not known here"));
}

TEST_F(Library, ALoraIsUsedByItsName) {
  const fs::path neon = fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/lora/neon.safetensors";
  ASSERT_EQ(run({"import", neon, "--name", "glow"}).status, 0);
  const auto draw = [&](const std::string& lora) {
    return run({"generate", "a", "-q", "--seed", "1", "--steps", "2", "--size", "64", "-o", "-", "--lora", lora});
  };
  const Outcome by_name = draw("glow:0.8");
  EXPECT_EQ(by_name.status, 0) << by_name.err;
  EXPECT_THAT(by_name.out, HasSubstr("glow"));  // in the picture's parameters
  EXPECT_THAT(draw("glwo").err, HasSubstr("did you mean \"glow\"?"));
}

TEST_F(Library, AFileThatIsThereWinsWhenItHasASlashOrAnEnding) {
  const fs::path one = model("one");
  ASSERT_EQ(run({"import", one}).status, 0);
  EXPECT_EQ(run({"inspect", "one", "--json"}).json()["name"], "one");
  EXPECT_THAT(std::string(run({"inspect", "one", "--json"}).json()["path"]), HasSubstr("/blobs/sha256/"));
  EXPECT_EQ(run({"inspect", "./one.safetensors", "--json"}, {.folder = one.parent_path()}).json()["path"],
            "./one.safetensors");
}

TEST_F(Library, AnUnknownNameTellsTheNearest) {
  ASSERT_EQ(run({"import", model("dreamlike")}).status, 0);
  EXPECT_THAT(run({"generate", "a", "-m", "dreamlke"}).err, HasSubstr("did you mean \"dreamlike\"?"));
  EXPECT_THAT(run({"show", "dreamlke"}).err, HasSubstr("did you mean \"dreamlike\"?"));
  EXPECT_THAT(run({"generate", "a", "-m", "startr"}).err, HasSubstr("did you mean \"starter\"?"));
}

TEST_F(Library, LinkCopyAndMoveDoWhatTheySay) {
  const fs::path linked = model("linked", 64, 1), copied = model("copied", 64, 2), moved = model("moved", 64, 3);
  ASSERT_EQ(run({"import", "--link", linked}).status, 0);
  ASSERT_EQ(run({"import", copied}).status, 0);
  ASSERT_EQ(run({"import", "--move", moved}).status, 0);
  EXPECT_TRUE(fs::exists(linked) && fs::exists(copied) && !fs::exists(moved));
  EXPECT_EQ(run({"show", "linked", "--json"}).json()["path"], linked.string());
  EXPECT_EQ(run({"verify", "--json"}).json()["checked"], 3);
  EXPECT_EQ(run({"rm", "linked", "copied", "moved"}).status, 0);
  EXPECT_TRUE(fs::exists(linked) && fs::exists(copied));
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(run({"gc", "--json"}).json()["blobs"], 0);
}

TEST_F(Library, ImportingTwiceIsImportingOnce) {
  const fs::path one = model("one");
  EXPECT_EQ(run({"import", one, "--json"}).json()["models"][0]["is_new"], true);
  EXPECT_EQ(run({"import", one, "--json"}).json()["models"][0]["is_new"], false);
  EXPECT_EQ(run({"import", "--link", one, "--json"}).json()["models"][0]["name"], "one-2");
  EXPECT_EQ(run({"import", "--link", one, "--json"}).json()["models"][0]["is_new"], false);
  EXPECT_THAT(names(), ElementsAre("one", "one-2"));
}

TEST_F(Library, MovingWhatTheLibraryKeepsIsRefused) {
  ASSERT_EQ(run({"import", model("one")}).status, 0);
  const std::string blob = run({"show", "one", "--json"}).json()["path"];
  const Outcome done = run({"import", "--move", blob});
  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.err, HasSubstr("lies in the library already"));
  EXPECT_EQ(run({"verify"}).status, 0);
}

TEST_F(Library, AFolderOfA1111IsLinkedAndSeenAgain) {
  model("Stable-diffusion/dream", 64, 1);
  model("Lora/neon", 64, 2);
  write("models/Lora/neon.civitai.info",
        R"({"modelId": 7, "trainedWords": ["glow"], "model": {"allowCommercialUse": ["None"], "tags": ["light"]}})");
  write("models/Lora/notes.txt", "no model");
  write("models/VAE/broken.safetensors", "cut off");
  const auto report = [&] { return run({"add-folder", folder_.path() / "models", "--json"}).json()["folders"][0]; };
  auto first = report();
  EXPECT_EQ(first["added"], 2);
  ASSERT_EQ(first["skipped"].size(), 1u);
  EXPECT_THAT(std::string(first["skipped"][0]["context"]), HasSubstr("broken.safetensors"));
  const auto neon = run({"show", "neon-2", "--json"}).json();  // neon is in the program
  EXPECT_EQ(neon["trigger_words"], "glow");
  EXPECT_EQ(neon["commercial"]["use"], "no");
  EXPECT_EQ(neon["tags"], "light");
  EXPECT_EQ(report()["unchanged"], 2);
  ASSERT_EQ(run({"set", "dream", "author=me"}).status, 0);
  model("Stable-diffusion/dream", 128, 3);
  EXPECT_EQ(report()["updated"], 1);
  const auto dream = run({"show", "dream", "--json"}).json();
  EXPECT_EQ(dream["author"], "me");
  EXPECT_GT(dream["bytes"], 128);
}

TEST_F(Library, AFolderIsWatchedUntilCtrlC) {
  model("early");
  OnTerminal program({"add-folder", folder_.path() / "models", "--watch", "--json"}, folder_.path());
  ASSERT_TRUE(program.shows("\"event\":\"watching\"")) << program.screen();
  write("models/new/notes.txt", "no model");
  write_small_model(folder_.path() / "models/new/late.safetensors", 64, 2);
  EXPECT_TRUE(program.shows("\"name\":\"late\"")) << program.screen();
  program.type("\x03");
  EXPECT_EQ(program.status(), 0);
  EXPECT_THAT(names(), ElementsAre("early", "late"));
  fs::rename(folder_.path() / "models/new/late.safetensors", folder_.path() / "models/latest.safetensors");
  EXPECT_EQ(run({"add-folder", "--json"}).json()["folders"][0]["moved"], 1) << "the folder is remembered";
  EXPECT_THAT(names(), ElementsAre("early", "latest"));
}

TEST_F(Library, AYamlBesideACheckpointSaysWhatItPredicts) {
  fs::create_directories(folder_.path() / "models");
  WeightsFile file(starter_file());
  file.drop_metadata("modelspec.prediction_type");
  file.write(folder_.path() / "models/dream.safetensors");
  write("models/dream.yaml",
        "model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params:\n    parameterization: v\n");
  write("paths.yaml", "mine:\n  base_path: models\n  checkpoints: .\n");
  EXPECT_EQ(run({"inspect", folder_.path() / "models/dream.safetensors", "--json"}).json()["prediction"], "v");
  ASSERT_EQ(run({"add-folder", folder_.path() / "paths.yaml", "--json"}).json()["folders"][0]["added"], 1);
  EXPECT_EQ(run({"generate", "a", "-m", "dream", "--explain", "--json"}).json()["checkpoint"]["prediction"], "v");
  ASSERT_EQ(run({"import", folder_.path() / "models/dream.safetensors"}).status, 0);  // now the library keeps it
  EXPECT_EQ(run({"generate", "a", "-m", "dream", "--explain", "--json"}).json()["checkpoint"]["prediction"], "v");
  ASSERT_EQ(run({"set", "dream", "prediction=eps"}).status, 0);
  EXPECT_EQ(run({"generate", "a", "-m", "dream", "--explain", "--json"}).json()["checkpoint"]["prediction"], "eps");
}

TEST_F(Library, TagsAndNamesAreKept) {
  ASSERT_EQ(run({"import", model("one")}).status, 0);
  EXPECT_EQ(run({"tag", "one", "photo", "+night", "--json"}).json()["tags"], "photo, night");
  EXPECT_EQ(run({"tag", "one", "~photo"}).out, "night\n");
  ASSERT_EQ(run({"rename", "one", "two"}).status, 0);
  EXPECT_THAT(run({"list", "--tag", "night"}).out, AllOf(HasSubstr("\ntwo "), Not(HasSubstr("starter"))));
  EXPECT_THAT(run({"rename", "two", "starter"}).err, HasSubstr("does not use itself"));
  EXPECT_EQ(run({"rename", "two", "a/b"}).status, 2);
  EXPECT_THAT(run({"set", "two", "stps=3"}).err, HasSubstr("did you mean \"steps\"?"));
  EXPECT_THAT(run({"set", "two", "sampler=eulr"}).err, HasSubstr("did you mean \"euler\"?"));
}

TEST_F(Library, VerifyFindsDamageAndMissingFiles) {
  const fs::path gone = model("gone", 64, 1);
  ASSERT_EQ(run({"import", "--link", gone, model("kept", 64, 2)}).status, 0);
  ASSERT_EQ(run({"import", model("blob", 64, 3)}).status, 0);
  ASSERT_EQ(run({"verify"}).status, 0);
  EXPECT_EQ(std::string(run({"show", "kept", "--json"}).json()["sha256"]).size(), 64u);  // verify has computed it
  fs::remove(gone);
  const fs::path blob = std::string(run({"show", "blob", "--json"}).json()["path"]);
  fs::permissions(blob, fs::perms(0644));
  std::fstream(blob, std::ios::in | std::ios::out).seekp(-1, std::ios::end).put('x');
  const Outcome done = run({"verify", "--json"});
  EXPECT_EQ(done.status, 1);
  std::set<std::string> at_fault;
  const auto report = done.json();
  for (const auto& problem : report["problems"]) at_fault.insert(problem["context"]);
  EXPECT_THAT(at_fault, ElementsAre("blob", "gone"));
  EXPECT_THAT(run({"generate", "a", "-m", "gone"}).err, HasSubstr("its file is gone"));
  EXPECT_EQ(run({"gc", "--missing", "--json"}).json()["names_gone"], nlohmann::json({"gone"}));
  EXPECT_THAT(names(), ElementsAre("blob", "kept"));
}

TEST_F(Library, AModelIsFoundByAnyOfItsHashes) {
  const fs::path one = model("one", 2'000'000);
  ASSERT_EQ(run({"import", "--link", one}).status, 0);
  const auto inspected = run({"inspect", one, "--hashes", "--json"}).json();
  const auto hashes = inspected["hashes"];
  ASSERT_EQ(hashes.size(), 5u);
  EXPECT_EQ(std::string(hashes["modelspec"]), "0x" + std::string(hashes["kohya"]));
  EXPECT_EQ(run({"show", "one", "--json"}).json()["hashes"], hashes) << "inspect has computed them for the library";
  for (const auto& hash : hashes) {
    EXPECT_EQ(run({"show", hash, "--json"}).json()["name"], "one") << hash;
    EXPECT_EQ(run({"inspect", hash, "--json"}).json()["name"], "one") << hash;
  }
  EXPECT_EQ(run({"show", "0123abcd"}).status, 1);
}

TEST_F(Library, MissingHashesAreComputedFileByFile) {
  const fs::path a = model("a", 64, 1);
  ASSERT_EQ(run({"import", "--link", a, model("b", 64, 2)}).status, 0);
  ASSERT_EQ(run({"inspect", a, "--hashes"}).status, 0);
  EXPECT_EQ(run({"verify", "--missing", "--json"}).json()["checked"], 1) << "a is known";
  EXPECT_EQ(run({"verify", "--missing", "--json"}).json()["checked"], 0);
  model("b", 64, 3);
  ASSERT_EQ(run({"add-folder", folder_.path() / "models"}).status, 0);
  EXPECT_EQ(run({"verify", "--missing", "--json"}).json()["checked"], 1) << "b is another file";
}

TEST_F(Library, AReadOnlyHomeIsReadAndRefusesToBeWritten) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become someone else";
  ASSERT_EQ(run({"import", model("one")}).status, 0);
  fs::permissions(folder_.path(), fs::perms(0755));
  constexpr uid_t kNobody = 65534;
  const Outcome listed = run({"list"}, {.user = kNobody});
  if (listed.status == 127) GTEST_SKIP() << "nobody may run the program from the build folder";
  EXPECT_EQ(listed.status, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("\none "));
  EXPECT_EQ(run({"verify"}, {.user = kNobody}).status, 0);
  const Outcome tagged = run({"tag", "one", "x"}, {.user = kNobody});
  EXPECT_EQ(tagged.status, 1);
  EXPECT_THAT(tagged.err, HasSubstr("read-only"));
  EXPECT_EQ(run({"import", model("two")}, {.user = kNobody}).status, 1);
}

TEST_F(Library, AFullDiskLosesNothingAndSaysSo) {
  ASSERT_EQ(run({"import", model("one")}).status, 0);
  const fs::path big = model("big", 4'000'000, 7);
  const fs::path small = model("small", 64, 8);
  // A limit on the size of files stands for the disk's: first the blob meets it, then the database and its journal.
  for (const std::uint64_t limit : {1'000, 20'000, 1'000'000, 3'999'000}) {
    const Outcome done = run({"import", big}, {.file_size = limit});
    EXPECT_EQ(done.status, 1) << limit;
    EXPECT_THAT(done.err, AllOf(HasSubstr("pixelforge: "), HasSubstr("File too large"))) << limit;
    EXPECT_EQ(run({"verify"}).status, 0) << limit;
    EXPECT_THAT(names(), ElementsAre("one")) << limit;
  }
  int refused = 0;
  for (std::uint64_t limit = 1'000; run({"import", small}, {.file_size = limit}).status == 1; limit += 4'000) {
    ++refused;
    ASSERT_EQ(run({"verify"}).status, 0) << limit;
    ASSERT_THAT(names(), ElementsAre("one")) << limit;
    ASSERT_LT(limit, 1'000'000u);
  }
  EXPECT_GT(refused, 1);
  EXPECT_EQ(run({"import", big}).status, 0);
}

TEST_F(Library, ADamagedLibrarySaysSoAndFilesStillOpen) {
  write("home/library.db", std::string(5000, 'x'));
  EXPECT_THAT(run({"list"}).err, HasSubstr("is damaged"));
  EXPECT_THAT(run({"generate", "a", "-m", "dream"}).err, HasSubstr("is damaged"));
  EXPECT_EQ(run({"inspect", model("one")}).status, 0);
  EXPECT_EQ(run({"inspect", "starter"}).status, 0);
}

}  // namespace
}  // namespace pxf::test
