#include "pixelforge/engine.h"

#include <algorithm>
#include <future>
#include <mutex>

#include "backends/backends.h"
#include "base/error.h"
#include "base/file.h"
#include "catalog/side_files.h"
#include "formats/open.h"
#include "image/decode.h"
#include "image/png.h"
#include "pipeline/checkpoint.h"
#include "pipeline/convert.h"
#include "pipeline/describe.h"
#include "pipeline/engine_state.h"
#include "pipeline/library_names.h"
#include "pipeline/licences.h"
#include "pipeline/loras.h"
#include "pipeline/memory.h"
#include "pipeline/parameters_text.h"
#include "pipeline/plan.h"
#include "pipeline/run.h"
#include "pipeline/starter.h"
#include "pixelforge/picture_file.h"
#include "store/file_hash.h"
#include "weights/original_names.h"

namespace pxf {
namespace {

constexpr int kMostThreads = 1024;

struct OpenedFile {
  std::uint64_t bytes = 0;  // on the disk
  Catalog catalog;
  std::string sha256;              // of embedded ones
  std::optional<NamedFile> named;  // where it was opened by a name of the library
};

const EmbeddedCheckpoint* find_embedded(const std::string& name) {
  const EmbeddedCheckpoint* checkpoint = find_embedded(embedded_checkpoints(), name);
  return checkpoint != nullptr ? checkpoint : find_embedded(embedded_loras(), name);
}

std::uint64_t bytes_on_disk(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    const auto size = std::filesystem::file_size(path, ignored);
    return ignored ? 0 : size;
  }
  std::uint64_t sum = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path, ignored)) {
    if (entry.is_regular_file(ignored)) sum += entry.file_size(ignored);
  }
  return sum;
}

/// The names as models know them: training checkpoints keep the weights one level down.
Catalog catalog_of(std::shared_ptr<const TensorSource> source) {
  const Catalog all(with_original_names(std::move(source)));
  return all.has_any("state_dict.") ? all.under("state_dict") : all;
}

/// What has that name there, or the file of that name.
Result<OpenedFile> open_on_disk(const std::string& path) {
  auto source = open_tensors(path);
  if (!source) return std::move(source).error();
  return catch_errors([&] { return OpenedFile{bytes_on_disk(path), catalog_of(std::move(source).value()), {}, {}}; });
}

Result<OpenedFile> open_named(NamedFile named) {
  Result<OpenedFile> file = open_on_disk(named.path.string());
  if (file) file.value().named = std::move(named);
  return file;
}

/// Embedded names come first, then files that are told by a slash or an ending, names of the library, any files.
Result<OpenedFile> open_file(const std::string& name_or_path) {
  if (const EmbeddedCheckpoint* embedded = find_embedded(name_or_path)) {
    auto source = open_tensor_file(MappedFile::of_static(embedded->bytes, name_or_path));
    if (!source) return std::move(source).error();
    return OpenedFile{embedded->bytes.size(), catalog_of(std::move(source).value()), std::string(embedded->sha256), {}};
  }
  if (means_a_file(name_or_path)) return open_on_disk(name_or_path);
  Result<std::optional<NamedFile>> named = find_in_library(name_or_path);
  if (named && named.value()) return open_named(std::move(*named.value()));
  std::error_code no_name;  // too long to be one
  if (std::filesystem::exists(name_or_path, no_name)) return open_on_disk(name_or_path);
  if (!named) return std::move(named).error();
  Result<OpenedFile> none = open_on_disk(name_or_path);
  if (none) return none;  // it has come between
  return with_near_names(std::move(none).error(), name_or_path, "checkpoints", embedded_checkpoints());
}

Hearsay said_of(const OpenedFile& file, const std::string& name_or_path) {
  if (file.named) return hearsay_of(*file.named);
  if (find_embedded(name_or_path) != nullptr) return {};
  return {.prediction_beside = prediction_beside(name_or_path)};
}

ModelInfo describe_file(const OpenedFile& file, const std::string& name_or_path, OpenedModel* opened) {
  ModelInfo info = describe(file.catalog, said_of(file, name_or_path), opened);
  info.bytes = file.bytes;
  info.sha256 = file.sha256;
  if (file.named) {
    info.path = file.named->path.string();
    apply_library(*file.named, info);
    if (opened != nullptr) apply_library(*file.named, opened->model.settings);
  } else if (find_embedded(name_or_path) != nullptr) {
    info.name = name_or_path;
  } else {
    info.path = name_or_path;
    info.name = std::filesystem::path(name_or_path).stem().string();
    info.license = licence_of(file.catalog, name_or_path);
  }
  return info;
}

