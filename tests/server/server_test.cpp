#include "pixelforge/server.h"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "base/bytes.h"
#include "base/file.h"
#include "formats/temporary_folder.h"
#include "formats/zip.h"
#include "http_client.h"
#include "pixelforge/accounts.h"
#include "pixelforge/library.h"

namespace pxf::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ServerTest : public testing::Test {
 protected:
  explicit ServerTest(ServerOptions options = {}) : server(started(std::move(options))) {}
  Server started(ServerOptions options) {
    options.port = 0;
    options.home = home.path();
    return Server::start(engine, options).value();
  }
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
  Engine engine{EngineOptions{.names_only = true}};
  Server server;
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

TEST_F(ServerTest, ALevelStandsForStepsThatAreNotSaid) {
  const auto steps = [&](const char* level) {
    const json plan = json::parse(post("/v1/plan", {{"prompt", "x"}, {"level", level}}).body);
    EXPECT_EQ(plan.value("level", ""), level);
    return plan.value("steps", 0);
  };
  EXPECT_LT(steps("fast"), steps("balanced"));
  EXPECT_LT(steps("balanced"), steps("best"));
}

TEST_F(ServerTest, PicturesAreTakenHomeInOneFile) {
  const json first = drawn()["images"][0], second = drawn({{"prompt", "a blue star"}})["images"][0];
  const auto entries_of = [](const std::string& zip) { return read_zip(as_bytes(zip)).value(); };
  const std::string zip = get("/v1/images.zip").body;
  const auto entries = entries_of(zip);
  ASSERT_EQ(entries.size(), 3);
  for (const json& image : {first, second}) {
    const ZipEntry* entry = find_entry(entries, image["id"].get<std::string>() + ".png");
    ASSERT_NE(entry, nullptr);
    const Bytes file = stored_bytes(as_bytes(zip), *entry).value();
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(file.data()), file.size()),
              get(image["url"].get<std::string>()).body);
  }
  const Bytes list = stored_bytes(as_bytes(zip), *find_entry(entries, "pictures.json")).value();
  const json about =
      json::parse(reinterpret_cast<const char*>(list.data()), reinterpret_cast<const char*>(list.data()) + list.size());
  EXPECT_EQ(about[0]["prompt"], "a blue star");
  EXPECT_EQ(entries_of(get("/v1/images.zip?q=apple").body).size(), 2);
  for (const auto& left : std::filesystem::directory_iterator(home.path())) {
    EXPECT_THAT(left.path().filename().string(), Not(StartsWith("export-")));
  }
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

TEST_F(ServerTest, FieldsAndWordsThatAreUnknownAreRefused) {
  EXPECT_EQ(ask(server.port(), "PATCH", "/v1/models/none", R"({"nam": "x"})").status, 422);
  EXPECT_EQ(post("/v1/models/import", {{"path", "/nonexistent"}, {"how", "move"}}).status, 422);
  EXPECT_EQ(post("/v1/models/pull", {{"source", ""}}).status, 422);
  EXPECT_EQ(get("/v1/jobs?state=asleep").status, 422);
  EXPECT_EQ(get("/v1/images?favourite=perhaps").status, 422);
  EXPECT_EQ(get("/v1/images?favourite=false").status, 200);
}

TEST_F(ServerTest, MetricsTellWhatWasDrawn) {
  drawn();
  const std::string text = get("/metrics").body;
  for (const char* line :
       {"pixelforge_jobs_total{state=\"done\"} 1\n", "pixelforge_pictures_total 1\n",
        "pixelforge_queue_wait_seconds_count 1\n", "pixelforge_http_request_seconds_count{area=\"jobs\"} 2\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, testing::Not(HasSubstr("stage_seconds_total{stage=\"steps\"} 0\n")));
}

TEST_F(ServerTest, WhatTheDashboardAsksForIsInTheMetrics) {
  const std::filesystem::path file = std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "packaging/grafana/dashboard.json";
  const std::string asked = value_or_throw(read_file(file, 1 << 20)), given = get("/metrics").body;
  const std::regex metric("pixelforge_[a-z_]+");
  int names = 0;
  for (std::sregex_iterator found(asked.begin(), asked.end(), metric), end; found != end; ++found, ++names) {
    const std::string line = '\n' + found->str();
    EXPECT_TRUE(given.find(line + ' ') != std::string::npos || given.find(line + '{') != std::string::npos) << line;
  }
  EXPECT_GE(names, 13);
}

