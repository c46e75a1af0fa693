// What went wrong, in words a user can act on, and the type that carries either a value or such an error.
// Message form: "[what] problem: got A, need B; what to do". Immutable after construction; safe to copy between
// threads.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace pxf {

enum class ErrorCode : std::uint8_t {
  invalid_argument,  // the caller asked for something that cannot be (wrong size, unknown sampler)
  not_found,         // a file, name or tensor that is not there
  bad_file,          // a file that is damaged, cut off, hostile, or not of the format it claims
  unsupported,       // well formed, but nothing here can run it
  out_of_memory,     // it does not fit; checked before it is taken where that is possible
  io,                // the operating system refused a read or a write
  no_space,          // the disk is full
  cancelled,         // the user asked to stop
  internal,          // a defect of this program
};

/// The code's stable name, as JSON and the C API give it ("bad_file").
const char* to_string(ErrorCode code) noexcept;

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  std::string context;  // what it is about: a file, a tensor, a part; empty where the message says it all

  /// "context: message", or the message alone.
  std::string text() const { return context.empty() ? message : context + ": " + message; }
};

/// A T, or the Error that prevented it. Reading the side that is not there throws std::bad_variant_access.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
/// The result of something that only succeeds or fails.
using Status = Result<Done>;

}  // namespace pxf
