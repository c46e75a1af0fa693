// What an Engine holds, for the files that implement its parts.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/thread_pool.h"
#include "ops/context.h"
#include "pipeline/held_models.h"
#include "pipeline/shared_forms.h"
#include "pixelforge/engine.h"
#include "tensor/buffer.h"
#include "text/clip_tokenizer.h"

namespace pxf {

struct Engine::State {
  EngineOptions options;
  std::optional<Error> unusable;  // why the options cannot be
  const Backend* backend = nullptr;
  std::unique_ptr<ThreadPool> threads;
  BufferPool memory;
  std::optional<HeldModels> models;  // where the options can be
  std::shared_ptr<SharedForms> forms;

  /// Where memory is limited, one request at a time computes: weights are forgotten that another would be using.
  using Turn = std::unique_lock<std::timed_mutex>;
  Result<Turn> wait_for_turn(const CancelToken* cancel);
  std::timed_mutex turn;

  /// Made at first use: it takes a few milliseconds and `inspect` needs none.
  const ClipTokenizer& tokenizer();

  struct InProgram {
    std::vector<ModelInfo> checkpoints, loras;
  };
  /// Described once: a server is asked for its models all the time.
  const InProgram& in_program();

 private:
  std::once_flag in_program_once_;
  InProgram in_program_;
  std::once_flag tokenizer_once_;
  std::optional<ClipTokenizer> tokenizer_;
};

}  // namespace pxf
