// Files from servers that behave badly.
#include "download/download.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "download/server.h"
#include "formats/temporary_folder.h"

namespace pxf::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::Gt;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Lt;
using testing::SizeIs;

constexpr std::size_t kMillion = 1'000'000;

/// Bytes no two stretches of which are the same.
std::string some_bytes(std::size_t count, unsigned seed = 1) {
  std::string out(count, '\0');
  std::uint32_t state = seed;
  for (char& c : out) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return out;
}

class Download : public testing::Test {
 protected:
  Download() {
    for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
    access_.private_hosts = {"127.0.0.1"};
    patience_.stall = std::chrono::milliseconds(300);
    patience_.first_wait = std::chrono::milliseconds(1);
    patience_.tries = 4;
    patience_.save_every = std::chrono::milliseconds(100);
  }

  Result<Fetched> fetch(const std::string& url, const std::string& sha256 = "", int connections = 4,
                        std::uint64_t bytes = 0) {
    const Descriptor file(::open(path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    return download({parse_url(url).value(), sha256, bytes}, {path(), file}, connections,
                    {access_, patience_, &cancel_}, on_bytes_);
  }
  Error error_of(const std::string& url) {
    const auto done = fetch(url);
    return done ? Error{ErrorCode::internal, "it worked", {}} : done.error();
  }
  std::filesystem::path path() const { return folder_ / "a.part"; }
  std::string content() const { return read_file(path(), 100 * kMillion).value(); }

  TemporaryFolder folder_;
  Access access_;
  Patience patience_;
  CancelToken cancel_;
  OnBytes on_bytes_;
  const std::string body_ = some_bytes(5 * kMillion);
  Server server_;  // the last: what it answers is made of the others
};

TEST_F(Download, SeveralRangesComeAtOnceAndMakeTheFile) {
  server_.serve("/a", {body_});
  const Fetched fetched = fetch(server_.url("/a")).value();
  EXPECT_EQ(fetched.bytes, body_.size());
  EXPECT_EQ(fetched.resumed, 0u);
  EXPECT_EQ(content(), body_);
  EXPECT_THAT(server_.asked("/a"), SizeIs(1 + 4));  // the length, and four ranges
}

TEST_F(Download, AServerWithoutRangesGivesTheFileInOnePiece) {
  server_.serve("/a", {.body = body_, .has_ranges = false});
  EXPECT_EQ(fetch(server_.url("/a")).value().bytes, body_.size());
  EXPECT_EQ(content(), body_);
}

TEST_F(Download, ABrokenConnectionIsGoneOnWith) {
  server_.serve("/a", {.body = body_, .break_after = 300'000});
  ASSERT_TRUE(fetch(server_.url("/a")));
  EXPECT_EQ(content(), body_);
  EXPECT_THAT(server_.body_bytes_sent(), Lt(body_.size() + 10 * kMillion));
}

TEST_F(Download, WithoutRangesABrokenConnectionStartsOver) {
  server_.on("/a", [&](const Asked& asked) {
    Served served{.body = body_, .has_ranges = false};
    if (asked.before == 1) served.break_after = 1000;
    return served;
  });
  ASSERT_TRUE(fetch(server_.url("/a")));
  EXPECT_EQ(content(), body_);
}

TEST_F(Download, ASilentServerIsAskedAgain) {
  server_.on("/a", [&](const Asked& asked) {
    Served served{.body = body_};
    if (asked.before == 2) served.stall_after = 1000;
    return served;
  });
  ASSERT_TRUE(fetch(server_.url("/a")));
  EXPECT_EQ(content(), body_);
}

TEST_F(Download, WhatAnEarlierRunFetchedIsNotFetchedAgain) {
  server_.serve("/a", {.body = body_, .headers = {{"ETag", "\"1\""}}, .bytes_a_second = kMillion});
  on_bytes_ = [&](std::uint64_t done, std::uint64_t) {
    if (done > kMillion) cancel_.request();
  };
  EXPECT_EQ(error_of(server_.url("/a")).code, ErrorCode::cancelled);
  cancel_.clear();
  on_bytes_ = {};
  const Fetched fetched = fetch(server_.url("/a")).value();
  EXPECT_THAT(fetched.resumed, AllOf(Gt(kMillion), Lt(body_.size())));
  EXPECT_EQ(content(), body_);
}

TEST_F(Download, AChangedFileIsStartedOver) {
  const std::string other = some_bytes(body_.size(), 2);
  server_.serve("/a", {.body = body_, .headers = {{"ETag", "\"1\""}}});
  ASSERT_TRUE(fetch(server_.url("/a")));
  server_.serve("/a", {.body = other, .headers = {{"ETag", "\"2\""}}});
  EXPECT_EQ(fetch(server_.url("/a")).value().resumed, 0u);
  EXPECT_EQ(content(), other);
}

TEST_F(Download, AFileThatChangesMeanwhileIsNeverAMixture) {  // weak ETags: If-Range does not tell
  const std::string other = some_bytes(body_.size(), 2);
  server_.on("/a", [&](const Asked& asked) {
    const bool is_new = asked.before >= 3;
    return Served{.body = is_new ? other : body_, .headers = {{"ETag", is_new ? "W/\"2\"" : "W/\"1\""}}};
  });
  ASSERT_TRUE(fetch(server_.url("/a")));
  EXPECT_EQ(content(), other);
}

TEST_F(Download, AFileThatChangesAllTheTimeIsGivenUp) {
  server_.on("/a", [&](const Asked& asked) {
    return Served{.body = body_, .headers = {{"ETag", fmt::format("\"{}\"", asked.before)}}};
  });
  EXPECT_THAT(error_of(server_.url("/a")).message, HasSubstr("changes while it is fetched"));
}

TEST_F(Download, WithoutAnythingToKnowItByAnEarlierRunIsNotTrusted) {
  server_.serve("/a", {body_});
  ASSERT_TRUE(fetch(server_.url("/a")));
  EXPECT_EQ(fetch(server_.url("/a")).value().resumed, 0u);
  const std::string sha256(64, 'a');
  ASSERT_TRUE(fetch(server_.url("/a"), sha256));
  EXPECT_EQ(fetch(server_.url("/a"), sha256).value().resumed, body_.size());
}

TEST_F(Download, ADamagedJournalIsNoJournal) {
  server_.serve("/a", {.body = body_, .headers = {{"ETag", "\"1\""}}});
  ASSERT_TRUE(fetch(server_.url("/a")));
  for (const char* text : {"", "{}", "[", R"({"version":1,"bytes":5000000,"identity":"\"1\"","done":[[0,9000000]]})",
                           R"({"version":1,"bytes":5000000,"identity":"\"1\"","done":7})"}) {
    std::ofstream(path().string() + ".journal") << text;
    EXPECT_EQ(fetch(server_.url("/a")).value().resumed, 0u) << text;
  }
}

TEST_F(Download, AJournalOfAnEarlierFileSaysNothingOfAnEmptyOne) {
  server_.serve("/a", {.body = body_, .headers = {{"ETag", "\"1\""}}});
  ASSERT_TRUE(fetch(server_.url("/a")));
  std::filesystem::remove(path());  // as when it has become a blob, and the program was killed then
  EXPECT_EQ(fetch(server_.url("/a")).value().resumed, 0u);
  EXPECT_EQ(content(), body_);
}

TEST_F(Download, AServerThatBreaksOffForGoodIsGivenUpAndWhatCameStays) {
  server_.serve(
      "/a", {.body = body_.substr(0, 2 * kMillion), .headers = {{"ETag", "\"1\""}}, .claimed_length = 5 * kMillion});
  const Error error = error_of(server_.url("/a"));
  EXPECT_EQ(error.code, ErrorCode::io);
  EXPECT_THAT(error.message, AllOf(HasSubstr("broke off"), HasSubstr("2000000 of 5000000 bytes are there")));
  server_.serve("/a", {.body = body_, .headers = {{"ETag", "\"1\""}}});
  EXPECT_EQ(fetch(server_.url("/a")).value().resumed, 2 * kMillion);
  EXPECT_EQ(content(), body_);
}

TEST_F(Download, WhatNobodyCanGoOnWithTakesNoRoom) {
  server_.serve("/a", {.body = body_.substr(0, kMillion), .claimed_length = 5 * kMillion});
  EXPECT_EQ(error_of(server_.url("/a")).code, ErrorCode::io);
  EXPECT_EQ(std::filesystem::file_size(path()), 0u);
}

TEST_F(Download, ALengthOtherThanTheWantedOneIsRefused) {
  server_.serve("/a", {body_});
  const auto done = fetch(server_.url("/a"), "", 4, 7);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("has 5000000 bytes, need 7"));
}

