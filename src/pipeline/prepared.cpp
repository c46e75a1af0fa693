#include "pipeline/prepared.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/disk_space.h"
#include "base/error.h"
#include "base/file.h"
#include "formats/safetensors.h"
#include "formats/tensor_file_writer.h"
#include "store/file_hash.h"
#include "store/home.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr int kLayouts = 1;  // another number where the meaning of a form's name changes
constexpr std::size_t kPage = 4096;

fs::path prepared_folder() {
  const fs::path home = library_home();
  return home.empty() ? home : home / "prepared";
}

/// A form in the mapped file.
class MappedForm : public Buffer {
 public:
  MappedForm(std::shared_ptr<const TensorSource> source, std::string name, Bytes bytes)
      : Buffer(const_cast<std::byte*>(bytes.data()), bytes.size()),
        source_(std::move(source)),
        name_(std::move(name)) {}
  ~MappedForm() override { source_->release_pages(name_); }

 private:
  std::shared_ptr<const TensorSource> source_;
  std::string name_;
};

// All pages now, on all threads, rather than one after another as they are touched. For want of that the latter
// happens.
void populate(const TensorSource& source, ThreadPool& threads) {
#ifdef MADV_POPULATE_READ
  const std::vector<TensorInfo>& forms = source.tensors();
  threads.parallel_for(static_cast<std::int64_t>(forms.size()), [&](std::int64_t i) {
    const Bytes bytes = source.bytes(forms[static_cast<std::size_t>(i)].name);
    const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data()) / kPage * kPage;
    const auto end = reinterpret_cast<std::uintptr_t>(bytes.data() + bytes.size());
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_READ);
  });
#endif
}

std::string name_of_form(std::string_view form, std::string_view weight) { return fmt::format("{}|{}", form, weight); }

struct LaidOut {
  std::string name;
  std::shared_ptr<const Buffer> elements;
};

/// What kernels hold of the part, and a digest of what that was made of.
struct Contents {
  std::vector<LaidOut> forms;
  std::string sha256;
  std::uint64_t bytes = 0;
};

Contents contents_of(const BoundPart& part, const CancelToken* cancel) {
  Contents out;
  Sha256 hash;
  const auto note = [&](std::string_view text) { hash.add(text.data(), text.size()); };
  note(fmt::format("{}\n", kLayouts));
  for (const Declaration& d : *part.declarations) {
    if (cancel != nullptr && cancel->requested()) throw Failure(Error{ErrorCode::cancelled, "cancelled", {}});
    const auto forms = d.weight->all_laid_out();
    for (const auto& [form, elements] : forms) {
      out.forms.push_back({name_of_form(form, d.weight->name()), elements});
      out.bytes += elements->size();
      note(out.forms.back().name + "\n");
    }
    if (forms.empty()) continue;
    const Bytes bytes = d.weight->bytes();
    note(fmt::format("{} {} {}\n", name_of(d.weight->dtype()), d.weight->shape().text(), bytes.size()));
    hash.add(bytes.data(), bytes.size());
    d.weight->release();
  }
  out.sha256 = hash.digest();
  return out;
}

/// With the elements of the first form beginning a page, and so all of them a cache line: their sizes are multiples.
std::string header_of(const std::vector<TensorInfo>& infos) {
  std::string header = value_or_throw(safetensors_header(infos, {{"pixelforge.prepared", std::to_string(kLayouts)}}));
  header.append((kPage - header.size() % kPage) % kPage, ' ');
  const std::uint64_t length = header.size() - sizeof(std::uint64_t);
  std::memcpy(header.data(), &length, sizeof length);
  return header;
}

void write_contents(const fs::path& path, const Contents& contents, const CancelToken* cancel) {
  value_or_throw(check_disk_space(path.parent_path(), contents.bytes, "free some space"));
  std::vector<TensorInfo> infos;
  for (const LaidOut& form : contents.forms) {
    infos.push_back({form.name, DType::f32, {static_cast<std::int64_t>(form.elements->size() / sizeof(float))}});
  }
  AtomicFile file = value_or_throw(AtomicFile::create(path));
  const std::string header = header_of(infos);
  value_or_throw(file.write(as_bytes(header)));
  for (const LaidOut& form : contents.forms) {
    if (cancel != nullptr && cancel->requested()) throw Failure(Error{ErrorCode::cancelled, "cancelled", {}});
    value_or_throw(file.write({form.elements->data(), form.elements->size()}));
  }
  value_or_throw(file.commit());
}

/// A link that takes its name whole, in the place of one that has it.
void link_to(const fs::path& target, const fs::path& path) {
  const fs::path aside = path.string() + fmt::format(".{}.part", ::getpid());
  std::error_code ignored;
  fs::remove(aside, ignored);
  if (::symlink(target.c_str(), aside.c_str()) != 0 || ::rename(aside.c_str(), path.c_str()) != 0) {
    throw Failure(system_error(errno, "link", path));
  }
}

}  // namespace

