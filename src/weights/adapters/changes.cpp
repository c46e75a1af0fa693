#include "weights/adapters/changes.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "weights/adapters/kind.h"
#include "weights/adapters/merge.h"

namespace pxf {
namespace {

bool is_plain(const AdapterModule& m) {
  return m.kind != nullptr && m.kind->title == "LoRA" && !m.has("dora_scale") && !m.has("magnitude") &&
         !m.has("diff_b");
}

/// Of the weight that the factors are made for: (out, in, taps).
Shape shape_of(const AdapterModule& m) {
  const std::int64_t out = m.factor("lora_up").shape().dim(0), rank = m.rank();
  const Shape& down = m.factor("lora_down").shape();
  if (!m.has("lora_mid")) return {out, down.numel() / rank};
  return {out, down.numel() / rank, m.factor("lora_mid").shape().numel() / (rank * rank)};
}

class LoraProduct final : public ComputedElements {
 public:
  LoraProduct(AdapterModule module, Shape shape) : module_(std::move(module)), shape_(shape) {}

  void read(std::int64_t begin, std::span<float> out) override {
    const RowChange change = rows();
    const std::int64_t columns = shape_.numel() / shape_.dim(0), count = std::ssize(out);
    const std::int64_t first = begin / columns, last = (begin + count + columns - 1) / columns;
    std::vector<float> values(static_cast<std::size_t>((last - first) * columns));
    change(first, last - first, values.data());
    std::copy_n(values.begin() + (begin - first * columns), count, out.begin());
  }

  void release() override {
    const std::lock_guard lock(mutex_);
    rows_ = nullptr;
  }

 private:
  RowChange rows() {
    const std::lock_guard lock(mutex_);
    if (!rows_) rows_ = row_change(module_, 1, shape_);
    return rows_;
  }

  const AdapterModule module_;
  const Shape shape_;
  std::mutex mutex_;
  RowChange rows_;  // guarded by the mutex
};

}  // namespace

std::map<std::string, Weight> lora_changes(const Adapter& adapter) {
  if (!std::ranges::all_of(adapter.modules, is_plain)) return {};
  std::map<std::string, Weight> out;
  for (const AdapterModule& module : adapter.modules) {
    const Shape shape = shape_of(module);
    if (!weight_misfit(module, shape).empty()) return {};
    out.emplace(module.target, Weight::computed(shape, module.target, std::make_shared<LoraProduct>(module, shape)));
  }
  return out;
}

}  // namespace pxf
