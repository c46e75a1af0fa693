// The names that may stand in a PyTorch checkpoint's pickle, and what they stand for: the allow-list.
#pragma once

#include <optional>
#include <string_view>

#include "formats/pickle.h"
#include "tensor/dtype.h"

namespace pxf {

struct TorchGlobal {
  std::string_view module, name;
  bool is(const PickleValue& value) const noexcept {
    return value.kind == PickleValue::Kind::global && value.module == module && value.text == name;
  }
};

namespace torch_globals {

// What makes dictionaries and tuples.
inline constexpr TorchGlobal kOrderedDict{"collections", "OrderedDict"};
inline constexpr TorchGlobal kDefaultDict{"collections", "defaultdict"};
inline constexpr TorchGlobal kParameterDict{"torch.nn.modules.container", "ParameterDict"};
inline constexpr TorchGlobal kSize{"torch", "Size"};
// What makes tensors: (storage, offset, size, stride, requires_grad, hooks[, dtype of v3]).
inline constexpr TorchGlobal kRebuildV1{"torch._utils", "_rebuild_tensor"};
inline constexpr TorchGlobal kRebuildV2{"torch._utils", "_rebuild_tensor_v2"};
inline constexpr TorchGlobal kRebuildV3{"torch._utils", "_rebuild_tensor_v3"};
// What stands around these: (tensor, ...) and (function, class, arguments, state).
inline constexpr TorchGlobal kParameter{"torch._utils", "_rebuild_parameter"};
inline constexpr TorchGlobal kParameterWithState{"torch._utils", "_rebuild_parameter_with_state"};
inline constexpr TorchGlobal kRebuildFromType{"torch._tensor", "_rebuild_from_type_v2"};

}  // namespace torch_globals

/// Whether a pickle may call it: all of the above, and a few things that make values beside the weights.
bool torch_may_call(std::string_view module, std::string_view name) noexcept;

/// Of a storage's class ("torch.FloatStorage"); bytes for untyped storages.
std::optional<DType> torch_storage_type(const PickleValue& global) noexcept;
/// Of "torch.float32".
std::optional<DType> torch_type(const PickleValue& global) noexcept;

}  // namespace pxf
