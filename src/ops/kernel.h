// How an op finds the code that runs it.
// Each op has a description (a struct of its arguments and its result); a backend offers, for each op, kernels in order
// of preference. A kernel declines with a reason or runs. The last one is always the scalar reference, which takes all.
#pragma once

#include <string_view>
#include <tuple>
#include <vector>

namespace pxf {

class Context;

/// Why a kernel does not take a description; nothing when it does.
class Refusal {
 public:
  constexpr Refusal() = default;
  constexpr Refusal(const char* reason) : reason_(reason) {}
  constexpr explicit operator bool() const noexcept { return reason_ != nullptr; }
  constexpr std::string_view reason() const noexcept { return reason_ == nullptr ? "" : reason_; }

 private:
  const char* reason_ = nullptr;
};
inline constexpr Refusal kAccepted{};

template <class Desc>
struct Kernel {
  const char* name;
  Refusal (*accepts)(const Desc&);
  void (*run)(Context&, const Desc&);
};

// Every op's description: the only list.
struct LinearDesc;
struct Conv2dDesc;
struct AttentionDesc;
struct GroupNormDesc;
struct GroupMomentsDesc;
struct LayerNormDesc;
struct UnaryDesc;
struct BinaryDesc;
struct GegluDesc;
struct ConcatDesc;
struct UpsampleDesc;
struct EmbeddingDesc;
struct TransposeDesc;

struct Backend {
  const char* name = "";
  std::tuple<std::vector<Kernel<LinearDesc>>, std::vector<Kernel<Conv2dDesc>>, std::vector<Kernel<AttentionDesc>>,
             std::vector<Kernel<GroupNormDesc>>, std::vector<Kernel<GroupMomentsDesc>>,
             std::vector<Kernel<LayerNormDesc>>, std::vector<Kernel<UnaryDesc>>, std::vector<Kernel<BinaryDesc>>,
             std::vector<Kernel<GegluDesc>>, std::vector<Kernel<ConcatDesc>>, std::vector<Kernel<UpsampleDesc>>,
             std::vector<Kernel<EmbeddingDesc>>, std::vector<Kernel<TransposeDesc>>>
      kernels;

  template <class Desc>
  const std::vector<Kernel<Desc>>& of() const {
    return std::get<std::vector<Kernel<Desc>>>(kernels);
  }
  template <class Desc>
  void add(Kernel<Desc> kernel) {
    std::get<std::vector<Kernel<Desc>>>(kernels).push_back(kernel);
  }
};

}  // namespace pxf
