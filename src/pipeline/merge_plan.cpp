#include "pipeline/merge_plan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "base/error.h"
#include "formats/in_quotes.h"
#include "pipeline/convert_rules.h"
#include "sampling/names.h"
#include "weights/blocks.h"
#include "weights/merge/method.h"

namespace pxf {
namespace {

constexpr double kLargestWeight = 100;

bool has_base(MergeMethod method) { return method != MergeMethod::weighted && method != MergeMethod::slerp; }
bool thins(MergeMethod method) { return method == MergeMethod::ties || method == MergeMethod::dare; }

void check_number(const char* what, double value) {
  require(std::isfinite(value) && std::abs(value) <= kLargestWeight, "{}: got {}, need a number from {} to {}", what,
          value, -kLargestWeight, kLargestWeight);
}

[[noreturn]] void refuse(const ModelTensors& model, const std::string& why) {
  throw Failure(Error{ErrorCode::unsupported, why, model.name()});
}

std::string what_it_is(const ModelTensors& model) {
  const Recognised& what = model.what();
  return what.title.empty() ? std::string(to_string(what.kind))
                            : fmt::format("{} of {}", to_string(what.kind), what.title);
}

bool holds_a_network(const Recognised& what) {
  return what.kind == FileKind::checkpoint || what.kind == FileKind::network;
}

// "sd1-inpaint" has one tensor that differs from sd1's: channels of its input.
bool is_variant_of(const std::string& family, const std::string& plain) { return family.starts_with(plain + "-"); }

void check_kind(const ModelTensors& a) {
  const FileKind kind = a.what().kind;
  if (kind == FileKind::lora) {
    refuse(a,
           "is a LoRA, need checkpoints: two factors do not merge like the product they stand for; bake LoRAs into a "
           "checkpoint with --lora");
  }
  if (kind == FileKind::embedding) refuse(a, "is a textual inversion embedding, need checkpoints");
}

void check_fits(const ModelTensors& a, const ModelTensors& other) {
  const Recognised &x = a.what(), &y = other.what();
  const bool networks = holds_a_network(x) && holds_a_network(y);
  const bool families = x.family == y.family || is_variant_of(x.family, y.family);
  if ((networks || x.kind == y.kind) && families) return;
  const bool vae = holds_a_network(x) && y.kind == FileKind::vae;
  refuse(other, fmt::format("is a {}, {} is a {}; {}", what_it_is(other), a.name(), what_it_is(a),
                            vae ? "give it as --vae to bake it in" : "need models of one family"));
}

/// A tensor of another model, as elements for A's: the input of an inpainting model has channels that others lack,
/// which then count as A's own.
class Aligned {
 public:
  Aligned(const ModelTensors& a, std::string_view name) : a_(a), name_(name), shape_(a.find(name)->shape) {}

  /// Nothing when the model lacks it.
  std::optional<Weight> of(const ModelTensors& model) const {
    const TensorInfo* info = model.find(name_);
    if (info == nullptr) return std::nullopt;
    if (same_extents(info->shape, shape_)) return model.weight(name_);
    const bool variant = is_variant_of(a_.what().family, model.what().family);
    if (variant && shape_.rank() == 4 && info->shape == shape_.with(1, info->shape.dim(1))) return widened(model);
    refuse(model, fmt::format("tensor {}: has shape {}, in {} it is {}; need models of one architecture",
                              in_quotes(info->name), info->shape.text(), a_.name(), shape_.text()));
  }

 private:
  Weight widened(const ModelTensors& model) const {
    const Weight narrow = model.weight(name_);
    std::vector<float> values(static_cast<std::size_t>(shape_.numel()));
    a_.weight(name_).read_f32(0, values);
    const auto row = static_cast<std::size_t>(shape_.numel() / shape_.dim(0));
    const auto part = static_cast<std::size_t>(narrow.shape().numel() / narrow.shape().dim(0));
    for (std::int64_t i = 0; i < shape_.dim(0); ++i) {
      narrow.read_f32(i * static_cast<std::int64_t>(part),
                      std::span(values).subspan(static_cast<std::size_t>(i) * row, std::min(part, row)));
    }
    return Weight::of(values, shape_);
  }

