// Python pickles (protocols 0 to 5), read as data. A pickle is a program that builds objects by calling whatever it
// names; here nothing is ever imported or called: a call of an allowed name becomes a node that says so, any other is
// refused. Memory is bounded by the two limits below. No recursion: nesting and cycles cost no stack. Not here: what
// the nodes mean (torch_weights.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace pxf {

inline constexpr std::size_t kMaxPickleBytes = std::size_t{64} << 20, kMaxPickleValues = 2'000'000;

/// Position in Pickle::values. Values may refer to each other in circles.
using PickleRef = std::uint32_t;

struct PickleValue {
  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,
    real,
    text,
    bytes,
    list,
    tuple,
    dict,
    global,
    call,
    persistent
  };
  Kind kind = Kind::none;
  std::int64_t integer = 0;  // also of boolean
  double real = 0;
  std::string_view text{};    // any bytes, in the pickle; the name of global; bytes: also integers beyond 64 bits
  std::string_view module{};  // of global
  /// list, tuple: the elements (sets are lists); dict: key, value, key, value ...; call: function, arguments, then keys
  /// and values put into the result; persistent: the identifier.
  std::vector<PickleRef> items{};
  std::optional<PickleRef> state{};  // of call: what BUILD gave it
};

struct Pickle {
  std::vector<PickleValue> values;
  PickleRef root = 0;
  std::size_t size = 0;  // bytes the pickle took
  const PickleValue& operator[](PickleRef ref) const { return values[ref]; }
};

/// Whether a call of module.name may stand in the result as a node.
using MayCall = bool (*)(std::string_view module, std::string_view name);

/// Reads one pickle from the start of `bytes`, which must outlive the result and may go on behind it.
/// Errors: bad_file for a damaged pickle and for one that calls anything else ("tries to run code: it calls ...").
Result<Pickle> read_pickle(Bytes bytes, MayCall may_call);

/// "module.name" of a global, fit for a message.
std::string global_in_quotes(const PickleValue& global);

}  // namespace pxf
