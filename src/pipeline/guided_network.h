// What samplers ask for, from the network and the prompts: the clean latent at a noise level, with guidance.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "models/family.h"
#include "pipeline/conditioning.h"
#include "pipeline/step_cache.h"
#include "sampling/guidance.h"
#include "sampling/samplers.h"

namespace pxf {

/// One object a run: some methods go on from earlier steps.
class GuidedNetwork {
 public:
  /// What goes into the network beside the noisy latent, (1, h, w, extra channels); undefined of most checkpoints.
  struct Beside {
    Tensor with_picture = {};
    Tensor without_picture = {};  // of those that follow a picture: what stands for none
  };
  /// All of them must live as long as this. `factor` is the sampler's on the CFG scale.
  GuidedNetwork(const Model& model, const Prompts& prompts, const Plan& plan, double factor, double image_scale,
                Beside beside);

  /// What holds for the step to come, from 1, when this share of all is done: prompts, guidance, and LoRAs that begin
  /// or end.
  void at_step(int step, double share_done) {
    step_ = step;
    if (cache_) cache_->begin_step(step);
    network_ = &model_.network_at(share_done);
  }

  /// The guided clean latent. x (1, h, w, channels).
  Tensor denoised(const Tensor& x, double sigma) { return guide(x, sigma, false).denoised; }
  /// The same and the one without the prompt, which some samplers step with.
  Guided guided(const Tensor& x, double sigma) { return guide(x, sigma, true); }

 private:
  struct Row {
    const Conditioning* cond;
    const Tensor* beside;
    const Perturbation* perturbed = nullptr;
  };
  /// A worse evaluation with the prompt, which the picture is led away from.
  struct Contrast {
    Perturbation perturbation;
    double scale, adaptive_scale;
    GuidanceInterval when;
  };
  /// A network's outputs. `cond` is that of all prompts together; `uncond` undefined where nobody asked for it.
  struct Outputs {
    Tensor guided, cond, uncond = {};
  };

  void add_contrasts(const Guidance& methods);
  bool acts(const GuidanceInterval& when, double sigma) const;
  double scale_at(const Contrast& contrast, double sigma) const;
  /// What the network says of x under each of these: in one batch where the prompts are of one length.
  std::vector<Tensor> evaluate(const Tensor& x, double sigma, std::span<const Row> rows);
  /// Where the network's `parts` calls for these rows find or leave deep features; null: they are not wanted.
  std::vector<DeepFeatures>* deep_features(std::span<const Row> rows, std::size_t parts, double sigma);

  Guided guide(const Tensor& x, double sigma, bool wants_uncond);
  Outputs follow_prompts(const Tensor& x, double sigma, double scale, bool wants_uncond);
  Outputs follow_picture(const Tensor& x, double sigma, double scale);
  /// CFG, or what stands in its place.
  Tensor led_by_prompt(const Tensor& cond, const Tensor& uncond, double scale, const Tensor& x, double sigma);
  /// Of clean latents.
  Tensor in_mimicked_range(const Tensor& guided, const Tensor& cond, double scale) const;

  const Model& model_;
  const Prompts& prompts_;
  const Guidance& methods_;
  const Shortcuts& shortcuts_;
  Precision precision_;
  GuidanceScale scale_;
  double image_scale_;
  Beside beside_;
  std::optional<ProjectedGuidance> projection_;
  std::vector<Contrast> contrasts_;
  std::optional<StepCache> cache_;
  int step_ = 1;
  const Network* network_;
};

}  // namespace pxf
