#include "pixelforge/methods.h"

#include <string_view>

#include "base/trimmed.h"
#include "sampling/method_names.h"
#include "sampling/names.h"

namespace pxf {
namespace {

std::vector<std::string> names_between_commas(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    if (const std::string_view name = trimmed(text.substr(0, end)); !name.empty()) names.emplace_back(name);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

template <class Entries>
std::vector<MethodName> names_of(const Entries& entries) {
  std::vector<MethodName> out;
  for (const auto& entry : entries) {
    out.push_back({std::string(entry.name), std::string(entry.label), names_between_commas(entry.aliases)});
  }
  return out;
}

}  // namespace

const std::vector<MethodName>& samplers() {
  static const std::vector<MethodName> all = names_of(all_samplers());
  return all;
}

const std::vector<MethodName>& schedulers() {
  static const std::vector<MethodName> all = names_of(all_schedulers());
  return all;
}

Result<MethodChoice> read_method(const std::string& sampler, const std::string& schedule_type, bool as_a1111) {
  const Dialect dialect = as_a1111 ? Dialect::a1111s : Dialect::anybodys;
  MethodChoice out;
  if (!sampler.empty()) {
    constexpr std::size_t kLongest = 100;
    const auto method = sampler.size() <= kLongest ? method_called(sampler, dialect) : std::nullopt;
    if (!method) return find_sampler(sampler).error();
    out.sampler = method->sampler->name;
    if (method->scheduler != nullptr) out.scheduler = method->scheduler->name;
  }
  if (same_name(schedule_type, "Automatic")) {
    if (out.scheduler.empty() && !out.sampler.empty()) out.scheduler = automatic_schedule(out.sampler);
  } else if (!schedule_type.empty()) {
    const SchedulerEntry* scheduler = scheduler_called(schedule_type, dialect);
    if (scheduler == nullptr) return find_scheduler(schedule_type).error();
    out.scheduler = scheduler->name;
  }
  if (as_a1111 && ignores_schedule_in_a1111(out.sampler)) out.scheduler = "normal";
  return out;
}

}  // namespace pxf
