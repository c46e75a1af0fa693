#include "pixelforge/server.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "formats/temporary_folder.h"
#include "http_client.h"

namespace pxf::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

class ServerTest : public testing::Test {
 protected:
  Answer get(std::string_view target, std::string_view headers = {}) {
    return ask(server.port(), "GET", target, {}, headers);
  }
  Answer post(std::string_view target, const json& body, std::string_view headers = {}) {
    return ask(server.port(), "POST", target, body.dump(), headers);
  }
  /// Draws a small picture; gives the job as it ended.
  json drawn(json request = {{"prompt", "a red apple"}}) {
    request.update({{"width", 64}, {"height", 64}, {"steps", 2}, {"seed", 7}});
    const json job = json::parse(post("/v1/jobs", request).body);
    const std::string events = get("/v1/jobs/" + job["id"].get<std::string>() + "/events").body;
    return json::parse(get("/v1/jobs/" + job["id"].get<std::string>()).body);
  }

  TemporaryFolder home;
  Engine engine;
  Server server = Server::start(engine, {.port = 0, .home = home.path()}).value();
};

TEST_F(ServerTest, AJobIsToldFromItsBeginningToItsPicture) {
  const json job = json::parse(
      post("/v1/jobs", {{"prompt", "a red apple"}, {"width", 64}, {"height", 64}, {"steps", 3}, {"seed", 7}}).body);
  const std::string events = get("/v1/jobs/" + job["id"].get<std::string>() + "/events").body;
  for (const char* name : {"event: started", "event: step", "event: image", "event: done"}) {
    EXPECT_THAT(events, HasSubstr(name));
  }
  const json image = json::parse(get("/v1/images").body)["data"][0];
  const Answer file = get(image["url"].get<std::string>());
  EXPECT_THAT(file.body, StartsWith("\x89PNG"));
  EXPECT_EQ(file.body.size(), image["bytes"]);
}

TEST_F(ServerTest, APictureIsSentInPartsAndNotTwice) {
  const json image = drawn()["images"][0];
  const std::string url = image["url"];
  const Answer whole = get(url);
  const Answer part = get(url, "Range: bytes=1-3\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "PNG");
  EXPECT_EQ(get(url, "Range: bytes=-4\r\n").body, whole.body.substr(whole.body.size() - 4));
  EXPECT_EQ(get(url, "Range: bytes=99999999-\r\n").status, 416);
  EXPECT_EQ(get(url, "Range: bytes=3-1\r\n").status, 200);
  EXPECT_EQ(get(url, "If-None-Match: \"" + image["id"].get<std::string>() + "\"\r\n").status, 304);
}

TEST_F(ServerTest, TheSameKeyMakesOneJob) {
  const json body = {{"prompt", "a red apple"}, {"width", 64}, {"height", 64}, {"steps", 1}};
  const json first = json::parse(post("/v1/jobs", body, "Idempotency-Key: k\r\n").body);
  const json second = json::parse(post("/v1/jobs", body, "Idempotency-Key: k\r\n").body);
  EXPECT_EQ(first["id"], second["id"]);
  EXPECT_EQ(post("/v1/jobs", {{"prompt", "another"}}, "Idempotency-Key: k\r\n").status, 422);
}

TEST_F(ServerTest, MistakesNameTheirField) {
  const auto field_of = [&](const json& body) { return json::parse(post("/v1/jobs", body).body).value("field", ""); };
  EXPECT_EQ(field_of({{"prompt", 3}}), "prompt");
  EXPECT_EQ(field_of({{"prompt", "x"}, {"steps", 1e30}}), "steps");
  EXPECT_EQ(field_of({{"prompt", "x"}, {"stepz", 1}}), "stepz");
  EXPECT_EQ(field_of({{"prompt", "x"}, {"loras", {{{"name", "neon"}, {"strength", "1"}}}}}), "loras[0].strength");
  EXPECT_EQ(post("/v1/jobs", {{"prompt", "x"}, {"checkpoint", "strter"}}).status, 422);
  EXPECT_EQ(ask(server.port(), "POST", "/v1/jobs", "{").status, 400);
  EXPECT_EQ(ask(server.port(), "POST", "/v1/jobs", std::string(100'000, '[')).status, 400);
  EXPECT_EQ(ask(server.port(), "POST", "/v1/jobs", "x", "Content-Type: text/xml\r\n").status, 415);
  EXPECT_EQ(get("/v1/nothing").status, 404);
  EXPECT_EQ(ask(server.port(), "PUT", "/v1/jobs").status, 405);
}

TEST_F(ServerTest, APictureTellsHowItWasMade) {
  const std::string file = get(drawn()["images"][0]["url"].get<std::string>()).body;
  const json recipe = json::parse(ask(server.port(), "POST", "/v1/images/read", file).body);
  EXPECT_EQ(recipe["request"]["prompt"], "a red apple");
  EXPECT_EQ(recipe["request"]["seed"], 7);
  json again = recipe["request"];
  EXPECT_EQ(get(drawn(again)["images"][0]["url"].get<std::string>()).body, file);
}

TEST_F(ServerTest, PagesOfOtherSitesChangeNothing) {
  const json body = {{"prompt", "x"}};
  EXPECT_EQ(post("/v1/jobs", body, "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(post("/v1/jobs", body, "Origin: null\r\n").status, 403);
  EXPECT_EQ(post("/v1/jobs", body, "Sec-Fetch-Site: cross-site\r\n").status, 403);
  EXPECT_EQ(post("/v1/plan", body, "Origin: http://localhost:" + std::to_string(server.port()) + "\r\n").status, 200);
  Connection rebound(server.port());
  rebound.send("GET /v1/images HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(rebound.read_all(), StartsWith("HTTP/1.1 403"));
}

TEST_F(ServerTest, PathsLeadNowhereElse) {
  for (const char* path : {"/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/v1/images/..%2f..%2fservice.db",
                           "/v1/models/..%2Fx/preview"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
}

TEST_F(ServerTest, ModelsOfTheProgramAreListedAndCannotBeRemoved) {
  const json models = json::parse(get("/v1/models?kind=checkpoint").body)["data"];
  EXPECT_EQ(models[0]["name"], "starter");
  EXPECT_EQ(models[0]["commercial"]["verdict"], "yes");
  EXPECT_EQ(ask(server.port(), "DELETE", "/v1/models/starter").status, 409);
  EXPECT_EQ(ask(server.port(), "DELETE", "/v1/models/nope").status, 404);
}

TEST_F(ServerTest, ThePageIsSentCompressedToWhoTakesIt) {
  const Answer plain = get("/"), compressed = get("/", "Accept-Encoding: gzip\r\n");
  EXPECT_THAT(plain.body, StartsWith("<!doctype html>"));
  EXPECT_THAT(compressed.head, HasSubstr("Content-Encoding: gzip"));
  EXPECT_THAT(plain.head, HasSubstr("Content-Security-Policy: default-src 'self'"));
}

TEST(ServerStart, TellsWhatIsInTheWay) {
  TemporaryFolder folder;
  const auto home = folder / "home", other = folder / "other";
  Engine engine;
  auto first = Server::start(engine, {.port = 0, .home = home});
  EXPECT_THAT(Server::start(engine, {.port = first.value().port(), .home = other}).error().message,
              HasSubstr("cannot listen on 127.0.0.1"));
  EXPECT_THAT(Server::start(engine, {.port = 0, .home = home}).error().message, HasSubstr("another pixelforge serves"));
  EXPECT_THAT(Server::start(engine, {.address = "nowhere", .home = other}).error().message, HasSubstr("nowhere"));
}

}  // namespace
}  // namespace pxf::test