TEST_F(ServerTest, KindsOfModelsAreFoundInAnyCase) {
  EXPECT_EQ(json::parse(get("/v1/models?kind=lora").body)["data"][0]["kind"], "LoRA");
}

TEST_F(ServerTest, OtherMethodsAreToldWhichOnesThereAre) {
  EXPECT_THAT(ask(server.port(), "PUT", "/v1/plan").head, HasSubstr("Allow: POST\r\n"));
  EXPECT_EQ(get("/v1/plan").status, 405);
  EXPECT_EQ(post("/nowhere", json::object()).status, 404);
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

TEST_F(ServerTest, SaysWhatItHolds) {
  drawn();
  EXPECT_EQ(json::parse(get("/v1/status").body)["loaded"][0]["name"], "starter");
  bool told = false;
  for (int tries = 0; tries < 60 && !told; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const auto workers = running_workers(home.path()).value();
    told = workers.size() == 1 && workers[0].models.size() == 1 && workers[0].models[0].name == "starter";
  }
  EXPECT_TRUE(told);
  server.stop();
  EXPECT_TRUE(running_workers(home.path()).value().empty());
}

TEST_F(ServerTest, ModelsOfTheProgramAreListedAndCannotBeRemoved) {
  const json models = json::parse(get("/v1/models?kind=checkpoint").body)["data"];
  EXPECT_EQ(models[0]["name"], "starter");
  EXPECT_EQ(models[0]["commercial"]["verdict"], "yes");
  EXPECT_EQ(ask(server.port(), "DELETE", "/v1/models/starter").status, 409);
  EXPECT_EQ(ask(server.port(), "DELETE", "/v1/models/nope").status, 404);
}

TEST_F(ServerTest, TellsWhatModelsAreGoodFor) {
  EXPECT_EQ(json::parse(get("/v1/models/starter-pixel").body)["good_for"][0]["what"], "pixel art");
  ASSERT_TRUE(Library(engine, home.path())
                  .add(PIXELFORGE_SOURCE_DIR "/assets/starter/lora/neon.safetensors",
                       {.mode = ImportMode::link, .name = "mine"}));
  ASSERT_EQ(ask(server.port(), "PATCH", "/v1/models/mine", R"({"set": {"good_for": "logos, not photos"}})").status,
            200);
  const json good_for = json::parse(get("/v1/models/mine").body)["good_for"];
  EXPECT_EQ(good_for.front()["what"], "logo");
  EXPECT_EQ(good_for.back()["what"], "photo");
  EXPECT_LT(good_for.back()["weight"], 0);
}

TEST_F(ServerTest, OneWrongValueChangesNothingOfAModel) {
  ASSERT_TRUE(Library(engine, home.path())
                  .add(PIXELFORGE_SOURCE_DIR "/assets/starter/lora/neon.safetensors",
                       {.mode = ImportMode::link, .name = "mine"}));
  EXPECT_EQ(ask(server.port(), "PATCH", "/v1/models/mine", R"({"set": {"author": "me", "steps": "many"}})").status,
            422);
  EXPECT_TRUE(json::parse(get("/v1/models/mine").body)["set"].empty());
}

TEST_F(ServerTest, WhatIsSaidOfAModelOfTheProgramCanBeChangedAndPutBack) {
  const auto patch = [&](const char* body) { return ask(server.port(), "PATCH", "/v1/models/starter", body); };
  const json before = json::parse(get("/v1/models/starter").body);
  const json after = json::parse(patch(R"({"set": {"good_for": "logos", "cfg": "3"}})").body);
  EXPECT_EQ(after["good_for"][0]["what"], "logo");
  EXPECT_EQ(after["settings"]["cfg_scale"], 3);
  EXPECT_EQ(json::parse(get("/v1/models").body)["data"][0]["settings"]["cfg_scale"], 3);
  EXPECT_EQ(patch(R"({"name": "mine"})").status, 409);
  ASSERT_EQ(patch(R"({"set": {"good_for": "", "cfg": ""}})").status, 200);
  EXPECT_EQ(json::parse(get("/v1/models/starter").body), before);
}

TEST_F(ServerTest, ThePageIsSentCompressedToWhoTakesIt) {
  const Answer plain = get("/"), compressed = get("/", "Accept-Encoding: gzip\r\n");
  EXPECT_THAT(plain.body, StartsWith("<!doctype html>"));
  EXPECT_THAT(compressed.head, HasSubstr("Content-Encoding: gzip"));
  EXPECT_THAT(plain.head, HasSubstr("Content-Security-Policy: default-src 'self'"));
}

class PublicServerTest : public ServerTest {
 protected:
  static ServerOptions for_visitors() {
    ServerOptions options;
    options.is_public = true;
    options.free_pictures = 3;
    options.visitor_jobs = 100;
    options.visitor_side = 256;
    return options;
  }
  PublicServerTest() : ServerTest(for_visitors()) {}

  /// The cookie's line for a visitor who comes for the first time.
  std::string new_visitor() { return cookie_in(get("/v1/account")); }
  static std::string cookie_in(const Answer& answer) {
    const auto begin = answer.head.find("Set-Cookie: ");
    if (begin == std::string::npos) return "";
    const auto text = answer.head.substr(begin + 12);
    return "Cookie: " + text.substr(0, text.find(';')) + "\r\n";
  }
  json account_of(const std::string& headers) { return json::parse(get("/v1/account", headers).body); }
  static std::string bearer(const std::string& key) { return "Authorization: Bearer " + key + "\r\n"; }
  Accounts accounts() { return Accounts::open(home.path()).value(); }

  const json picture = {{"prompt", "x"}, {"width", 64}, {"height", 64}, {"steps", 1}};
};

TEST_F(PublicServerTest, AVisitorsFreePicturesRunOutAndTheAnswerSaysWhen) {
  const std::string visitor = new_visitor();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post("/v1/jobs", picture, visitor).status, 202);
  const Answer refused = post("/v1/jobs", picture, visitor);
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.head, HasSubstr("RateLimit-Remaining: 0"));
  EXPECT_THAT(refused.head, HasSubstr("Retry-After: "));
  EXPECT_EQ(account_of(visitor)["allowance"]["left"], 0);
  EXPECT_EQ(post("/v1/jobs", picture, new_visitor()).status, 202);
}

