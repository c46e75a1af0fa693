#include "pipeline/guided_network.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ops/arrange.h"
#include "ops/elementwise.h"
#include "pipeline/guidance_check.h"
#include "sampling/prediction.h"

namespace pxf {
namespace {

GuidanceScale scale_of(const Plan& plan, double factor) {
  GuidanceScale out{.scale = plan.cfg_scale * factor, .steps = plan.steps};
  if (plan.guidance.cfg) out.by_step = plan.guidance.cfg->scales;
  for (double& scale : out.by_step) scale *= factor;
  if (plan.guidance.interval) out.interval = *plan.guidance.interval;
  return out;
}

std::vector<double> weights_of(const Prompts& prompts) {
  std::vector<double> out;
  out.reserve(prompts.positive.size());
  for (const PromptCourse& part : prompts.positive) out.push_back(part.weight);
  return out;
}

}  // namespace

GuidedNetwork::GuidedNetwork(const Model& model, const Prompts& prompts, const Plan& plan, double factor,
                             double image_scale, Beside beside)
    : model_(model),
      prompts_(prompts),
      methods_(plan.guidance),
      shortcuts_(plan.shortcuts),
      precision_(plan.precision),
      scale_(scale_of(plan, factor)),
      image_scale_(image_scale),
      beside_(std::move(beside)),
      network_(&model.network_at(0)) {
  if (methods_.apg) projection_.emplace(*methods_.apg);
  if (shortcuts_.deep) cache_.emplace(*shortcuts_.deep);
  add_contrasts(methods_);
}

void GuidedNetwork::add_contrasts(const Guidance& methods) {
  using Kind = Perturbation::Kind;
  const auto add = [&](Kind kind, const auto& method, const char* name) -> Contrast& {
    const Perturbation how{.kind = kind, .blocks = named_blocks(*model_.network, method.layers, name)};
    return contrasts_.emplace_back(Contrast{how, method.scale, 0, method.when});
  };
  if (methods.pag) add(Kind::identity_attention, *methods.pag, "pag").adaptive_scale = methods.pag->adaptive_scale;
  if (methods.seg) add(Kind::blurred_queries, *methods.seg, "seg").perturbation.blur_sigma = methods.seg->blur_sigma;
  if (methods.slg) add(Kind::skipped, *methods.slg, "slg");
}

bool GuidedNetwork::acts(const GuidanceInterval& when, double sigma) const {
  return acts_at(when, step_ - 1, scale_.steps, sigma);
}

// diffusers' adaptive scaling: weaker the later the step.
double GuidedNetwork::scale_at(const Contrast& contrast, double sigma) const {
  if (!acts(contrast.when, sigma)) return 0;
  const double behind = 1000 - model_.noise.timestep_of(sigma);
  return std::max(0.0, contrast.scale - contrast.adaptive_scale * behind);
}

std::vector<DeepFeatures>* GuidedNetwork::deep_features(std::span<const Row> rows, std::size_t parts, double sigma) {
  if (!cache_ || !acts(shortcuts_.deep->when, sigma)) return nullptr;
  std::vector<const void*> subject{network_};
  for (const Row& row : rows) subject.insert(subject.end(), {row.cond, row.beside, row.perturbed});
  return &cache_->next(subject, parts, sigma);
}

std::vector<Tensor> GuidedNetwork::evaluate(const Tensor& x, double sigma, std::span<const Row> rows) {
  const Tensor input = x * input_scale(model_.prediction, sigma, model_.sigma_data);
  const double t = model_.noise.timestep_of(sigma);
  std::vector<const Conditioning*> conds;
  std::vector<const Perturbation*> perturbed;
  std::vector<Tensor> inputs, out;
  for (const Row& row : rows) {
    conds.push_back(row.cond);
    perturbed.push_back(row.perturbed);
    inputs.push_back(row.beside->defined() ? concat_channels(input, *row.beside) : input);
  }
  const FreeU* freeu = methods_.freeu && acts(methods_.freeu->when, sigma) ? &*methods_.freeu : nullptr;
  const TokenMerging* merging = shortcuts_.tome && acts(shortcuts_.tome->when, sigma) ? &*shortcuts_.tome : nullptr;
  const std::optional<Conditioning> batch = rows.size() > 1 ? as_batch(conds) : std::nullopt;
  std::vector<DeepFeatures>* const deep = deep_features(rows, batch ? 1 : rows.size(), sigma);
  const auto ask = [&](const Tensor& in, const Conditioning& cond, std::span<const Perturbation* const> of_rows,
                       std::size_t part) {
    const std::vector<double> times(static_cast<std::size_t>(in.dim(0)), t);
    const WithPrecision as_wanted(in.context(), precision_);
    return network_->predict(in, times, cond, {of_rows, freeu, merging, deep != nullptr ? &(*deep)[part] : nullptr});
  };
  if (!batch) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      out.push_back(ask(inputs[i], *conds[i], {&perturbed[i], 1}, i));
    }
    return out;
  }
  const Tensor all = ask(concat_batch(inputs), *batch, perturbed, 0);
  for (std::int64_t i = 0; i < std::ssize(rows); ++i) out.push_back(all.rows(i, i + 1));
  return out;
}

