#include "weights/adapters/apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
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
  bool seldom = false;  // the tensor is used once a picture, by a text encoder
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

// A weight with its changes. Where they allow it, rows are merged as they are read, in the reader's own memory and on
// its own thread; else the whole weight is, at the first read, and kept until it is not needed for now.
class Merged final : public ComputedElements {
 public:
  Merged(Weight original, std::vector<Change> changes, ThreadPool* pool)
      : original_(std::move(original)),
        changes_(std::move(changes)),
        pool_(pool),
        rows_(original_.shape().rank() == 0 ? 1 : original_.shape().dim(0)),
        columns_(original_.shape().numel() / std::max<std::int64_t>(1, rows_)) {}

  void prepare() override {
    original_.prepare();
    ready();
  }

  void release() override {
    std::lock_guard lock(mutex_);
    ready_.reset();
    original_.release();
  }

  void read(std::int64_t begin, std::span<float> out) override {
    const auto how = ready();
    if (how->by_row.empty()) {
      std::copy_n(how->whole.begin() + begin, out.size(), out.begin());
      return;
    }
    const auto count = static_cast<std::int64_t>(out.size());
    const std::int64_t first = begin / columns_, last = (begin + count + columns_ - 1) / columns_;
    if (begin % columns_ == 0 && count % columns_ == 0) return merge_rows(*how, first, last, out);
    std::vector<float> rows(static_cast<std::size_t>((last - first) * columns_));
    merge_rows(*how, first, last, rows);
    std::copy_n(rows.begin() + (begin - first * columns_), out.size(), out.begin());
  }

 private:
  struct Ready {
    std::vector<RowChange> by_row;  // one for each change, or none
    std::vector<float> whole;
  };

  std::shared_ptr<const Ready> ready() {
    std::lock_guard lock(mutex_);
    if (ready_) return ready_;
    auto made = std::make_shared<Ready>();
    for (const Change& change : changes_) {
      RowChange by_row;
      if (!change.bias) by_row = row_change(*change.module, change.strength, part_of(original_.shape(), change.third));
      if (by_row) made->by_row.push_back(std::move(by_row));
    }
    if (made->by_row.size() < changes_.size()) {
      made->by_row.clear();
      made->whole.resize(static_cast<std::size_t>(original_.shape().numel()));
      original_.read_f32(0, made->whole);
      for (const Change& change : changes_) merge(change, original_.shape(), made->whole, pool_);
    }
    return ready_ = std::move(made);
  }

  void merge_rows(const Ready& how, std::int64_t first, std::int64_t last, std::span<float> out) const {
    original_.read_f32(first * columns_, out);
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      const std::int64_t third = changes_[i].third, rows = third < 0 ? rows_ : rows_ / 3;
      const std::int64_t begin = third < 0 ? 0 : third * rows;
      const std::int64_t from = std::max(first, begin), to = std::min(last, begin + rows);
      if (from < to) how.by_row[i](from - begin, to - from, out.data() + (from - first) * columns_);
    }
  }

  const Weight original_;
  const std::vector<Change> changes_;
  ThreadPool* const pool_;
  const std::int64_t rows_, columns_;
  std::mutex mutex_;
  std::shared_ptr<const Ready> ready_;  // guarded by the mutex
};

// A text encoder meets some hundred vectors a picture: terms of low rank cost it less than merging. A network meets
// thousands at each step.
std::shared_ptr<const LowRankSum> as_terms(const Weight& original, const std::vector<Change>& changes) {
  auto sum = std::make_shared<LowRankSum>();
  sum->base = original;
  for (const Change& change : changes) {
    if (!change.seldom || change.bias || change.third >= 0) return nullptr;
    auto term = low_rank_term(*change.module, change.strength, original.shape());
    if (!term) return nullptr;
    sum->terms.push_back(std::move(*term));
  }
  return sum;
}

Weight changed(const Weight& original, std::vector<Change> changes, ThreadPool* pool) {
  auto terms = as_terms(original, changes);
  return Weight::computed(original.shape(), original.name(),
                          std::make_shared<Merged>(original, std::move(changes), pool), std::move(terms));
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
    const double strength = strength_at(*place);
    if (strength == 0) return;
    if (needs_weight) note(*place->weight, {use_.adapter, &module, strength, place->third, false, place->part != 0});
    if (needs_bias) note(*place->bias, {use_.adapter, &module, strength, place->third, true, place->part != 0});
  }

 private:
  double strength_at(const ModulePlace& place) const {
    const double strength = place.part == 0 ? use_.network : use_.text;
    if (!use_.blocks) return strength;
    return strength * (place.part == 0 ? use_.blocks->of(place.name()) : use_.blocks->base);
  }

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
  for (const Replaced& one : replaced_) {
    if (const LowRankSum* sum = one.where->low_rank()) {
      for (const LowRankSum::Term& term : sum->terms) out.insert(out.end(), {term.down.shape(), term.up.shape()});
    } else {
      out.push_back(one.original.shape());
    }
  }
  return out;
}

std::vector<Weight> AppliedAdapters::weights() const {
  std::vector<Weight> out;
  for (const Replaced& one : replaced_) out.push_back(*one.where);
  return out;
}

void AppliedAdapters::take_off() {
  for (const Replaced& one : replaced_) *one.where = one.original;
  replaced_.clear();
}

}  // namespace pxf
