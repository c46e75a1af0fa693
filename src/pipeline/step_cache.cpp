#include "pipeline/step_cache.h"

namespace pxf {

std::vector<DeepFeatures>& StepCache::next(const std::vector<const void*>& subject, std::size_t parts, double sigma) {
  const std::size_t number = asked_++;
  if (kept_.size() <= number) kept_.resize(number + 1);
  Kept& kept = kept_[number];
  // Where noise is added again (Restart), what is deep in a clearer picture says nothing.
  const bool holds =
      kept.subject == subject && kept.parts.size() == parts && step_ - kept.step < how_.interval && sigma <= kept.sigma;
  if (!holds) kept = {step_, sigma, subject, std::vector<DeepFeatures>(parts, DeepFeatures{.depth = how_.depth})};
  kept.sigma = sigma;
  return kept.parts;
}

}  // namespace pxf
