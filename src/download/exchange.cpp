#include "download/exchange.h"

#include <charconv>
#include <thread>

namespace pxf {
namespace {

constexpr int kMostRedirects = 10;

/// The last request of a chain, and what went wrong with it.
struct Reply {
  std::unique_ptr<HttpGet> request;
  std::optional<Trouble> trouble;
};

using Prepare = std::function<void(HttpGet&)>;

Reply follow_redirects(Url url, const Asking& asking, const Prepare& prepare) {
  for (int hops = 0; hops <= kMostRedirects; ++hops) {
    if (const Status allowed = asking.access.check(url); !allowed) {
      Error error = allowed.error();
      if (hops > 0) error = {ErrorCode::io, "refused to follow a redirect: " + error.message, error.context};
      return {nullptr, Trouble{std::move(error)}};
    }
    auto request = std::make_unique<HttpGet>(url, asking.access, asking.patience, asking.cancel);
    prepare(*request);
    const CURLcode code = request->perform();
    std::optional<Trouble> trouble = request->trouble(code);
    if (trouble || !request->is_redirect()) {
      if (!trouble && (request->status() < 200 || request->status() > 299)) {
        trouble = Trouble{
            {ErrorCode::io, fmt::format("the server answers {}, need the file", request->status()), url.shown()}};
      }
      return {std::move(request), std::move(trouble)};
    }
    Result<Url> next = follow(url, request->header("location"));
    if (!next) return {nullptr, Trouble{std::move(next).error()}};
    if (url.is_encrypted() && !next.value().is_encrypted()) {
      return {nullptr,
              Trouble{{ErrorCode::io, "refused to follow a redirect: got http, need https", next.value().shown()}}};
    }
    url = std::move(next).value();
  }
  return {nullptr, Trouble{{ErrorCode::io, fmt::format("got more than {} redirects", kMostRedirects), url.shown()}}};
}

Result<std::unique_ptr<HttpGet>> ask(const Url& url, const Asking& asking, const Prepare& prepare) {
  for (int failures = 1;; ++failures) {
    Reply reply = follow_redirects(url, asking, prepare);
    if (!reply.trouble) return std::move(reply.request);
    if (!reply.trouble->may_pass || failures >= asking.patience.questions) return std::move(reply.trouble->error);
    rest(asking.patience.wait(failures, reply.trouble->retry_after), asking.cancel);
  }
}

bool parse_number(std::string_view text, std::uint64_t& number) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size();
}

/// False where the server does not tell.
bool read_length(const HttpGet& answer, Probe& out) {
  ByteRange range;
  if (answer.status() == 206 && parse_content_range(answer.header("content-range"), range, out.bytes)) {
    out.has_ranges = true;
    return true;
  }
  return answer.status() == 200 && answer.header("transfer-encoding").empty() &&
         parse_number(answer.header("content-length"), out.bytes);
}

}  // namespace

void rest(std::chrono::milliseconds time, const CancelToken* cancel) {
  constexpr std::chrono::milliseconds kNap{50};
  for (; time.count() > 0 && (cancel == nullptr || !cancel->requested()); time -= kNap) {
    std::this_thread::sleep_for(std::min(time, kNap));
  }
}

bool parse_content_range(const std::string& text, ByteRange& range, std::uint64_t& bytes) {
  constexpr std::string_view kUnit = "bytes ";
  std::string_view rest_of = text;
  if (!rest_of.starts_with(kUnit)) return false;
  rest_of.remove_prefix(kUnit.size());
  const auto hyphen = rest_of.find('-'), slash = rest_of.find('/');
  if (hyphen == std::string_view::npos || slash == std::string_view::npos || hyphen > slash) return false;
  std::uint64_t last = 0;
  if (!parse_number(rest_of.substr(0, hyphen), range.begin) ||
      !parse_number(rest_of.substr(hyphen + 1, slash - hyphen - 1), last) ||
      !parse_number(rest_of.substr(slash + 1), bytes) || last < range.begin || last >= bytes) {
    return false;
  }
  range.end = last + 1;
  return true;
}

Result<std::string> get_text(const Url& url, std::size_t limit, const Asking& asking) {
  return catch_errors([&] {
    std::string text;
    bool too_long = false;
    const auto prepare = [&](HttpGet& request) {
      text.clear();
      request.give_to([&](Bytes bytes) {
        too_long = text.size() + bytes.size() > limit;
        if (!too_long) text += as_text(bytes);
        return !too_long;
      });
    };
    value_or_throw(ask(url, asking, prepare));
    if (too_long)
      throw Failure({ErrorCode::bad_file, fmt::format("the answer is longer than {} bytes", limit), url.shown()});
    return text;
  });
}

Result<Probe> probe(const Url& url, const Asking& asking) {
  return catch_errors([&] {
    const auto prepare = [](HttpGet& request) {
      request.ask_for({0, 1}, {});
      request.give_to([](Bytes) { return false; });  // the headers say it all
    };
    const std::unique_ptr<HttpGet> answer = value_or_throw(ask(url, asking, prepare));
    Probe out;
    out.url = answer->url();
    if (!read_length(*answer, out) || out.bytes == 0) {
      throw Failure({ErrorCode::bad_file,
                     "the server does not say how long the file is, so that nobody could tell when it is whole",
                     url.shown()});
    }
    out.etag = answer->header("etag");
    out.validator = out.etag.empty() ? answer->header("last-modified") : out.etag;
    out.content_type = answer->header("content-type");
    return out;
  });
}

}  // namespace pxf
