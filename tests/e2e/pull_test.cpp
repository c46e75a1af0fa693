// `pixelforge pull` as a user runs it, against a server of our own: nothing here leaves the machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <signal.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "download/server.h"
#include "e2e/own_library.h"
#include "e2e/program.h"
#include "e2e/small_model.h"
#include "files.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

std::string sha256_of(const std::string& bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

class Pull : public OwnLibrary {
 protected:
  Pull() {
    for (const char* name :
         {"HF_TOKEN", "PIXELFORGE_HF_TOKEN", "CIVITAI_TOKEN", "https_proxy", "http_proxy", "all_proxy"})
      ::unsetenv(name);
    ::setenv("HF_ENDPOINT", server_.url().c_str(), 1);
    ::setenv("CIVITAI_ENDPOINT", civitai_.url().c_str(), 1);
  }
  ~Pull() override {
    for (const char* name : {"HF_ENDPOINT", "CIVITAI_ENDPOINT", "HF_TOKEN"}) ::unsetenv(name);
  }

  std::string model(std::size_t bytes = 3'000'000, char fill = 1) const {
    write_small_model(folder_.path() / "served.safetensors", bytes, fill);
    return content_of(folder_.path() / "served.safetensors");
  }
  Outcome pull(const std::string& source, std::vector<std::string> more = {},
               const Surroundings& surroundings = {}) const {
    std::vector<std::string> words = {"pull", source, "--allow-private"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, surroundings);
  }
  /// What is left of pulls.
  std::vector<std::string> unfinished() const {
    std::vector<std::string> out;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(home() / "blobs/partial", none))
      out.push_back(entry.path().filename().string());
    return out;
  }
  void serve_repository(const std::string& body) {
    server_.serve(
        "/api/models/org/repo/revision/main",
        {fmt::format(
            R"({{"id": "org/repo", "author": "org", "cardData": {{"license": "cc-by-nc-4.0", "instance_prompt": "glow"}},
                    "siblings": [{{"rfilename": "README.md"}}, {{"rfilename": "neon.safetensors", "size": {},
                    "lfs": {{"sha256": "{}"}}}}]}})",
            body.size(), sha256_of(body))});
    server_.serve("/org/repo/resolve/main/neon.safetensors", {body});
  }

  Server server_, civitai_;
};

TEST_F(Pull, ARepositorysFileIsInTheLibraryWithWhatTheSiteSays) {
  const std::string body = model();
  serve_repository(body);
  ::setenv("HF_TOKEN", "hush", 1);
  const Outcome done = pull("hf:org/repo", {"--json"});
  ASSERT_EQ(done.status, 0) << done.err << done.out;
  const auto report = done.json();
  EXPECT_EQ(report["name"], "neon-2") << "neon is in the program";
  EXPECT_EQ(report["license"], "cc-by-nc-4.0");
  EXPECT_EQ(report["commercial"]["use"], "no");
  EXPECT_EQ(report["trigger_words"], "glow");
  EXPECT_EQ(report["source"], server_.url("/org/repo/blob/main/neon.safetensors"));
  EXPECT_EQ(report["sha256"], sha256_of(body));
  EXPECT_EQ(report["is_verified"], true);
  EXPECT_EQ(report["bytes_fetched"], body.size());
  EXPECT_EQ(content_of(std::string(report["path"])), body);
  EXPECT_EQ(server_.asked("/org/repo/resolve/main/neon.safetensors")[0].header("authorization"), "Bearer hush");
  EXPECT_THAT(unfinished(), IsEmpty());
  EXPECT_EQ(run({"verify"}).status, 0);
  const auto again = pull("hf:org/repo", {"--json"}).json();
  EXPECT_EQ(again["is_new"], false);
  EXPECT_EQ(again["bytes_fetched"], 0);
}

TEST_F(Pull, AVersionOfCivitaiBringsItsPermissionsAndWords) {
  const std::string body = model();
  civitai_.serve(
      "/api/v1/model-versions/25",
      {fmt::format(R"({{"id": 25, "modelId": 7, "trainedWords": ["neon glow"], "model": {{"name": "Neon"}}, "files": [
                  {{"name": "neon_v2.safetensors", "primary": true, "hashes": {{"SHA256": "{}"}}, "downloadUrl": "{}"}}]}})",
                   sha256_of(body), civitai_.url("/api/download/models/25"))});
  civitai_.serve("/api/v1/models/7", {R"({"id": 7, "name": "Neon", "creator": {"username": "she"}, "tags": ["light"],
                                     "allowCommercialUse": ["None"], "modelVersions": [{"id": 25}]})"});
  civitai_.serve("/api/download/models/25", {body});
  const Outcome done = pull(civitai_.url("/models/7/neon"), {"--json"});
  ASSERT_EQ(done.status, 0) << done.err << done.out;
  const auto report = done.json();
  EXPECT_EQ(report["name"], "neon_v2");
  EXPECT_EQ(report["author"], "she");
  EXPECT_EQ(report["tags"], "light");
  EXPECT_EQ(report["trigger_words"], "neon glow");
  EXPECT_EQ(report["commercial"]["use"], "no");
  EXPECT_EQ(report["source"], civitai_.url("/models/7?modelVersionId=25"));
}