TEST_F(PublicServerTest, ManyAtOnceGetExactlyWhatIsLeft) {
  const std::string visitor = new_visitor();
  std::atomic<int> accepted{0};
  std::vector<std::thread> racers;
  for (int i = 0; i < 20; ++i)
    racers.emplace_back([&] { accepted += post("/v1/jobs", picture, visitor).status == 202; });
  for (std::thread& racer : racers) racer.join();
  EXPECT_EQ(accepted, 3);
}

TEST_F(PublicServerTest, WhatIsNotDrawnIsGivenBack) {
  const std::string visitor = new_visitor();
  json large = picture;
  large["steps"] = 5000;
  large["count"] = 2;
  const std::string id = json::parse(post("/v1/jobs", large, visitor).body)["id"];
  EXPECT_EQ(account_of(visitor)["allowance"]["left"], 1);
  ask(server.port(), "DELETE", "/v1/jobs/" + id, "", visitor);
  get("/v1/jobs/" + id + "/events", visitor);  // until it has ended
  EXPECT_EQ(account_of(visitor)["allowance"]["left"], 3);
}

TEST_F(PublicServerTest, APictureThatWasDrawnAndRemovedIsNotGivenBack) {
  const std::string visitor = new_visitor();
  const std::string id = json::parse(post("/v1/jobs", picture, visitor).body)["id"];
  get("/v1/jobs/" + id + "/events", visitor);
  const json image = json::parse(get("/v1/images", visitor).body)["data"][0];
  EXPECT_EQ(ask(server.port(), "DELETE", image["url"].get<std::string>(), "", visitor).status, 204);
  EXPECT_EQ(account_of(visitor)["allowance"]["left"], 2);
}