/// A file whose VAE is in use.
struct VaeFile {
  std::string path, sha256;  // the latter empty until computed
};

/// Puts another file's VAE in place of the model's own.
Result<VaeFile> take_vae(const std::string& path, Model& model, ModelInfo& info) {
  Result<OpenedFile> file = open_file(path);
  if (!file) return std::move(file).error();
  Result<std::unique_ptr<Autoencoder>> vae = open_autoencoder(file.value().catalog);
  if (!vae) return std::move(vae).error();
  const std::int64_t channels = vae.value()->latent_channels();
  if (channels != model.latent.channels) {
    return Error{
        ErrorCode::unsupported,
        fmt::format("is a VAE of {} latent channels, {} needs one of {}", channels, info.title, model.latent.channels),
        path};
  }
  model.autoencoder = std::move(vae).value();
  if (const auto scale = model.autoencoder->latent_scale()) {
    model.latent.scale = *scale;
    model.latent.shift = 0;
  }
  info.vae = path;
  std::erase_if(info.parts, [](const PartInfo& part) { return part.name == "vae"; });
  info.parts.push_back(part_info("vae", model.autoencoder->declarations()));
  const auto& named = file.value().named;
  info.vae_license = named ? named->record.license : licence_of(file.value().catalog, path);
  return VaeFile{named ? named->path.string() : path, std::move(file.value().sha256)};
}

std::string size_text(std::uint64_t bytes) {
  const double mib = static_cast<double>(bytes) / (1 << 20);
  return mib < 1024 ? fmt::format("{:.0f} MiB", mib) : fmt::format("{:.1f} GiB", mib / 1024);
}

/// What `compute` makes of a file; the library keeps it where the file is in there.
template <class Compute>
auto hash_once(const std::string& path, const CancelToken* cancel, const Compute& compute)
    -> decltype(compute(path, cancel)) {
  const auto before = file_stamp(path);
  auto digests = compute(path, cancel);
  const auto after = file_stamp(path);
  if (!digests || !before || !after || before.value() != after.value()) return digests;
  remember_hashes(path, after.value(), digests.value());
  return digests;
}

/// The sha256 alone: a picture needs no other, and each takes the processor as long again.
Result<FileDigests> sha256_alone(const std::string& path, const CancelToken* cancel) {
  Result<std::string> digest = sha256_of_file(path, cancel);
  if (!digest) return std::move(digest).error();
  return FileDigests{std::move(digest).value(), {}, {}};
}

// Bytes beyond `held`. What is held may be the checkpoint's packed weights: those that LoRAs change come on top.
std::uint64_t memory_needed(const Model& model, const AdaptedModel* adapted, const Plan& plan, std::uint64_t held) {
  const std::uint64_t whole = memory_for(model, std::max(plan.width, plan.hires_width),
                                         std::max(plan.height, plan.hires_height), plan.evaluations, plan.vae_tiling);
  const std::uint64_t changed = adapted == nullptr ? 0 : std::min(whole, adapted->packed_bytes);
  return whole - std::min(whole - changed, held);
}

/// A request, ready to be run.
struct Prepared {
  SettledPlan settled;
  std::shared_ptr<const AdaptedModel> adapted;  // null without LoRAs
};

/// All that can fail before the first number is computed, but for the memory.
Result<Prepared> prepare(const AdaptedBase& base, AdaptedCache& cache, const Request& request, ThreadPool& threads,
                         std::uint64_t held) {
  return catch_errors([&] {
    Prepared out{value_or_throw(settle(base.info, base.model, request)),
                 value_or_throw(adapt(base, cache, request, &threads))};
    Plan& plan = out.settled.plan;
    if (out.adapted) plan.loras = out.adapted->loras;
    out.settled.embeddings = value_or_throw(find_embeddings(
        base.info, base.model, request, out.adapted ? out.adapted->embeddings : std::vector<NamedEmbedding>()));
    plan.embeddings = out.settled.embeddings.plans;
    plan.commercial = verdict_on(plan);
    if (request.commercial) value_or_throw(check_commercial_use(plan));

    plan.memory_needed = memory_needed(base.model, out.adapted.get(), plan, held);
    if (!plan.vae_tiling && !request.tile_y && plan.memory_needed > read_memory_state().available) {
      plan.vae_tiling = true;
      plan.memory_needed = memory_needed(base.model, out.adapted.get(), plan, held);
    }
    return out;
  });
}

