// The checkpoints that an engine has open. One that was used stays, with what kernels made of its weights, until that
// memory is wanted for another: changing between a few costs nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "models/family.h"
#include "pipeline/loras.h"
#include "pipeline/parameters_text.h"
#include "pipeline/prepared.h"
#include "pipeline/preview.h"
#include "pixelforge/engine.h"
#include "tensor/buffer.h"
#include "weights/catalog.h"

namespace pxf {

/// What an engine remembers of files whose weights it has let go.
struct KnownFiles {
  std::mutex mutex = {};
  FileHashes hashes = {};          // empty until computed. Guarded by the mutex.
  std::uint64_t packed_bytes = 0;  // of its weights when they were last used; 0: not used yet. Guarded by HeldModels.
};

/// A checkpoint's model, under all handles of the same files. Thread-safe but for `use`.
struct HeldModel {
  std::string name, path;
  std::string stamp;  // of its files; empty: not known, so none is the same
  Hearsay said;
  std::string vae_path;  // of another file's VAE; empty without one
  Catalog file;
  Model model;
  std::vector<BoundPart> parts = {};  // of the model

  std::shared_ptr<KnownFiles> known = std::make_shared<KnownFiles>();
  AdaptedCache adapted = {};
  ColoursCache colours = {};

  struct Usage {
    int users = 0;
    bool unwanted = false;  // goes when its users are done
    std::chrono::steady_clock::time_point last = {};
  } usage = {};  // guarded by HeldModels

  /// Bytes of its weights as kernels hold them now; LoRAs': those that they add.
  std::uint64_t packed_bytes() const;
  std::uint64_t adapted_bytes();
  /// Lets go of its own; nobody may be using it.
  void forget_packed();
  /// Lets go of both; they are made again when they are wanted. Nobody may be using it.
  void forget();
};

/// Thread-safe. The models may outlive it.
class HeldModels {
 public:
  /// `memory` is where packed weights are taken from; all together shall take no more than `budget`.
  HeldModels(BufferPool& memory, std::uint64_t budget) : memory_(memory), budget_(budget) {}

  /// The one that is there of the same files under the same settings, else `opened`. What is kept of the file's earlier
  /// state goes.
  std::shared_ptr<HeldModel> same_or(std::shared_ptr<HeldModel> opened);

  /// While one lives, its model keeps what it has; afterwards it is the one used last, which the budget spares.
  class Use {
   public:
    Use(HeldModels& models, std::shared_ptr<HeldModel> model);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    HeldModel& model() const noexcept { return *model_; }

   private:
    HeldModels& models_;
    std::shared_ptr<HeldModel> model_;
  };

  /// Lets models go that nobody uses, the one used longest ago first, until what `model` is still to pack fits into the
  /// budget and `needed` bytes can be had from the system, or none is left. `to_pack`: an estimate from above, of what
  /// has not been used before.
  void make_room(const HeldModel& model, std::uint64_t to_pack, std::uint64_t needed);
  /// The same until all that is packed takes no more than `bytes`.
  void make_room(std::uint64_t bytes, const HeldModel& model);
  /// What make_room could give back.
  std::uint64_t idle_bytes() const;

  Loaded loaded() const;
  /// Of this name or path, or all; those in use when they are done. How many.
  int unload(const std::string& name_or_path);

 private:
  struct Entry {
    std::weak_ptr<HeldModel> known;   // as long as a handle or `kept` lives
    std::shared_ptr<HeldModel> kept;  // once it was used, until it is let go
  };
  // The caller holds the mutex.
  void done(HeldModel& model);
  bool let_go_oldest(const HeldModel* spared);
  void let_go(Entry& entry);
  const HeldModel* used_last() const;
  std::vector<std::shared_ptr<HeldModel>> kept() const;

  BufferPool& memory_;
  const std::uint64_t budget_;
  mutable std::mutex mutex_;  // taken before any model's own
  std::vector<Entry> entries_;
  std::map<std::string, std::shared_ptr<KnownFiles>> known_;  // by stamp
};

}  // namespace pxf
