// The engine: opens checkpoints and makes pictures with them. Everything the command line does goes through here.
//
//   pxf::Engine engine;
//   auto checkpoint = engine.open("dreamlike.safetensors");
//   if (!checkpoint) return report(checkpoint.error());
//   auto pictures = engine.generate(checkpoint.value(), {.prompt = "a red apple on a beach"});
//
// Errors are values; nothing throws but std::bad_alloc in constructors and what a progress callback throws. Nothing is
// printed, nothing leaves the machine. An Engine may be used from many threads at once; it outlives its checkpoints.
// The same request gives the same bytes for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pixelforge/cancel.h"
#include "pixelforge/convert.h"
#include "pixelforge/diff.h"
#include "pixelforge/error.h"
#include "pixelforge/extract.h"
#include "pixelforge/guidance.h"
#include "pixelforge/image.h"
#include "pixelforge/licence.h"
#include "pixelforge/merge.h"
#include "pixelforge/model_info.h"
#include "pixelforge/precision.h"
#include "pixelforge/progress.h"
#include "pixelforge/request.h"
#include "pixelforge/shortcuts.h"

namespace pxf {

struct EngineOptions {
  int threads = 0;                   // 0: one for each processor this process may run on
  std::string backend = "cpu";       // or "reference": plain loops, slow, for comparison
  std::string instruction_set = {};  // restricts the cpu backend ("AVX2"); empty: the widest this machine has
  // Gives back a part's memory once the pictures need it no more: a third less at the peak, and the next request starts
  // over. For a program that makes one request, and only one at a time.
  bool one_request = false;
  // Bytes that packed weights may take, those of LoRAs too, before the checkpoints used longest ago give theirs back.
  // What runs now, and the checkpoint used last, are spared. 0: half of what the machine has free when the engine is
  // made.
  std::uint64_t memory = 0;
  // Other than exact: faster, and pictures that differ a little (docs/performance.md says how much of each).
  Precision precision = Precision::exact;
  // Bytes that the process may have in memory at once; 0: as many as the machine has free. Where a picture wants more
  // at once, text encoders, network and VAE have their weights one after another, the VAE works in bands, and weights
  // that do not fit beside the others are packed for each use; the picture is the same. Requests wait for one another
  // then. Where even that does not do, a request is out_of_memory, before it takes any. What `prepare` has left is
  // mapped, and not counted.
  std::uint64_t memory_limit = 0;
  // For requests that come from others: open, plan and generate take models by their names in the program and the
  // library alone. A path is not_found, whether something is there or not, and no file is looked at to say so.
  bool names_only = false;
};

/// What a LoRA will do to this checkpoint.
struct LoraPlan {
  std::string name;  // file name without its ending, or the name of one in the program
  double strength = 1, text_strength = 1;
  double start = 0, stop = 1;           // as requested
  std::string blocks;                   // as requested
  std::int64_t applied = 0, total = 0;  // of its tensors: those that change a weight, and all
  std::vector<std::string> unknown;     // those that change none, by name, with the shapes where these are why
  std::string hash;                     // A1111's AutoV3: 12 digits; empty for files that are not safetensors
  std::string license = {};             // as the file says, what stands beside it, or the library
};

/// A textual inversion embedding that a request's prompts name, or that it gives.
struct EmbeddingPlan {
  std::string name;          // file name without its ending
  std::int64_t vectors = 0;  // places of tokens that it takes
  std::string hash;          // 12 digits of the file's sha256, as A1111 writes them; empty for those inside a LoRA
  std::string left_out;      // why it is not used; empty: it is
  std::string license = {};  // as in LoraPlan
};

/// A request with everything settled, as it will be run.
struct Plan {
  std::string checkpoint;  // its name
  std::string vae;         // the file whose VAE is used in place of its own; usually empty
  std::string family;      // title
  std::string license, vae_license;
  LicenceVerdict commercial;  // on all models that have a part in any of the pictures: the strictest
  std::string prediction;
  std::string sampler, sampler_label, scheduler, scheduler_label;
  std::string negative = {};  // the request's with its styles, or the checkpoint's recommended one
  Level level = Level::balanced;
  int steps = 0, width = 0, height = 0, count = 0, clip_skip = 1;
  double cfg_scale = 0;  // of the first step, where they differ
  Guidance guidance;
  Shortcuts shortcuts = {};
  std::string left_out = {};               // by these, for people; empty without
  Precision precision = Precision::exact;  // the engine's
  std::uint64_t seed = 0;
  NoiseSource noise = NoiseSource::cpu;
  double variation_strength = 0;
  std::uint64_t variation_seed = 0;  // of the first picture; says nothing at strength 0
  std::vector<LoraPlan> loras;       // of the first picture: variants and wildcards may bring others
  std::vector<EmbeddingPlan> embeddings = {};
  bool vae_tiling = false;                // asked for, or for want of memory
  std::optional<double> strength = {};    // of image-to-image, or of the second pass
  int hires_width = 0, hires_height = 0;  // of the second pass; 0: there is none
  int hires_steps = 0;
  int evaluations = 2;  // of the network at a step, at most: 1 without guidance, one more for each AND
  std::vector<std::string> prompt_reading;  // what was understood of the first picture's prompt, for people
  std::vector<std::string> notices = {};    // what of the request is not followed, and why
  std::string longest_parameters = {};      // of its pictures' (Picture::parameters), with hashes of zeros
  std::string settings_from;                // who recommended what the request left open
  std::uint64_t memory_needed = 0;          // bytes beyond what is held now, estimated
};

/// Of a request with `measuring`; of the last pass.
struct PictureMeasures {
  std::vector<float> latent;  // as the sampler leaves it, of the size that noise has
  int evaluations = 0;        // how often the sampler asked the network, with and without the prompt in one
  /// The share of what the network gets wrong without the prompt, in the picture with noise added, that the prompt
  /// explains; 0 to 1, below 0 where it misleads.
  double prompt_evidence = 0;
};

struct Picture {
  Image image;
  std::uint64_t seed = 0, variation_seed = 0;
  std::string prompt;      // the request's, with its styles, and its {variants} and wildcards chosen
  std::string parameters;  // A1111's text, as embedded in the file
  struct Seconds {
    double open = 0, text = 0, steps = 0, vae = 0;
  } seconds;
  std::optional<PictureMeasures> measured = {};
};

struct PrepareOptions {
  int width = 0, height = 0;                      // of the picture that is drawn; 0: what the checkpoint recommends
  std::uint64_t limit = std::uint64_t{64} << 30;  // bytes of all that is prepared; what was used longest ago goes
};

/// A checkpoint that an engine holds since it was used.
struct LoadedModel {
  std::string name, path;  // as it was opened; the path is empty for embedded ones
  std::string vae;         // the file whose VAE it has in place of its own; usually empty
  std::uint64_t bytes =
      0;  // of packed weights, with those of the last LoRAs; what it shares with others counts in each
  double idle_seconds = 0;  // since it was used
  bool in_use = false;
};

struct Loaded {
  std::vector<LoadedModel> models;  // the one used last comes first
  std::uint64_t bytes = 0;          // of all that are packed; mapped ones (prepare) the system can take back
  std::uint64_t budget = 0;         // EngineOptions::memory
};

/// An opened checkpoint: a handle, cheap to copy. Its weights are read when first needed; what kernels make of them
/// stays with the engine (EngineOptions::memory), also for later handles of the same file.
class Checkpoint {
 public:
  const ModelInfo& info() const noexcept;

