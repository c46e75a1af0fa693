// Whatever is named, and whatever a site answers: an address is refused or read so that it is read the same again; of
// answers come files and facts, or errors with words.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "catalog/side_files.h"
#include "download/answers.h"
#include "download/exchange.h"

namespace {

using namespace pxf;

void require_that(bool fact) {
  if (!fact) std::abort();
}

void check_error(const Error& error) { require_that(!error.message.empty() && error.message.size() < 10'000); }

void check_url(const Url& url) {
  const auto again = parse_url(url.text);
  require_that(again && again.value().origin() == url.origin() && again.value().text == url.text);
  require_that(url.text.find_first_of("\r\n") == std::string::npos);
}

void check_name(const std::string& text) {
  const Sites sites{parse_url("https://huggingface.co").value(), parse_url("https://civitai.com").value()};
  const auto source = parse_source(text, sites);
  if (!source) {
    check_error(source.error());
  } else if (const Url* url = std::get_if<Url>(&source.value())) {
    check_url(*url);
  }
  if (const auto next = follow(sites.civitai, text)) check_url(next.value());
  require_that(url_unescaped(url_escaped(text)) == text);
}

void check_answer(const std::string& text) {
  if (const auto files = repository_files(text)) {
    const auto file = choose_file(files.value(), HuggingFaceSource{"org/repo", "main", ""});
    if (!file) check_error(file.error());
  }
  if (const auto files = version_files(text)) {
    const auto file = choose_file(files.value(), CivitaiSource{0, 25, "", ""});
    if (!file) check_error(file.error());
  }
  static_cast<void>(newest_version(text));
  facts_of_civitai(with_model(text, text));
  facts_of_hugging_face(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_name(text);
  check_answer(text);
  ByteRange range;
  std::uint64_t bytes = 0;
  if (parse_content_range(text, range, bytes)) require_that(range.begin < range.end && range.end <= bytes);
  return 0;
}
