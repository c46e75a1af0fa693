// What Store keeps of the ways to draw that people have compared.
#include "store/store.h"

namespace pxf {

Status Store::save_comparison(const ComparisonRow& row) {
  return write([&] {
    writing()
        .prepare("INSERT INTO comparisons VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        .with(row.id, row.model, row.preset, row.challenger, std::int64_t{row.preset_first}, row.vote)
        .run();
    return Done{};
  });
}

std::vector<Store::ComparisonRow> Store::comparisons_where(std::string_view condition, const std::string& value) {
  constexpr std::int64_t kFirst = 6;  // version of the schema that has them
  std::vector<ComparisonRow> out;
  if (!exists() || reading().schema_version() < kFirst) return out;
  Statement rows = reading().prepare(
      fmt::format("SELECT id, model, preset, challenger, preset_first, vote FROM comparisons WHERE {}", condition));
  rows.with(value);
  while (rows.step()) {
    out.push_back({rows.text(0), rows.text(1), rows.text(2), rows.text(3), rows.whole(4) != 0, rows.text(5)});
  }
  return out;
}

Result<std::optional<Store::ComparisonRow>> Store::comparison(const std::string& id) {
  return catch_errors([&]() -> std::optional<ComparisonRow> {
    std::vector<ComparisonRow> rows = comparisons_where("id = ?1", id);
    return rows.empty() ? std::nullopt : std::optional(std::move(rows[0]));
  });
}

Result<std::vector<Store::ComparisonRow>> Store::comparisons(const std::string& model) {
  return catch_errors([&] { return comparisons_where("model = ?1", model); });
}

Result<bool> Store::vote(const std::string& id, const std::string& vote) {
  return write([&] {
    writing().prepare("UPDATE comparisons SET vote = ?2 WHERE id = ?1 AND vote = ''").with(id, vote).run();
    return writing().changes() > 0;
  });
}

}  // namespace pxf
