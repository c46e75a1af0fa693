#include "catalog/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <string>
#include <utility>

#include "base/file.h"

namespace pxf {
namespace {

constexpr std::size_t kLongestFile = std::size_t{64} << 10;
constexpr int kDeepest = 32;

/// libyaml's parser, which gives a document as a row of events.
class Events {
 public:
  explicit Events(std::string_view text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Events() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  const yaml_event_t& next() {
    yaml_event_delete(&event_);
    if (yaml_parser_parse(&parser_, &event_) == 0) {
      refuse(parser_.problem_mark.line, parser_.problem == nullptr ? "is no YAML" : parser_.problem);
    }
    return event_;
  }
  [[noreturn]] void refuse(const char* why) const { refuse(event_.start_mark.line, why); }

 private:
  [[noreturn]] static void refuse(std::size_t line, const char* why) {
    fail(ErrorCode::bad_file, "YAML, line {}: {}", line + 1, why);
  }

  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

std::string text_of(const yaml_event_t& event) {
  const auto& scalar = event.data.scalar;
  std::string text(reinterpret_cast<const char*>(scalar.value), scalar.length);
  const bool is_null = scalar.style == YAML_PLAIN_SCALAR_STYLE && (text == "~" || text == "null");
  return is_null ? std::string() : text;
}

/// The value that begins with the event that is current.
Yaml value_of(Events& events, const yaml_event_t& event, int depth) {
  Yaml out;
  if (event.type == YAML_ALIAS_EVENT) events.refuse("has an alias, which is not read here; write the text out");
  if (depth > kDeepest) events.refuse("is nested too deep");
  if (event.type == YAML_SCALAR_EVENT) {
    out.text = text_of(event);
  } else if (event.type == YAML_SEQUENCE_START_EVENT) {
    for (const yaml_event_t* one = &events.next(); one->type != YAML_SEQUENCE_END_EVENT; one = &events.next()) {
      out.entries.push_back(value_of(events, *one, depth + 1));
    }
  } else if (event.type == YAML_MAPPING_START_EVENT) {
    for (const yaml_event_t* key = &events.next(); key->type != YAML_MAPPING_END_EVENT; key = &events.next()) {
      if (key->type != YAML_SCALAR_EVENT) events.refuse("has a key that is no text");
      std::string name = text_of(*key);
      out.entries.push_back(value_of(events, events.next(), depth + 1));
      out.entries.back().key = std::move(name);
    }
  }
  return out;
}

}  // namespace

const Yaml* Yaml::find(std::string_view wanted) const {
  const auto at = std::ranges::find(entries, wanted, &Yaml::key);
  return at == entries.end() ? nullptr : &*at;
}

Result<Yaml> parse_yaml(std::string_view text) {
  return catch_errors([&] {
    Events events(text);
    while (true) {
      const yaml_event_t& event = events.next();
      if (event.type == YAML_STREAM_END_EVENT) return Yaml{};
      if (event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_START_EVENT) continue;
      return value_of(events, event, 0);
    }
  });
}

Result<Yaml> read_yaml(const std::filesystem::path& path) {
  const Result<std::string> text = read_file(path, kLongestFile);
  if (!text) return text.error();
  Result<Yaml> value = parse_yaml(text.value());
  if (!value) return with_context(std::move(value).error(), path.string());
  return value;
}

}  // namespace pxf
