#include "pipeline/guided_network.h"

#include <array>
#include <optional>
#include <utility>

#include "ops/arrange.h"
#include "ops/elementwise.h"
#include "sampling/guidance.h"
#include "sampling/prediction.h"

namespace pxf {

GuidedNetwork::GuidedNetwork(const Model& model, const Prompts& prompts, double scale, double image_scale,
                             Beside beside)
    : model_(model),
      prompts_(prompts),
      scale_(scale),
      image_scale_(image_scale),
      beside_(std::move(beside)),
      network_(&model.network_at(0)) {}

std::vector<Tensor> GuidedNetwork::evaluate(const Tensor& x, double sigma, std::span<const Row> rows) const {
  const Tensor input = x * input_scale(model_.prediction, sigma);
  const double t = model_.noise.timestep_of(sigma);
  std::vector<const Conditioning*> conds;
  std::vector<Tensor> inputs, out;
  for (const Row& row : rows) {
    conds.push_back(row.cond);
    inputs.push_back(row.beside->defined() ? concat_channels(input, *row.beside) : input);
  }
  const std::optional<Conditioning> batch = rows.size() > 1 ? as_batch(conds) : std::nullopt;
  if (!batch) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      out.push_back(network_->predict(inputs[i], std::array{t}, *conds[i]));
    }
    return out;
  }
  const Tensor all = network_->predict(concat_batch(inputs), std::vector<double>(rows.size(), t), *batch);
  for (std::int64_t i = 0; i < std::ssize(rows); ++i) out.push_back(all.rows(i, i + 1));
  return out;
}

GuidedNetwork::Outputs GuidedNetwork::combine(const Tensor& x, double sigma, bool wants_uncond) const {
  if (model_.family->follows_picture) return follow_picture(x, sigma);
  std::vector<Row> rows;
  std::vector<double> weights;
  for (const PromptCourse& part : prompts_.positive) {
    rows.push_back({&part.at(step_), &beside_.with_picture});
    weights.push_back(part.weight);
  }
  const bool alone = rows.size() == 1 && weights[0] == 1;
  if (alone && scale_ == 1 && !wants_uncond) return {evaluate(x, sigma, rows)[0], {}};
  rows.push_back({&prompts_.negative.at(step_), &beside_.with_picture});
  std::vector<Tensor> out = evaluate(x, sigma, rows);
  Tensor uncond = std::move(out.back());
  out.pop_back();
  Tensor guided = alone ? cfg(out[0], uncond, scale_) : cfg_and(out, weights, uncond, scale_);
  return {std::move(guided), std::move(uncond)};
}

// Brooks et al. 2023, "InstructPix2Pix", equation 3.
GuidedNetwork::Outputs GuidedNetwork::follow_picture(const Tensor& x, double sigma) const {
  const Conditioning &prompt = prompts_.positive[0].at(step_), &negative = prompts_.negative.at(step_);
  const std::array rows{Row{&prompt, &beside_.with_picture}, Row{&negative, &beside_.with_picture},
                        Row{&negative, &beside_.without_picture}};
  const std::vector<Tensor> out = evaluate(x, sigma, rows);
  const Tensor to_picture = weighted_sum(image_scale_, out[1], 1 - image_scale_, out[2]);
  return {to_picture + (out[0] - out[1]) * scale_, out[2]};
}

Tensor GuidedNetwork::denoised(const Tensor& x, double sigma) const {
  return denoised_from(model_.prediction, combine(x, sigma, false).guided, x, sigma);
}

Guided GuidedNetwork::guided(const Tensor& x, double sigma) const {
  const Outputs out = combine(x, sigma, true);
  return {denoised_from(model_.prediction, out.guided, x, sigma),
          denoised_from(model_.prediction, out.uncond, x, sigma)};
}

}  // namespace pxf
