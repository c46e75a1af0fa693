// What a watched folder tells, with real files.
#include "pixelforge/folder_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "e2e/small_model.h"
#include "formats/temporary_folder.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class AFolderWatch : public testing::Test {
 protected:
  void start(double poll_seconds = 30) {
    fs::create_directories(folder_ / "models");
    watcher_ = std::thread([this, poll_seconds] {
      FolderWatch watch(engine_, {folder_ / "models"},
                        {.settle_seconds = 0.15, .poll_seconds = poll_seconds, .home = folder_ / "home"});
      const Status done = watch.run(
          [this](const WatchStart&) { note("watching"); },
          [this](const FolderChange& change) { note(std::string(to_string(change.kind)) + " " + change.name); },
          cancel_);
      EXPECT_TRUE(done);
    });
    EXPECT_TRUE(told("watching"));
  }
  void TearDown() override {
    cancel_.request();
    if (watcher_.joinable()) watcher_.join();
  }
  /// Waits until it was told, 10 s at most, and forgets it.
  bool told(const std::string& what) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      const auto at = std::ranges::find(told_, what);
      if (at == told_.end()) return false;
      told_.erase(told_.begin(), at + 1);
      return true;
    });
  }
  bool was_told(const std::string& what) {
    std::lock_guard lock(mutex_);
    return std::ranges::find(told_, what) != told_.end();
  }
  void model(const std::string& name, std::size_t bytes = 64, char fill = 1) const {
    fs::create_directories((folder_ / name).parent_path());
    write_small_model(folder_ / name, bytes, fill);
  }

  TemporaryFolder folder_;
  Engine engine_;
  CancelToken cancel_;

 private:
  void note(std::string what) {
    {
      std::lock_guard lock(mutex_);
      told_.push_back(std::move(what));
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;
  std::thread watcher_;
};

TEST_F(AFolderWatch, TellsOfFilesThatComeChangeMoveAndGo) {
  start();
  model("models/a.safetensors");
  EXPECT_TRUE(told("added a"));
  model("models/deep/er/b.safetensors");
  EXPECT_TRUE(told("added b")) << "in a folder that is new too";
  model("models/a.safetensors", 128);
  EXPECT_TRUE(told("updated a"));
  Library library(engine_, folder_ / "home");
  ASSERT_TRUE(library.set("b", "author", "me"));
  fs::rename(folder_ / "models/deep/er/b.safetensors", folder_ / "models/c.safetensors");
  EXPECT_TRUE(told("moved c"));
  EXPECT_EQ(library.show("c").value().entry.author, "me");
  fs::remove(folder_ / "models/a.safetensors");
  EXPECT_TRUE(told("gone a"));
  EXPECT_TRUE(library.show("a").value().missing) << "its entry stays";
}

TEST_F(AFolderWatch, WaitsForAFileThatIsBeingCopied) {
  start();
  const std::string whole = [this] {
    model("whole", 4000);
    std::ifstream file(folder_ / "whole", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  std::ofstream copy(folder_ / "models/slow.safetensors", std::ios::binary);
  for (std::size_t i = 0; i < whole.size(); i += 250) {
    copy << whole.substr(i, 250) << std::flush;
    if (i == 250) model("models/quick.safetensors");  // for which everything is looked at
    EXPECT_FALSE(was_told("skipped ") || was_told("added slow")) << "at byte " << i;
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
  }
  EXPECT_TRUE(was_told("added quick"));
  copy.close();
  EXPECT_TRUE(told("added slow"));
}

TEST_F(AFolderWatch, ComputesHashesBeside) {
  start();
  model("models/a.safetensors");
  ASSERT_TRUE(told("added a"));
  Library library(engine_, folder_ / "home");
  for (int i = 0; i < 500 && library.show("a").value().entry.auto_v1.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(library.show("a").value().entry.sha256.size(), 64u);
}

}  // namespace
}  // namespace pxf::test
