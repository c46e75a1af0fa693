#include "formats/torch_weights.h"

#include <algorithm>
#include <span>
#include <unordered_map>
#include <utility>

#include "formats/in_quotes.h"
#include "formats/torch_globals.h"
#include "formats/utf8_text.h"

namespace pxf {
namespace {

using Kind = PickleValue::Kind;
using namespace torch_globals;

// Values may be met again and again, so what a small pickle describes has no end of its own.
constexpr std::size_t kMaxDepth = 64, kMaxVisits = 2'000'000, kMaxTensors = 250'000;
constexpr std::size_t kMaxName = 1000, kMaxMetadata = 1 << 20;  // bytes: of a tensor's name; of all metadata together

/// Throws Failure for whatever it refuses.
class WeightsReader {
 public:
  explicit WeightsReader(const Pickle& pickle) : pickle_(pickle) {}

  TorchWeights run() {
    for (PickleRef ref = 0; ref < pickle_.values.size(); ++ref) {
      if (pickle_[ref].kind == Kind::persistent) storage_of_.emplace(ref, find_storage(pickle_[ref]));
    }
    const PickleValue& root = pickle_[pickle_.root];
    PickleRef weights = pickle_.root;
    for_each_entry(root, [&](std::string_view key, PickleRef value) {
      if (key == "state_dict" && is_container(pickle_[value])) weights = value;
    });
    walk(weights, "", 0);
    if (out_.tensors.empty()) bad("holds no tensors: it is no checkpoint");
    check_names();
    for_each_entry(root, [&](std::string_view key, PickleRef value) { add_metadata(key, pickle_[value]); });
    return std::move(out_);
  }

 private:
  template <class... Args>
  [[noreturn]] static void bad(fmt::format_string<Args...> pattern, Args&&... args) {
    fail(ErrorCode::bad_file, pattern, std::forward<Args>(args)...);
  }

  bool calls(const PickleValue& value, const TorchGlobal& function) const {
    return value.kind == Kind::call && function.is(pickle_[value.items[0]]);
  }
  const std::vector<PickleRef>& arguments(const PickleValue& call) const { return pickle_[call.items[1]].items; }

  // The way down to the tensors.

  static bool is_container(const PickleValue& value) {
    return value.kind == Kind::list || value.kind == Kind::tuple || value.kind == Kind::dict ||
           value.kind == Kind::call;
  }

  /// Calls visit(key, value) for what a dictionary, list or tuple holds. Keys that are neither text nor number name no
  /// weights and are passed over.
  template <class Visit>
  void for_each_entry(const PickleValue& value, const Visit& visit) const {
    if (value.kind == Kind::list || value.kind == Kind::tuple) {
      for (std::size_t i = 0; i < value.items.size(); ++i) visit(fmt::to_string(i), value.items[i]);
    } else if (value.kind == Kind::dict) {
      for_each_pair(value.items, visit);
    } else if (calls(value, kOrderedDict) || calls(value, kDefaultDict)) {
      for (const PickleRef argument : arguments(value)) {  // Python 2 wrote OrderedDict([[key, value], ...])
        if (pickle_[argument].kind != Kind::list) continue;
        for (const PickleRef pair : pickle_[argument].items) for_each_pair(pickle_[pair].items, visit);
      }
      for_each_pair(std::span(value.items).subspan(2), visit);
    } else if (calls(value, kParameterDict) && value.state && pickle_[*value.state].kind == Kind::dict) {
      for_each_pair(pickle_[*value.state].items, [&](std::string_view key, PickleRef parameters) {
        if (key == "_parameters" && !calls(pickle_[parameters], kParameterDict)) {
          for_each_entry(pickle_[parameters], visit);
        }
      });
    }
  }
  template <class Visit>
  void for_each_pair(std::span<const PickleRef> pairs, const Visit& visit) const {
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
      const PickleValue& key = pickle_[pairs[i]];
      if (key.kind == Kind::text) visit(key.text, pairs[i + 1]);
      if (key.kind == Kind::integer) visit(fmt::to_string(key.integer), pairs[i + 1]);
    }
  }

  void walk(PickleRef ref, const std::string& name, std::size_t depth) {
    if (depth > kMaxDepth) bad("pickle: values nested more than {} deep", kMaxDepth);
    if (name.size() > kMaxName) bad("tensor {}: the name is too long", in_quotes(name));
    if (is_tensor(pickle_[ref])) return add_tensor(name, pickle_[ref]);
    for_each_entry(pickle_[ref], [&](std::string_view key, PickleRef value) {
      if (++visits_ > kMaxVisits) bad("pickle: its values refer to each other in more than {} ways", kMaxVisits);
      if (!is_container(pickle_[value])) return;
      walk(value, name.empty() ? std::string(key) : fmt::format("{}.{}", name, key), depth + 1);
    });
  }

