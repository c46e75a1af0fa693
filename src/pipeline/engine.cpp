#include "pixelforge/engine.h"

#include <algorithm>
#include <future>
#include <mutex>
#include <set>

#include "backends/backends.h"
#include "base/error.h"
#include "base/file.h"
#include "image/decode.h"
#include "image/png.h"
#include "pipeline/checkpoint.h"
#include "pipeline/convert.h"
#include "pipeline/describe.h"
#include "pipeline/diffusers_folder.h"
#include "pipeline/engine_state.h"
#include "pipeline/equipment.h"
#include "pipeline/library_names.h"
#include "pipeline/licences.h"
#include "pipeline/loras.h"
#include "pipeline/names_only.h"
#include "pipeline/opened_file.h"
#include "pipeline/parameters_text.h"
#include "pipeline/plan.h"
#include "pipeline/presets.h"
#include "pipeline/prompt_texts.h"
#include "pipeline/run.h"
#include "pipeline/starter.h"
#include "pixelforge/picture_file.h"
#include "store/file_hash.h"
#include "store/home.h"

namespace pxf {
namespace {

constexpr int kMostThreads = 1024;

/// A file whose VAE is in use.
struct VaeFile {
  std::string path, stamp, sha256;  // the latter empty until computed
};

constexpr const char* kOwnVae = "own";

/// What channels are measured by is of the family's own autoencoder; the other gives its latents at another scale.
void take_latent_scale(double scale, Model& model) {
  LatentSpace& latent = model.latent;
  if (latent.channel_means.empty()) {
    latent.scale = scale;
    latent.shift = 0;
  }
  const double factor = model.family->latent.scale / scale;
  for (double& mean : latent.channel_means) mean *= factor;
  for (double& deviation : latent.channel_deviations) deviation *= factor;
}

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
    take_latent_scale(*scale, model);
  }
  info.vae = path;
  std::erase_if(info.parts, [](const PartInfo& part) { return part.name == "vae"; });
  info.parts.push_back(part_info("vae", model.autoencoder->declarations()));
  const auto& named = file.value().named;
  info.vae_license = named ? named->record.license : licence_of(file.value().catalog, path);
  return VaeFile{named ? named->path.string() : path, file.value().catalog.source().stamp(),
                 std::move(file.value().sha256)};
}

/// Empty: the checkpoint's own.
std::string vae_of(const std::string& asked, const ModelInfo& info) {
  if (asked == kOwnVae) return {};
  return asked.empty() && info.recommended ? info.recommended->vae : asked;
}

