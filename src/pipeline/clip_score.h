// How well a picture fits a text, as a CLIP that its user brings along judges it: the cosine between both. Hessel et
// al. 2021, "CLIPScore", without its factor of 2.5.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "pixelforge/engine.h"
#include "pixelforge/image.h"

namespace pxf {

class ClipScore {
 public:
  /// Maps the file, or a folder with its config.json. Throws Failure: not_found, io, bad_file, unsupported.
  ClipScore(const std::filesystem::path& file, const EngineOptions& options);
  ~ClipScore();
  ClipScore(const ClipScore&) = delete;
  ClipScore& operator=(const ClipScore&) = delete;

  /// -1 to 1; of texts that fit 0.2 to 0.35. Of a text of more than 75 tokens the beginning. Throws Failure.
  double operator()(const Image& image, const std::string& text) const;
  /// Which file it is, to tell it from another.
  const std::string& stamp() const noexcept { return stamp_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string stamp_;
};

}  // namespace pxf
