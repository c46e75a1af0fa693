// Engine::extract: what turns one checkpoint into another, module by module, as the factors of a LoRA.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/stopwatch.h"
#include "formats/safetensors.h"
#include "pipeline/convert_rules.h"
#include "pipeline/engine_state.h"
#include "pipeline/opened_file.h"
#include "sampling/names.h"
#include "store/file_hash.h"
#include "tensor/narrow.h"
#include "weights/adapters/kohya_modules.h"
#include "weights/adapters/low_rank.h"
#include "weights/model_tensors.h"

namespace pxf {
namespace {

constexpr int kDefaultRank = 32, kLargestRank = 4096;

DType lora_type(const std::string& name) {
  constexpr std::array kLoraTypes{DType::f16, DType::bf16, DType::f32};
  std::vector<std::string_view> names;
  for (const DType type : kLoraTypes) {
    if (same_name(name_of(type), name)) return type;
    names.push_back(name_of(type));
  }
  throw Failure(unknown_name("type", name, names));
}

void check_extract(const ExtractOptions& options, const std::filesystem::path& out) {
  const std::string ending = out.extension().string();
  require(ending == ".safetensors" || ending == ".sft", "{}: a LoRA is written as safetensors: need .safetensors",
          out.string());
  if (options.rank)
    require(*options.rank >= 1 && *options.rank <= kLargestRank, "rank: got {}, need 1 to {}", *options.rank,
            kLargestRank);
  if (options.conv_rank)
    require(*options.conv_rank >= 0 && *options.conv_rank <= kLargestRank, "rank of convolutions: got {}, need 0 to {}",
            *options.conv_rank, kLargestRank);
  if (options.energy)
    require(*options.energy > 0 && *options.energy <= 1, "energy: got {}, need more than 0 and at most 1, such as 0.99",
            *options.energy);
}

/// B - A of a tensor, or of a third of its rows: (rows, all other extents).
Matrix difference(const Weight& a, const Weight& b, int third) {
  const std::int64_t all = a.shape().numel(), rows = a.shape().rank() == 0 ? 1 : a.shape().dim(0);
  const std::int64_t parts = third < 0 ? 1 : 3, begin = third < 0 ? 0 : third * (all / 3);
  Matrix out = zeros(rows / parts, all / rows);
  std::vector<float> from(out.values.size());
  b.read_f32(begin, out.values);
  a.read_f32(begin, from);
  for (std::size_t i = 0; i < from.size(); ++i) out.values[i] -= from[i];
  return out;
}

double energy_of_change(const Matrix& change, const std::string& tensor, const std::string& file) {
  double sum = 0;
  for (const float v : change.values) sum += double{v} * double{v};
  if (std::isfinite(sum)) return sum;
  throw Failure(Error{ErrorCode::bad_file,
                      fmt::format("tensor {}: the difference holds NaN or infinity; look for the damaged file with "
                                  "pixelforge diff",
                                  tensor),
                      file});
}

/// The tensors of the LoRA, of one type, in memory: they are a small part of a checkpoint.
class LoraTensors {
 public:
  explicit LoraTensors(DType type) : type_(type) {}

  void add(std::string name, const Shape& shape, std::span<const float> values) {
    std::vector<std::byte>& bytes = bytes_[name];
    bytes.resize(*bytes_of(type_, shape.numel()));
    narrow_from_f32(values, type_, bytes);
    shapes_.insert_or_assign(std::move(name), shape);
  }
  bool empty() const { return shapes_.empty(); }

  Status write(const std::filesystem::path& path, const TensorSource::Metadata& metadata) const {
    std::vector<TensorView> views;
    for (const auto& [name, bytes] : bytes_) views.push_back({name, type_, shapes_.at(name), bytes});
    return write_safetensors(path, views, metadata);
  }

 private:
  DType type_;
  std::map<std::string, std::vector<std::byte>> bytes_;
  std::map<std::string, Shape> shapes_;
};

class Extraction {
 public:
  Extraction(const ModelTensors& a, const ModelTensors& b, const ExtractOptions& options, ThreadPool& threads)
      : a_(a), b_(b), options_(options), threads_(threads), out_(lora_type(options.type)) {
    std::set<std::string> both;
    for (const auto& [name, info] : a.all()) {
      if (b.find(name) == nullptr || !is_float(info->dtype) || only_for_training(name)) continue;
      check_shapes(name);
      rest_.insert(name);
      both.insert(name);
      bytes_ += info->byte_count() + b.find(name)->byte_count();
    }
    modules_ = kohya_modules(both);
  }

