#include "service/webhooks.h"

#include <gmock/gmock.h>

#include <deque>
#include <nlohmann/json.hpp>

#include "download/http_get.h"
#include "formats/temporary_folder.h"
#include "server/http_server.h"

namespace pxf::test {
namespace {

/// Answers with these, then with 204; keeps what it was told.
class Listener {
 public:
  explicit Listener(std::deque<HttpResponse> answers = {})
      : answers_(std::move(answers)), server_({.port = 0}, [this](const HttpRequest& request, const HttpReply& reply) {
          std::unique_lock lock(mutex_);
          told_.push_back(request);
          HttpResponse answer{.status = 204};
          if (!answers_.empty()) {
            answer = answers_.front();
            answers_.pop_front();
          }
          lock.unlock();
          heard_.notify_all();
          reply.send(answer);
        }) {}
  std::string address() const { return fmt::format("http://127.0.0.1:{}/told", server_.port()); }
  std::vector<HttpRequest> told(std::size_t most, std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    std::unique_lock lock(mutex_);
    heard_.wait_for(lock, patience, [&] { return told_.size() >= most; });
    return told_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable heard_;
  std::deque<HttpResponse> answers_;
  std::vector<HttpRequest> told_;
  HttpServer server_;
};

constexpr WebhookOptions kQuick{.allow_private = true, .tries = 3, .first_wait = 1, .look_every = 5};

class WebhooksTest : public testing::Test {
 protected:
  Job drawn(const std::string& webhook) {
    JobRequest request;
    request.request.prompt = "a red apple";
    request.request.width = request.request.height = 64;
    request.request.steps = 1;
    Job job = service->submit({}, request, {}, webhook);
    for (int i = 0; i < 1000 && !has_ended(service->queue().find(job.id)->state); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return job;
  }
  std::string state_of(const Job& job) {
    return service->database().with(
        [&](Sql& sql) { return sql.rows("SELECT state FROM webhooks WHERE job = $1", {job.id})[0][0].text(); });
  }
  std::string end_of(const Job& job) {
    for (int i = 0; i < 1000 && state_of(job) == "waiting"; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return state_of(job);
  }

  TemporaryFolder home;
  Engine engine;
  std::optional<Service> service{std::in_place, engine, ServiceOptions{.home = home.path()}};
};

TEST_F(WebhooksTest, AJobThatHasEndedIsToldWithASignature) {
  Listener listener;
  Webhooks webhooks(*service, kQuick);
  const Job job = drawn(listener.address());
  const auto told = listener.told(1);
  ASSERT_EQ(told.size(), 1);
  EXPECT_EQ(told[0].method, "POST");
  const auto body = nlohmann::json::parse(told[0].body);
  EXPECT_EQ(body["state"], "done");
  EXPECT_EQ(body["images"].size(), 1);
  EXPECT_EQ(told[0].header("X-PixelForge-Id"), job.id);
  EXPECT_EQ(told[0].header("X-PixelForge-Signature"),
            "sha256=" + signature(service->accounts().secret(kWebhookSecret), told[0].body));
  EXPECT_EQ(end_of(job), "sent");
}

TEST_F(WebhooksTest, WhatFailsIsTriedAgainAndRedirectsAreNotFollowed) {
  Listener elsewhere;
  Listener listener({{.status = 500}, {.status = 302, .headers = {{"Location", elsewhere.address()}}}});
  Webhooks webhooks(*service, kQuick);
  EXPECT_EQ(end_of(drawn(listener.address())), "sent");
  EXPECT_EQ(listener.told(3).size(), 3);
  EXPECT_TRUE(elsewhere.told(1, std::chrono::milliseconds(20)).empty());
}

TEST_F(WebhooksTest, AfterAsManyTriesItIsGivenUp) {
  Listener listener({{.status = 500}, {.status = 500}, {.status = 500}, {.status = 500}});
  Webhooks webhooks(*service, kQuick);
  EXPECT_EQ(end_of(drawn(listener.address())), "given up");
  EXPECT_EQ(listener.told(4, std::chrono::milliseconds(50)).size(), 3);
}

TEST_F(WebhooksTest, ARestartGoesOn) {
  Listener listener;
  drawn(listener.address());
  service.reset();
  service.emplace(engine, ServiceOptions{.home = home.path()});
  Webhooks webhooks(*service, kQuick);
  EXPECT_EQ(listener.told(1).size(), 1);
}

TEST_F(WebhooksTest, InwardAddressesAreRefused) {
  const Webhooks webhooks(*service, {});
  for (const char* url :
       {"http://example.com/", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/",
        "https://2130706433/", "https://[::ffff:10.0.0.1]/", "https://localhost/", "file:///etc/passwd", "x"}) {
    EXPECT_FALSE(webhooks.check(url)) << url;
  }
  EXPECT_TRUE(webhooks.check("https://example.com/hook"));
}

TEST_F(WebhooksTest, InwardAddressesAreNotConnectedToEither) {
  Listener listener;
  WebhookOptions options = kQuick;
  options.allow_private = false;
  const std::string address = listener.address();
  const Webhooks webhooks(*service, options);
  const Job job = drawn("https://localhost" + address.substr(address.rfind(':')));
  EXPECT_EQ(end_of(job), "given up");
  const std::string problem = service->database().with(
      [&](Sql& sql) { return sql.rows("SELECT problem FROM webhooks WHERE job = $1", {job.id})[0][0].text(); });
  EXPECT_THAT(problem, testing::HasSubstr("of this machine or network"));
}

}  // namespace
}  // namespace pxf::test