// What is missing for this plan; the engine's own waiting blocks and packed weights count as there.
Status check_memory(const Plan& plan) {
  const std::uint64_t available = read_memory_state().available;
  if (plan.memory_needed <= available) return Done{};
  return Error{
      ErrorCode::out_of_memory,
      fmt::format("memory: a picture of {}x{} needs about {} more, {} are free; use a smaller size or end other "
                  "programs",
                  plan.width, plan.height, size_text(plan.memory_needed), size_text(available)),
      plan.checkpoint};
}

/// Throws Failure: those of open_autoencoder; unsupported for other latents than the checkpoint's.
std::shared_ptr<const Autoencoder> open_preview_model(const std::string& name_or_path, const ModelInfo& info,
                                                      std::int64_t channels) {
  const OpenedFile file = value_or_throw(open_file(name_or_path));
  std::shared_ptr<const Autoencoder> tiny = value_or_throw(open_autoencoder(file.catalog));
  if (!tiny->latent_scale() || tiny->latent_channels() != channels) {
    throw Failure(Error{
        ErrorCode::unsupported,
        fmt::format("previews: got {} of {} latent channels, need a TAESD of {} for {}",
                    tiny->latent_scale() ? "a TAESD" : "a whole VAE", tiny->latent_channels(), channels, info.title),
        name_or_path});
  }
  return tiny;
}

Previewer make_previewer(Context& ctx, const ModelInfo& info, const Model& model, ColoursCache& cache,
                         const std::string& preview_model) {
  std::shared_ptr<const Autoencoder> tiny;
  if (!preview_model.empty()) tiny = open_preview_model(preview_model, info, model.latent.channels);
  std::lock_guard lock(cache.mutex);
  if (!cache.colours) cache.colours = colours_of(ctx, model);
  return {*cache.colours, std::move(tiny)};
}

}  // namespace

const char* to_string(Stage stage) noexcept {
  switch (stage) {
    case Stage::open: return "open";
    case Stage::text: return "text";
    case Stage::steps: return "steps";
    case Stage::vae: return "vae";
    case Stage::done: return "done";
  }
  return "done";
}

const char* version() noexcept { return PIXELFORGE_VERSION; }

const ModelInfo& Checkpoint::info() const noexcept { return state_->info; }

const ClipTokenizer& Engine::State::tokenizer() {
  std::call_once(tokenizer_once_, [this] { tokenizer_.emplace(); });
  return *tokenizer_;
}

Engine::Engine(const EngineOptions& options) : state_(std::make_unique<State>()) {
  state_->options = options;
  const auto set_up = catch_errors([&] {
    require(options.threads >= 0 && options.threads <= kMostThreads, "threads: got {}, need 0 to {}", options.threads,
            kMostThreads);
    state_->backend = find_backend(options.backend);
    require(state_->backend != nullptr, "backend: got \"{}\", need \"cpu\" or \"reference\"", options.backend);
    require(use_instruction_set(options.instruction_set), "instruction set: got \"{}\", this machine has {}",
            options.instruction_set, fmt::join(cpu_instruction_sets(), ", "));
    state_->threads = std::make_unique<ThreadPool>(options.threads);
    return Done{};
  });
  if (!set_up) state_->unusable = set_up.error();
}

Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Result<Checkpoint> Engine::open(const std::string& name_or_path, const std::string& vae) {
  if (state_->unusable) return *state_->unusable;
  Result<OpenedFile> file = open_file(name_or_path);
  if (!file) return std::move(file).error();
  OpenedModel opened;
  ModelInfo info = describe_file(file.value(), name_or_path, &opened);
  if (!info.supported) return open_model(file.value().catalog, said_of(file.value(), name_or_path)).error();
  VaeFile other;
  if (!vae.empty()) {
    Result<VaeFile> taken = take_vae(vae, opened.model, info);
    if (!taken) return std::move(taken).error();
    other = std::move(taken).value();
  }
  return Checkpoint(std::shared_ptr<Checkpoint::State>(new Checkpoint::State{
      info, file.value().catalog, std::move(opened.model), other.path, {}, {info.sha256, other.sha256}}));
}

Result<ModelInfo> Engine::inspect(const std::string& name_or_path, bool hash) {
  if (state_->unusable) return *state_->unusable;
  Result<OpenedFile> file = open_file(name_or_path);
  if (!file) return std::move(file).error();
  ModelInfo info = describe_file(file.value(), name_or_path, nullptr);
  if (hash && info.auto_v1.empty() && !info.path.empty()) {
    Result<FileDigests> digests = hash_once(info.path, nullptr, digests_of_file);
    if (!digests) return std::move(digests).error();
    info.sha256 = std::move(digests.value().sha256);
    info.tensors_sha256 = std::move(digests.value().tensors_sha256);
    info.auto_v1 = std::move(digests.value().auto_v1);
  }
  return info;
}

