#include "weights/adapters/apply.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/error.h"
#include "formats/in_quotes.h"
#include "weights/adapters/merge.h"

namespace pxf {
namespace {

// One module's change of one tensor, or of a third of its rows.
struct Change {
  std::shared_ptr<const Adapter> owner;
  const AdapterModule* module = nullptr;
  double strength = 1;
  std::int64_t third = -1;
  bool bias = false;
};

Shape part_of(const Shape& whole, std::int64_t third) {
  return third < 0 || whole.rank() == 0 ? whole : whole.with(0, whole.dim(0) / 3);
}

void merge(const Change& change, const Shape& whole, std::span<float> values, ThreadPool* pool) {
  const Shape shape = part_of(whole, change.third);
  const auto count = static_cast<std::size_t>(shape.numel());
  const std::span<float> rows =
      values.subspan(change.third < 0 ? 0 : static_cast<std::size_t>(change.third) * count, count);
  change.bias ? merge_bias(*change.module, change.strength, rows)
              : merge_weight(*change.module, change.strength, shape, rows, pool);
}

Weight changed(const Weight& original, std::vector<Change> changes, ThreadPool* pool) {
  return Weight::computed(original.shape(), original.name(), [original, changes = std::move(changes), pool] {
    std::vector<float> values(static_cast<std::size_t>(original.shape().numel()));
    original.read_f32(0, values);
    for (const Change& change : changes) merge(change, original.shape(), values, pool);
    return values;
  });
}

// Gathers the changes of every tensor before any is replaced.
class Applying {
 public:
  Applying(const ModuleNames& names, AdapterReport& report, const AdapterUse& use,
           std::map<Weight*, std::vector<Change>>& changes)
      : names_(names), report_(report), use_(use), changes_(changes) {}

  void add(const AdapterModule& module) {
    ++report_.total;
    const std::optional<ModulePlace> place = names_.find(module.target);
    const bool needs_weight = module.kind != nullptr, needs_bias = module.has("diff_b");
    if (!place || (needs_weight && place->weight == nullptr) || (needs_bias && place->bias == nullptr)) {
      report_.unknown.push_back(module.target);
      return;
    }
    std::string wrong;
    if (needs_weight) wrong = weight_misfit(module, part_of(place->weight->weight->shape(), place->third));
    if (wrong.empty() && needs_bias) wrong = bias_misfit(module, part_of(place->bias->weight->shape(), place->third));
    if (!wrong.empty()) {
      report_.wrong_shape.push_back(fmt::format("{}: {}", in_quotes(module.target), wrong));
      return;
    }
    ++report_.applied;
    const double strength = place->part == 0 ? use_.network : use_.text;
    if (strength == 0) return;
    if (needs_weight) note(*place->weight, {use_.adapter, &module, strength, place->third, false});
    if (needs_bias) note(*place->bias, {use_.adapter, &module, strength, place->third, true});
  }

 private:
  void note(const Declaration& tensor, Change change) { changes_[tensor.weight].push_back(std::move(change)); }

  const ModuleNames& names_;
  AdapterReport& report_;
  const AdapterUse& use_;
  std::map<Weight*, std::vector<Change>>& changes_;
};

}  // namespace

AppliedAdapters apply_adapters(const ModuleNames& names, std::span<const AdapterUse> uses, ThreadPool* pool) {
  AppliedAdapters out;
  std::map<Weight*, std::vector<Change>> changes;
  for (const AdapterUse& use : uses) {
    AdapterReport& report = out.reports_.emplace_back();
    Applying applying(names, report, use, changes);
    for (const AdapterModule& module : use.adapter->modules) applying.add(module);
    report.total += static_cast<std::int64_t>(use.adapter->unknown.size());
    report.unknown.insert(report.unknown.end(), use.adapter->unknown.begin(), use.adapter->unknown.end());
  }
  for (auto& [where, list] : changes) {
    out.replaced_.push_back({where, *where});
    *where = changed(*where, std::move(list), pool);
  }
  return out;
}

std::vector<Shape> AppliedAdapters::shapes() const {
  std::vector<Shape> out;
  for (const Replaced& one : replaced_) out.push_back(one.original.shape());
  return out;
}

void AppliedAdapters::take_off() {
  for (const Replaced& one : replaced_) *one.where = one.original;
  replaced_.clear();
}

}  // namespace pxf