  void run(const OnFileProgress& on_progress, const CancelToken* cancel) {
    FileProgress progress{0, bytes_, 0};
    const auto tell = [&](const std::string& tensor) {
      progress.done += tensor.empty() ? 0 : a_.find(tensor)->byte_count() + b_.find(tensor)->byte_count();
      progress.seconds = watch_.seconds();
      const bool stop = on_progress && on_progress(progress) == Go::stop;
      if (stop || (cancel != nullptr && cancel->requested())) fail(ErrorCode::cancelled, "cancelled");
    };
    for (const KohyaModule& module : modules_) {
      add_weight(module);
      if (!module.bias.empty() && options_.full) add_whole(module.bias, module.third, module.target + ".diff_b");
      tell(module.third > 0 ? "" : module.weight);
    }
    for (const std::string& name : rest_) {
      const Matrix change = difference(a_.weight(name), b_.weight(name), -1);
      if (energy_of_change(change, name, b_.name()) > 0) done_.left_out.push_back(name);
      release(name);
      tell(name);
    }
  }

  /// Once, when it has run.
  Extracted result() {
    done_.ranks.assign(ranks_.begin(), ranks_.end());
    done_.kept = total_ > 0 ? kept_ / total_ : 1;
    done_.read = bytes_;
    done_.seconds = watch_.seconds();
    return done_;
  }
  const LoraTensors& tensors() const { return out_; }
  /// The largest one of kernels beyond 1x1; 0: there are none.
  std::int64_t conv_rank() const { return conv_rank_; }

 private:
  void check_shapes(const std::string& name) const {
    const Shape &x = a_.find(name)->shape, &y = b_.find(name)->shape;
    if (same_extents(x, y)) return;
    throw Failure(Error{ErrorCode::unsupported,
                        fmt::format("tensor {}: has shape {}, in {} it is {}; need models of one architecture", name,
                                    y.text(), a_.name(), x.text()),
                        b_.name()});
  }

  int rank_for(bool kernel) const {
    const int all = options_.rank.value_or(options_.energy ? kLargestRank : kDefaultRank);
    return kernel ? options_.conv_rank.value_or(all) : all;
  }

  void add_weight(const KohyaModule& module) {
    if (module.weight.empty()) return;
    const Shape& shape = a_.find(module.weight)->shape;
    if (shape.rank() < 2) {
      if (options_.full) add_whole(module.weight, module.third, module.target + ".diff");
      return;
    }
    const bool kernel = shape.rank() > 2 && shape.numel() > shape.dim(0) * shape.dim(1);
    if (rank_for(kernel) == 0) return;
    rest_.erase(module.weight);
    const Matrix change = difference(a_.weight(module.weight), b_.weight(module.weight), module.third);
    release(module.weight);
    const double energy = energy_of_change(change, module.weight, b_.name());
    if (energy == 0) {
      ++done_.unchanged;
      return;
    }
    const LowRank factors = low_rank(change, {rank_for(kernel), options_.energy.value_or(1)}, &threads_);
    add_factors(module.target, shape, factors);
    ++done_.modules;
    total_ += energy;
    kept_ += factors.kept * energy;
  }

  // Kernels as kohya has them: all places in `down`, `up` being 1x1.
  void add_factors(const std::string& target, const Shape& shape, const LowRank& factors) {
    const std::int64_t rank = factors.rank();
    Shape down = Shape{rank, factors.down.columns}, up = Shape{factors.up.rows, rank};
    if (shape.rank() == 4) {
      down = shape.with(0, rank);
      up = Shape{factors.up.rows, rank, 1, 1};
    }
    const float alpha = static_cast<float>(rank);
    out_.add(target + ".lora_down.weight", down, factors.down.values);
    out_.add(target + ".lora_up.weight", up, factors.up.values);
    out_.add(target + ".alpha", Shape{}, {&alpha, 1});
    ranks_.insert(static_cast<int>(rank));
    if (shape.rank() == 4 && shape.numel() > shape.dim(0) * shape.dim(1)) conv_rank_ = std::max(conv_rank_, rank);
  }

  void add_whole(const std::string& tensor, int third, const std::string& name) {
    rest_.erase(tensor);
    const Matrix change = difference(a_.weight(tensor), b_.weight(tensor), third);
    if (energy_of_change(change, tensor, b_.name()) == 0) return;
    out_.add(name, Shape{std::ssize(change.values)}, change.values);
  }

  void release(const std::string& tensor) const {
    a_.weight(tensor).release();
    b_.weight(tensor).release();
  }

