// Raising errors inside numerics, and turning them back into values at the engine's border.
// Numerics (tensor, ops, nn, models, sampling) throw Failure; formats, weights, store and service return Result.
#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

#include "pixelforge/error.h"

namespace pxf {

/// An Error on its way to the engine, which converts it once.
class Failure : public std::exception {
 public:
  explicit Failure(Error error) : error_(std::move(error)), text_(error_.text()) {}
  const char* what() const noexcept override { return text_.c_str(); }
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
  std::string text_;
};

/// Makes an Error from a fmt pattern.
template <class... Args>
Error make_error(ErrorCode code, fmt::format_string<Args...> pattern, Args&&... args) {
  return Error{code, fmt::format(pattern, std::forward<Args>(args)...), {}};
}

template <class... Args>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Args...> pattern, Args&&... args) {
  throw Failure(make_error(code, pattern, std::forward<Args>(args)...));
}

/// Throws an invalid_argument Failure unless the condition holds. The arguments are formatted only on failure.
template <class... Args>
void require(bool condition, fmt::format_string<Args...> pattern, Args&&... args) {
  if (!condition) fail(ErrorCode::invalid_argument, pattern, std::forward<Args>(args)...);
}

/// The value, or its error thrown: the step from the Result world into numerics.
template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw Failure(std::move(result).error());
  return std::move(result).value();
}

/// The Error that the exception now being handled stands for; call only inside a catch block.
Error current_error() noexcept;

/// Runs the function and turns whatever it throws into an Error.
template <class F>
auto catch_errors(F&& f) noexcept -> Result<decltype(f())> {
  try {
    return std::forward<F>(f)();
  } catch (...) {
    return current_error();
  }
}

/// `error` with `context` set, if it had none.
Error with_context(Error error, std::string context);

}  // namespace pxf
