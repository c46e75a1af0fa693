#include "pipeline/shared_forms.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace pxf {
namespace {

constexpr std::size_t kFewestBytes = std::size_t{64} << 10;  // below, sharing saves nothing to speak of
constexpr std::size_t kPiece = std::size_t{1} << 20;         // digested at once by one thread

std::string_view text_of(const ContentDigest::Value& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

// Of the weights of one file that are of use together.
class SharedForms::Part : public FormStore {
 public:
  Part(std::shared_ptr<SharedForms> all, std::string stamp, bool by_content, std::filesystem::path prepared)
      : all_(std::move(all)),
        stamp_(std::move(stamp)),
        by_content_(by_content && all_->digest_),
        path_(std::move(prepared)) {}

  std::shared_ptr<const Buffer> find_or_make(const Weight& weight, std::string_view form, std::size_t bytes,
                                             const std::function<std::shared_ptr<const Buffer>()>& make) override {
    if (weight.bytes().size() < kFewestBytes) return make();
    const std::string by_place = key_of(form, stamp_, weight);
    if (auto found = all_->find(by_place)) return found;
    if (auto found = mapped(weight, form, bytes, make)) return found;
    std::string by_content;
    if (by_content_) by_content = fmt::format("{}\n{}", form, all_->content_key(weight));
    auto out = all_->find(by_content);
    if (!out) out = all_->keep(by_content, make());
    return all_->keep(by_place, std::move(out));
  }

 private:
  static std::string key_of(std::string_view form, const std::string& stamp, const Weight& weight) {
    return stamp.empty() ? "" : fmt::format("{}\n{}\n{}", form, stamp, weight.name());
  }

  std::shared_ptr<const Buffer> mapped(const Weight& weight, std::string_view form, std::size_t bytes,
                                       const std::function<std::shared_ptr<const Buffer>()>& make) {
    const auto prepared = opened();
    if (!prepared) return nullptr;
    const std::string key = key_of(form, prepared->stamp(), weight);
    if (auto found = all_->find(key)) return found;
    auto found = prepared->find(form, weight.name(), bytes);
    if (!found || !prepared->trusts(form, found, make)) return nullptr;
    return all_->keep(key, std::move(found));
  }

  // It may come to be there at any time.
  std::shared_ptr<PreparedPart> opened() {
    std::lock_guard lock(mutex_);
    if (!prepared_ && !path_.empty() && ::access(path_.c_str(), R_OK) == 0) {
      prepared_ = PreparedPart::open(path_, &all_->threads_);
      if (!prepared_) path_.clear();  // damaged
    }
    return prepared_;
  }

  const std::shared_ptr<SharedForms> all_;
  const std::string stamp_;
  const bool by_content_;
  std::mutex mutex_;  // guards those below
  std::filesystem::path path_;
  std::shared_ptr<PreparedPart> prepared_;
};

SharedForms::SharedForms(ThreadPool& threads) : threads_(threads) {
  const auto ignored = catch_errors([&] {
    digest_.emplace();
    return Done{};
  });
}

void SharedForms::serve(const std::vector<BoundPart>& parts) {
  for (const BoundPart& part : parts) {
    const auto store = store_for(part.stamp, part.name != "unet", prepared_path(part));
    for (const Declaration& d : *part.declarations) d.weight->set_store(store);
  }
}

std::shared_ptr<FormStore> SharedForms::store_for(const std::string& stamp, bool by_content,
                                                  const std::filesystem::path& prepared) {
  return std::make_shared<Part>(shared_from_this(), stamp, by_content, prepared);
}

std::shared_ptr<const Buffer> SharedForms::find(const std::string& key) const {
  if (key.empty()) return nullptr;
  std::lock_guard lock(mutex_);
  const auto at = forms_.find(key);
  return at == forms_.end() ? nullptr : at->second.lock();
}

std::shared_ptr<const Buffer> SharedForms::keep(const std::string& key, std::shared_ptr<const Buffer> made) {
  if (key.empty()) return made;
  std::lock_guard lock(mutex_);
  std::weak_ptr<const Buffer>& place = forms_[key];
  if (auto other = place.lock()) return other;
  place = made;
  if (forms_.size() > 2 * swept_ + 1000) {
    std::erase_if(forms_, [](const auto& entry) { return entry.second.expired(); });
    swept_ = forms_.size();
  }
  return made;
}

std::string SharedForms::content_key(const Weight& weight) const {
  const Bytes bytes = weight.bytes();
  const std::size_t pieces = (bytes.size() + kPiece - 1) / kPiece;
  std::vector<ContentDigest::Value> digests(pieces);
  threads_.parallel_for(static_cast<std::int64_t>(pieces), [&](std::int64_t i) {
    const std::size_t begin = static_cast<std::size_t>(i) * kPiece;
    digests[static_cast<std::size_t>(i)] = (*digest_)(bytes.subspan(begin, std::min(kPiece, bytes.size() - begin)));
  });
  const ContentDigest::Value whole = (*digest_)(std::as_bytes(std::span(digests)));
  return fmt::format("{} {} {}", name_of(weight.dtype()), weight.shape().text(), text_of(whole));
}

}  // namespace pxf
