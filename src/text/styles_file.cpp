#include "text/styles_file.h"

#include <algorithm>

#include "base/error.h"

namespace pxf {
namespace {

using Record = std::vector<std::string>;

class Reader {
 public:
  explicit Reader(std::string_view csv) : csv_(csv) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (csv_.starts_with(kByteOrderMark)) csv_.remove_prefix(kByteOrderMark.size());
  }

  bool at_end() const { return at_ == csv_.size(); }

  Record next() {
    Record out;
    do {
      out.push_back(field());
    } while (take(','));
    take('\r');
    take('\n');
    return out;
  }

 private:
  bool take(char wanted) {
    if (at_end() || csv_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  std::string field() {
    std::string out = take('"') ? quoted() : std::string();
    const std::size_t end = std::min(csv_.find_first_of(",\r\n", at_), csv_.size());
    out += csv_.substr(at_, end - at_);
    at_ = end;
    return out;
  }

  std::string quoted() {
    std::string out;
    for (;;) {
      const std::size_t quote = csv_.find('"', at_);
      if (quote == csv_.npos) throw Failure(Error{ErrorCode::bad_file, "styles: a quote is not closed", {}});
      out += csv_.substr(at_, quote - at_);
      at_ = quote + 1;
      if (!take('"')) return out;
      out += '"';
    }
  }

  std::string_view csv_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Style> read_styles(std::string_view csv) {
  Reader reader(csv);
  if (reader.at_end()) return {};
  const Record columns = reader.next();
  const auto place_of = [&](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(columns, name) - columns.begin());
  };
  const std::size_t name = place_of("name"), negative = place_of("negative_prompt");
  const std::size_t prompt = std::min(place_of("prompt"), place_of("text"));
  if (name == columns.size() || prompt == columns.size()) {
    throw Failure(Error{ErrorCode::bad_file, "styles: the first line needs the columns name and prompt", {}});
  }
  std::vector<Style> out;
  while (!reader.at_end()) {
    Record record = reader.next();
    record.resize(columns.size());
    if (record[name].empty()) continue;
    out.push_back({record[name], record[prompt], negative < columns.size() ? record[negative] : std::string()});
  }
  return out;
}

}  // namespace pxf