TEST_F(Download, AnEndlessBodyIsRefused) {
  server_.serve("/a", {.body = "a", .has_ranges = false, .is_endless = true});
  EXPECT_THAT(error_of(server_.url("/a")).message, HasSubstr("does not say how long"));
  EXPECT_THAT(server_.body_bytes_sent(), Lt(50 * kMillion));
}

TEST_F(Download, AWebPageIsRefused) {
  server_.serve("/a", {.body = "<html>", .headers = {{"Content-Type", "text/html; charset=utf-8"}}});
  EXPECT_THAT(error_of(server_.url("/a")).message, HasSubstr("is a web page"));
}

TEST_F(Download, AnswersOfServersAreTold) {
  for (const auto& [status, words] : std::map<int, std::string>{
           {401, "refuses it (401)"}, {403, "refuses it (403)"}, {404, "no such thing"}, {418, "failed (418)"}}) {
    server_.serve("/a", {.status = status});
    EXPECT_THAT(error_of(server_.url("/a?secret=1")).text(),
                AllOf(HasSubstr(words), HasSubstr("/a"), testing::Not(HasSubstr("secret"))));
  }
  EXPECT_THAT(server_.asked("/a"), SizeIs(4));  // none is asked again
}

TEST_F(Download, ABusyServerIsAskedAgainWhenItSaysSo) {
  server_.on("/a", [&](const Asked& asked) {
    if (asked.before == 0) return Served{.status = 500};
    if (asked.before == 2) return Served{.status = 429, .headers = {{"Retry-After", "1"}}};
    return Served{.body = body_};
  });
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(fetch(server_.url("/a")));
  EXPECT_EQ(content(), body_);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(500));
}

