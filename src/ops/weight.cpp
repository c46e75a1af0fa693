#include "ops/weight.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "tensor/widen.h"

namespace pxf {

struct Weight::State {
  Bytes bytes;
  DType dtype;
  Shape shape;
  std::shared_ptr<const void> owner;
  std::function<void(Bytes)> release;
  std::string name;
  std::shared_ptr<FormStore> store;
  std::mutex mutex;
  std::vector<std::pair<std::type_index, std::shared_ptr<const void>>> forms;
  std::vector<std::pair<std::string, std::shared_ptr<const Buffer>>> laid_out;  // that the forms hold
  std::atomic<std::uint64_t> form_bytes = 0;  // read without the mutex, which is held while a form is made

  // Of a computed weight.
  std::shared_ptr<ComputedElements> computed;
  std::shared_ptr<const LowRankSum> low_rank;
  std::once_flag bytes_asked_for;
  std::vector<float> kept;

  void let_go() const {
    if (release) release(bytes);
    if (computed) computed->release();
  }
};

Weight::Weight(Bytes bytes, DType dtype, Shape shape, std::shared_ptr<const void> owner,
               std::function<void(Bytes)> release, std::string name)
    : state_(std::make_shared<State>()) {
  const auto need = bytes_of(dtype, shape.numel());
  require(need.has_value(), "[weight] {} {} is no whole number of blocks of {}", name_of(dtype), shape.text(),
          block_elements(dtype));
  require(bytes.size() == *need, "[weight] {} {} needs {} bytes, got {}", name_of(dtype), shape.text(), *need,
          bytes.size());
  state_->bytes = bytes;
  state_->dtype = dtype;
  state_->shape = shape;
  state_->owner = std::move(owner);
  state_->release = std::move(release);
  state_->name = std::move(name);
}

Weight Weight::of(std::span<const float> values, Shape shape) {
  auto copy = std::make_shared<const std::vector<float>>(values.begin(), values.end());
  const Bytes bytes = std::as_bytes(std::span(*copy));
  return Weight(bytes, DType::f32, shape, std::move(copy), {});
}

Weight Weight::computed(Shape shape, std::string name, std::shared_ptr<ComputedElements> elements,
                        std::shared_ptr<const LowRankSum> low_rank) {
  Weight out;
  out.state_ = std::make_shared<State>();
  out.state_->dtype = DType::f32;
  out.state_->shape = shape;
  out.state_->name = std::move(name);
  out.state_->computed = std::move(elements);
  out.state_->low_rank = std::move(low_rank);
  return out;
}

const Shape& Weight::shape() const {
  require(defined(), "[weight] is undefined");
  return state_->shape;
}

DType Weight::dtype() const {
  require(defined(), "[weight] is undefined");
  return state_->dtype;
}

Bytes Weight::bytes() const {
  require(defined(), "[weight] is undefined");
  if (!state_->computed) return state_->bytes;
  std::call_once(state_->bytes_asked_for, [this] {
    state_->kept.resize(static_cast<std::size_t>(shape().numel()));
    state_->computed->read(0, state_->kept);
  });
  return std::as_bytes(std::span(state_->kept));
}

const std::string& Weight::name() const {
  require(defined(), "[weight] is undefined");
  return state_->name;
}

const LowRankSum* Weight::low_rank() const {
  require(defined(), "[weight] is undefined");
  return state_->low_rank.get();
}

void Weight::read_f32(std::int64_t begin, std::span<float> out) const {
  require(defined(), "[weight] is undefined");
  if (state_->computed) return state_->computed->read(begin, out);
  widen_to_f32(state_->bytes, state_->dtype, begin, out);
}

std::span<const float> Weight::f32() const {
  return packed<std::vector<float>>([this] {
    std::vector<float> values(static_cast<std::size_t>(shape().numel()));
    read_f32(0, values);
    return values;
  });
}

const void* Weight::find_or_make(std::type_index wanted, const std::function<Form()>& make) const {
  require(defined(), "[weight] is undefined");
  std::lock_guard lock(state_->mutex);
  for (const auto& [type, object] : state_->forms) {
    if (type == wanted) return object.get();
  }
  if (state_->computed) state_->computed->prepare();  // here, where a pool may be used: make() reads on its workers
  Form made = make();
  state_->forms.emplace_back(wanted, std::move(made.object));
  state_->form_bytes += made.bytes;
  state_->let_go();
  return state_->forms.back().second.get();
}

std::shared_ptr<const Buffer> Weight::laid_out(std::string_view form, std::size_t bytes,
                                               const std::function<std::shared_ptr<const Buffer>()>& make) const {
  require(defined(), "[weight] is undefined");
  auto out = state_->store ? state_->store->find_or_make(*this, form, bytes, make) : make();
  state_->laid_out.emplace_back(form, out);
  return out;
}

std::vector<std::pair<std::string, std::shared_ptr<const Buffer>>> Weight::all_laid_out() const {
  require(defined(), "[weight] is undefined");
  std::lock_guard lock(state_->mutex);
  return state_->laid_out;
}

void Weight::set_store(std::shared_ptr<FormStore> store) const {
  require(defined(), "[weight] is undefined");
  state_->store = std::move(store);
}

void Weight::prepare() const {
  if (defined() && state_->computed) state_->computed->prepare();
}

void Weight::release() const {
  if (defined()) state_->let_go();
}

void Weight::forget_forms() const {
  if (!defined()) return;
  if (const LowRankSum* sum = low_rank()) {
    sum->base.forget_forms();
    for (const LowRankSum::Term& term : sum->terms) {
      term.down.forget_forms();
      term.up.forget_forms();
    }
  }
  std::lock_guard lock(state_->mutex);
  state_->forms.clear();
  state_->laid_out.clear();
  state_->form_bytes = 0;
}

std::uint64_t Weight::form_bytes() const { return defined() ? state_->form_bytes.load() : 0; }

}  // namespace pxf
