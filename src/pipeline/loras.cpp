#include "pipeline/loras.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "backends/backends.h"
#include "base/error.h"
#include "formats/in_quotes.h"
#include "pipeline/lora_file.h"
#include "text/prompt_networks.h"
#include "weights/adapters/apply.h"

namespace pxf {
namespace {

constexpr double kStrongest = 100;
constexpr std::size_t kMostLoras = 100;

// The request's own, then those in its prompt: <lora:name:text:unet>, as A1111 reads it.
std::vector<LoraUse> loras_of(const Request& request) {
  std::vector<LoraUse> out = request.loras;
  for (const ExtraNetwork& network : cut_networks(request.prompt).networks) {
    if (network.kind != "lora" && network.kind != "lyco") continue;
    const double text = network.number("te", network.number(1, 1));
    out.push_back({network.name(), network.number("unet", network.number(2, text)), text});
  }
  return out;
}

void check(const std::vector<LoraUse>& loras) {
  require(loras.size() <= kMostLoras, "LoRAs: got {}, need at most {}", loras.size(), kMostLoras);
  for (const LoraUse& use : loras) {
    for (const double strength : {use.strength, use.text_strength.value_or(use.strength)}) {
      require(std::isfinite(strength) && std::abs(strength) <= kStrongest,
              "strength of LoRA {}: got {}, need {} to {}; usual are 0.5 to 1", in_quotes(use.name), strength,
              -kStrongest, kStrongest);
    }
  }
}

std::string key_of(const std::vector<LoraUse>& loras) {
  std::string key;
  for (const LoraUse& use : loras) {
    key += fmt::format("{}\n{} {}\n", stamp_of(use.name), use.strength, use.text_strength.value_or(use.strength));
  }
  return key;
}

// Those that LoRAs may change, the network first.
std::vector<const Declarations*> adaptable(const Model& model) {
  std::vector<const Declarations*> out{&model.network->declarations()};
  for (const auto& text : model.texts) out.push_back(&text->declarations());
  return out;
}

// The same file bound once more, with the very handles of the first: packed forms are shared.
Model second_model(const AdaptedBase& checkpoint) {
  Model out = value_or_throw(open_model(checkpoint.file)).model;
  const auto share = [](const Declarations& from, const Declarations& to) {
    require(from.size() == to.size(), "[loras] the model has {} weights, its copy {}", from.size(), to.size());
    for (std::size_t i = 0; i < from.size(); ++i) *to[i].weight = *from[i].weight;
  };
  const auto from = adaptable(checkpoint.model), to = adaptable(out);
  require(from.size() == to.size(), "[loras] the model has {} parts, its copy {}", from.size(), to.size());
  for (std::size_t i = 0; i < from.size(); ++i) share(*from[i], *to[i]);
  out.autoencoder = checkpoint.model.autoencoder;  // which may be from another file
  out.settings = checkpoint.model.settings;
  out.latent = checkpoint.model.latent;
  out.prediction = checkpoint.model.prediction;
  out.noise = checkpoint.model.noise;
  return out;
}

[[noreturn]] void refuse_family(const LoraFile& lora, const std::string& file, const ModelInfo& checkpoint,
                                const std::string& detail) {
  const std::string made_for = lora.family.title.empty() ? "a model of another kind" : lora.family.title;
  throw Failure(Error{ErrorCode::unsupported,
                      fmt::format("is a LoRA for {}, the checkpoint {} is {}: {}; use a LoRA made for {}", made_for,
                                  checkpoint.name, checkpoint.title, detail, checkpoint.title),
                      file});
}

std::string first_of(const std::vector<std::string>& names) {
  return names.size() == 1 ? names[0] : fmt::format("{} and {} more", names[0], names.size() - 1);
}

void check_fit(const LoraFile& lora, const AdapterReport& report, const std::string& file,
               const ModelInfo& checkpoint) {
  const bool none = report.applied == 0 && report.wrong_shape.empty();
  if (!none && report.wrong_shape.empty()) return;
  // A variant ("sd1-inpaint") differs in its input's channels alone: the LoRA's change of that one layer is left out.
  const bool variant = !lora.family.family.empty() && checkpoint.family.starts_with(lora.family.family + "-");
  if (variant && report.applied > 0 && report.wrong_shape.size() == 1) return;
  const std::string detail =
      none ? fmt::format("none of its {} tensors apply, such as {}", report.total,
                         report.unknown.empty() ? "none" : in_quotes(report.unknown[0]))
           : fmt::format("{} of wrong shape, {}", report.wrong_shape.size(), first_of(report.wrong_shape));
  if (lora.family.family != checkpoint.family) refuse_family(lora, file, checkpoint, detail);
  throw Failure(
      Error{ErrorCode::bad_file,
            fmt::format("does not fit the checkpoint {}: {}; use a LoRA made for it", checkpoint.name, detail), file});
}

std::shared_ptr<const AdaptedModel> make(const AdaptedBase& checkpoint, const std::vector<LoraUse>& loras,
                                         std::string key, ThreadPool* threads) {
  auto out = std::make_shared<AdaptedModel>();
  out->key = std::move(key);
  out->model = second_model(checkpoint);
  std::vector<LoraFile> files;
  std::vector<AdapterUse> uses;
  for (const LoraUse& use : loras) {
    files.push_back(value_or_throw(open_lora(use.name)));
    uses.push_back({files.back().adapter, use.strength, use.text_strength.value_or(use.strength)});
  }
  ModuleNames names;
  const auto parts = adaptable(out->model);
  names.add_network(*parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) names.add_text(*parts[i]);
  const AppliedAdapters applied = apply_adapters(names, uses, threads);
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const AdapterReport& report = applied.reports()[i];
    check_fit(files[i], report, loras[i].name, checkpoint.info);
    std::vector<std::string> left_out = report.unknown;
    left_out.insert(left_out.end(), report.wrong_shape.begin(), report.wrong_shape.end());
    out->loras.push_back({files[i].name, uses[i].network, uses[i].text, report.applied, report.total,
                          std::move(left_out), files[i].hash});
  }
  for (const LoraFile& file : files) {
    out->embeddings.insert(out->embeddings.end(), file.embeddings.begin(), file.embeddings.end());
  }
  for (const Shape& shape : applied.shapes()) out->packed_bytes += packed_weight_bytes(shape);
  return out;
}

}  // namespace

Result<std::shared_ptr<const AdaptedModel>> adapt(const AdaptedBase& base, AdaptedCache& cache, const Request& request,
                                                  ThreadPool* threads) {
  using Adapted = std::shared_ptr<const AdaptedModel>;
  const std::vector<LoraUse> loras = loras_of(request);
  if (loras.empty()) return Adapted();
  return catch_errors([&] {
    check(loras);
    const std::string key = key_of(loras);
    std::lock_guard lock(cache.mutex);
    if (!cache.last || cache.last->key != key) {
      cache.last.reset();  // its memory is wanted for the next
      cache.last = make(base, loras, key, threads);
    }
    return cache.last;
  });
}

}  // namespace pxf
