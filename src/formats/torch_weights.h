// What a PyTorch checkpoint's pickle says: which tensors there are, and where in which storage they lie.
// Names are the keys on the way to a tensor, joined by dots ("model.out.weight"; elements of lists by their number). A
// training checkpoint keeps its weights under "state_dict" beside much else: then these are the tensors, without that
// prefix. Single values beside them ("global_step") become metadata.
// Not here: the storages' bytes (torch_zip.cpp, torch_legacy.cpp), giving them out (torch_source.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/pickle.h"
#include "formats/tensor_source.h"

namespace pxf {

/// A run of elements that tensors are views of.
struct TorchStorage {
  std::string key;      // unique; without slashes
  std::size_t element;  // bytes
  std::uint64_t elements;
  std::uint64_t size;  // bytes
};

struct TorchTensor {
  TensorInfo info;
  std::size_t storage;                                 // in TorchWeights::storages
  std::uint64_t offset;                                // in elements
  std::array<std::uint64_t, Shape::kMaxRank> strides;  // in elements; any, 0 too

  /// Whether its elements lie one after the other, row-major.
  bool contiguous() const noexcept;
};

struct TorchWeights {
  std::vector<TorchStorage> storages;  // all that the pickle names, also those of no tensor below
  std::vector<TorchTensor> tensors;    // each inside its storage; names differ
  TensorSource::Metadata metadata;
};

/// `pickle` was read with torch_may_call (torch_globals.h).
/// Errors: bad_file when it holds no tensors, or some that make no sense; unsupported for an element type or a number
/// of dimensions that this program lacks.
Result<TorchWeights> read_torch_weights(const Pickle& pickle);

}  // namespace pxf