std::shared_ptr<PreparedPart> PreparedPart::open(const fs::path& path, ThreadPool* threads) {
  auto source = open_safetensors(path);
  if (!source ||
      source.value()->metadata() != TensorSource::Metadata{{"pixelforge.prepared", std::to_string(kLayouts)}})
    return nullptr;
  if (threads != nullptr) populate(*source.value(), *threads);
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // for limit_prepared; a folder that is read-only stays as it is
  return std::shared_ptr<PreparedPart>(new PreparedPart(std::move(source).value()));
}

std::shared_ptr<const Buffer> PreparedPart::find(std::string_view form, const std::string& name, std::size_t bytes) {
  {
    std::lock_guard lock(mutex_);
    const auto known = trusted_.find(form);
    if (known != trusted_.end() && !known->second) return nullptr;
  }
  const std::string key = name_of_form(form, name);
  if (source_->find(key) == nullptr) return nullptr;
  const Bytes found = source_->bytes(key);
  const bool aligned = reinterpret_cast<std::uintptr_t>(found.data()) % BufferPool::kAlignment == 0;
  if (!aligned || found.size() != BufferPool::lasting_size(bytes)) return nullptr;
  return std::make_shared<MappedForm>(source_, key, found);
}

bool PreparedPart::trusts(std::string_view form, const std::shared_ptr<const Buffer>& found,
                          const std::function<std::shared_ptr<const Buffer>()>& made) {
  std::lock_guard lock(mutex_);
  if (const auto known = trusted_.find(form); known != trusted_.end()) return known->second;
  const auto want = made();
  const bool same = want->size() == found->size() && std::memcmp(want->data(), found->data(), found->size()) == 0;
  trusted_.emplace(form, same);
  return same;
}

std::vector<BoundPart> parts_of(const Model& model, const std::string& stamp, const std::string& vae_stamp) {
  std::vector<BoundPart> out;
  if (model.network) out.push_back({&model.network->declarations(), "unet", stamp});
  if (model.autoencoder) out.push_back({&model.autoencoder->declarations(), "vae", vae_stamp});
  for (std::size_t i = 0; i < model.texts.size(); ++i) {
    out.push_back({&model.texts[i]->declarations(), i == 0 ? "text" : fmt::format("text_{}", i + 1), stamp});
  }
  return out;
}

fs::path prepared_path(const BoundPart& part) {
  const fs::path folder = prepared_folder();
  if (folder.empty() || part.stamp.empty()) return {};
  const std::string key = value_or_throw(sha256_of(as_bytes(part.stamp)));
  return folder / fmt::format("{}-{}", key.substr(0, 32), part.name);
}

std::uint64_t prepared_bytes(const std::vector<fs::path>& paths) {
  std::uint64_t sum = 0;
  for (const fs::path& path : paths) {
    std::error_code none;
    const auto size = fs::file_size(path, none);
    if (!none) sum += size;
  }
  return sum;
}

std::uint64_t write_prepared(const BoundPart& part, const CancelToken* cancel) {
  const fs::path link = prepared_path(part);
  if (link.empty()) {
    fail(ErrorCode::unsupported, "preparing: there is no folder for it, or the checkpoint is in the program itself");
  }
  const Contents contents = contents_of(part, cancel);
  if (contents.forms.empty()) return 0;
  std::error_code failed;
  fs::create_directories(link.parent_path(), failed);
  if (failed) throw Failure(system_error(failed.value(), "make the folder", link.parent_path()));
  const fs::path path = link.parent_path() / contents.sha256;
  if (!PreparedPart::open(path, nullptr)) write_contents(path, contents, cancel);
  link_to(contents.sha256, link);
  return contents.bytes;
}

void limit_prepared(std::uint64_t limit) {
  struct File {
    fs::file_time_type used;
    std::uint64_t bytes;
    fs::path path;
  };
  std::vector<File> files;
  std::uint64_t sum = 0;
  std::error_code ignored;
  const fs::path folder = prepared_folder();
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.is_symlink(ignored) || !entry.is_regular_file(ignored)) continue;
    files.push_back({entry.last_write_time(ignored), entry.file_size(ignored), entry.path()});
    sum += files.back().bytes;
  }
  std::ranges::sort(files, {}, &File::used);
  for (const File& file : files) {
    if (sum <= limit) break;
    if (fs::remove(file.path, ignored)) sum -= file.bytes;
  }
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.is_symlink(ignored) && !fs::exists(entry.path(), ignored)) fs::remove(entry.path(), ignored);
  }
}

}  // namespace pxf