TEST_F(Download, AnAddressThatRunsOutIsAskedForAgain) {
  server_.on("/a", [&](const Asked& asked) {
    return Served{.status = 302, .headers = {{"Location", asked.before == 0 ? "/old" : "/new"}}};
  });
  server_.on("/old",
             [&](const Asked& asked) { return asked.before < 2 ? Served{.body = body_} : Served{.status = 403}; });
  server_.serve("/new", {body_});
  ASSERT_TRUE(fetch(server_.url("/a")));
  EXPECT_EQ(content(), body_);
}

TEST_F(Download, ATokenGoesToItsOwnOriginOnly) {
  Server other("127.0.0.2");
  other.serve("/b", {body_});
  server_.serve("/a", {.status = 302, .headers = {{"Location", other.url("/b")}}});
  access_.private_hosts.emplace_back("127.0.0.2");
  access_.tokens = {{parse_url(server_.url()).value().origin(), "hush\r\nX: y", "HF_TOKEN"}};
  ASSERT_TRUE(fetch(server_.url("/a")));
  EXPECT_EQ(server_.asked("/a")[0].header("authorization"), "Bearer hushX: y");
  EXPECT_EQ(server_.asked("/a")[0].header("x"), "");
  for (const Asked& asked : other.asked("/b")) EXPECT_EQ(asked.header("authorization"), "");
}