Result<Converted> Engine::convert(const std::string& name_or_path, const std::filesystem::path& out,
                                  const ConvertOptions& options, const OnConvert& on_progress,
                                  const CancelToken* cancel) {
  if (state_->unusable) return *state_->unusable;
  Result<OpenedFile> file = open_file(name_or_path);
  if (!file) return std::move(file).error();
  return catch_errors([&] {
    std::error_code differ;  // also what an embedded checkpoint's name gives
    require(!std::filesystem::equivalent(name_or_path, out, differ), "{}: is the file to convert; choose another name",
            out.string());
    Conversion conversion(file.value().catalog, out, options);
    Converted done = value_or_throw(conversion.run(*state_->threads, on_progress, cancel));
    done.bytes_before = file.value().bytes;
    return done;
  });
}

std::vector<ModelInfo> Engine::list() const {
  std::vector<ModelInfo> out;
  for (const EmbeddedCheckpoint& one : embedded_checkpoints()) {
    const std::string name(one.name);
    if (const Result<OpenedFile> file = open_file(name)) out.push_back(describe_file(file.value(), name, nullptr));
  }
  return out;
}

Result<Plan> Engine::plan(const Checkpoint& checkpoint, const Request& request) const {
  if (state_->unusable) return *state_->unusable;
  Checkpoint::State& opened = *checkpoint.state_;
  Result<Prepared> prepared = prepare({opened.info, opened.file, opened.model}, opened.adapted, request,
                                      *state_->threads, state_->memory.held());
  if (!prepared) return std::move(prepared).error();
  return std::move(prepared).value().settled.plan;
}

Result<std::vector<Picture>> Engine::generate(const Checkpoint& checkpoint, const Request& request,
                                              const OnProgress& on_progress, const CancelToken* cancel) {
  if (state_->unusable) return *state_->unusable;
  Checkpoint::State& opened = *checkpoint.state_;
  const Result<Prepared> prepared = prepare({opened.info, opened.file, opened.model}, opened.adapted, request,
                                            *state_->threads, state_->memory.held());
  if (!prepared) return prepared.error();
  const SettledPlan& settled = prepared.value().settled;
  const Model& model = prepared.value().adapted ? prepared.value().adapted->model : opened.model;
  if (Status enough = check_memory(settled.plan); !enough) return std::move(enough).error();

  // The hashes go into the pictures' parameters; they are ready long before them.
  const auto hash = [&]() -> FileHashes {
    std::lock_guard lock(opened.hash_mutex);
    const auto compute = [&](const std::string& path, std::string& into) {
      if (path.empty() || !into.empty()) return;
      if (Result<FileDigests> digests = hash_once(path, cancel, sha256_alone)) into = digests.value().sha256;
    };
    compute(opened.info.path, opened.hashes.checkpoint);
    compute(opened.vae_path, opened.hashes.vae);
    return opened.hashes;
  };
  return catch_errors([&] {
    std::future<FileHashes> hashing = std::async(std::launch::async, hash);
    Context ctx(*state_->backend, *state_->threads, state_->memory, cancel);
    ctx.set_wrap({request.tile_x, request.tile_y});
    const std::string& file = opened.info.path.empty() ? opened.info.name : opened.info.path;
    std::optional<Previewer> previewer;
    if (request.preview)
      previewer = make_previewer(ctx, opened.info, opened.model, opened.colours, request.preview_model);
    std::vector<Picture> pictures =
        run_plan(ctx, settled, request, model, file, state_->tokenizer(), state_->options.one_request,
                 previewer ? &*previewer : nullptr, on_progress);
    const FileHashes hashes = hashing.get();
    for (Picture& picture : pictures) picture.parameters = parameters_text(settled.plan, request, picture, hashes);
    state_->memory.trim();
    return pictures;
  });
}

Result<Image> load_image(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  if (!file) return file.error();
  auto image = decode_image(file.value()->bytes());
  if (!image) return with_context(std::move(image).error(), path.string());
  return image;
}

Result<std::vector<std::byte>> encode_png(const Picture& picture) {
  return encode_png(picture.image, std::vector<TextEntry>{{"parameters", picture.parameters}});
}

Status save_png(const Picture& picture, const std::filesystem::path& path) { return save_picture(picture, path); }

}  // namespace pxf
