#include "pipeline/shared_forms.h"

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
  Part(std::shared_ptr<SharedForms> all, std::string stamp, bool by_content)
      : all_(std::move(all)), stamp_(std::move(stamp)), by_content_(by_content && all_->digest_) {}

  std::shared_ptr<const Buffer> find_or_make(const Weight& weight, std::string_view form,
                                             const std::function<std::shared_ptr<const Buffer>()>& make) override {
    if (weight.bytes().size() < kFewestBytes) return make();
    const std::string by_place = stamp_.empty() ? "" : fmt::format("{}\n{}\n{}", form, stamp_, weight.name());
    if (auto found = all_->find(by_place)) return found;
    std::string by_content;
    if (by_content_) by_content = fmt::format("{}\n{}", form, all_->content_key(weight));
    auto out = all_->find(by_content);
    if (!out) out = all_->keep(by_content, make());
    return all_->keep(by_place, std::move(out));
  }

 private:
  std::shared_ptr<SharedForms> all_;
  std::string stamp_;
  bool by_content_;
};

SharedForms::SharedForms(ThreadPool& threads) : threads_(threads) {
  const auto ignored = catch_errors([&] {
    digest_.emplace();
    return Done{};
  });
}

void SharedForms::serve(const Model& model, const std::string& stamp, const std::string& vae_stamp) {
  const auto give = [&](const Declarations& declarations, const std::string& from, bool by_content) {
    const auto store = store_for(from, by_content);
    for (const Declaration& d : declarations) d.weight->set_store(store);
  };
  if (model.network) give(model.network->declarations(), stamp, false);
  if (model.autoencoder) give(model.autoencoder->declarations(), vae_stamp, true);
  for (const auto& text : model.texts) give(text->declarations(), stamp, true);
}

std::shared_ptr<FormStore> SharedForms::store_for(const std::string& stamp, bool by_content) {
  return std::make_shared<Part>(shared_from_this(), stamp, by_content);
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
