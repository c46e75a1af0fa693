#include "formats/pickle.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <unordered_map>
#include <utility>

#include "formats/in_quotes.h"
#include "formats/pickle_opcodes.h"

namespace pxf {
namespace {

using Kind = PickleValue::Kind;

/// Throws Failure for whatever it refuses.
class Machine {
 public:
  Machine(Bytes bytes, MayCall may_call) : text_(as_text(bytes)), may_call_(may_call) {}

  Pickle run() {
    for (;;) {
      opcode_at_ = at_;
      const auto opcode = static_cast<unsigned char>(take(1)[0]);
      if (opcode == kStop) break;
      if (!literal(opcode) && !memo(opcode) && !container(opcode) && !call_or_name(opcode)) refuse_opcode(opcode);
    }
    out_.root = pop();
    out_.size = at_;
    return std::move(out_);
  }

 private:
  using Refs = std::vector<PickleRef>;

  template <class... Args>
  [[noreturn]] void bad(fmt::format_string<Args...> pattern, Args&&... args) const {
    fail(ErrorCode::bad_file, "pickle: {} at byte {}; it is damaged or cut off: download or copy it again",
         fmt::format(pattern, std::forward<Args>(args)...), opcode_at_);
  }
  template <class... Args>
  [[noreturn]] void unsafe(fmt::format_string<Args...> pattern, Args&&... args) const {
    fail(ErrorCode::bad_file,
         "pickle: tries to run code: it {} at byte {}; nothing was run. Do not use this file: get the model as "
         "safetensors",
         fmt::format(pattern, std::forward<Args>(args)...), opcode_at_);
  }
  [[noreturn]] void refuse_opcode(unsigned char opcode) const {
    if (opcode >= kExt1 && opcode <= kExt4) bad("names a class by a number of the extension registry");
    bad("has the unknown opcode 0x{:02x}", opcode);
  }

  // Reading.

  std::string_view take(std::uint64_t count) {
    if (count > text_.size() - at_) bad("needs {} more bytes, {} are left", count, text_.size() - at_);
    const std::string_view taken = text_.substr(at_, count);
    at_ += count;
    return taken;
  }
  template <class T>
  T number() {
    return load_le<T>(as_bytes(take(sizeof(T))));
  }
  std::string_view line() {
    const auto end = text_.find('\n', at_);
    if (end == std::string_view::npos) bad("has a line without an end");
    const std::string_view taken = take(end - at_);
    take(1);
    return taken;
  }
  std::int64_t decimal(std::string_view digits) const {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) bad("got {}, need a number", in_quotes(digits));
    return value;
  }

  // The stack.

  PickleRef add(PickleValue value) {
    if (out_.values.size() == kMaxPickleValues) bad("holds more than {} values", kMaxPickleValues);
    out_.values.push_back(std::move(value));
    return static_cast<PickleRef>(out_.values.size() - 1);
  }
  bool push_again(PickleRef ref) {
    stack_.push_back(ref);
    return true;
  }
  bool push(PickleValue value) { return push_again(add(std::move(value))); }
  bool push_text(std::string_view text, Kind kind = Kind::text) { return push({.kind = kind, .text = text}); }
  bool push_integer(std::int64_t value, Kind kind = Kind::integer) { return push({.kind = kind, .integer = value}); }
  bool push_items(Kind kind, Refs items) { return push({.kind = kind, .items = std::move(items)}); }