Error with_how_it_was_set(Error error, const ModelInfo& info) {
  error.message += fmt::format(
      "; it is the VAE that is set for {0}: take it back with pixelforge set {0} vae=, or "
      "give another",
      info.name);
  return error;
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

/// With all that its prompts get from elsewhere. Throws Failure.
Request complete(const Request& request, const ModelInfo& info) {
  Request out = value_or_throw(
      with_its_styles(info.recommended ? with_recommended_prompts(request, *info.recommended) : request));
  out.loras = with_strengths(std::move(out.loras));
  return out;
}

/// The verdict on all pictures of a request; throws Failure where it is commercial and that is not allowed.
LicenceVerdict judge_all(const SettledPlan& settled, const Request& request) {
  const std::vector<NamedLicence> models = licences_of_all_pictures(settled.plan, settled.prompts);
  if (request.commercial) value_or_throw(check_commercial_use(models));
  return verdict_on(models);
}

std::string longest_parameters(const SettledPlan& settled, const Request& request) {
  const std::string hash(10, '0');
  std::string longest;
  for (const std::string& prompt : std::set(settled.prompts.begin(), settled.prompts.end())) {
    Picture picture;
    picture.seed = seed_of(settled.plan, settled.plan.count - 1);
    picture.prompt = prompt;
    std::string text = parameters_text(settled.plan, request, picture, {hash, settled.plan.vae.empty() ? "" : hash});
    if (text.size() > longest.size()) longest = std::move(text);
  }
  return longest;
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

std::vector<ModelInfo> described(std::span<const EmbeddedCheckpoint> embedded) {
  std::vector<ModelInfo> out;
  for (const EmbeddedCheckpoint& one : embedded) {
    const std::string name(one.name);
    if (const Result<OpenedFile> file = open_file(name)) out.push_back(describe_file(file.value(), name, {}, nullptr));
  }
  return out;
}

/// As the library has them now.
std::vector<ModelInfo> as_set(std::vector<ModelInfo> embedded) {
  Store store(library_home());
  for (ModelInfo& one : embedded) {
    if (const Hearsay said = hearsay_of(set_in_program(store, one.name)); said != Hearsay()) {
      if (const Result<OpenedFile> file = open_file(one.name))
        one = describe_file(file.value(), one.name, said, nullptr);
    }
    apply_library(store, one);
  }
  return embedded;
}

/// What the library says of one in the program; nothing of files, which `describe_file` has looked up.
void apply_library(ModelInfo& info) {
  if (!info.path.empty()) return;
  Store store(library_home());
  apply_library(store, info);
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

Result<Engine::State::Turn> Engine::State::wait_for_turn(const CancelToken* cancel) {
  constexpr std::chrono::milliseconds kLook{50};
  Turn mine(turn, std::defer_lock);
  if (options.memory_limit == 0) return mine;
  while (!mine.try_lock_for(kLook)) {
    if (cancel != nullptr && cancel->requested()) return Error{ErrorCode::cancelled, "cancelled", {}};
  }
  return mine;
}

const Engine::State::InProgram& Engine::State::in_program() {
  std::call_once(in_program_once_, [this] {
    in_program_ = {described(embedded_checkpoints()), described(embedded_loras())};
  });
  return in_program_;
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
    state_->forms = std::make_shared<SharedForms>(*state_->threads);
    std::uint64_t budget = options.memory > 0 ? options.memory : read_memory_state().available / 2;
    if (options.memory_limit > 0) budget = std::min(budget, options.memory_limit);
    state_->models.emplace(state_->memory, budget);
    return Done{};
  });
  if (!set_up) state_->unusable = set_up.error();
}

Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

const EngineOptions& Engine::options() const noexcept { return state_->options; }

Result<Checkpoint> Engine::open(const std::string& name_or_path, const std::string& vae) {
  if (state_->unusable) return *state_->unusable;
  if (state_->options.names_only) {
    for (const std::string& name : {name_or_path, vae}) {
      const bool is_none = name.empty() || (&name != &name_or_path && name == kOwnVae);
      if (Status is_one = is_none ? Status(Done{}) : check_name(name); !is_one) return std::move(is_one).error();
    }
  }
  Result<OpenedFile> file = open_file(name_or_path);
  if (!file) return std::move(file).error();
  OpenedModel opened;
  ModelInfo info = describe_file(file.value(), name_or_path, &opened);
  if (!info.supported) return open_model(file.value().catalog, said_of(file.value(), name_or_path)).error();
  apply_library(info);
  VaeFile other;
  const std::string chosen_vae = vae_of(vae, info);
  if (!chosen_vae.empty()) {
    Result<VaeFile> taken = take_vae(chosen_vae, opened.model, info);
    if (!taken) return vae.empty() ? with_how_it_was_set(std::move(taken).error(), info) : std::move(taken).error();
    other = std::move(taken).value();
  }
  const Catalog& catalog = file.value().catalog;
  std::string stamp = catalog.source().stamp();
  std::vector<BoundPart> parts = parts_of(opened.model, stamp, chosen_vae.empty() ? stamp : other.stamp);
  state_->forms->serve(parts);
  if (!stamp.empty() && !chosen_vae.empty()) stamp = other.stamp.empty() ? "" : stamp + "\n" + other.stamp;
  std::shared_ptr<HeldModel> held(new HeldModel{info.name, info.path, std::move(stamp),
                                                said_of(file.value(), name_or_path), other.path, catalog,
                                                std::move(opened.model), std::move(parts)});
  held->known->hashes = {info.sha256, other.sha256};
  return Checkpoint(std::make_shared<Checkpoint::State>(
      Checkpoint::State{std::move(info), state_->models->same_or(std::move(held))}));
}

Result<std::uint64_t> Engine::prepare(const Checkpoint& checkpoint, const PrepareOptions& options,
                                      const CancelToken* cancel) {
  if (state_->unusable) return *state_->unusable;
  const HeldModels::Use use(*state_->models, checkpoint.state_->held);
  HeldModel& held = use.model();
  return catch_errors([&] {
    if (checkpoint.info().path.empty() || state_->options.one_request) {
      fail(ErrorCode::unsupported, "preparing: need a checkpoint from a file, and an engine for many requests");
    }
    if (held.packed_bytes() == 0) {
      Request request;
      request.steps = 1;
      if (options.width > 0) request.width = options.width;
      if (options.height > 0) request.height = options.height;
      value_or_throw(generate(checkpoint, request, {}, cancel));
    }
    std::uint64_t bytes = 0;
    for (const BoundPart& part : held.parts) bytes += write_prepared(part, cancel);
    limit_prepared(options.limit);
    return bytes;
  });
}

Loaded Engine::loaded() const { return state_->models ? state_->models->loaded() : Loaded{}; }

int Engine::unload(const std::string& name_or_path) {
  return state_->models ? state_->models->unload(name_or_path) : 0;
}

Result<ModelInfo> Engine::inspect(const std::string& name_or_path, bool hash) {
  if (state_->unusable) return *state_->unusable;
  Result<OpenedFile> file = open_file(name_or_path);
  if (!file) return std::move(file).error();
  ModelInfo info = describe_file(file.value(), name_or_path, nullptr);
  apply_library(info);
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
                                  const ConvertOptions& options, const OnFileProgress& on_progress,
                                  const CancelToken* cancel) {
  if (state_->unusable) return *state_->unusable;
  Result<OpenedFile> file = open_file(name_or_path);
  if (!file) return std::move(file).error();
  return catch_errors([&] {
    std::error_code differ;  // also what an embedded checkpoint's name gives
    require(!std::filesystem::equivalent(name_or_path, out, differ), "{}: is the file to convert; choose another name",
            out.string());
    if (options.format == "diffusers") {
      const OpenedModel opened = value_or_throw(open_model(file.value().catalog, said_of(file.value(), name_or_path)));
      Converted done = write_diffusers_folder(file.value().catalog, opened.model, out, options, *state_->threads,
                                              on_progress, cancel);
      done.bytes_before = file.value().bytes;
      return done;
    }
    Conversion conversion(file.value().catalog, out, options);
    Converted done = value_or_throw(conversion.run(*state_->threads, on_progress, cancel));
    done.bytes_before = file.value().bytes;
    return done;
  });
}

std::vector<ModelInfo> Engine::list() const { return as_set(state_->in_program().checkpoints); }

std::vector<ModelInfo> Engine::list_loras() const { return as_set(state_->in_program().loras); }

Result<Plan> Engine::plan(const Checkpoint& checkpoint, const Request& request) const {
  if (state_->unusable) return *state_->unusable;
  const ModelInfo& info = checkpoint.info();
  const HeldModels::Use use(*state_->models, checkpoint.state_->held);
  HeldModel& opened = use.model();
  return catch_errors([&] {
    if (state_->options.names_only) check_names(request);
    const Request styled = complete(request, info);
    const AdaptedBase base{info, opened.file, opened.model};
    SettledPlan settled = value_or_throw(settle(info, opened.model, styled));
    settled.plan.precision = state_->options.precision;
    if (state_->options.names_only) check_names(settled.prompts);
    equip({*state_->models, opened, base, styled, *state_->threads, state_->memory, state_->options}, settled, 0);
    settled.plan.commercial = judge_all(settled, styled);
    settled.plan.longest_parameters = longest_parameters(settled, styled);
    return std::move(settled.plan);
  });
}

Result<std::vector<Picture>> Engine::generate(const Checkpoint& checkpoint, const Request& request,
                                              const OnProgress& on_progress, const CancelToken* cancel) {
  if (state_->unusable) return *state_->unusable;
  const Result<Engine::State::Turn> turn = state_->wait_for_turn(cancel);
  if (!turn) return turn.error();
  const ModelInfo& info = checkpoint.info();
  const HeldModels::Use use(*state_->models, checkpoint.state_->held);
  HeldModel& opened = use.model();

  // The hashes go into the pictures' parameters; they are ready long before them.
  const auto hash = [&]() -> FileHashes {
    KnownFiles& known = *opened.known;
    std::lock_guard lock(known.mutex);
    const auto compute = [&](const std::string& path, std::string& into) {
      if (path.empty() || !into.empty()) return;
      if (Result<FileDigests> digests = hash_once(path, cancel, sha256_alone)) into = digests.value().sha256;
    };
    compute(info.path, known.hashes.checkpoint);
    compute(opened.vae_path, known.hashes.vae);
    return known.hashes;
  };
  return catch_errors([&] {
    if (state_->options.names_only) check_names(request);
    const Request styled = complete(request, info);
    const AdaptedBase base{info, opened.file, opened.model};
    SettledPlan settled = value_or_throw(settle(info, opened.model, styled));
    settled.plan.precision = state_->options.precision;
    if (state_->options.names_only) check_names(settled.prompts);
    const Equipment with{*state_->models, opened, base, styled, *state_->threads, state_->memory, state_->options};
    std::shared_ptr<const AdaptedModel> adapted = equip(with, settled, 0);
    judge_all(settled, styled);
    Keeping keeping{state_->options.one_request, make_room(with, adapted.get(), settled.plan)};
    state_->memory.keep_within(state_->options.memory_limit > 0 ? pool_room(with) : 0);

    FileHashes hashes;
    std::future<FileHashes> hashing = std::async(std::launch::async, hash);
    Context ctx(*state_->backend, *state_->threads, state_->memory, cancel);
    ctx.set_wrap({styled.tile_x, styled.tile_y});
    const std::string& file = info.path.empty() ? info.name : info.path;
    std::optional<Previewer> previewer;
    if (styled.preview) previewer = make_previewer(ctx, info, opened.model, opened.colours, styled.preview_model);

    std::vector<Picture> pictures;
    const std::vector<std::string>& prompts = settled.prompts;
    const auto count = static_cast<std::size_t>(settled.plan.count);
    for (std::size_t first = 0, end = 0; first < count; first = end) {  // in a row, those with the same LoRAs
      while (++end < count && same_loras(prompts[first], prompts[end])) {
      }
      if (first > 0) {
        adapted = equip(with, settled, static_cast<int>(first));
        keeping.within = make_room(with, adapted.get(), settled.plan);
      }
      std::vector<Picture> drawn_now =
          run_plan(ctx, settled, styled, adapted ? adapted->model : opened.model, file, state_->tokenizer(), keeping,
                   previewer ? &*previewer : nullptr, on_progress, static_cast<int>(first), static_cast<int>(end));
      if (first == 0) hashes = hashing.get();
      for (Picture& picture : drawn_now) {
        picture.parameters = parameters_text(settled.plan, styled, picture, hashes);
        pictures.push_back(std::move(picture));
      }
    }
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