  void add_metadata(std::string_view key, const PickleValue& value) {
    std::string text;
    switch (value.kind) {
      case Kind::boolean: text = value.integer ? "true" : "false"; break;
      case Kind::integer: text = fmt::to_string(value.integer); break;
      case Kind::real: text = fmt::to_string(value.real); break;
      case Kind::text: text = value.text; break;
      default: return;
    }
    metadata_bytes_ += key.size() + text.size();
    if (metadata_bytes_ <= kMaxMetadata) out_.metadata[repaired_utf8(key)] = repaired_utf8(text);
  }

  void check_names() const {
    std::vector<std::string_view> names;
    for (const TorchTensor& tensor : out_.tensors) names.push_back(tensor.info.name);
    if (const auto twice = repeated(std::move(names))) bad("tensor {}: is there twice", in_quotes(*twice));
  }

  // Storages: ("storage", torch.FloatStorage, key, location, number of elements[, view]).

  std::size_t find_storage(const PickleValue& persistent) {
    const std::vector<PickleRef>& id = pickle_[persistent.items[0]].items;
    if (id.size() < 5 || pickle_[id[0]].text != "storage" || pickle_[id[1]].kind != Kind::global ||
        pickle_[id[4]].kind != Kind::integer || pickle_[id[4]].integer < 0) {
      bad("pickle: refers to something that is no storage of a tensor; save the model's state_dict() alone");
    }
    if (id.size() > 5 && pickle_[id[5]].kind != Kind::none) {
      fail(ErrorCode::unsupported, "pickle: a storage is part of another, as before PyTorch 0.4; save it anew");
    }
    const PickleValue& key = pickle_[id[2]];
    TorchStorage storage;
    storage.key = key.kind == Kind::integer ? fmt::to_string(key.integer) : std::string(key.text);
    if (storage.key.empty() || storage.key.find_first_of("/\\") != std::string::npos) {
      bad("storage {}: a name with slashes leaves the archive, or is empty", in_quotes(storage.key));
    }
    storage.element = size_of(storage_type(pickle_[id[1]]));
    storage.elements = static_cast<std::uint64_t>(pickle_[id[4]].integer);
    if (!checked_mul(storage.elements, storage.element, storage.size)) {
      bad("storage {}: has more bytes than can be counted", in_quotes(storage.key));
    }
    const auto [at, added] = by_key_.emplace(storage.key, out_.storages.size());
    if (added) {
      out_.storages.push_back(std::move(storage));
    } else if (out_.storages[at->second].size != storage.size) {
      bad("storage {}: has {} bytes in one place, {} in another", in_quotes(storage.key), storage.size,
          out_.storages[at->second].size);
    }
    return at->second;
  }

  static DType storage_type(const PickleValue& global) {
    if (const auto dtype = torch_storage_type(global)) return *dtype;
    fail(ErrorCode::unsupported, "storage class {} is not known here; convert the tensors to float32 or float16",
         global_in_quotes(global));
  }

  // Tensors.

  bool is_tensor(const PickleValue& value) const {
    return calls(value, kRebuildV1) || calls(value, kRebuildV2) || calls(value, kRebuildV3) ||
           calls(value, kParameter) || calls(value, kParameterWithState) || calls(value, kRebuildFromType);
  }

  /// The arguments of _rebuild_tensor*, and which of these it is, whatever stands around it.
  struct Rebuild {
    const PickleValue* function;
    const std::vector<PickleRef>* arguments;
  };
  Rebuild unwrap(const std::string& name, const PickleValue& call) const {
    const PickleValue* inner = &call;
    for (std::size_t depth = 0; calls(*inner, kParameter) || calls(*inner, kParameterWithState); ++depth) {
      if (arguments(*inner).empty() || depth > kMaxDepth) bad("tensor {}: a parameter of nothing", in_quotes(name));
      inner = &pickle_[arguments(*inner)[0]];
    }
    if (calls(*inner, kRebuildFromType)) {
      const auto& parts = arguments(*inner);
      if (parts.size() < 3) bad("tensor {}: made of {} parts, need 4", in_quotes(name), parts.size());
      return {&pickle_[parts[0]], &pickle_[parts[2]].items};
    }
    if (inner->kind != Kind::call) bad("tensor {}: a parameter of what is no tensor", in_quotes(name));
    return {&pickle_[inner->items[0]], &arguments(*inner)};
  }