  const ModelTensors& a_;
  const std::string name_;
  const Shape shape_;
};

/// The numbers that a block's tensors are merged with.
class Strengths {
 public:
  explicit Strengths(const MergeOptions& options) : options_(options) {
    for (const MergedModel& model : options.models) weights_.push_back(model.weight);
    if (!options.blocks.empty()) blocks_ = read_block_values(options.blocks);
    if (!is_mean()) return;
    double sum = 0;
    for (const double weight : weights_) sum += weight;
    require(sum != 0, "weights: got a sum of 0, need another: they are divided by it");
    for (double& weight : weights_) weight /= sum;
  }

  void set(std::string_view tensor, MergeInputs& inputs) const {
    inputs.weights = weights_;
    inputs.strength = options_.strength;
    const std::optional<double> here = blocks_[block_of(tensor)];
    if (!here) return;
    if (thins(options_.method)) {
      inputs.strength = *here;
    } else {
      inputs.weights = {is_mean() ? 1 - *here : 1, *here};
    }
  }

 private:
  bool is_mean() const { return !has_base(options_.method); }

  const MergeOptions& options_;
  std::vector<double> weights_;
  BlockValues blocks_{};
};

MergedElements elements_of(MergeMethod method, MergeInputs inputs) {
  switch (method) {
    case MergeMethod::weighted: return weighted_sum(std::move(inputs));
    case MergeMethod::add_difference: return add_difference(std::move(inputs));
    case MergeMethod::slerp: return slerp(std::move(inputs));
    case MergeMethod::ties: return ties(std::move(inputs));
    case MergeMethod::dare: return dare(std::move(inputs));
  }
  fail(ErrorCode::internal, "[merge] a method without arithmetic");
}

/// Whether the weights leave A's tensor as it is: then its bytes are.
bool keeps_a(MergeMethod method, const MergeInputs& inputs) {
  if (thins(method)) return false;
  return std::all_of(inputs.weights.begin() + 1, inputs.weights.end(), [](double weight) { return weight == 0; });
}

bool wanted(std::string_view name, const TensorInfo& tensor, const MergeOptions& options) {
  if (!is_float(tensor.dtype) || only_for_training(name)) return false;
  const ModelPart part = part_of(name);
  if (part == ModelPart::vae && !options.vae.empty()) return false;  // which is another file's by now
  return options.only.empty() || options.only == to_string(part);
}

std::int64_t lacking_in(const ModelTensors& a, const ModelTensors& model, const MergeOptions& options) {
  return std::ranges::count_if(model.all(), [&](const auto& tensor) {
    return a.find(tensor.first) == nullptr && wanted(tensor.first, *tensor.second, options);
  });
}

std::vector<const ModelTensors*> others_of(const MergeSources& sources) {
  std::vector<const ModelTensors*> out;
  for (std::size_t i = 1; i < sources.models.size(); ++i) out.push_back(&sources.models[i]);
  for (const ModelTensors& base : sources.base) out.push_back(&base);
  return out;
}

/// A tensor of all models; nothing when one of them lacks it.
std::optional<MergeInputs> gather(const MergeSources& sources, const std::string& name, MergeInputs inputs) {
  const ModelTensors& a = sources.models[0];
  const Aligned aligned(a, name);
  inputs.name = name;
  inputs.models = {a.weight(name)};
  for (const ModelTensors* other : others_of(sources)) {
    std::optional<Weight> weight = aligned.of(*other);
    if (!weight) return std::nullopt;
    inputs.models.push_back(std::move(*weight));
  }
  if (!sources.base.empty()) {
    inputs.base = inputs.models.back();
    inputs.models.pop_back();
  }
  return inputs;
}

}  // namespace

std::string_view to_string(MergeMethod method) noexcept {
  switch (method) {
    case MergeMethod::weighted: return "weighted";
    case MergeMethod::add_difference: return "add-difference";
    case MergeMethod::slerp: return "slerp";
    case MergeMethod::ties: return "ties";
    case MergeMethod::dare: return "dare";
  }
  return "weighted";
}

void check_merge(const MergeOptions& options) {
  constexpr std::size_t kMostModels = 64;
  const MergeMethod method = options.method;
  const std::string_view name = to_string(method);
  const std::size_t models = options.models.size();
  require(models >= 1 && models <= kMostModels, "models: got {}, need 1 to {}", models, kMostModels);
  require(models > 1 || thins(method) || !options.loras.empty() || !options.vae.empty(),
          "models: got one, need two or more for {}; or a LoRA (--lora) or a VAE (--vae) to bake in", name);
  require(method != MergeMethod::slerp || models == 2, "models: got {}, need 2 for slerp", models);
  for (const MergedModel& model : options.models) {
    check_number("weight", model.weight);
    require(method != MergeMethod::ties || model.weight >= 0, "weight: got {}, need 0 or more for ties", model.weight);
  }
  require(has_base(method) || options.base.empty(),
          "base: {} has none; methods with one are add-difference, ties, dare", name);
  require(!has_base(method) || models == 1 || !options.base.empty(),
          "base: got none, {} needs the model that the others were trained from: --base NAME", name);
  require(!thins(method) || !options.base.empty(),
          "base: got none, {} needs the model that the others were trained "
          "from: --base NAME",
          name);
  require(options.density > 0 && options.density <= 1, "density: got {}, need more than 0 and at most 1",
          options.density);
  check_number("strength", options.strength);
  require(options.blocks.empty() || thins(method) || models == 2,
          "blocks: got {} models, need 2 for {}: a block's number is the second one's", models, name);
  constexpr std::array<std::string_view, 3> kParts{"unet", "text", "vae"};
  if (!options.only.empty() && std::ranges::find(kParts, options.only) == kParts.end()) {
    throw Failure(unknown_name("part", options.only, kParts));
  }
  for (const LoraUse& lora : options.loras) {
    require(lora.start == 0 && lora.stop == 1,
            "LoRA {}: got a part of the steps, need all: what is baked into a checkpoint acts in every step",
            in_quotes(lora.name));
  }
}

MergePlan plan_merge(const MergeSources& sources, const MergeOptions& options, ThreadPool* pool) {
  const ModelTensors& a = sources.models[0];
  check_kind(a);
  MergePlan plan;
  for (const ModelTensors* other : others_of(sources)) {
    check_fits(a, *other);
    plan.left_out = std::max(plan.left_out, lacking_in(a, *other, options));
  }
  const bool has_blocks = a.find("model.diffusion_model.input_blocks.0.0.weight") != nullptr;
  if (!options.blocks.empty() && !has_blocks) {
    refuse(a, fmt::format("is a {}; blocks IN, M and OUT are those of a UNet", what_it_is(a)));
  }
  if (others_of(sources).empty()) return plan;

  const Strengths strengths(options);
  for (const auto& [name, info] : a.all()) {
    if (!wanted(name, *info, options)) continue;
    MergeInputs numbers;
    strengths.set(name, numbers);
    if (keeps_a(options.method, numbers)) continue;
    std::optional<MergeInputs> inputs = gather(sources, name, std::move(numbers));
    if (!inputs) {
      plan.from_a.push_back(name);
      continue;
    }
    inputs->density = options.density;
    inputs->seed = options.seed;
    inputs->pool = pool;
    plan.computed.emplace(info->name,
                          Weight::computed(info->shape, info->name, elements_of(options.method, std::move(*inputs))));
  }
  return plan;
}

}  // namespace pxf