TEST_F(PublicServerTest, ACookieOfOnesOwnMakingIsNotTaken) {
  const std::string visitor = new_visitor();
  std::string forged = visitor;
  forged[25] = forged[25] == '0' ? '1' : '0';
  EXPECT_NE(cookie_in(get("/v1/account", forged)), "");
  EXPECT_EQ(cookie_in(get("/v1/account", visitor)), "");
}

TEST_F(PublicServerTest, NobodySeesOrChangesWhatAnotherMade) {
  const std::string ann = new_visitor(), bob = new_visitor();
  const std::string id = json::parse(post("/v1/jobs", picture, ann).body)["id"];
  get("/v1/jobs/" + id + "/events", ann);
  const json image = json::parse(get("/v1/images", ann).body)["data"][0];
  const std::string url = image["url"];
  for (const std::string& path : {"/v1/jobs/" + id, "/v1/jobs/" + id + "/events", url, url + "/info",
                                  url + "/thumbnail", "/sdcpp/v1/jobs/" + id}) {
    EXPECT_EQ(get(path, bob).status, 404) << path;
  }
  EXPECT_EQ(ask(server.port(), "DELETE", url, "", bob).status, 404);
  EXPECT_EQ(ask(server.port(), "DELETE", "/v1/jobs/" + id, "", bob).status, 404);
  EXPECT_EQ(json::parse(get("/v1/images", bob).body)["data"].size(), 0);
  EXPECT_EQ(json::parse(get("/v1/jobs", bob).body)["data"].size(), 0);
  json begins_with_it = picture;
  begins_with_it["init"] = image["id"];
  EXPECT_EQ(post("/v1/jobs", begins_with_it, bob).status, 422);
}

TEST_F(PublicServerTest, AKeyHasLimitsOfItsOwn) {
  const std::string key =
      bearer(accounts()
                 .add_key("booth", {.pictures_per_day = 1, .largest_side = 64, .checkpoints = {"starter"}})
                 .value()
                 .secret);
  json wrong = picture;
  wrong["checkpoint"] = "starter-pixel";
  EXPECT_EQ(post("/v1/jobs", wrong, key).status, 403);
  wrong = picture;
  wrong["width"] = 128;
  EXPECT_EQ(post("/v1/jobs", wrong, key).status, 403);
  EXPECT_EQ(post("/v1/jobs", picture, key).status, 202);
  EXPECT_EQ(post("/v1/jobs", picture, key).status, 429);
  EXPECT_EQ(get("/v1/account", bearer("pxf_unknown")).status, 401);
}

TEST_F(PublicServerTest, OnlyAdministratorsChangeModels) {
  const std::string admin = bearer(accounts().add_key("boss", {}, true).value().secret);
  const std::string visitor = new_visitor();
  for (const char* path : {"/v1/models/import", "/v1/models/pull", "/sdapi/v1/options"}) {
    EXPECT_EQ(post(path, json::object(), visitor).status, 403) << path;
    EXPECT_NE(post(path, json::object(), admin).status, 403) << path;
  }
  EXPECT_EQ(ask(server.port(), "DELETE", "/v1/models/starter", "", visitor).status, 403);
  EXPECT_EQ(get("/v1/tasks", visitor).status, 403);
}

TEST_F(PublicServerTest, AnAdministratorMakesLimitsAndRevokesKeys) {
  const std::string admin = bearer(accounts().add_key("boss", {}, true).value().secret);
  const Answer made =
      post("/v1/accounts", {{"kind", "key"}, {"name", "a/b"}, {"limits", {{"largest_side", 32}}}}, admin);
  ASSERT_EQ(made.status, 201) << made.body;
  const json key = json::parse(made.body);
  const std::string secret = bearer(key["secret"]), address = "/v1/accounts/" + key["id"].get<std::string>();
  EXPECT_EQ(post("/v1/jobs", picture, secret).status, 403) << "it is larger";
  const Answer changed =
      ask(server.port(), "PATCH", address, R"({"limits": {"jobs_at_once": 1}, "priority": 5})", admin);
  EXPECT_EQ(json::parse(changed.body)["priority"], 5);
  EXPECT_EQ(post("/v1/jobs", picture, secret).status, 202);
  const std::string listed = get("/v1/accounts", admin).body;
  EXPECT_EQ(json::parse(listed)["data"][0]["limits"], json({{"jobs_at_once", 1}}));
  EXPECT_THAT(listed, testing::Not(HasSubstr("secret")));
  EXPECT_EQ(ask(server.port(), "DELETE", address, "", admin).status, 204);
  EXPECT_EQ(post("/v1/jobs", picture, secret).status, 401);
  EXPECT_EQ(ask(server.port(), "DELETE", address, "", admin).status, 404);
}