  void add_tensor(const std::string& name, const PickleValue& value) {
    if (!well_formed_utf8(name)) bad("tensor {}: the name is not valid UTF-8", in_quotes(name));
    const Rebuild made = unwrap(name, value);
    const bool v3 = kRebuildV3.is(*made.function);
    if (!v3 && !kRebuildV2.is(*made.function) && !kRebuildV1.is(*made.function)) {
      bad("tensor {}: made by what makes no tensors", in_quotes(name));
    }
    const std::size_t need = v3 ? 7 : 4;
    const std::vector<PickleRef>& parts = *made.arguments;
    if (parts.size() < need) bad("tensor {}: got {} values, need {}", in_quotes(name), parts.size(), need);
    const auto at = [&](std::size_t i) -> const PickleValue& { return pickle_[parts[i]]; };

    const auto storage = storage_of_.find(parts[0]);
    if (storage == storage_of_.end()) bad("tensor {}: has no storage", in_quotes(name));
    TorchTensor tensor{.info = {name, DType::u8, Shape()}, .storage = storage->second, .offset = 0, .strides = {}};
    tensor.info.dtype = v3 ? type_named(name, at(6)) : storage_dtype(at(0));
    tensor.offset = natural(name, at(1));
    const std::vector<std::uint64_t> extents = naturals(name, at(2)), strides = naturals(name, at(3));
    if (extents.size() != strides.size()) {
      bad("tensor {}: has {} extents and {} strides", in_quotes(name), extents.size(), strides.size());
    }
    tensor.info.shape = shape_of(name, extents);
    std::ranges::copy(strides, tensor.strides.begin());
    check_reach(tensor);
    if (out_.tensors.size() == kMaxTensors) bad("pickle: holds more than {} tensors", kMaxTensors);
    out_.tensors.push_back(std::move(tensor));
  }

  DType storage_dtype(const PickleValue& persistent) const {
    return storage_type(pickle_[pickle_[persistent.items[0]].items[1]]);
  }
  static DType type_named(const std::string& name, const PickleValue& global) {
    if (const auto dtype = torch_type(global)) return *dtype;
    fail(ErrorCode::unsupported, "tensor {}: dtype {} is not known here; convert it to float32 or float16",
         in_quotes(name), global_in_quotes(global));
  }
  static std::uint64_t natural(const std::string& name, const PickleValue& value) {
    if (value.kind == Kind::integer && value.integer >= 0) return static_cast<std::uint64_t>(value.integer);
    bad("tensor {}: extents, strides and offset must be whole numbers from 0", in_quotes(name));
  }
  /// Of a tuple, a list, or torch.Size of one.
  std::vector<std::uint64_t> naturals(const std::string& name, const PickleValue& value) const {
    const PickleValue* list = &value;
    if (calls(value, kSize) && arguments(value).size() == 1) list = &pickle_[arguments(value)[0]];
    if (list->kind != Kind::tuple && list->kind != Kind::list) bad("tensor {}: its size is no list", in_quotes(name));
    std::vector<std::uint64_t> out;
    for (const PickleRef item : list->items) out.push_back(natural(name, pickle_[item]));
    return out;
  }
  static Shape shape_of(const std::string& name, const std::vector<std::uint64_t>& extents) {
    if (extents.size() > Shape::kMaxRank) {
      fail(ErrorCode::unsupported, "tensor {}: shape: more than {} dimensions", in_quotes(name), Shape::kMaxRank);
    }
    const std::vector<std::int64_t> whole(extents.begin(), extents.end());
    auto shape = catch_errors([&] { return Shape(std::span(whole)); });
    if (!shape) bad("tensor {}: {}", in_quotes(name), shape.error().message);
    return shape.value();
  }

  /// The last element must lie inside the storage.
  void check_reach(const TorchTensor& tensor) const {
    const auto extents = tensor.info.shape.extents();
    std::uint64_t end = tensor.info.shape.numel() > 0 ? 1 : 0;
    bool countable = checked_add(end, tensor.offset, end);
    for (std::size_t i = 0; i < extents.size() && tensor.info.shape.numel() > 0; ++i) {
      std::uint64_t step = 0;
      countable = countable && checked_mul(static_cast<std::uint64_t>(extents[i] - 1), tensor.strides[i], step) &&
                  checked_add(end, step, end);
    }
    std::uint64_t need = 0;
    const TorchStorage& storage = out_.storages[tensor.storage];
    countable = countable && checked_mul(end, size_of(tensor.info.dtype), need);
    if (countable && need <= storage.size) return;
    bad("tensor {}: shape {} with strides ({}) needs {} bytes of storage {}, which has {}; the file is damaged",
        in_quotes(tensor.info.name), tensor.info.shape.text(),
        fmt::join(std::span(tensor.strides).first(extents.size()), ", "), countable ? fmt::to_string(need) : "too many",
        in_quotes(storage.key), storage.size);
  }

  const Pickle& pickle_;
  TorchWeights out_;
  std::unordered_map<PickleRef, std::size_t> storage_of_;  // by persistent value
  std::unordered_map<std::string, std::size_t> by_key_;    // both: places in out_.storages
  std::size_t visits_ = 0, metadata_bytes_ = 0;
};

}  // namespace

bool TorchTensor::contiguous() const noexcept {
  std::uint64_t dense = 1;
  const auto extents = info.shape.extents();
  for (std::size_t i = extents.size(); i-- > 0;) {
    if (extents[i] != 1 && strides[i] != dense) return info.shape.numel() == 0;
    dense *= static_cast<std::uint64_t>(extents[i]);
  }
  return true;
}

Result<TorchWeights> read_torch_weights(const Pickle& pickle) {
  return catch_errors([&] { return WeightsReader(pickle).run(); });
}

}  // namespace pxf
