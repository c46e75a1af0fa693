#include "cli/complete_request.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "cli/from_picture.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "pixelforge/library.h"

namespace pxf::cli {
namespace {

Result<std::string> read_standard_input() {
  std::string text;
  char buffer[4096];
  while (true) {
    if (!wait_for_input(STDIN_FILENO)) return Error{ErrorCode::cancelled, "cancelled", {}};
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{ErrorCode::io, "cannot read the prompt; give it as an argument", "standard input"};
    text.append(buffer, static_cast<std::size_t>(n));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Status load_pictures(GenerateOptions& options) {
  const auto load = [](const std::string& path, std::optional<Image>& into) -> Status {
    if (path.empty()) return Done{};
    auto image = load_image(path);
    if (!image) return std::move(image).error();
    into = std::move(image).value();
    return Done{};
  };
  if (Status init = load(options.init, options.request.init); !init) return init;
  return load(options.mask, options.request.mask);
}

// By the prompt, where none was named.
Status choose_checkpoint(GenerateOptions& options, Engine& engine) {
  if (!options.checkpoint.empty() && options.checkpoint != "auto") return Done{};
  const Request& request = options.request;
  Library library(engine);
  auto choice = library.choose(
      {request.prompt, request.negative, request.width, request.height, request.commercial, {}, {}, true});
  if (!choice) return std::move(choice).error();
  options.choice = std::move(choice).value();
  for (const std::string& notice : options.choice->notices) fmt::print(stderr, "{}\n", printable(notice));
  options.checkpoint = options.choice->checkpoint;
  if (!options.auto_loras) return Done{};
  for (const ChosenLora& lora : options.choice->loras)
    options.request.loras.push_back({.name = lora.name, .strength = lora.strength});
  return Done{};
}

}  // namespace

Status complete_request(GenerateOptions& options, Engine& engine) {
  Request& request = options.request;
  if (Status filled = fill_from_picture(options, engine); !filled) return filled;
  if (options.prompt) request.prompt = *options.prompt;
  request.loras.insert(request.loras.end(), options.loras.begin(), options.loras.end());
  if (options.size) {
    request.width = options.size->width;
    request.height = options.size->height;
  }
  if (options.seed_resize) {
    request.seed_resize_width = options.seed_resize->width;
    request.seed_resize_height = options.seed_resize->height;
  }
  if (Status chosen = choose_checkpoint(options, engine); !chosen) return chosen;
  return load_pictures(options);
}

Status read_prompt(GenerateOptions& options) {
  if (options.prompt != "-") return Done{};
  auto text = read_standard_input();
  if (!text) return std::move(text).error();
  options.prompt = std::move(text).value();
  return Done{};
}

}  // namespace pxf::cli
