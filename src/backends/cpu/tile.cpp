// The multiply-add tile: everything dense is made of it.
#include "backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/tile.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backends/cpu/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {
namespace {

static_assert(kRows <= kMaxTileRows);

template <int kTileRows, bool kByColumns>
void run_tile(const TileArgs& t) {
  const D d;
  HWY_ALIGN float edge[kTileRows * kColumns];
  const bool whole = t.columns == kColumns;
  float* HWY_RESTRICT c = t.c;
  std::int64_t stride = t.c_stride;
  if (!whole) {
    if (t.start == nullptr) {
      for (int i = 0; i < kTileRows; ++i) {
        for (std::int64_t j = 0; j < t.columns; ++j) edge[i * kColumns + j] = t.c[i * t.c_stride + j];
        for (std::int64_t j = t.columns; j < kColumns; ++j) edge[i * kColumns + j] = 0;
      }
    }
    c = edge;
    stride = kColumns;
  }

  V left[kTileRows], right[kTileRows];
  if (t.start != nullptr) {
    const V start_left = hn::LoadU(d, t.start), start_right = hn::LoadU(d, t.start + kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kTileRows; ++i) left[i] = start_left, right[i] = start_right;
  } else {
#pragma GCC unroll 16
    for (int i = 0; i < kTileRows; ++i) {
      left[i] = hn::LoadU(d, c + i * stride);
      right[i] = hn::LoadU(d, c + i * stride + kLanes);
    }
  }

  const float* HWY_RESTRICT b = t.b;
  const auto add = [&](auto element) HWY_ATTR {
    const V b_left = hn::Load(d, b), b_right = hn::Load(d, b + kLanes);
    b += kColumns;
#pragma GCC unroll 16
    for (int i = 0; i < kTileRows; ++i) {
      const V x = hn::Set(d, element(i));
      left[i] = hn::MulAdd(x, b_left, left[i]);
      right[i] = hn::MulAdd(x, b_right, right[i]);
    }
  };
  if constexpr (kByColumns) {
    const float* HWY_RESTRICT a = t.columns_of_a;
    for (std::int64_t k = 0; k < t.depth; ++k, a += t.column_stride) add([a](int i) HWY_ATTR { return a[i]; });
  } else {
    for (std::int64_t tap = 0; tap < t.taps; ++tap) {
      const float* a[kTileRows];
#pragma GCC unroll 16
      for (int i = 0; i < kTileRows; ++i) a[i] = t.rows[tap * kMaxTileRows + i] + t.begin;
      for (std::int64_t k = 0; k < t.depth; ++k) add([&a, k](int i) HWY_ATTR { return a[i][k]; });
    }
  }

#pragma GCC unroll 16
  for (int i = 0; i < kTileRows; ++i) {
    hn::StoreU(left[i], d, c + i * stride);
    hn::StoreU(right[i], d, c + i * stride + kLanes);
  }
  if (!whole) {
    for (int i = 0; i < kTileRows; ++i) {
      for (std::int64_t j = 0; j < t.columns; ++j) t.c[i * t.c_stride + j] = edge[i * kColumns + j];
    }
  }
}

template <DType kType>
void widen_from(const std::byte* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += kLanes) hn::StoreU(load_panel<kType>(from, i), D(), to + i);
}

void widen(DType type, const std::byte* from, float* to, std::int64_t count) {
  type == DType::f16 ? widen_from<DType::f16>(from, to, count) : widen_from<DType::bf16>(from, to, count);
}

template <int... kCounts>
constexpr TileKernels make_kernels(std::integer_sequence<int, kCounts...>) {
  return {hwy::TargetName(HWY_TARGET),
          kRows,
          static_cast<int>(kColumns),
          {nullptr, run_tile<kCounts + 1, false>...},
          {nullptr, run_tile<kCounts + 1, true>...},
          widen};
}

}  // namespace

const TileKernels* tile_table() {
  static const TileKernels table = make_kernels(std::make_integer_sequence<int, kRows>());
  return &table;
}

}  // namespace HWY_NAMESPACE
}  // namespace pxf
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <bit>
#include <utility>

#include "backends/backends.h"

namespace pxf {

HWY_EXPORT(tile_table);

const TileKernels& tile_kernels() { return *HWY_DYNAMIC_DISPATCH(tile_table)(); }

std::vector<std::string> cpu_instruction_sets() {
  std::vector<std::string> names;
  // The lowest bit is the widest set.
  for (std::int64_t left = hwy::SupportedTargets() & HWY_TARGETS; left != 0; left &= left - 1) {
    names.emplace_back(hwy::TargetName(left & -left));
  }
  return names;
}

bool use_instruction_set(std::string_view name) {
  hwy::SetSupportedTargetsForTest(0);
  std::int64_t only = 0;
  for (std::int64_t left = hwy::SupportedTargets() & HWY_TARGETS; left != 0; left &= left - 1) {
    if (hwy::TargetName(left & -left) == name) only = left & -left;
  }
  if (!name.empty() && only == 0) return false;
  hwy::SetSupportedTargetsForTest(only);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return true;
}

}  // namespace pxf
#endif