Guided GuidedNetwork::guide(const Tensor& x, double sigma, bool wants_uncond) {
  const auto denoised = [&](const Tensor& output) {
    return denoised_from(model_.prediction, output, x, sigma, model_.sigma_data);
  };
  if (methods_.cfg_zero && step_ <= methods_.cfg_zero->zero_init_steps) {
    const Tensor nothing = denoised(x * 0.0);
    return {nothing, nothing};
  }
  const double scale = scale_.at(step_ - 1, sigma);
  Outputs out =
      model_.family->follows_picture ? follow_picture(x, sigma, scale) : follow_prompts(x, sigma, scale, wants_uncond);
  if (methods_.rescale) out.guided = rescale_to(out.guided, out.cond, methods_.rescale->amount);
  Tensor guided = denoised(out.guided);
  if (methods_.dynthres && scale != 1) guided = in_mimicked_range(guided, denoised(out.cond), scale);
  if (const auto& to = methods_.thresholding) guided = dynamic_threshold(guided, to->ratio, to->max_value);
  return {std::move(guided), out.uncond.defined() ? denoised(out.uncond) : Tensor()};
}

GuidedNetwork::Outputs GuidedNetwork::follow_prompts(const Tensor& x, double sigma, double scale, bool wants_uncond) {
  std::vector<Row> rows;
  const auto ask = [&](const Perturbation* perturbed) {
    for (const PromptCourse& part : prompts_.positive) {
      rows.push_back({&part.at(step_), &beside_.with_picture, perturbed});
    }
  };
  ask(nullptr);
  std::vector<double> strengths;  // of the contrasts that act now
  for (const Contrast& contrast : contrasts_) {
    const double strength = scale_at(contrast, sigma);
    if (strength == 0) continue;
    strengths.push_back(strength);
    ask(&contrast.perturbation);
  }
  const std::vector<double> weights = weights_of(prompts_);
  const bool alone = weights.size() == 1 && weights[0] == 1;
  const bool asks_uncond = !alone || scale != 1 || wants_uncond;
  if (asks_uncond) rows.push_back({&prompts_.negative.at(step_), &beside_.with_picture});

  const std::vector<Tensor> said = evaluate(x, sigma, rows);
  const Tensor uncond = asks_uncond ? said.back() : Tensor();
  // With all prompts: pass 0 of the network as it is, the others under a contrast each.
  const auto with_prompts = [&](std::size_t pass) {
    const std::span<const Tensor> parts = std::span(said).subspan(pass * weights.size(), weights.size());
    return alone ? parts[0] : all_of(parts, weights, uncond);
  };
  Outputs out{.guided = {}, .cond = with_prompts(0), .uncond = uncond};
  out.guided = asks_uncond ? led_by_prompt(out.cond, uncond, scale, x, sigma) : out.cond;
  for (std::size_t i = 0; i < strengths.size(); ++i) {
    out.guided = weighted_sum(1, std::move(out.guided), strengths[i], out.cond - with_prompts(i + 1));
  }
  return out;
}

Tensor GuidedNetwork::led_by_prompt(const Tensor& cond, const Tensor& uncond, double scale, const Tensor& x,
                                    double sigma) {
  if (methods_.cfg_zero) return cfg_zero_star(cond, uncond, scale);
  if (!projection_) return cfg(cond, uncond, scale);
  // What lies along the picture is to be told from what lies across it: so of clean latents, as in the paper.
  const Tensor guided = (*projection_)(denoised_from(model_.prediction, cond, x, sigma, model_.sigma_data),
                                       denoised_from(model_.prediction, uncond, x, sigma, model_.sigma_data), scale);
  return output_from(model_.prediction, guided, x, sigma, model_.sigma_data);
}

// Brooks et al. 2023, "InstructPix2Pix", equation 3.
GuidedNetwork::Outputs GuidedNetwork::follow_picture(const Tensor& x, double sigma, double scale) {
  const Conditioning &prompt = prompts_.positive[0].at(step_), &negative = prompts_.negative.at(step_);
  const std::array rows{Row{&prompt, &beside_.with_picture}, Row{&negative, &beside_.with_picture},
                        Row{&negative, &beside_.without_picture}};
  const std::vector<Tensor> out = evaluate(x, sigma, rows);
  const Tensor to_picture = weighted_sum(image_scale_, out[1], 1 - image_scale_, out[2]);
  return {to_picture + (out[0] - out[1]) * scale, out[0], out[2]};
}

Tensor GuidedNetwork::in_mimicked_range(const Tensor& guided, const Tensor& cond, double scale) const {
  // All that guidance adds to the prompt alone grows with the scale less 1.
  const double share = (methods_.dynthres->mimic_scale - 1) / (scale - 1);
  return in_range_of(guided, weighted_sum(share, guided, 1 - share, cond), methods_.dynthres->percentile);
}

}  // namespace pxf
