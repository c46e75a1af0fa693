#include "tensor/buffer.h"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

#include "base/error.h"

namespace pxf {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kLarge = std::size_t{32} << 20;

// Sizes are rounded up so that nearly equal shapes share blocks: to cache lines below a page, then to an eighth of the
// next power of two (at most 1/8 is wasted).
std::size_t rounded(std::size_t size) {
  if (size <= 4096) return std::max<std::size_t>(BufferPool::kAlignment, (size + 63) / 64 * 64);
  std::size_t power = 4096;
  while (power < size && power <= (std::size_t{1} << 62)) power *= 2;
  const std::size_t step = power / 16;
  return (size + step - 1) / step * step;
}

std::byte* allocate(std::size_t size) {
  void* at = nullptr;
  const bool large = size >= kHugePage;
  if (::posix_memalign(&at, large ? kHugePage : BufferPool::kAlignment, size) != 0) return nullptr;
  // Whole huge pages only: one at the end would take memory that nobody asked for.
  if (large) ::madvise(at, size / kHugePage * kHugePage, MADV_HUGEPAGE);
  return static_cast<std::byte*>(at);
}

}  // namespace

struct BufferPool::State {
  std::mutex mutex;
  std::map<std::size_t, std::vector<std::byte*>> free;  // by size
  std::size_t in_use = 0;
  std::size_t lasting = 0;  // of these
  std::size_t peak = 0;
  std::size_t waiting = 0;
  std::size_t limit = 0;

  ~State() { trim(); }
  void trim() {
    for (auto& [size, blocks] : free) {
      for (std::byte* block : blocks) std::free(block);
    }
    free.clear();
    waiting = 0;
  }
  // Of the blocks that wait the largest go until there is room for another. Whether any went.
  bool make_room(std::size_t size) {
    bool any = false;
    while (limit > 0 && waiting > 0 && in_use + waiting + size > limit) {
      std::free(take_from(std::prev(free.end())));
      any = true;
    }
    return any;
  }
  // The smallest block that is large enough and not much larger; null when there is none. Small blocks may be twice as
  // large as asked for, large ones a quarter larger.
  std::byte* reuse(std::size_t& size) {
    const auto it = free.lower_bound(size);
    if (it == free.end() || it->first > (size < kLarge ? 2 * size : size + size / 4)) return nullptr;
    size = it->first;
    return take_from(it);
  }
  // One of just this size; null when there is none.
  std::byte* reuse_exactly(std::size_t size) {
    const auto it = free.find(size);
    return it == free.end() ? nullptr : take_from(it);
  }

 private:
  std::byte* take_from(std::map<std::size_t, std::vector<std::byte*>>::iterator it) {
    std::byte* at = it->second.back();
    waiting -= it->first;
    it->second.pop_back();
    if (it->second.empty()) free.erase(it);
    return at;
  }
};

class BufferPool::Block : public Buffer {
 public:
  Block(std::byte* data, std::size_t size, bool lasting, std::shared_ptr<State> state)
      : Buffer(data, size), lasting_(lasting), state_(std::move(state)) {}
  ~Block() override {
    std::lock_guard lock(state_->mutex);
    state_->in_use -= size_;
    if (lasting_) state_->lasting -= size_;
    try {
      state_->free[size_].push_back(data_);
      state_->waiting += size_;
    } catch (const std::bad_alloc&) {
      std::free(data_);
    }
  }

 private:
  bool lasting_;
  std::shared_ptr<State> state_;
};

BufferPool::BufferPool() : state_(std::make_shared<State>()) {}
BufferPool::~BufferPool() { trim(); }

std::shared_ptr<Buffer> BufferPool::take(std::size_t size) {
  std::size_t whole = rounded(size);
  std::byte* at = nullptr;
  {
    std::lock_guard lock(state_->mutex);
    at = state_->reuse(whole);
    // Large sizes recur within a step or not at all (a decoder's levels): what waits of other sizes goes back first.
    if (at == nullptr && whole >= kLarge) state_->trim();
  }
  return hand_out(at, whole, false);
}

std::shared_ptr<Buffer> BufferPool::take_lasting(std::size_t size) {
  const std::size_t whole = lasting_size(size);
  std::byte* at = nullptr;
  {
    std::lock_guard lock(state_->mutex);
    at = state_->reuse_exactly(whole);
  }
  return hand_out(at, whole, true);
}

std::shared_ptr<Buffer> BufferPool::hand_out(std::byte* at, std::size_t size, bool lasting) {
  if (at == nullptr) {
    bool any_went = false;
    {
      std::lock_guard lock(state_->mutex);
      any_went = state_->make_room(size);
    }
    if (any_went) ::malloc_trim(0);  // blocks of some megabytes lie in malloc's heap, which keeps them
    at = allocate(size);
  }
  if (at == nullptr) {
    trim();  // blocks of other sizes may be what is missing
    at = allocate(size);
  }
  if (at == nullptr) {
    fail(ErrorCode::out_of_memory,
         "memory ran out: got no block of {} MiB; use a smaller size or count, or end other programs", size >> 20);
  }
  auto block = std::make_shared<Block>(at, size, lasting, state_);
  std::lock_guard lock(state_->mutex);
  state_->in_use += size;
  if (lasting) state_->lasting += size;
  state_->peak = std::max(state_->peak, state_->in_use);
  return block;
}

void BufferPool::trim() {
  bool is_limited = false;
  {
    std::lock_guard lock(state_->mutex);
    state_->trim();
    is_limited = state_->limit > 0;
  }
  if (is_limited) ::malloc_trim(0);
}

void BufferPool::keep_within(std::size_t bytes) {
  std::lock_guard lock(state_->mutex);
  state_->limit = bytes;
}

std::size_t BufferPool::in_use() const {
  std::lock_guard lock(state_->mutex);
  return state_->in_use;
}

std::size_t BufferPool::held() const {
  std::lock_guard lock(state_->mutex);
  return state_->in_use + state_->waiting;
}

std::size_t BufferPool::lasting() const {
  std::lock_guard lock(state_->mutex);
  return state_->lasting;
}

std::size_t BufferPool::peak() const {
  std::lock_guard lock(state_->mutex);
  return state_->peak;
}

}  // namespace pxf
