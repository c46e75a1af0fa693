// kill -9 at any moment, and two processes at once: the library opens, verifies, and has lost nothing that was
// confirmed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include "e2e/own_library.h"
#include "e2e/program.h"
#include "e2e/small_model.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;

class LibraryUnderFire : public OwnLibrary {
 protected:
  fs::path path_of(const std::string& name) const { return folder_.path() / (name + ".safetensors"); }
  fs::path model(int i) const {
    const fs::path path = path_of("m" + std::to_string(i));
    write_small_model(path, 500'000, static_cast<char>(i));
    return path;
  }
};

/// $PIXELFORGE_KILLS, else 50.
int kills() {
  const char* asked = std::getenv("PIXELFORGE_KILLS");
  return asked == nullptr ? 50 : std::atoi(asked);
}

TEST_F(LibraryUnderFire, KilledAtAnyMomentItLosesNothingThatWasConfirmed) {
  const fs::path converted = path_of("converted");
  std::mt19937 random(4);
  std::set<std::string> confirmed;
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(run({"import", model(0)}).status, 0);
  // What a verb takes here; it follows the machine's load, so that the kills meet a verb's every part and its end.
  double whole = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
  confirmed.insert("m0");
  int killed = 0;
  std::set<std::string> moved;  // each is where it was, or in the library
  for (int i = 1; i <= kills(); ++i) {
    const auto moment =
        std::chrono::microseconds(static_cast<long>(std::uniform_real_distribution(0.0, whole)(random)));
    const std::string name = "m" + std::to_string(i);
    if (i % 4 == 0) moved.insert(name);
    std::vector<std::string> verb = {"import", i % 4 == 0 ? "--move" : "--copy", model(i)};
    if (i % 3 == 0 && i % 4 != 0) verb = {"gc"};
    if (i % 5 == 0 && i % 4 != 0 && confirmed.size() > 1) verb = {"rm", *confirmed.rbegin()};
    if (i % 7 == 0 && i % 4 != 0) verb = {"convert", "m0", converted, "--type", i % 2 == 0 ? "f16" : "bf16"};
    const Outcome done = run(verb, {.killed_after = moment});
    killed += done.status == 137;
    whole *= done.status == 137 ? 1.05 : 0.8;
    ASSERT_TRUE(done.status == 0 || done.status == 137) << done.err;
    if (verb[0] == "rm") {  // may be there or not, if it was killed
      confirmed.erase(verb[1]);
      moved.erase(verb[1]);
    }
    if (verb[0] == "import" && done.status == 0) confirmed.insert(name);
    if (verb[0] == "convert" && fs::exists(converted)) {
      EXPECT_EQ(run({"inspect", converted}).status, 0);
    }
    if (i % 5 != 0) continue;
    const Outcome verified = run({"verify"});
    ASSERT_EQ(verified.status, 0) << verified.out << verified.err;
    const std::set<std::string> there = names();
    for (const std::string& one : moved) EXPECT_TRUE(fs::exists(path_of(one)) || there.contains(one)) << one;
    for (const std::string& one : confirmed) EXPECT_TRUE(there.contains(one)) << one << " is lost";
  }
  EXPECT_GT(killed, 10);
  EXPECT_EQ(run({"gc"}).status, 0);
  EXPECT_TRUE(fs::is_empty(folder_.path() / "home/blobs/aside"));
  std::size_t blobs = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path() / "home/blobs")) {
    blobs += entry.is_regular_file();
  }
  EXPECT_EQ(blobs, names().size());
}

TEST_F(LibraryUnderFire, TwoProcessesThatImportAtOnceDoNotHurtEachOther) {
  std::vector<fs::path> files;
  for (int i = 0; i < 8; ++i) files.push_back(model(i));
  const auto import_all = [&](Outcome& done) {
    std::vector<std::string> verb = {"import"};
    for (const fs::path& file : files) verb.push_back(file);
    done = run(verb);
  };
  Outcome first, second;
  std::thread other([&] { import_all(second); });
  import_all(first);
  other.join();
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(names().size(), 8u);
  EXPECT_EQ(run({"verify"}).status, 0);
}

TEST_F(LibraryUnderFire, TwoProcessesThatSetAtOnceLoseNothing) {
  ASSERT_EQ(run({"import", model(0)}).status, 0);
  const auto tag_ten = [](char letter) {
    for (int i = 0; i < 10; ++i) run({"tag", "m0", letter + std::to_string(i)});
  };
  std::thread other(tag_ten, 'b');
  tag_ten('a');
  other.join();
  const std::string tags = run({"show", "m0", "--json"}).json()["tags"];
  EXPECT_EQ(std::count(tags.begin(), tags.end(), ','), 19) << tags;
}

}  // namespace
}  // namespace pxf::test
