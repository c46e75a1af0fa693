// Memory for tensors: aligned blocks that go back to their pool when the last owner lets go, so that a step of sampling
// finds the blocks of the step before instead of asking the system.
// Thread-safe. A Buffer may outlive its pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace pxf {

class Buffer {
 public:
  virtual ~Buffer() = default;
  std::byte* data() noexcept { return data_; }
  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 protected:
  Buffer(std::byte* data, std::size_t size) : data_(data), size_(size) {}
  std::byte* data_;
  std::size_t size_;
};

class BufferPool {
 public:
  static constexpr std::size_t kAlignment = 64;  // a cache line, and the widest vector

  BufferPool();
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// A block of at least `size` bytes, contents undefined. Throws Failure(out_of_memory) when the system has none.
  std::shared_ptr<Buffer> take(std::size_t size);
  /// The same for what stays (packed weights): of just this size, not a larger block that was waiting.
  std::shared_ptr<Buffer> take_lasting(std::size_t size);
  /// How large such a block is.
  static constexpr std::size_t lasting_size(std::size_t size) noexcept {
    return ((size > 0 ? size : 1) + kAlignment - 1) / kAlignment * kAlignment;
  }
  /// Gives the blocks that nobody holds back to the system.
  void trim();
  /// From now on, blocks that nobody holds go back to the system before those taken from it are more than this. 0: they
  /// wait for whoever can use them.
  void keep_within(std::size_t bytes);
  /// Bytes of live buffers now, and at most so far.
  std::size_t in_use() const;
  std::size_t peak() const;
  /// Bytes taken from the system now: live buffers and those waiting to be used again.
  std::size_t held() const;
  /// Of the live ones, those that were taken to last.
  std::size_t lasting() const;

 private:
  struct State;
  class Block;
  std::shared_ptr<Buffer> hand_out(std::byte* block, std::size_t size, bool lasting);
  std::shared_ptr<State> state_;
};

}  // namespace pxf
