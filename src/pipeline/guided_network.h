// What samplers ask for, from the network and the prompts: the clean latent at a noise level, with guidance.
#pragma once

#include <span>
#include <vector>

#include "models/family.h"
#include "pipeline/conditioning.h"
#include "sampling/samplers.h"

namespace pxf {

class GuidedNetwork {
 public:
  /// What goes into the network beside the noisy latent, (1, h, w, extra channels); undefined of most checkpoints.
  struct Beside {
    Tensor with_picture = {};
    Tensor without_picture = {};  // of those that follow a picture: what stands for none
  };
  /// All of them must live as long as this.
  GuidedNetwork(const Model& model, const Prompts& prompts, double scale, double image_scale, Beside beside);

  /// What holds for the step to come, from 1, when this share of all is done: prompts, and LoRAs that begin or end.
  void at_step(int step, double share_done) {
    step_ = step;
    network_ = &model_.network_at(share_done);
  }

  /// The guided clean latent. x (1, h, w, channels).
  Tensor denoised(const Tensor& x, double sigma) const;
  /// The same and the one without the prompt, which some samplers step with.
  Guided guided(const Tensor& x, double sigma) const;

 private:
  struct Row {
    const Conditioning* cond;
    const Tensor* beside;
  };
  /// What the network says of x under each of these: in one batch where the prompts are of one length.
  std::vector<Tensor> evaluate(const Tensor& x, double sigma, std::span<const Row> rows) const;
  /// Guided, and without the prompt; the latter undefined where nobody asked the network.
  struct Outputs {
    Tensor guided, uncond;
  };
  Outputs combine(const Tensor& x, double sigma, bool wants_uncond) const;
  Outputs follow_picture(const Tensor& x, double sigma) const;

  const Model& model_;
  const Prompts& prompts_;
  double scale_, image_scale_;
  Beside beside_;
  int step_ = 1;
  const Network* network_;
};

}  // namespace pxf