  const ModelTensors &a_, &b_;
  const ExtractOptions& options_;
  ThreadPool& threads_;
  LoraTensors out_;
  std::vector<KohyaModule> modules_;
  std::set<std::string> rest_;  // tensors that no part of the LoRA stands for, so far
  std::set<int> ranks_;
  std::int64_t conv_rank_ = 0;
  std::uint64_t bytes_ = 0;
  double total_ = 0, kept_ = 0;
  Extracted done_;
  Stopwatch watch_;
};

struct FamilyNames {
  const char *family, *kohya, *modelspec;
};
constexpr std::array kFamilyNames{FamilyNames{"sd1", "sd_v1", "stable-diffusion-v1"},
                                  FamilyNames{"sd2", "sd_v2", "stable-diffusion-v2-512"},
                                  FamilyNames{"sdxl", "sdxl_base_v1-0", "stable-diffusion-xl-v1-base"}};

/// What A1111, kohya's scripts and ModelSpec's readers look for.
TensorSource::Metadata lora_metadata(const ModelInfo& a, const ModelInfo& b, const Extracted& done,
                                     std::int64_t conv_rank, const std::string& title) {
  const int rank = done.ranks.empty() ? 0 : done.ranks.back();
  TensorSource::Metadata out{{"ss_network_module", "networks.lora"},
                             {"ss_network_dim", std::to_string(rank)},
                             {"ss_network_alpha", std::to_string(rank)},
                             {"ss_output_name", title},
                             {"ss_sd_model_name", a.name},
                             {"modelspec.sai_model_spec", "1.0.1"},
                             {"modelspec.implementation", "pixelforge"},
                             {"modelspec.title", title},
                             {"modelspec.description", fmt::format("What turns {} into {}", a.name, b.name)}};
  if (!a.sha256.empty()) out["ss_new_sd_model_hash"] = a.sha256;
  if (conv_rank > 0) {
    const std::string conv = std::to_string(conv_rank);
    out["ss_network_args"] = nlohmann::json{{"conv_dim", conv}, {"conv_alpha", conv}}.dump();
  }
  for (const FamilyNames& names : kFamilyNames) {
    if (a.family != names.family) continue;
    out["ss_base_model_version"] = names.kohya;
    out["ss_v2"] = a.family == "sd2" ? "True" : "False";
    out["modelspec.architecture"] = std::string(names.modelspec) + "/lora";
  }
  const std::string& licence =
      judge_licence(a.license).commercial > judge_licence(b.license).commercial ? a.license : b.license;
  if (!licence.empty()) out["modelspec.license"] = licence;
  return out;
}

/// Already known, or computed: what a LoRA is for is found by it.
std::string hash_of(const ModelInfo& model, const CancelToken* cancel) {
  std::error_code none;
  if (!model.sha256.empty() || !std::filesystem::is_regular_file(model.path, none)) return model.sha256;
  return value_or_throw(sha256_of_file(model.path, cancel));
}

Extracted run_extract(const std::string& a, const std::string& b, const std::filesystem::path& out,
                      const ExtractOptions& options, ThreadPool& threads, const OnFileProgress& on_progress,
                      const CancelToken* cancel) {
  check_extract(options, out);
  const OpenedFile first = value_or_throw(open_file(a)), second = value_or_throw(open_file(b));
  ModelInfo from = describe_file(first, a, nullptr), to = describe_file(second, b, nullptr);
  for (const ModelInfo* model : {&from, &to}) {
    std::error_code differ;
    require(model->path.empty() || !std::filesystem::equivalent(model->path, out, differ),
            "{}: is one of the models; choose another name", out.string());
  }
  if (from.family != to.family) {
    throw Failure(Error{ErrorCode::unsupported,
                        fmt::format("is a {} of {}, {} is a {} of {}; need two models of one family", to.kind,
                                    to.title.empty() ? "unknown family" : to.title, a, from.kind,
                                    from.title.empty() ? "unknown family" : from.title),
                        b});
  }
  const ModelTensors left(first.catalog), right(second.catalog);
  Extraction extraction(left, right, options, threads);
  extraction.run(on_progress, cancel);
  Extracted done = extraction.result();
  if (extraction.tensors().empty()) {
    throw Failure(Error{ErrorCode::unsupported,
                        fmt::format("differs from {} in nothing that a LoRA can change; a LoRA changes UNets and text "
                                    "encoders of SD 1.x, SD 2.x and SDXL",
                                    a),
                        b});
  }
  from.sha256 = hash_of(from, cancel);
  value_or_throw(
      extraction.tensors().write(out, lora_metadata(from, to, done, extraction.conv_rank(), out.stem().string())));
  done.licence = judge_licences({{from.name, from.license}, {to.name, to.license}});
  std::error_code unknown;
  done.bytes = std::filesystem::file_size(out, unknown);
  return done;
}

}  // namespace

Result<Extracted> Engine::extract(const std::string& a, const std::string& b, const std::filesystem::path& out,
                                  const ExtractOptions& options, const OnFileProgress& on_progress,
                                  const CancelToken* cancel) {
  if (state_->unusable) return *state_->unusable;
  return catch_errors([&] { return run_extract(a, b, out, options, *state_->threads, on_progress, cancel); });
}

}  // namespace pxf