  /// Values above the last mark.
  std::size_t height() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }
  PickleRef top() const {
    if (height() == 0) bad("takes a value from an empty stack");
    return stack_.back();
  }
  PickleRef pop() {
    const PickleRef ref = top();
    stack_.pop_back();
    return ref;
  }
  Refs pop_many(std::size_t count) {
    if (height() < count) bad("takes {} values from a stack of {}", count, height());
    const auto begin = stack_.end() - static_cast<std::ptrdiff_t>(count);
    Refs out(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    return out;
  }
  Refs pop_to_mark() {
    if (marks_.empty()) bad("looks for a mark that was not set");
    Refs out = pop_many(height());
    marks_.pop_back();
    return out;
  }
  const PickleValue& value(PickleRef ref) const { return out_.values[ref]; }

  // Groups of opcodes; each answers whether the opcode is one of its own.

  bool literal(unsigned char opcode) {
    switch (opcode) {
      case kNone: return push({});
      case kNewTrue: return push_integer(1, Kind::boolean);
      case kNewFalse: return push_integer(0, Kind::boolean);
      case kBinInt: return push_integer(number<std::int32_t>());
      case kBinInt1: return push_integer(number<std::uint8_t>());
      case kBinInt2: return push_integer(number<std::uint16_t>());
      case kLong1: return push_long(take(number<std::uint8_t>()));
      case kLong4: return push_long(take(length<std::int32_t>()));
      case kInt: return push_int(line());
      case kLong: return push_long_line(line());
      case kFloat: line(); return push({.kind = Kind::real});  // protocol 0 writes no weights: its value serves nobody
      case kBinFloat: return push({.kind = Kind::real, .real = big_endian_double(take(8))});
      case kString: return push_text(unquoted(line()));
      case kBinString: return push_text(take(length<std::int32_t>()));
      case kShortBinString: return push_text(take(number<std::uint8_t>()));
      case kUnicode: return push_text(line());
      case kBinUnicode: return push_text(take(number<std::uint32_t>()));
      case kShortBinUnicode: return push_text(take(number<std::uint8_t>()));
      case kBinUnicode8: return push_text(take(number<std::uint64_t>()));
      case kBinBytes: return push_text(take(number<std::uint32_t>()), Kind::bytes);
      case kShortBinBytes: return push_text(take(number<std::uint8_t>()), Kind::bytes);
      case kBinBytes8:
      case kByteArray8: return push_text(take(number<std::uint64_t>()), Kind::bytes);
      default: return false;
    }
  }

  template <class T>
  std::uint64_t length() {
    const T count = number<T>();
    if (count < 0) bad("has something {} bytes long", count);
    return static_cast<std::uint64_t>(count);
  }
  /// Two's complement, little-endian, as many bytes as it takes.
  bool push_long(std::string_view bytes) {
    if (bytes.size() > 8) return push_text(bytes, Kind::bytes);
    std::uint64_t bits = !bytes.empty() && bytes.back() < 0 ? ~std::uint64_t{0} : 0;
    std::memcpy(&bits, bytes.data(), bytes.size());
    return push_integer(static_cast<std::int64_t>(bits));
  }
  bool push_int(std::string_view digits) {
    if (digits == "00" || digits == "01") return push_integer(digits == "01", Kind::boolean);
    return push_integer(decimal(digits));
  }
  bool push_long_line(std::string_view digits) {
    if (digits.ends_with('L')) digits.remove_suffix(1);
    return push_integer(decimal(digits));
  }
  static double big_endian_double(std::string_view bytes) {
    return std::bit_cast<double>(__builtin_bswap64(load_le<std::uint64_t>(as_bytes(bytes))));
  }
  /// Escapes are left as they are: no name that PyTorch writes has any.
  std::string_view unquoted(std::string_view text) const {
    if (text.size() < 2 || text.front() != text.back()) bad("has a string without quotes");
    return text.substr(1, text.size() - 2);
  }

  bool memo(unsigned char opcode) {
    switch (opcode) {
      case kProto:
        if (const int protocol = number<std::uint8_t>(); protocol > 5) bad("is of the unknown protocol {}", protocol);
        return true;
      case kFrame: number<std::uint64_t>(); return true;
      case kMark: marks_.push_back(stack_.size()); return true;
      case kPop: return pop_value_or_mark();
      case kPopMark: pop_to_mark(); return true;
      case kDup: return push_again(top());
      case kPut: return remember(decimal(line()));
      case kBinPut: return remember(number<std::uint8_t>());
      case kLongBinPut: return remember(number<std::uint32_t>());
      case kMemoize: return remember(static_cast<std::int64_t>(memo_.size()));
      case kGet: return recall(decimal(line()));
      case kBinGet: return recall(number<std::uint8_t>());
      case kLongBinGet: return recall(number<std::uint32_t>());
      default: return false;
    }
  }

  bool pop_value_or_mark() {
    if (height() == 0 && !marks_.empty()) {
      marks_.pop_back();
    } else {
      pop();
    }
    return true;
  }
  bool remember(std::int64_t index) {
    memo_[index] = top();
    return true;
  }
  bool recall(std::int64_t index) {
    const auto at = memo_.find(index);
    if (at == memo_.end()) bad("recalls value {}, which it never kept", index);
    return push_again(at->second);
  }

  bool container(unsigned char opcode) {
    switch (opcode) {
      case kEmptyList:
      case kEmptySet: return push_items(Kind::list, {});
      case kEmptyTuple: return push_items(Kind::tuple, {});
      case kEmptyDict: return push_items(Kind::dict, {});
      case kTuple1: return push_items(Kind::tuple, pop_many(1));
      case kTuple2: return push_items(Kind::tuple, pop_many(2));
      case kTuple3: return push_items(Kind::tuple, pop_many(3));
      case kTuple: return push_items(Kind::tuple, pop_to_mark());
      case kList:
      case kFrozenSet: return push_items(Kind::list, pop_to_mark());
      case kDict: return push_items(Kind::dict, pairs(pop_to_mark()));
      case kAppend: return append(pop_many(1));
      case kAppends:
      case kAddItems: return append(pop_to_mark());
      case kSetItem: return set_items(pop_many(2));
      case kSetItems: return set_items(pairs(pop_to_mark()));
      default: return false;
    }
  }

  Refs pairs(Refs items) const {
    if (items.size() % 2 != 0) bad("has a key without a value");
    return items;
  }
  bool append(const Refs& items) {
    PickleValue& list = out_.values[top()];
    if (list.kind != Kind::list) bad("appends to what is no list");
    list.items.insert(list.items.end(), items.begin(), items.end());
    return true;
  }
  bool set_items(const Refs& items) {
    PickleValue& dict = out_.values[top()];
    if (dict.kind != Kind::dict && dict.kind != Kind::call) bad("puts a key into what is no dictionary");
    dict.items.insert(dict.items.end(), items.begin(), items.end());
    return true;
  }

  bool call_or_name(unsigned char opcode) {
    switch (opcode) {
      case kGlobal: return push(global());
      case kStackGlobal: return stack_global();
      case kPersId: return push_items(Kind::persistent, {add({.kind = Kind::text, .text = line()})});
      case kBinPersId: return push_items(Kind::persistent, pop_many(1));
      case kReduce:
      case kNewObj: return call(pop_many(2));
      case kNewObjEx: return call(pop_many(3));  // the third: arguments by name
      case kInst: {
        const PickleRef name = add(global());
        return call({name, add({.kind = Kind::tuple, .items = pop_to_mark()})});
      }
      case kObj: {
        Refs items = pop_to_mark();
        if (items.empty()) bad("makes an object of nothing");
        const PickleRef name = items.front();
        items.erase(items.begin());
        return call({name, add({.kind = Kind::tuple, .items = std::move(items)})});
      }
      case kBuild: return build();
      default: return false;
    }
  }

  PickleValue global() {
    const std::string_view module = line();
    return {.kind = Kind::global, .text = line(), .module = module};
  }
  bool stack_global() {
    const Refs names = pop_many(2);
    const PickleValue &module = value(names[0]), &name = value(names[1]);
    if (module.kind != Kind::text || name.kind != Kind::text) bad("names a class by what is no text");
    return push({.kind = Kind::global, .text = name.text, .module = module.text});
  }
  bool call(const Refs& parts) {
    const PickleValue& function = value(parts[0]);
    if (function.kind != Kind::global) unsafe("calls something that it made itself");
    if (!may_call_(function.module, function.text)) unsafe("calls {}", global_in_quotes(function));
    return push({.kind = Kind::call, .items = {parts[0], parts[1]}});
  }
  bool build() {
    const PickleRef state = pop();
    PickleValue& object = out_.values[top()];
    if (object.kind == Kind::global) unsafe("changes {}", global_in_quotes(object));
    if (object.kind != Kind::call) bad("gives a state to what is no object");
    if (value(state).kind == Kind::dict) {
      for (std::size_t i = 0; i < value(state).items.size(); i += 2) {
        const PickleValue& key = value(value(state).items[i]);
        if (key.kind == Kind::text && key.text.starts_with("__")) unsafe("sets {}", in_quotes(key.text));
      }
    }
    object.state = state;
    return true;
  }

  std::string_view text_;
  MayCall may_call_;
  std::size_t at_ = 0, opcode_at_ = 0;
  Pickle out_;
  Refs stack_;
  std::vector<std::size_t> marks_;  // heights of stack_
  std::unordered_map<std::int64_t, PickleRef> memo_;
};

}  // namespace

Result<Pickle> read_pickle(Bytes bytes, MayCall may_call) {
  const Bytes part = bytes.first(std::min(bytes.size(), kMaxPickleBytes));
  return catch_errors([&] { return Machine(part, may_call).run(); });
}

std::string global_in_quotes(const PickleValue& global) {
  return in_quotes(std::string(global.module) + "." + std::string(global.text));
}

}  // namespace pxf
