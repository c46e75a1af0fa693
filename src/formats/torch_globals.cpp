#include "formats/torch_globals.h"

#include <algorithm>
#include <span>

namespace pxf {
namespace {

using namespace torch_globals;

constexpr TorchGlobal kMeaningful[] = {kOrderedDict,        kDefaultDict,    kParameterDict, kSize,
                                       kRebuildV1,          kRebuildV2,      kRebuildV3,     kParameter,
                                       kParameterWithState, kRebuildFromType};
/// They stand beside the weights of training checkpoints and hold none.
constexpr TorchGlobal kPassedOver[] = {{"torch", "device"},
                                       {"collections", "Counter"},
                                       {"builtins", "set"},
                                       {"__builtin__", "set"},
                                       {"_codecs", "encode"},
                                       {"numpy", "dtype"},
                                       {"numpy.core.multiarray", "scalar"},
                                       {"numpy._core.multiarray", "scalar"},
                                       {"numpy.core.multiarray", "_reconstruct"},
                                       {"numpy._core.multiarray", "_reconstruct"}};

struct NamedType {
  std::string_view name;
  DType dtype;
};

constexpr NamedType kStorageTypes[] = {{"DoubleStorage", DType::f64},    {"FloatStorage", DType::f32},
                                       {"HalfStorage", DType::f16},      {"LongStorage", DType::i64},
                                       {"BFloat16Storage", DType::bf16}, {"IntStorage", DType::i32},
                                       {"ShortStorage", DType::i16},     {"CharStorage", DType::i8},
                                       {"ByteStorage", DType::u8},       {"BoolStorage", DType::boolean}};

constexpr NamedType kTypes[] = {{"float64", DType::f64}, {"float32", DType::f32},   {"float16", DType::f16},
                                {"int64", DType::i64},   {"bfloat16", DType::bf16}, {"float8_e4m3fn", DType::f8_e4m3},
                                {"int32", DType::i32},   {"int16", DType::i16},     {"float8_e5m2", DType::f8_e5m2},
                                {"int8", DType::i8},     {"uint64", DType::u64},    {"uint32", DType::u32},
                                {"uint16", DType::u16},  {"uint8", DType::u8},      {"bool", DType::boolean}};

std::optional<DType> find_type(std::span<const NamedType> types, std::string_view name) noexcept {
  const auto at = std::ranges::find(types, name, &NamedType::name);
  if (at == types.end()) return std::nullopt;
  return at->dtype;
}

}  // namespace

bool torch_may_call(std::string_view module, std::string_view name) noexcept {
  const auto named = [&](const TorchGlobal& global) { return global.module == module && global.name == name; };
  return std::ranges::any_of(kMeaningful, named) || std::ranges::any_of(kPassedOver, named);
}

std::optional<DType> torch_storage_type(const PickleValue& global) noexcept {
  if (TorchGlobal{"torch.storage", "UntypedStorage"}.is(global)) return DType::u8;
  const bool known = global.kind == PickleValue::Kind::global &&
                     (global.module == "torch" || global.module == "torch.cuda");  // the latter in old files
  return known ? find_type(kStorageTypes, global.text) : std::nullopt;
}

std::optional<DType> torch_type(const PickleValue& global) noexcept {
  const bool known = global.kind == PickleValue::Kind::global && global.module == "torch";
  return known ? find_type(kTypes, global.text) : std::nullopt;
}

}  // namespace pxf