TEST_F(Pull, AFileWithAnotherHashNeverGetsAName) {
  server_.serve("/a.safetensors", {model()});
  const Outcome done = pull(server_.url("/a.safetensors"), {"--sha256", std::string(64, 'a')});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("need " + std::string(64, 'a')));
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_THAT(unfinished(), IsEmpty());
}

TEST_F(Pull, WhatIsNoModelIsRefusedAndLeavesNothing) {
  server_.serve("/a.safetensors", {std::string(1000, 'x')});
  EXPECT_EQ(pull(server_.url("/a.safetensors")).status, 1);
  EXPECT_THAT(unfinished(), IsEmpty());
}

TEST_F(Pull, PrivateAddressesAreRefusedUnlessAllowed) {
  server_.serve("/a.safetensors", {model()});
  for (const std::string& source : {server_.url("/a.safetensors"), std::string("hf:org/repo"),
                                    std::string("https://127.0.0.1/a"), std::string("https://169.254.169.254/a")}) {
    const Outcome done = run({"pull", source});
    EXPECT_EQ(done.status, 2) << source;
    EXPECT_THAT(done.err, HasSubstr("--allow-private")) << source;
  }
  server_.serve("/b", {.status = 302, .headers = {{"Location", "http://169.254.169.254/latest"}}});
  const Outcome done = pull(server_.url("/b"));
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("refused to follow a redirect"));
  EXPECT_FALSE(fs::exists(home() / "library.db"));
}

TEST_F(Pull, UsageIsChecked) {
  EXPECT_EQ(run({"pull", "dreamlike"}).status, 2);
  EXPECT_EQ(run({"pull", "civitai:1", "--sha256", "12"}).status, 2);
  EXPECT_EQ(run({"pull", "civitai:1", "--connections", "0"}).status, 2);
  EXPECT_EQ(run({"pull", "civitai:1", "--name", "a/b"}).status, 2);
  EXPECT_THAT(run({"pull", "--help"}).out, AllOf(HasSubstr("Examples:\n"), HasSubstr("HF_TOKEN")));
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Pull, ATakenNameIsToldBeforeAnythingIsFetched) {
  serve_repository(model());
  write_small_model(folder_.path() / "one.safetensors", 64, 9);
  ASSERT_EQ(run({"import", folder_.path() / "one.safetensors"}).status, 0);
  const Outcome done = pull("hf:org/repo", {"--name", "one"});
  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.err, HasSubstr("is taken"));
  EXPECT_THAT(server_.asked("/org/repo/resolve/main/neon.safetensors"), IsEmpty());
  EXPECT_EQ(pull("hf:org/repo", {"--name", "two"}).status, 0);
  EXPECT_EQ(pull("hf:org/repo", {"--name", "two"}).status, 0);
  EXPECT_EQ(pull("hf:org/repo", {"--name", "three"}).status, 0);
  EXPECT_THAT(names(), UnorderedElementsAre("one", "three", "two"));
}

TEST_F(Pull, ADamagedBlobIsMended) {
  serve_repository(model());
  ASSERT_EQ(pull("hf:org/repo").status, 0);
  const fs::path blob = std::string(run({"show", "neon-2", "--json"}).json()["path"]);
  fs::permissions(blob, fs::perms(0644));
  std::fstream(blob, std::ios::in | std::ios::out).seekp(-1, std::ios::end).put('x');
  ASSERT_EQ(run({"verify"}).status, 1);
  EXPECT_EQ(pull("hf:org/repo").status, 0);
  EXPECT_EQ(run({"verify"}).status, 0);
}

TEST_F(Pull, KilledAtAnyMomentItGoesOnAndLosesNothing) {
  const std::string body = model(3'000'000);
  serve_repository(body);
  server_.serve("/org/repo/resolve/main/neon.safetensors", {.body = body, .bytes_a_second = 1'000'000});
  std::mt19937 random(7);
  write_small_model(folder_.path() / "kept.safetensors", 64, 9);
  ASSERT_EQ(run({"import", folder_.path() / "kept.safetensors"}).status, 0);
  int killed = 0;
  Outcome done;
  do {
    const std::chrono::microseconds moment(std::uniform_int_distribution(5'000, 400'000)(random));
    done = pull("hf:org/repo", {"--json"}, {.killed_after = killed < 5 ? std::optional(moment) : std::nullopt});
    killed += done.status == 137;
    const Outcome verified = run({"verify"});
    ASSERT_EQ(verified.status, 0) << verified.out << verified.err;
    ASSERT_TRUE(names().contains("kept"));
  } while (done.status == 137);
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_GT(killed, 2);
  EXPECT_EQ(done.json()["sha256"], sha256_of(body));
  EXPECT_THAT(unfinished(), IsEmpty());
}