TEST_F(Download, RedirectsInwardsAreRefused) {
  for (const char* inside : {"http://127.0.0.2:1/", "http://169.254.169.254/latest", "http://[::1]/", "http://0/",
                             "https://10.0.0.1/", "https://0x7f.2/", "https://[::ffff:127.0.0.2]/",
                             "https://localhost/", "file:///etc/passwd", "ftp://example.com/"}) {
    server_.serve("/a", {.status = 302, .headers = {{"Location", inside}}});
    const Error error = error_of(server_.url("/a"));
    EXPECT_TRUE(error.code == ErrorCode::io || error.code == ErrorCode::bad_file) << inside;
    EXPECT_THAT(error.message, testing::AnyOf(HasSubstr("refused"), HasSubstr("need https"))) << inside;
  }
}

TEST_F(Download, TheAddressThatIsConnectedToIsJudged) {
  access_.private_hosts = {"8.8.8.8", "localhost"};
  EXPECT_THAT(error_of("http://8.8.8.8/a").message,
              HasSubstr("refused to connect: 8.8.8.8 is at 8.8.8.8, which is not of"));
  sockaddr_storage loopback{};
  reinterpret_cast<sockaddr_in*>(&loopback)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  loopback.ss_family = AF_INET;
  EXPECT_THAT(access_.refusal(parse_url("https://example.com/").value(), loopback),
              HasSubstr("example.com is at 127.0.0.1"));
  EXPECT_EQ(access_.refusal(parse_url("http://localhost/").value(), loopback), "");
}

TEST_F(Download, AProxyIsUsedForTheWorldAndLeadsNowhereInside) {
  ::setenv("https_proxy", server_.url().c_str(), 1);
  EXPECT_THAT(error_of("https://example.com/a").message, HasSubstr("broke off"));
  EXPECT_THAT(error_of("https://10.0.0.1/a").message, HasSubstr("is an address of this machine or network"));
  ::unsetenv("https_proxy");
  EXPECT_FALSE(server_.asked("example.com:443").empty());
  EXPECT_THAT(server_.asked("10.0.0.1:443"), IsEmpty());
}

TEST_F(Download, RedirectsHaveAnEnd) {
  server_.serve("/a", {.status = 302, .headers = {{"Location", "/a"}}});
  EXPECT_THAT(error_of(server_.url("/a")).message, HasSubstr("more than 10 redirects"));
}

TEST_F(Download, OnlyPublicAddressesArePublic) {
  for (const char* inside : {"0.0.0.0",         "10.1.2.3",        "100.64.0.1",  "127.0.0.1",
                             "169.254.169.254", "172.31.255.255",  "192.168.1.1", "198.18.0.1",
                             "224.0.0.1",       "255.255.255.255", "::",          "::1",
                             "fe80::1",         "fd00::1",         "ff02::1",     "::ffff:10.0.0.1",
                             "64:ff9b::7f00:1", "2002:7f00:1::",   "2001::1",     "2001:db8::1"}) {
    EXPECT_FALSE(is_public_literal(inside)) << inside;
  }
  for (const char* outside : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1",
                              "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
    EXPECT_TRUE(is_public_literal(outside)) << outside;
  }
}

TEST(ByteRanges, JoinWhatTouches) {
  ByteRanges ranges;
  ranges.add({10, 20});
  ranges.add({30, 40});
  ranges.add({5, 10});
  ranges.add({19, 31});
  ranges.add({50, 50});
  EXPECT_EQ(ranges.all(), (std::vector<ByteRange>{{5, 40}}));
  EXPECT_EQ(ranges.missing(60, 12), (std::vector<ByteRange>{{0, 5}, {40, 52}, {52, 60}}));
}

TEST(Exchange, ReadsContentRanges) {
  ByteRange range;
  std::uint64_t bytes = 0;
  EXPECT_TRUE(parse_content_range("bytes 5-9/100", range, bytes));
  EXPECT_EQ(range, (ByteRange{5, 10}));
  EXPECT_EQ(bytes, 100u);
  for (const char* text : {"", "bytes 5-9/*", "bytes 9-5/100", "bytes 5-100/100", "bytes -5/100", "items 5-9/100",
                           "bytes 5-9/100 ", "bytes 5-99999999999999999999/100"}) {
    EXPECT_FALSE(parse_content_range(text, range, bytes)) << text;
  }
}

}  // namespace
}  // namespace pxf::test
