#include "client_api.h"

namespace pxf::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class OpenAiTest : public ClientApiTest {
 protected:
  ClientJson generate(ClientJson body) {
    body.update(
        {{"prompt", "a red apple<sd_cpp_extra_args>{\"sample_params\":{\"sample_steps\":2}}</sd_cpp_extra_args>"}});
    return told(post("/v1/images/generations", body));
  }
  /// A part for a file where it has a name.
  static std::string part(const std::string& name, const std::string& content, const std::string& file = {}) {
    return fmt::format("--frontier\r\nContent-Disposition: form-data; name=\"{}\"{}\r\n\r\n{}\r\n", name,
                       file.empty() ? "" : "; filename=\"" + file + "\"\r\nContent-Type: image/png", content);
  }
  Answer edit(const std::string& parts) {
    return ask(port(), "POST", "/v1/images/edits", parts + "--frontier--\r\n",
               "Content-Type: multipart/form-data; boundary=frontier\r\n");
  }
  static std::string bytes(const std::string& base_64) {
    const auto file = bytes_of_base64(base_64).value();
    return {reinterpret_cast<const char*>(file.data()), file.size()};
  }
  ClientJson error_of(const ClientJson& body) {
    const Answer answer = post("/v1/images/generations", body);
    ClientJson error = ClientJson::parse(answer.body)["error"];
    error["status"] = answer.status;
    return error;
  }
};

TEST_F(OpenAiTest, PicturesComeInTheAnswer) {
  const ClientJson answer =
      generate({{"model", "gpt-image-1"}, {"n", 2}, {"size", "62x67"}, {"output_format", "webp"}});
  ASSERT_EQ(answer["data"].size(), 2);
  EXPECT_EQ(answer["size"], "64x64");  // to the nearest 8
  EXPECT_EQ(answer["output_format"], "webp");
  EXPECT_EQ(answer["data"][0]["revised_prompt"], "a red apple");
  EXPECT_EQ(picture_in(answer["data"][1]["b64_json"]).width, 64);
}

TEST_F(OpenAiTest, AnAddressLeadsToThePicture) {
  const ClientJson answer = generate({{"model", "dall-e-2"}, {"size", "64x64"}});
  const std::string url = answer["data"][0]["url"], host = fmt::format("http://localhost:{}", port());
  ASSERT_THAT(url, StartsWith(host + "/v1/images/"));
  EXPECT_THAT(get(url.substr(host.size())).body, StartsWith("\x89PNG"));
}

TEST_F(OpenAiTest, AStreamHasEventsUntilThePictureIsThere) {
  const ClientJson body = {{"prompt",
                            "a red apple<sd_cpp_extra_args>{\"sample_params\":{\"sample_steps\":100}}"
                            "</sd_cpp_extra_args>"},
                           {"size", "64x64"},
                           {"stream", true},
                           {"partial_images", 2}};
  const std::string events = post("/v1/images/generations", body).body;
  const auto partial = events.find("event: image_generation.partial_image\n");
  const auto completed = events.find("event: image_generation.completed\n");
  ASSERT_NE(completed, std::string::npos);
  EXPECT_LT(partial, completed);
  const auto data = events.find("data: ", completed) + 6;
  const ClientJson last = ClientJson::parse(events.substr(data, events.find('\n', data) - data));
  EXPECT_EQ(last["type"], "image_generation.completed");
  EXPECT_EQ(last["size"], "64x64");
  EXPECT_EQ(picture_in(last["b64_json"]).width, 64);
  EXPECT_TRUE(last["usage"].contains("total_tokens"));
}

TEST_F(OpenAiTest, WhatIsTransparentInTheMaskIsMadeAnew) {
  const std::string init = picture_of_halves(64, 90, 160);
  const Answer answer =
      edit(part("image[]", bytes(init), "a.png") + part("prompt", "an apple") +
           part("mask", bytes(kTransparentOnTheRight), "mask.png") + part("size", "64x64") + part("n", "1"));
  const Image drawn = picture_in(told(answer)["data"][0]["b64_json"]), before = picture_in(init);
  EXPECT_NE(drawn.pixels, before.pixels);
  for (int y = 0; y < 64; ++y) {  // but for the four pixels of the mask's blur
    const auto row = static_cast<std::ptrdiff_t>(y) * 64 * 3;
    ASSERT_TRUE(
        std::equal(drawn.pixels.begin() + row, drawn.pixels.begin() + row + 20 * 3, before.pixels.begin() + row));
  }
}

TEST_F(OpenAiTest, AMaskWithoutTransparencyIsRefused) {
  const std::string picture = bytes(picture_of_halves(64, 0, 255));
  const Answer answer = edit(part("image", picture, "a.png") + part("mask", picture, "b.png") + part("prompt", "x"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(ClientJson::parse(answer.body)["error"]["param"], "mask");
}

TEST_F(OpenAiTest, ErrorsHaveItsForm) {
  const ClientJson unknown = error_of({{"prompt", "x"}, {"model", "no-such-model"}});
  EXPECT_EQ(unknown["status"], 404);
  EXPECT_EQ(unknown["code"], "model_not_found");
  EXPECT_EQ(unknown["type"], "invalid_request_error");
  EXPECT_EQ(error_of({{"prompt", "x"}, {"size", "large"}})["param"], "size");
  EXPECT_EQ(error_of({{"prompt", "x"}, {"n", 0}})["param"], "n");
  EXPECT_EQ(error_of({{"n", 1}})["param"], "prompt");
  EXPECT_EQ(error_of({{"prompt", "x"}, {"output_format", "gif"}})["status"], 400);
  EXPECT_EQ(edit("").status, 400);
  EXPECT_EQ(edit(part("prompt", "\xff\xfe")).status, 400);
}

TEST_F(OpenAiTest, TheListOfModelsServesBoth) {
  const ClientJson list = told(get("/v1/models"));
  EXPECT_EQ(list["object"], "list");
  EXPECT_EQ(list["data"][0]["id"], list["data"][0]["name"]);
  for (const char* name : {"object", "created", "owned_by"}) EXPECT_TRUE(list["data"][0].contains(name)) << name;
  EXPECT_EQ(told(get("/v1/models/starter"))["id"], "starter");
}

}  // namespace
}  // namespace pxf::test
