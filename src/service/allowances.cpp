#include "service/allowances.h"

#include <fmt/format.h>

#include "service/ids.h"

namespace pxf {
namespace {

constexpr std::int64_t kDay = 86'400'000;

std::int64_t used_on(Sql& sql, const std::string& subject, std::int64_t day) {
  const auto rows = sql.rows("SELECT used FROM allowances WHERE subject = $1 AND day = $2", {subject, day});
  return rows.empty() ? 0 : rows[0][0].whole();
}

}  // namespace

AllowanceState allowance_of(Sql& sql, const std::string& subject, std::int64_t limit) {
  const std::int64_t day = now_ms() / kDay;
  return {limit, used_on(sql, subject, day), (day + 1) * kDay};
}

void take(Sql& sql, const std::string& job, std::int64_t pictures, const std::vector<Charge>& charges) {
  const std::int64_t day = now_ms() / kDay;
  for (const Charge& charge : charges) {
    const std::int64_t wanted = pictures * charge.each;
    sql.change("INSERT INTO allowances (subject, day, used) VALUES ($1, $2, 0) ON CONFLICT (subject, day) DO NOTHING",
               {charge.subject, day});
    const auto taken =
        sql.change("UPDATE allowances SET used = used + $3 WHERE subject = $1 AND day = $2 AND used + $3 <= $4",
                   {charge.subject, day, wanted, charge.limit});
    if (taken == 0) {
      const AllowanceState state{charge.limit, used_on(sql, charge.subject, day), (day + 1) * kDay};
      throw LimitReached(LimitReached::Until::tomorrow,
                         fmt::format("today's allowance does not suffice: got {}, {} of {} are left", wanted,
                                     state.left(), state.limit),
                         state);
    }
    sql.change("INSERT INTO charges (job, subject, day, each) VALUES ($1, $2, $3, $4)",
               {job, charge.subject, day, charge.each});
  }
}

void give_back(Sql& sql, const std::string& job) {
  const auto charges = sql.rows(
      "SELECT c.subject, c.day, c.each, j.count - j.drawn FROM charges c JOIN jobs j ON j.id = c.job WHERE c.job = $1",
      {job});
  for (const SqlRow& charge : charges) {
    const std::int64_t back = charge[2].whole() * charge[3].whole();
    if (back <= 0) continue;
    sql.change("UPDATE allowances SET used = used - $3 WHERE subject = $1 AND day = $2", {charge[0], charge[1], back});
  }
  sql.change("DELETE FROM charges WHERE job = $1", {job});
}

}  // namespace pxf
