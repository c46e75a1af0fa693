// What somebody with bad intentions sends.
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/base64.h"
#include "formats/temporary_folder.h"
#include "http_client.h"
#include "pixelforge/accounts.h"
#include "pixelforge/picture_file.h"
#include "pixelforge/server.h"

namespace pxf::test {
namespace {

using nlohmann::json;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

/// A public one: a visitor may do least.
class SecurityTest : public testing::Test {
 protected:
  static ServerOptions options_in(const TemporaryFolder& home) {
    ServerOptions options;
    options.port = 0;
    options.home = home.path();
    options.is_public = true;
    options.free_pictures = 1000;
    options.visitor_jobs = 1000;
    options.visitor_side = 100'000;
    return options;
  }
  Answer get(std::string_view target, std::string_view headers = {}) {
    return ask(server.port(), "GET", target, {}, headers);
  }
  Answer post(std::string_view target, std::string_view body, std::string_view headers = {}) {
    return ask(server.port(), "POST", target, body, headers);
  }
  Answer submit(const json& differences) {
    json body = {{"prompt", "a boat"}, {"width", 64}, {"height", 64}, {"steps", 1}};
    body.update(differences);
    return post("/v1/jobs", body.dump());
  }
  /// A LoRA that is in no library.
  std::string file_of_the_owner() {
    const auto path = home.path() / "secret.safetensors";
    std::filesystem::copy_file(PIXELFORGE_SOURCE_DIR "/assets/starter/lora/neon.safetensors", path);
    return path.string();
  }
  std::string visitor() {
    const Answer first = get("/v1/account");
    const auto begin = first.head.find("Set-Cookie: ") + 12;
    return "Cookie: " + first.head.substr(begin, first.head.find(';', begin) - begin) + "\r\n";
  }
  json drawn(const json& body, const std::string& who) {
    const json job = json::parse(post("/v1/jobs", body.dump(), who).body);
    get("/v1/jobs/" + job["id"].get<std::string>() + "/events", who);
    return json::parse(get("/v1/jobs/" + job["id"].get<std::string>(), who).body)["images"][0];
  }

