#include "pipeline/loras.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "backends/backends.h"
#include "base/error.h"
#include "formats/in_quotes.h"
#include "pixelforge/picture_file.h"
#include "weights/adapters/apply.h"

namespace pxf {
namespace {

constexpr double kStrongest = 100;
constexpr std::size_t kMostLoras = 100;

double network_strength(const LoraUse& use) { return use.strength.value_or(1); }
double text_strength(const LoraUse& use) { return use.text_strength.value_or(network_strength(use)); }

constexpr std::array kArguments{"te", "unet", "start", "stop", "lbw"};

// <lora:name:text:unet:start=0.3:stop=0.8:lbw=MIDD>, as A1111 and its lora-block-weight extension read it.
LoraUse use_of(const ExtraNetwork& network) {
  LoraUse use;
  use.name = network.name();
  use.text_strength = network.number("te", network.number(1, 1));
  use.strength = network.number("unet", network.number(2, *use.text_strength));
  use.start = network.number("start", use.start);
  use.stop = network.number("stop", use.stop);
  if (const auto blocks = network.named.find("lbw"); blocks != network.named.end()) use.blocks = blocks->second;
  return use;
}

void check_arguments(const std::string& prompt) {
  for (const ExtraNetwork& network : cut_networks(prompt).networks) {
    for (const auto& [key, value] : network.named) {
      require(!is_lora(network) || std::ranges::find(kArguments, key) != kArguments.end(),
              "<lora:{}:…>: got {}, need one of te=, unet=, start=, stop= (shares of the steps), lbw=", network.name(),
              in_quotes(key + "=" + value));
    }
  }
}

// Those in the prompt, then the request's own: the order in which a picture's parameters list them, so that the same
// sums come of them.
std::vector<LoraUse> loras_of(const std::string& prompt, const std::vector<LoraUse>& beside) {
  check_arguments(prompt);
  std::vector<LoraUse> out = take_loras(prompt).loras;
  out.insert(out.end(), beside.begin(), beside.end());
  return out;
}

void check(const std::vector<LoraUse>& loras) {
  require(loras.size() <= kMostLoras, "LoRAs: got {}, need at most {}", loras.size(), kMostLoras);
  for (const LoraUse& use : loras) {
    for (const double strength : {network_strength(use), text_strength(use)}) {
      require(std::isfinite(strength) && std::abs(strength) <= kStrongest,
              "strength of LoRA {}: got {}, need {} to {}; usual are 0.5 to 1", in_quotes(use.name), strength,
              -kStrongest, kStrongest);
    }
    require(use.start >= 0 && use.stop <= 1 && use.start < use.stop,
            "steps of LoRA {}: got {} to {}, need two shares of all steps from 0 to 1, the second one larger, such as "
            "start=0.3",
            in_quotes(use.name), use.start, use.stop);
  }
}

std::string key_of(const std::vector<LoraUse>& loras) {
  std::string key;
  for (const LoraUse& use : loras) {
    key += fmt::format("{}\n{} {} {} {} {}\n", stamp_of(use.name), network_strength(use), text_strength(use), use.start,
                       use.stop, use.blocks);
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
  const std::string family(checkpoint.model.family->id);  // which its user may have said
  Model out = value_or_throw(open_model(checkpoint.file, {.family = family})).model;
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
  out.sigma_data = checkpoint.model.sigma_data;
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

// Where a LoRA begins or ends, the beginning of the run first.
std::set<double> stretches(const std::vector<LoraUse>& loras) {
  std::set<double> out{0};
  for (const LoraUse& use : loras) out.insert({use.start, use.stop});
  out.erase(1);
  return out;
}

// Those that act when this share of the steps is done; the text encoders have worked before.
std::vector<AdapterUse> at_share(std::vector<AdapterUse> uses, const std::vector<LoraUse>& loras, double done) {
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (done < loras[i].start || done >= loras[i].stop) uses[i].network = 0;
  }
  return uses;
}

AppliedAdapters put_on(const Model& model, std::span<const AdapterUse> uses, ThreadPool* threads) {
  ModuleNames names;
  const auto parts = adaptable(model);
  names.add_network(*parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) names.add_text(*parts[i]);
  return apply_adapters(names, uses, threads);
}

LoraPlan plan_of(const LoraFile& file, const LoraUse& use, const AdapterReport& report) {
  std::vector<std::string> left_out = report.unknown;
  left_out.insert(left_out.end(), report.wrong_shape.begin(), report.wrong_shape.end());
  return {.name = file.name,
          .strength = network_strength(use),
          .text_strength = text_strength(use),
          .start = use.start,
          .stop = use.stop,
          .blocks = use.blocks,
          .applied = report.applied,
          .total = report.total,
          .unknown = std::move(left_out),
          .hash = file.hash,
          .license = file.license};
}

std::vector<AdapterUse> uses_of(const std::vector<LoraUse>& loras,
                                const std::vector<std::shared_ptr<const LoraFile>>& files) {
  std::vector<AdapterUse> uses;
  for (std::size_t i = 0; i < loras.size(); ++i) {
    const LoraUse& use = loras[i];
    uses.push_back({files[i]->adapter, network_strength(use), text_strength(use), {}});
    if (!use.blocks.empty()) uses.back().blocks = read_block_weights(use.blocks);
  }
  return uses;
}

/// What became of each; throws Failure when one does not fit.
std::vector<LoraPlan> plans_of(const std::vector<LoraUse>& loras,
                               const std::vector<std::shared_ptr<const LoraFile>>& files,
                               const AppliedAdapters& applied, const ModelInfo& checkpoint) {
  std::vector<LoraPlan> out;
  for (std::size_t i = 0; i < loras.size(); ++i) {
    check_fit(*files[i], applied.reports()[i], loras[i].name, checkpoint);
    out.push_back(plan_of(*files[i], loras[i], applied.reports()[i]));
  }
  return out;
}

std::shared_ptr<const AdaptedModel> make(const AdaptedBase& checkpoint, const std::vector<LoraUse>& loras,
                                         std::string key, OpenedLoras& opened, ThreadPool* threads) {
  auto out = std::make_shared<AdaptedModel>();
  out->key = std::move(key);
  const std::vector<std::shared_ptr<const LoraFile>> files = opened.all_of(loras);
  const std::vector<AdapterUse> uses = uses_of(loras, files);
  const auto put = [&](const Model& model, double done) {
    AppliedAdapters applied = put_on(model, at_share(uses, loras, done), threads);
    for (const Shape& shape : applied.shapes()) out->packed_bytes += packed_weight_bytes(shape, DType::f32);
    return applied;
  };
  out->model = second_model(checkpoint);
  const AppliedAdapters applied = put(out->model, 0);
  for (const double from : stretches(loras)) {
    if (from == 0) continue;
    Model later = second_model(checkpoint);
    put(later, from);
    out->model.later.push_back({from, std::move(later.network)});
  }
  out->loras = plans_of(loras, files, applied, checkpoint.info);
  for (const auto& file : files) {
    out->embeddings.insert(out->embeddings.end(), file->embeddings.begin(), file->embeddings.end());
  }
  return out;
}

}  // namespace

std::vector<LoraUse> with_strengths(std::vector<LoraUse> loras) {
  for (LoraUse& use : loras) {
    if (!use.strength) use.strength = preferred_strength(use.name).value_or(1);
  }
  return loras;
}

bool is_lora(const ExtraNetwork& network) { return network.kind == "lora" || network.kind == "lyco"; }

bool same_loras(const std::string& a, const std::string& b) {
  return a == b || key_of(take_loras(a).loras) == key_of(take_loras(b).loras);
}

std::vector<std::shared_ptr<const LoraFile>> OpenedLoras::all_of(const std::vector<LoraUse>& loras) {
  std::map<std::string, std::shared_ptr<const LoraFile>> now;
  std::vector<std::shared_ptr<const LoraFile>> out;
  for (const LoraUse& use : loras) {
    const std::string stamp = stamp_of(use.name);
    std::shared_ptr<const LoraFile>& file = now[stamp];
    if (const auto last = last_.find(stamp); !file && last != last_.end()) file = last->second;
    if (!file) file = std::make_shared<const LoraFile>(value_or_throw(open_lora(use.name)));
    out.push_back(file);
  }
  last_ = std::move(now);
  return out;
}

PromptAndLoras take_loras(const std::string& prompt) {
  PromptNetworks cut = cut_networks(prompt);
  PromptAndLoras out{std::move(cut.prompt), {}};
  for (const ExtraNetwork& network : cut.networks) {
    if (is_lora(network)) out.loras.push_back(use_of(network));
  }
  while (out.prompt.ends_with(' ')) out.prompt.pop_back();  // that stood between them
  return out;
}

BakedLoras bake(const AdaptedBase& base, const std::vector<LoraUse>& loras, ThreadPool* threads) {
  check(loras);
  OpenedLoras opened;
  const std::vector<std::shared_ptr<const LoraFile>> files = opened.all_of(loras);
  const AppliedAdapters applied = put_on(base.model, uses_of(loras, files), threads);
  return {plans_of(loras, files, applied, base.info), applied.weights()};
}

Result<std::shared_ptr<const AdaptedModel>> adapt(const AdaptedBase& base, AdaptedCache& cache,
                                                  const std::string& prompt, const std::vector<LoraUse>& beside,
                                                  ThreadPool* threads) {
  return catch_errors([&] {
    const std::vector<LoraUse> loras = loras_of(prompt, beside);
    if (loras.empty()) return std::shared_ptr<const AdaptedModel>();
    check(loras);
    const std::string key = key_of(loras);
    std::lock_guard lock(cache.mutex);
    if (!cache.last || cache.last->key != key) {
      cache.last.reset();  // its memory is wanted for the next
      cache.last = make(base, loras, key, cache.files, threads);
    }
    return cache.last;
  });
}

}  // namespace pxf
