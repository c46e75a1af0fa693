// Tells contents in memory apart by 16 bytes each, at several gigabytes a second: Poly1305 under a key that each object
// draws for itself. Two contents of up to a gigabyte that differ have one digest with a chance below 2^-76, whoever
// made them, for nobody knows the key. Of use in one process only.
#pragma once

#include <array>
#include <memory>

#include "base/bytes.h"

namespace pxf {

class ContentDigest {
 public:
  using Value = std::array<unsigned char, 16>;

  /// Throws Failure(internal) when the crypto library lacks it.
  ContentDigest();
  /// From many threads at once.
  Value operator()(Bytes content) const;

 private:
  struct State;
  struct Free {
    void operator()(State* state) const noexcept;
  };
  std::unique_ptr<State, Free> state_;
};

}  // namespace pxf