  TemporaryFolder home;
  Engine engine{EngineOptions{.names_only = true}};
  Server server = Server::start(engine, options_in(home)).value();
};

TEST_F(SecurityTest, APublicServerTakesNoEngineThatOpensAnyFile) {
  Engine any;
  TemporaryFolder other;
  EXPECT_EQ(Server::start(any, options_in(other)).error().code, ErrorCode::invalid_argument);
}

TEST_F(SecurityTest, FilesOfTheVisitorsChoosingAreNotOpened) {
  const std::string there = file_of_the_owner();
  for (const std::string& path : {there, there + "x", std::string("../../../etc/passwd"), std::string("/dev/zero")}) {
    for (const json& body : {json{{"checkpoint", path}}, json{{"vae", path}}, json{{"loras", {{{"name", path}}}}},
                             json{{"prompt", "<lora:" + path + ":1>"}}}) {
      const Answer refused = submit(body);
      EXPECT_EQ(refused.status, 422) << body;
      EXPECT_THAT(refused.body, HasSubstr("is no name of a model here")) << body;
    }
  }
  for (const char* field : {"embeddings", "styles_file", "wildcards", "preview_model"}) {
    EXPECT_EQ(submit({{field, "x"}}).status, 422) << field;
  }
}

TEST_F(SecurityTest, FilesOfTheVisitorsChoosingAreNotOpenedByWayOfForeignAPIs) {
  const std::string there = file_of_the_owner();
  const json a1111 = {{"prompt", "<lora:" + there + ":1>"}, {"width", 64}, {"height", 64}, {"steps", 1}};
  EXPECT_EQ(post("/sdapi/v1/txt2img", a1111.dump()).status / 100, 4);
  json with_vae = {{"prompt", "x"}, {"width", 64}, {"height", 64}, {"steps", 1}};
  with_vae["override_settings"] = {{"sd_vae", there}};
  EXPECT_EQ(post("/sdapi/v1/txt2img", with_vae.dump()).status / 100, 4);
  const json sdcpp = {{"prompt", "x"}, {"lora", {{{"path", there}, {"multiplier", 1}}}}, {"width", 64}, {"height", 64}};
  EXPECT_EQ(post("/sdcpp/v1/img_gen", sdcpp.dump()).status / 100, 4);
  EXPECT_EQ(post("/v1/images/generations", json{{"prompt", "x"}, {"model", there}}.dump()).status / 100, 4);
}

TEST_F(SecurityTest, PicturesAreNotFetchedFromAddresses) {
  for (const char* address : {"http://169.254.169.254/latest/meta-data", "https://127.0.0.1/", "file:///etc/passwd"}) {
    EXPECT_EQ(submit({{"init", address}}).status, 422) << address;
    EXPECT_EQ(submit({{"init", address}, {"mask", address}}).status, 422) << address;
  }
}

TEST_F(SecurityTest, ModelsAreForAdministratorsAndTheirPullsStayOutside) {
  for (const auto& [method, target] : {std::pair("POST", "/v1/models/pull"), std::pair("POST", "/v1/models/import"),
                                       std::pair("PATCH", "/v1/models/starter"),
                                       std::pair("DELETE", "/v1/models/starter"), std::pair("GET", "/v1/tasks")}) {
    EXPECT_EQ(ask(server.port(), method, target, "{}").status, 403) << target;
  }
  const std::string key = Accounts::open(home.path()).value().add_key("root", {}, true).value().secret;
  const std::string admin = "Authorization: Bearer " + key + "\r\n";
  for (const char* inside :
       {"https://127.0.0.1:1/x.safetensors", "https://169.254.169.254/x.safetensors", "https://[::1]/x.safetensors",
        "http://localhost/x.safetensors", "https://0x7f000001/x.safetensors"}) {
    const json task = json::parse(post("/v1/models/pull", json{{"source", inside}}.dump(), admin).body);
    json now = task;
    for (int i = 0; i < 200 && now["state"] == "running"; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      now = json::parse(get("/v1/tasks/" + task["id"].get<std::string>(), admin).body);
    }
    EXPECT_EQ(now["state"], "failed") << inside;
    EXPECT_THAT(now["error"]["code"], AnyOf("invalid_argument", "unsupported")) << inside << now["error"];
  }
}

TEST_F(SecurityTest, NoAnswerIsTakenForAPage) {
  const std::string who = visitor();
  const json image = drawn({{"prompt", "<script>alert(1)</script>"}, {"width", 64}, {"height", 64}, {"steps", 1}}, who);
  const std::string url = image["url"];
  for (const std::string& target :
       {url, url + "/thumbnail", url + "/info", url + "?download", std::string("/v1/images"), std::string("/v1/jobs"),
        std::string("/v1/models/%3Cscript%3E"), std::string("/<script>alert(1)</script>"),
        std::string("/v1/jobs?limit=<b>")}) {
    const Answer answer = get(target, who);
    EXPECT_THAT(answer.head, HasSubstr("X-Content-Type-Options: nosniff")) << target;
    EXPECT_THAT(answer.head, HasSubstr("Content-Security-Policy: default-src 'none'")) << target;
    EXPECT_THAT(answer.head, HasSubstr("Content-Type: ")) << target;
    EXPECT_THAT(answer.head, Not(HasSubstr("html"))) << target;
  }
  EXPECT_THAT(get(url + "?download=%22%0d%0aX:%20y", who).head,
              HasSubstr("Content-Disposition: attachment; filename=\"" + image["id"].get<std::string>() + ".png\""));
}

TEST_F(SecurityTest, WhatIsDecodedHasABound) {
  Picture wide;
  wide.image = {20'000, 1, std::vector<std::uint8_t>(60'000)};
  std::vector<std::byte> file = encode_png(wide).value();
  file[22] = std::byte{0x4e};  // a height of 20,000, in a header whose sum is wrong then
  file[23] = std::byte{0x20};
  EXPECT_EQ(submit({{"init", base64(file)}}).status, 422);
  EXPECT_EQ(post("/v1/images/read", std::string(1000, '\0')).status, 422);
}

TEST_F(SecurityTest, WhatNeverFitsIntoMemoryIsRefusedAtOnce) {
  std::string prompt = "a";
  for (int i = 0; i < 60; ++i) prompt += " AND a";  // evaluations at once
  const Answer refused = submit({{"prompt", prompt}, {"width", 16384}, {"height", 16384}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("\"out_of_memory\""));
}

TEST_F(SecurityTest, MorePicturesThanADayHasAreRefusedBeforeTheirPromptsAreRead) {
  EXPECT_EQ(submit({{"count", 999}}).status, 202);
  std::string endless;
  for (int i = 0; i < 20'000; ++i) endless += "{a|b}";
  EXPECT_EQ(submit({{"count", 1001}, {"prompt", endless}}).status, 403);
}

TEST_F(SecurityTest, BodiesThatAreNoRequestsAreRefused) {
  for (const std::string& body :
       {std::string("{\"prompt\": \"\xff\xfe\"}"), std::string(R"({"prompt": "x", "steps": NaN})"),
        std::string(R"({"prompt": "x", "cfg_scale": 1e999})"), std::string(R"({"prompt": "x", "width": 1e300})"),
        std::string(R"({"prompt": "x", "seed": -1})"), std::string(R"({"prompt": "x", "count": -5})"),
        "{\"prompt\": " + std::string(50'000, '[') + std::string(50'000, ']') + "}",
        json{{"prompt", std::string(1 << 20, 'x')}}.dump(),
        json{{"prompt", "x"}, {"init", std::string(1 << 20, '!')}}.dump(),
        std::string(R"({"prompt": "x", "prompt\u0000": "y"})"), std::string("null"), std::string("[]"),
        std::string()}) {
    const Answer answer = post("/v1/jobs", body);
    EXPECT_THAT(answer.status, AnyOf(400, 422)) << body.substr(0, 60);
    EXPECT_LT(answer.body.size(), 2000u) << body.substr(0, 60);
  }
}

TEST_F(SecurityTest, HeadersAndCookiesHaveABound) {
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "X-A: aaaaaaaa\r\n";
  EXPECT_EQ(get("/healthz", many).status, 431);
  EXPECT_EQ(get("/healthz", "Cookie: " + std::string(60'000, 'a') + "\r\n").status, 431);
  EXPECT_EQ(get("/healthz", "Cookie: " + std::string(20'000, ';') + "\r\n").status, 200);
}

TEST_F(SecurityTest, ThoseWhoAskWithoutEndAreSlowedDown) {
  int refused = 0;
  for (int i = 0; i < 1000 && refused == 0; ++i) refused += get("/healthz").status == 429;
  EXPECT_EQ(refused, 1);
}

}  // namespace
}  // namespace pxf::test
