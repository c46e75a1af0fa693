// The pictures of one request, drawn one after another, written as each is done, and told to whoever watches.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

#include "cli/generate_options.h"
#include "cli/output.h"
#include "pixelforge/engine.h"

namespace pxf::cli {

/// A picture that is on the disk.
struct Saved {
  std::filesystem::path path;
  Picture picture;
};

double total(const Picture::Seconds& seconds);

class Drawing {
 public:
  /// All that is given outlives it.
  Drawing(const GenerateOptions& options, const Plan& plan, const Output& output, const CancelToken& cancel);

  /// Two lines: which checkpoint, and with which settings.
  void announce() const;
  /// Makes and writes the k-th picture, with progress. Errors: those of Engine::generate and Output::write.
  Result<Saved> draw(Engine& engine, const Checkpoint& checkpoint, int k) const;
  /// Its path, seed and times, and the picture itself where the terminal shows pictures.
  void show(const Saved& saved) const;

 private:
  std::string origin_of_settings() const;
  Progress of_all(Progress progress, int k) const;

  const GenerateOptions& options_;
  const Plan& plan_;
  const Output& output_;
  const CancelToken& cancel_;
  std::FILE* text_;  // where the words go; null: nowhere
  PictureStyle style_;
};

}  // namespace pxf::cli
