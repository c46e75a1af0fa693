// A server on a home of its own, asked as clients of other programs ask.
#pragma once

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/base64.h"
#include "formats/temporary_folder.h"
#include "http_client.h"
#include "pixelforge/picture_file.h"
#include "pixelforge/server.h"

namespace pxf::test {

using ClientJson = nlohmann::json;

class ClientApiTest : public testing::Test {
 protected:
  Answer get(std::string_view target, std::string_view headers = {}) { return ask(port(), "GET", target, {}, headers); }
  Answer post(std::string_view target, const ClientJson& body = ClientJson::object(), std::string_view headers = {}) {
    return ask(port(), "POST", target, body.dump(), headers);
  }
  /// Of an answer that is no error.
  ClientJson told(const Answer& answer) {
    EXPECT_EQ(answer.status / 100, 2) << answer.body;
    return ClientJson::parse(answer.body, nullptr, false);
  }
  void restart() {
    server.reset();
    server.emplace(Server::start(engine, {.port = 0, .home = home.path()}).value());
  }
  std::uint16_t port() const { return server->port(); }

  TemporaryFolder home;
  Engine engine;
  std::optional<Server> server = Server::start(engine, {.port = 0, .home = home.path()}).value();
};

inline Image picture_in(const ClientJson& base_64) {
  return decode_image(bytes_of_base64(base_64.get<std::string>()).value()).value();
}

/// Two greys, a picture to begin with or a mask.
inline std::string picture_of_halves(int side, std::uint8_t left, std::uint8_t right) {
  Picture picture;
  picture.image = {side, side, std::vector<std::uint8_t>(static_cast<std::size_t>(side) * side * 3, left)};
  for (std::size_t i = 0; i < picture.image.pixels.size(); ++i) {
    if (static_cast<int>(i / 3) % side >= side / 2) picture.image.pixels[i] = right;
  }
  return base64(encode_png(picture).value());
}

/// Whether the left halves are the same.
inline bool same_on_the_left(const Image& a, const Image& b) {
  for (int y = 0; y < a.height; ++y) {
    const auto row = static_cast<std::ptrdiff_t>(y) * a.width * 3;
    if (!std::equal(a.pixels.begin() + row, a.pixels.begin() + row + a.width / 2 * 3, b.pixels.begin() + row))
      return false;
  }
  return true;
}

/// 64x64, black and opaque on the left, transparent on the right.
inline constexpr const char* kTransparentOnTheRight =
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAYAAACqaXHeAAAAaUlEQVR42u3QgQkAMAgEsdf9d27HEDS3wEEqyctsNTnvHA8AAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGzoA5BwAYDML4dmAAAAAElFTkSuQmCC";

}  // namespace pxf::test