TEST_F(Pull, WhatWasFetchedBeforeTheKillIsNotFetchedAgain) {
  const std::string body = model(8'000'000);
  serve_repository(body);
  const char* path = "/org/repo/resolve/main/neon.safetensors";
  server_.serve(path, {.body = body, .bytes_a_second = 200'000});
  ASSERT_EQ(pull("hf:org/repo", {}, {.killed_after = std::chrono::milliseconds(900)}).status, 137);
  server_.serve(path, {body});
  const auto report = pull("hf:org/repo", {"--json"}).json();
  EXPECT_GT(report["bytes_resumed"], 0);
  EXPECT_EQ(std::size_t(report["bytes_resumed"]) + std::size_t(report["bytes_fetched"]), body.size());
  EXPECT_EQ(run({"verify"}).status, 0);
}

TEST_F(Pull, CtrlCKeepsWhatWasFetched) {
  const std::string body = model(8'000'000);
  serve_repository(body);
  const char* path = "/org/repo/resolve/main/neon.safetensors";
  server_.serve(path, {.body = body, .bytes_a_second = 500'000});
  {
    OnTerminal program({"pull", "hf:org/repo", "--allow-private"}, folder_.path());
    ASSERT_TRUE(program.shows("of 8.00 MB · ")) << program.screen();
    program.type("\x03");
    EXPECT_EQ(program.status(), 130);
    EXPECT_THAT(program.screen(), HasSubstr("pixelforge: cancelled"));
  }
  EXPECT_THAT(unfinished(), Not(IsEmpty()));
  server_.serve(path, {body});
  EXPECT_GT(pull("hf:org/repo", {"--json"}).json()["bytes_resumed"], 0);
  EXPECT_THAT(unfinished(), IsEmpty());
}

TEST_F(Pull, TwoAtOnceFetchItOnce) {
  const std::string body = model(2'000'000);
  serve_repository(body);
  server_.serve("/org/repo/resolve/main/neon.safetensors", {.body = body, .bytes_a_second = 2'000'000});
  Outcome first, second;
  std::thread other([&] { second = pull("hf:org/repo", {"--json"}); });
  first = pull("hf:org/repo", {"--json"});
  other.join();
  ASSERT_EQ(first.status, 0) << first.err << first.out;
  ASSERT_EQ(second.status, 0) << second.err << second.out;
  EXPECT_EQ(std::size_t(first.json()["bytes_fetched"]) + std::size_t(second.json()["bytes_fetched"]), body.size());
  EXPECT_THAT(names(), ElementsAre("neon-2"));
  EXPECT_EQ(run({"verify"}).status, 0);
  EXPECT_THAT(unfinished(), IsEmpty());
}

TEST_F(Pull, AFullDiskIsToldAtOnceAndLeavesNothing) {
  serve_repository(model());
  const Outcome done = pull("hf:org/repo", {}, {.file_size = 1'000'000});  // stands for the disk's
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("cannot make room for the download"));
  EXPECT_THAT(server_.asked("/org/repo/resolve/main/neon.safetensors"), testing::SizeIs(1));  // how long it is
  EXPECT_THAT(unfinished(), IsEmpty());
  EXPECT_EQ(pull("hf:org/repo").status, 0);
  server_.serve("/huge", {.body = "x", .claimed_length = std::size_t{1} << 60});
  EXPECT_THAT(pull(server_.url("/huge")).err, HasSubstr("the disk is full"));
}

TEST_F(Pull, AReadOnlyHomeSaysSo) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become someone else";
  serve_repository(model());
  fs::permissions(folder_.path(), fs::perms(0755));
  constexpr uid_t kNobody = 65534;
  const Outcome done = pull("hf:org/repo", {}, {.user = kNobody});
  if (done.status == 127) GTEST_SKIP() << "nobody may run the program from the build folder";
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, AllOf(HasSubstr("Permission denied"), HasSubstr("choose a place you may use")));
}

TEST_F(Pull, GcRemovesUnfinishedDownloadsOnlyWhenAsked) {
  const std::string body = model();
  server_.serve("/a.safetensors", {.body = body, .headers = {{"ETag", "\"1\""}}, .bytes_a_second = 200'000});
  ASSERT_EQ(pull(server_.url("/a.safetensors"), {}, {.killed_after = std::chrono::milliseconds(700)}).status, 137);
  ASSERT_THAT(unfinished(), Not(IsEmpty()));
  EXPECT_EQ(run({"gc", "--json"}).json()["downloads"], 0);
  EXPECT_THAT(unfinished(), Not(IsEmpty()));
  const auto report = run({"gc", "--downloads", "--json"}).json();
  EXPECT_EQ(report["downloads"], 1);
  EXPECT_EQ(report["bytes_freed"], body.size());
  EXPECT_THAT(unfinished(), IsEmpty());
}

}  // namespace
}  // namespace pxf::test
