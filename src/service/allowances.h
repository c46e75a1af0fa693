// What may be drawn in a day, counted so that no race gives more: a charge is one statement that fails where the day's
// limit would be passed. Inside a transaction of the caller's.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "service/sql.h"

namespace pxf {

/// One count that a job adds to: "pictures/visitor:..." and so on.
struct Charge {
  std::string subject;
  std::int64_t limit = 0;  // of a day
  std::int64_t each = 1;   // of one picture
};

struct AllowanceState {
  std::int64_t limit = 0, used = 0;
  std::int64_t left() const { return limit > used ? limit - used : 0; }
  std::int64_t resets = 0;  // milliseconds since 1970: the next midnight, UTC
};

/// A limit of who asks would be passed.
class LimitReached : public std::exception {
 public:
  enum class Until : std::uint8_t { tomorrow, a_job_ends, for_ever };
  LimitReached(Until how_long, std::string text, AllowanceState allowance = {})
      : until(how_long), state(allowance), text_(std::move(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }

  const Until until;
  const AllowanceState state;  // of tomorrow's

 private:
  std::string text_;
};

AllowanceState allowance_of(Sql& sql, const std::string& subject, std::int64_t limit);

/// Takes for a job of so many pictures from every count, or throws LimitReached and (with the caller's transaction)
/// from none.
void take(Sql& sql, const std::string& job, std::int64_t pictures, const std::vector<Charge>& charges);

/// Gives back what a job that has ended has not drawn.
void give_back(Sql& sql, const std::string& job);

}  // namespace pxf