TEST_F(PublicServerTest, AnAdministratorMakesUsersAndTheirPasswords) {
  const std::string admin = bearer(accounts().add_key("boss", {}, true).value().secret);
  const json user = {{"kind", "user"}, {"name", "ann"}, {"password", "correct horse battery"}};
  const std::string id = json::parse(post("/v1/accounts", user, admin).body)["id"];
  const std::string session = cookie_in(post("/v1/session", {{"name", "ann"}, {"password", user["password"]}}));
  ASSERT_EQ(account_of(session)["user"], "ann");
  EXPECT_EQ(get("/v1/accounts", session).status, 403);
  EXPECT_EQ(ask(server.port(), "PATCH", "/v1/accounts/" + id, R"({"password": "another horse"})", admin).status, 200);
  EXPECT_EQ(account_of(session)["user"], "visitor");
  EXPECT_EQ(post("/v1/session", {{"name", "ann"}, {"password", "another horse"}}).status, 200);
}

TEST_F(PublicServerTest, OnlyAdministratorsSeeAndChangeAccounts) {
  const NewKey key = accounts().add_key("booth").value();
  const std::string address = "/v1/accounts/" + key.account.id;
  for (const std::string& who : {bearer(key.secret), new_visitor()}) {
    EXPECT_EQ(get("/v1/accounts", who).status, 403);
    EXPECT_EQ(post("/v1/accounts", {{"kind", "key"}, {"name", "x"}, {"admin", true}}, who).status, 403);
    EXPECT_EQ(ask(server.port(), "PATCH", address, R"({"limits": {}})", who).status, 403);
    EXPECT_EQ(ask(server.port(), "DELETE", address, "", who).status, 403);
  }
}

TEST_F(PublicServerTest, NobodyRemovesTheAccountThatAsks) {
  const NewKey boss = accounts().add_key("boss", {}, true).value();
  EXPECT_EQ(ask(server.port(), "DELETE", "/v1/accounts/" + boss.account.id, "", bearer(boss.secret)).status, 409);
}

TEST_F(PublicServerTest, AccountsThatCannotBeNameTheirField) {
  const std::string admin = bearer(accounts().add_key("boss", {}, true).value().secret);
  const auto field_of = [&](json differences) {
    json body = {{"kind", "key"}, {"name", "x"}};
    body.update(differences);
    const Answer answer = post("/v1/accounts", body, admin);
    EXPECT_EQ(answer.status, 422);
    return json::parse(answer.body).value("field", "");
  };
  EXPECT_EQ(field_of({{"kind", "robot"}}), "kind");
  EXPECT_EQ(field_of({{"password", "correct horse battery"}}), "password");
  EXPECT_EQ(field_of({{"priority", 1e30}}), "priority");
  EXPECT_EQ(field_of({{"limits", {{"jobs_at_once", -1}}}}), "limits.jobs_at_once");
  EXPECT_EQ(field_of({{"limits", {{"checkpoints", "starter"}}}}), "limits.checkpoints");
  EXPECT_EQ(field_of({{"limits", {{"jobs", 1}}}}), "jobs");
  field_of({{"name", "boss"}});
  field_of({{"kind", "user"}, {"password", "short"}});
}

TEST_F(PublicServerTest, AUserSignsInAndOut) {
  accounts().add_user("ann", "correct horse battery").value();
  const auto sign_in = [&](const char* password) {
    return post("/v1/session", {{"name", "ann"}, {"password", password}});
  };
  EXPECT_EQ(sign_in("wrong password").status, 401);
  const std::string session = cookie_in(sign_in("correct horse battery"));
  EXPECT_EQ(account_of(session)["user"], "ann");
  EXPECT_EQ(ask(server.port(), "DELETE", "/v1/session", "", session).status, 204);
  EXPECT_EQ(account_of(session)["user"], "visitor");
}

