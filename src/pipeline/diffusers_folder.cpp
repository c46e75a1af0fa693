#include "pipeline/diffusers_folder.h"

#include <system_error>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/stopwatch.h"
#include "pipeline/convert.h"
#include "pipeline/diffusers_config.h"
#include "weights/diffusers_names.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

void check_model(const Model& model, const Catalog& file) {
  const bool whole = model.network && model.autoencoder && !model.texts.empty();
  if (whole && !model.family->diffusers.pipeline.empty()) return;
  throw Failure(Error{ErrorCode::unsupported,
                      fmt::format("is {}{}, need a checkpoint of SD 1.x, SD 2.x or SDXL with all of its parts",
                                  model.family->title, whole ? "" : " without its VAE or text encoders"),
                      file.source().name()});
}

void check_options(const ConvertOptions& options, const fs::path& folder) {
  require(options.type.empty() || options.type == "f32" || options.type == "f16" || options.type == "bf16",
          "type: got \"{}\", diffusers reads f32, f16 or bf16", options.type);
  std::error_code failed;
  require(!fs::exists(folder, failed), "{}: is there already; choose another name", folder.string());
}

fs::path file_in(const fs::path& folder, const std::string& part) {
  return folder / part / (part.starts_with("text") ? "model.safetensors" : "diffusion_pytorch_model.safetensors");
}

void make_folder(const fs::path& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) throw Failure(system_error(failed.value(), "make the folder", path));
}

/// Goes again unless it is given its name.
class FolderAside {
 public:
  explicit FolderAside(fs::path folder) : folder_(std::move(folder)), aside_(folder_.string() + ".part") {
    std::error_code none;
    fs::remove_all(aside_, none);
    make_folder(aside_);
  }
  FolderAside(const FolderAside&) = delete;
  FolderAside& operator=(const FolderAside&) = delete;
  ~FolderAside() {
    std::error_code none;
    if (!done_) fs::remove_all(aside_, none);
  }

  const fs::path& path() const { return aside_; }
  void rename() {
    std::error_code failed;
    fs::rename(aside_, folder_, failed);
    if (failed) throw Failure(system_error(failed.value(), "rename to it the folder beside", folder_));
    done_ = true;
  }

 private:
  fs::path folder_, aside_;
  bool done_ = false;
};

std::uint64_t bytes_of(const TensorSource& source) {
  std::uint64_t out = 0;
  for (const TensorInfo& tensor : source.tensors()) out += tensor.byte_count();
  return out;
}

}  // namespace

Converted write_diffusers_folder(const Catalog& file, const Model& model, const fs::path& folder,
                                 const ConvertOptions& options, ThreadPool& threads, const OnFileProgress& on_progress,
                                 const CancelToken* cancel) {
  const Stopwatch watch;
  check_model(model, file);
  check_options(options, folder);
  const std::vector<DiffusersPart> parts = diffusers_parts(file);
  const auto configs = diffusers_configs(model, parts);
  std::uint64_t total = 0, before = 0;
  for (const DiffusersPart& part : parts) total += bytes_of(*part.tensors);

  FolderAside aside(folder);
  Converted done;
  done.format = "diffusers folder";
  done.type = options.type;
  for (const DiffusersPart& part : parts) {
    const auto progress = [&](const FileProgress& p) {
      return on_progress ? on_progress({before + p.done, total, watch.seconds()}) : Go::on;
    };
    const fs::path path = file_in(aside.path(), part.folder);
    make_folder(path.parent_path());
    const Catalog tensors(part.tensors);
    const Converted one =
        value_or_throw(Conversion(tensors, path, {options.type, "safetensors"}).run(threads, progress, cancel));
    before += bytes_of(*part.tensors);
    done.tensors += one.tensors;
    done.converted += one.converted;
    done.kept += one.kept;
    done.bytes_after += one.bytes_after;
  }
  for (const auto& [name, text] : configs) {
    make_folder((aside.path() / name).parent_path());
    value_or_throw(write_file_atomically(aside.path() / name, std::as_bytes(std::span(text))));
    done.bytes_after += text.size();
  }
  aside.rename();
  done.seconds = watch.seconds();
  return done;
}

}  // namespace pxf