 private:
  friend class Engine;
  struct State;
  explicit Checkpoint(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

struct MachineInfo {
  std::string version;  // of this program
  std::string cpu;      // model name
  int processors = 0;   // that this process may use
  int threads = 0;      // of this engine
  std::string backend;
  std::vector<std::string> instruction_sets;             // that the kernels can use here, the widest first
  std::uint64_t memory_total = 0, memory_available = 0;  // bytes; available: to this process, limits counted
};

struct BenchOptions {
  int width = 0, height = 0;  // 0: what the checkpoint recommends
  int repeats = 3;
  bool pictures = false;                    // also time a whole picture with the recommended settings
  bool profile = false;                     // also say where the time goes, layer by layer
  std::string lora = {};                    // also time a change of this LoRA's strength, and the steps that follow
  std::string swap = {};                    // also time pictures after a change to this second checkpoint and back
  std::optional<Shortcuts> shortcuts = {};  // also time a step with these, and draw the picture with them
};

struct BenchRow {
  /// "open", "prompt.read" (a long prompt with all that the language has, and its tokens), "text.encode", "unet.step",
  /// "vae.decode", "picture"; with shortcuts "unet.shortcut", a step on average; of a LoRA "lora.change" (all that
  /// comes before the first step: the text is encoded again), "lora.first" (the step that follows) and "lora.step"
  /// (those after it); of a second checkpoint "swap.first" (a picture of one step right after a change, opening
  /// included) and "swap.again" (the same once more).
  std::string name;
  std::vector<double> seconds;  // each run, sorted
  double gflop = 0;             // of one run; 0 where that says nothing
  /// Of the threads' time the share that they really ran; well below 1, other programs had the processors. 0: unknown.
  double cpu = 0;
  double median() const { return seconds.empty() ? 0 : seconds[seconds.size() / 2]; }
};

struct BenchReport {
  MachineInfo machine;
  std::string checkpoint;
  int width = 0, height = 0;
  std::vector<BenchRow> rows;
  std::uint64_t peak_memory = 0;  // resident bytes of the process at its highest
  /// What took the time, summed over calls; text is empty where a sum is over all of its values.
  struct ProfileRow {
    std::string part;   // "text.encode", "unet.step", "vae.decode": one of each
    std::string block;  // "input_blocks.4": of the layers' names what repeats
    std::string layer;  // "model.diffusion_model.input_blocks.4.0.in_layers.2"
    std::string op;     // "conv2d"; "other": between ops
    std::string kernel;
    std::int64_t calls = 0;
    double seconds = 0, gflop = 0;
    double bytes = 0;  // operands, weights as the file has them and results, each read or written once a call
  };
  struct KernelRow {
    std::string kernel;  // "conv2d/indirect"
    std::int64_t calls = 0;
    double seconds = 0, gflop = 0;
  };
  std::vector<KernelRow> kernels;                 // of one unet.step and one vae.decode
  std::vector<ProfileRow> layers, blocks, parts;  // in the order of their work
  std::vector<ProfileRow> ops;                    // of a part, those that take longest first
};

class Engine {
 public:
  /// Never fails: options that cannot be (an unknown backend or instruction set, more than 1,024 threads) are what
  /// every call then reports, as invalid_argument.
  explicit Engine(const EngineOptions& options = {});
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();
  const EngineOptions& options() const noexcept;

  /// Opens an embedded checkpoint by its name ("starter"), a file, or a model of this user's library (library.h) by its
  /// name or the first digits of its hash, eight at least; a file that is there goes before a name when it has a slash
  /// or an ending. Reads the header only. Errors: not_found, io, bad_file (damaged, with the tensor at fault),
  /// unsupported (what it is instead). `vae`: a file whose VAE is used in place of the checkpoint's own; "own": that;
  /// empty: as is set for the checkpoint, else its own.
  /// A file that has changed since it was opened before is read anew.
  Result<Checkpoint> open(const std::string& name_or_path, const std::string& vae = {});
  /// Writes the packed weights of a checkpoint to `prepared/` in the library's folder, from where they are mapped at
  /// next use in place of being packed: as large as in memory, for this machine's instruction set and sizes of pictures
  /// like those drawn before. Draws a small picture first where none has been. Gives the bytes. Errors: unsupported (an
  /// embedded checkpoint, an engine for one request, no folder for a library); no_space, io; cancelled; those of
  /// generate.
  Result<std::uint64_t> prepare(const Checkpoint& checkpoint, const PrepareOptions& options = {},
                                const CancelToken* cancel = nullptr);
  /// The checkpoints whose weights are in memory.
  Loaded loaded() const;
  /// Gives back the memory of a checkpoint, by name or path, or of all; of those in use when they are done. How many it
  /// was. Handles stay valid.
  int unload(const std::string& name_or_path = {});
  /// What a file is; also for files that cannot be run. Reads the header only, unless `hash` asks for its hashes.
  Result<ModelInfo> inspect(const std::string& name_or_path, bool hash = false);
  /// The checkpoints in the program, and its LoRAs.
  std::vector<ModelInfo> list() const;
  std::vector<ModelInfo> list_loras() const;

  /// What generate would do. Errors: invalid_argument (size, steps, unknown sampler with the nearest name ...),
  /// unsupported (a part is missing; a LoRA of another family, with both names; a licence, for a request that is
  /// commercial), bad_file (a damaged LoRA).
  Result<Plan> plan(const Checkpoint& checkpoint, const Request& request) const;

  /// Makes the pictures. Errors: those of plan; out_of_memory, checked before memory is taken; cancelled; bad_file when
  /// the weights give NaN. `cancel` may be null.
  /// LoRAs act on this request alone: the checkpoint's own weights stay as they are, and requests with other LoRAs may
  /// run on it at the same time. The last set of LoRAs is kept with the checkpoint, for the next request with the same.
  Result<std::vector<Picture>> generate(const Checkpoint& checkpoint, const Request& request,
                                        const OnProgress& on_progress = {}, const CancelToken* cancel = nullptr);

  /// Runs one part of a checkpoint on tensors from a safetensors file and writes what it gives: "unet" (sample,
  /// timestep, context -> prediction), "text" (ids -> last, skip2, pooled), "vae.decode" (latent -> image),
  /// "vae.encode" (image -> mean, logvar, std). Pictures and latents are (B, C, H, W) there. Gives the names written.
  Result<std::vector<std::string>> probe(const Checkpoint& checkpoint, const std::string& part,
                                         const std::filesystem::path& in, const std::filesystem::path& out,
                                         const CancelToken* cancel = nullptr);

  /// Texts as a checkpoint's first text encoder sees them: for each a direction (of length 1, as many numbers as the
  /// encoder is wide), near that of texts that mean the like: the last layer's row of the end token. Of a text of more
  /// than 75 tokens the beginning; tags of LoRAs are left out. Errors: unsupported (no text encoder, or not of CLIP's
  /// vocabulary), cancelled.
  Result<std::vector<std::vector<float>>> text_features(const Checkpoint& checkpoint,
                                                        const std::vector<std::string>& texts,
                                                        const CancelToken* cancel = nullptr);

  /// Writes a file's tensors in another format or type to `out`, which appears whole or not at all; metadata stay.
  /// Takes less than a gigabyte of memory for files of any size (but a PyTorch file that is compressed). Errors: those
  /// of inspect; invalid_argument (an unknown type with the nearest name, a type that the format lacks, quantising an
  /// adapter, `out` being the file itself); no_space, looked at first; cancelled; bad_file for NaN in what is
  /// quantised.
  Result<Converted> convert(const std::string& name_or_path, const std::filesystem::path& out,
                            const ConvertOptions& options, const OnFileProgress& on_progress = {},
                            const CancelToken* cancel = nullptr);

  /// Makes one checkpoint of several and writes it like convert, in as little memory: f64 sums of whatever types the
  /// files have, rounded once. Errors: those of convert; invalid_argument (options that do not go together, an unknown
  /// block with the nearest name); unsupported (models of different families or shapes, with both names; a LoRA that
  /// does not fit); bad_file when NaN or what the type cannot say comes out.
  Result<Merged> merge(const MergeOptions& options, const std::filesystem::path& out,
                       const OnFileProgress& on_progress = {}, const CancelToken* cancel = nullptr);

  /// Compares two models of any formats and types, by the names of their tensors; two LoRAs by what they change.
  /// Errors: those of inspect; unsupported when they have no tensor in common; cancelled.
  Result<DiffReport> diff(const std::string& a, const std::string& b, const OnFileProgress& on_progress = {},
                          const CancelToken* cancel = nullptr);

  /// Writes the LoRA that turns checkpoint `a` into `b`, in safetensors with kohya's names: of each weight's change the
  /// nearest matrix of low rank. Errors: those of inspect; invalid_argument; unsupported (other families or shapes,
  /// with both names; nothing to extract); bad_file for NaN; no_space, io; cancelled.
  Result<Extracted> extract(const std::string& a, const std::string& b, const std::filesystem::path& out,
                            const ExtractOptions& options, const OnFileProgress& on_progress = {},
                            const CancelToken* cancel = nullptr);

  Result<BenchReport> bench(const Checkpoint& checkpoint, const BenchOptions& options,
                            const CancelToken* cancel = nullptr);

  MachineInfo machine() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// PNG, JPEG or WebP. Errors: unsupported, bad_file, out_of_memory; for a path also not_found, io.
Result<Image> decode_image(std::span<const std::byte> file);
Result<Image> load_image(const std::filesystem::path& path);

/// The picture as a PNG file with its parameters in a text chunk, as A1111 and its kin read them.
Result<std::vector<std::byte>> encode_png(const Picture& picture);
/// Writes it aside and renames it: a reader sees nothing or all of it. Errors: no_space, io, not_found.
Status save_png(const Picture& picture, const std::filesystem::path& path);

/// One entry of the glossary: what a word of this field means, in a few sentences.
struct GlossaryEntry {
  std::string term;
  std::vector<std::string> aliases;
  std::string text;
};
/// All entries, sorted by term. Lives as long as the program.
const std::vector<GlossaryEntry>& glossary();
/// By term or alias, however spelled. Error: not_found with the nearest term.
Result<const GlossaryEntry*> explain(const std::string& term);

/// "0.1.0"
const char* version() noexcept;

}  // namespace pxf
