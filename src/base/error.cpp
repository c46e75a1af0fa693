#include "base/error.h"

#include <new>

namespace pxf {

const char* to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::bad_file: return "bad_file";
    case ErrorCode::unsupported: return "unsupported";
    case ErrorCode::out_of_memory: return "out_of_memory";
    case ErrorCode::io: return "io";
    case ErrorCode::no_space: return "no_space";
    case ErrorCode::cancelled: return "cancelled";
    case ErrorCode::internal: return "internal";
  }
  return "internal";
}

Error current_error() noexcept {
  try {
    throw;
  } catch (const Failure& failure) {
    return failure.error();
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, "memory ran out: use a smaller size or count, or end other programs", {}};
  } catch (const std::exception& other) {
    return Error{ErrorCode::internal, other.what(), {}};
  } catch (...) {
    return Error{ErrorCode::internal, "an unknown exception", {}};
  }
}

Error with_context(Error error, std::string context) {
  if (error.context.empty()) error.context = std::move(context);
  return error;
}

}  // namespace pxf
