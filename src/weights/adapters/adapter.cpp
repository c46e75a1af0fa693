#include "weights/adapters/adapter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "formats/in_quotes.h"
#include "weights/adapters/factor_names.h"
#include "weights/adapters/kind.h"
#include "weights/textual_inversion.h"

namespace pxf {
namespace {

class Reader {
 public:
  Reader(const Catalog& file, const AdapterConfig& config) : file_(file), config_(config) {}

  Adapter read() {
    Adapter out;
    out.name = file_.source().name();
    for (const std::string_view name : file_.names()) {
      if (name.starts_with(kBundledEmbeddings)) continue;  // for the prompt, not for weights
      if (!note(name)) out.unknown.emplace_back(name);
    }
    for (auto& [target, module] : modules_) {
      settle(module);
      out.modules.push_back(std::move(module));
    }
    return out;
  }

 private:
  [[noreturn]] void refuse(std::string_view what, const std::string& why) const {
    throw Failure(Error{ErrorCode::bad_file, fmt::format("{} {}", in_quotes(what), why), file_.source().name()});
  }

  bool note(std::string_view name) {
    std::optional<FactorName> parts = split_factor_name(name);
    if (!parts && name.ends_with(".weight")) {  // IA3's, whose ending says nothing
      const std::string_view target = name.substr(0, name.size() - std::string_view(".weight").size());
      if (file_.has(std::string(target) + ".on_input")) parts = FactorName{target, "weight"};
    }
    if (!parts) return false;
    AdapterModule& module = modules_[std::string(parts->target)];
    module.target = parts->target;
    const auto [at, added] = module.factors.emplace(parts->factor, file_.weight(name));
    if (!added)
      refuse(name, fmt::format("and {} say the same of one weight; need one of them", in_quotes(at->second.name())));
    return true;
  }

  void settle(AdapterModule& m) const {
    m.config = config_;
    for (const auto& [name, factor] : m.factors) {
      if (factor.shape().numel() == 0) refuse(factor.name(), "has no elements: a rank of 0 changes nothing");
    }
    const auto kinds = adapter_kinds();
    const auto kind = std::ranges::find_if(kinds, [&](const AdapterKind& k) {
      return std::ranges::any_of(k.marks, [&](std::string_view mark) { return m.has(mark); });
    });
    if (kind == kinds.end()) {
      if (!m.has("diff_b"))
        refuse(m.target, fmt::format("has {} alone, which changes nothing", m.factors.begin()->first));
      return;
    }
    m.kind = &*kind;
    if (kind->missing != nullptr) {
      if (const std::string lack = kind->missing(m); !lack.empty()) refuse(m.target, lack + "; the file is incomplete");
    }
    settle_scale(m);
  }

  std::optional<double> alpha_of(const AdapterModule& m) const {
    if (!m.has("alpha")) return config_.alpha;
    const Weight& factor = m.factor("alpha");
    if (factor.shape().numel() != 1)
      refuse(factor.name(), fmt::format("has shape {}, need one number", factor.shape().text()));
    float value = 0;
    factor.read_f32(0, {&value, 1});
    if (!std::isfinite(value)) refuse(factor.name(), fmt::format("is {}, need a number", value));
    return double{value};
  }

  void settle_scale(AdapterModule& m) const {
    const std::optional<double> alpha = alpha_of(m);
    if (m.kind->rank == nullptr) {
      m.constraint = alpha.value_or(0);
      return;
    }
    // PEFT knows a rank that whole Kronecker factors no longer show.
    const std::int64_t seen = m.kind->rank(m);
    const auto rank = seen > 0 ? static_cast<double>(seen) : config_.rank.value_or(0);
    if (!alpha || rank == 0) return;
    if (*alpha == 0) refuse(m.target, "has an alpha of 0, which makes it change nothing; need another number");
    m.scale = *alpha / (config_.root_of_rank ? std::sqrt(rank) : rank);
  }

  const Catalog& file_;
  const AdapterConfig& config_;
  std::map<std::string, AdapterModule> modules_;
};

bool all_finite(const Weight& factor) {
  std::vector<float> values(static_cast<std::size_t>(factor.shape().numel()));
  factor.read_f32(0, values);
  return std::ranges::all_of(values, [](float v) { return std::isfinite(v); });
}

}  // namespace

Weight AdapterModule::factor(std::string_view name) const {
  const auto at = factors.find(name);
  return at == factors.end() ? Weight() : at->second;
}

std::int64_t AdapterModule::rank() const { return kind == nullptr || kind->rank == nullptr ? 0 : kind->rank(*this); }

Adapter read_adapter(const Catalog& file, const AdapterConfig& config) { return Reader(file, config).read(); }

void check_finite(const Adapter& adapter) {
  for (const AdapterModule& module : adapter.modules) {
    for (const auto& [name, factor] : module.factors) {
      if (all_finite(factor)) continue;
      throw Failure(Error{
          ErrorCode::bad_file,
          fmt::format("{} holds NaN or infinity; the file is damaged: pull or copy it again", in_quotes(factor.name())),
          adapter.name});
    }
  }
}

}  // namespace pxf