TEST_F(PublicServerTest, PasswordsAreNotTriedWithoutEnd) {
  int refused = 0;
  for (int i = 0; i < 8; ++i) refused += post("/v1/session", {{"name", "ann"}, {"password", "guess"}}).status == 429;
  EXPECT_GE(refused, 2);
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

TEST_F(ServerTest, ChoosesTheCheckpointOfAJobAndTellsWhy) {
  const json job = drawn({{"prompt", "a castle, pixel art"}, {"checkpoint", "auto"}});
  EXPECT_EQ(job["request"]["checkpoint"], "starter-pixel") << "to be drawn again by anyone";
  EXPECT_EQ(job["chosen"]["why"], "made for pixel art (\"pixel art\")");
  EXPECT_EQ(job["chosen"]["scores"][1]["checkpoint"], "starter");
  EXPECT_TRUE(drawn({{"prompt", "a castle, pixel art"}, {"checkpoint", "starter"}})["chosen"].is_null());
  const json neon = drawn({{"prompt", "neon sign of a cat"}, {"auto_loras", true}});
  EXPECT_EQ(neon["request"]["loras"][0]["name"], "neon");
}

TEST_F(ServerTest, TellsWhatItWouldChoose) {
  const json choice = json::parse(post("/v1/choose", {{"prompt", "a castle, pixel art"}}).body);
  EXPECT_EQ(choice["checkpoint"], "starter-pixel");
  const Answer wrong = post("/v1/choose", {{"prompt", 1}});
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(json::parse(wrong.body)["field"], "prompt");
  EXPECT_EQ(post("/v1/choose", {{"prompt", nullptr}}).status, 422);
}

TEST_F(ServerTest, FavouritesAndDeletedPicturesTeachTheChoosing) {
  const auto would_take = [&] {
    return json::parse(post("/v1/choose", {{"prompt", "a lighthouse"}}).body)["checkpoint"].get<std::string>();
  };
  ASSERT_EQ(would_take(), "starter");
  for (int i = 0; i < 6; ++i) {
    const json pixel = drawn({{"prompt", "a harbour"}, {"checkpoint", "starter-pixel"}});
    const std::string kept = pixel["images"][0]["id"];
    ASSERT_EQ(ask(server.port(), "PATCH", "/v1/images/" + kept, R"({"favourite": true})", {}).status, 200);
    const json plain = drawn({{"prompt", "a harbour"}, {"checkpoint", "starter"}});
    ASSERT_EQ(ask(server.port(), "DELETE", "/v1/images/" + plain["images"][0]["id"].get<std::string>()).status, 204);
  }
  EXPECT_EQ(would_take(), "starter-pixel");
  ASSERT_EQ(ask(server.port(), "DELETE", "/v1/habits").status, 204);
  EXPECT_EQ(would_take(), "starter");
}

TEST_F(ServerTest, DrawsTwoWaysAndTakesTheVote) {
  const json pair = json::parse(post("/v1/models/starter/comparisons", {{"prompt", "a red apple"}}).body);
  std::vector<json> jobs;
  for (const char* side : {"a", "b"}) {
    const std::string id = pair["jobs"][side];
    ask(server.port(), "GET", "/v1/jobs/" + id + "/events");
    jobs.push_back(json::parse(get("/v1/jobs/" + id).body));
    EXPECT_EQ(jobs.back()["state"], "done");
  }
  EXPECT_EQ(jobs[0]["plan"]["seed"], jobs[1]["plan"]["seed"]);
  EXPECT_NE(jobs[0]["plan"], jobs[1]["plan"]);
  const std::string address = "/v1/comparisons/" + pair["id"].get<std::string>();
  EXPECT_EQ(post(address, {{"better", "c"}}).status, 422);
  const json told = json::parse(post(address, {{"better", "a"}}).body);
  EXPECT_FALSE(told["moved"].get<bool>());
  EXPECT_GT(told["standings"].size(), 3u);
  EXPECT_EQ(post(address, {{"better", "a"}}).status, 422) << "a vote is given once";
}

}  // namespace
}  // namespace pxf::test
