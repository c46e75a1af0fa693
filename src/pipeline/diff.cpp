// Engine::diff: two models, tensor by tensor.
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/stopwatch.h"
#include "pipeline/engine_state.h"
#include "pipeline/lora_file.h"
#include "pipeline/opened_file.h"
#include "weights/adapters/changes.h"
#include "weights/block_label.h"
#include "weights/compare.h"
#include "weights/model_tensors.h"

namespace pxf {
namespace {

/// One side: what is compared, by name.
struct Side {
  ModelInfo info;
  std::map<std::string, Weight> tensors;
};

std::string part_name(const std::string& name) {
  const ModelPart part = part_of(name);
  if (part != ModelPart::other) return std::string(to_string(part));
  // An adapter's names: kohya's, diffusers', ComfyUI's.
  for (const char* mark : {"lora_te", "text_encoder", "text_model"}) {
    if (name.find(mark) != name.npos) return "text";
  }
  for (const char* mark : {"lora_unet", "unet.", "diffusion_model."}) {
    if (name.starts_with(mark)) return "unet";
  }
  return "other";
}

/// Sums of one row, and how they become its numbers.
struct Tally {
  DiffRow row;
  Comparison sums;

  void add(const Tally& other) {
    row.tensors += other.row.tensors;
    row.parameters += other.row.parameters;
    row.changed += other.row.changed;
    row.missing += other.row.missing;
    row.added += other.row.added;
    row.misshapen += other.row.misshapen;
    row.damaged += other.row.damaged;
    if (other.row.damaged == 0) sums += other.sums;
  }

  DiffRow result() const {
    DiffRow out = row;
    const double lengths = std::sqrt(sums.aa) * std::sqrt(sums.bb);
    out.cosine = sums.aa == 0 && sums.bb == 0 ? 1 : lengths == 0 ? 0 : std::min(1.0, sums.ab / lengths);
    out.relative = sums.dd == 0   ? 0
                   : sums.aa == 0 ? std::numeric_limits<double>::infinity()
                                  : std::sqrt(sums.dd / sums.aa);
    out.largest = sums.largest;
    return out;
  }
};

Side open_side(const std::string& name_or_path) {
  const OpenedFile file = value_or_throw(open_file(name_or_path));
  Side side{describe_file(file, name_or_path, nullptr), {}};
  const ModelTensors tensors(file.catalog);
  for (const auto& [name, info] : tensors.all()) side.tensors.emplace(name, tensors.weight(name));
  return side;
}

/// Both sides of LoRAs as what they change, where both say that; else by their tensors.
bool see_changes(const std::string& a, const std::string& b, Side& left, Side& right) {
  if (left.info.kind != "LoRA" || right.info.kind != "LoRA") return false;
  const LoraFile first = value_or_throw(open_lora(a)), second = value_or_throw(open_lora(b));
  std::map<std::string, Weight> x = lora_changes(*first.adapter), y = lora_changes(*second.adapter);
  if (x.empty() || y.empty()) return false;
  left.tensors = std::move(x);
  right.tensors = std::move(y);
  return true;
}

std::uint64_t bytes_to_read(const Weight& weight) { return *bytes_of(weight.dtype(), weight.shape().numel()); }

class Comparing {
 public:
  Comparing(const Side& a, const Side& b, ThreadPool& threads, const OnFileProgress& on_progress,
            const CancelToken* cancel)
      : a_(a), b_(b), threads_(threads), on_progress_(on_progress), cancel_(cancel) {
    for (const auto& [name, weight] : a_.tensors) {
      if (const auto other = b_.tensors.find(name); other != b_.tensors.end()) {
        progress_.total += bytes_to_read(weight) + bytes_to_read(other->second);
      }
    }
  }

  void run(DiffReport& report) {
    for (const auto& [name, weight] : a_.tensors) {
      const auto other = b_.tensors.find(name);
      note(name, other == b_.tensors.end() ? lone(&DiffRow::missing) : both(weight, other->second), report);
    }
    for (const auto& [name, weight] : b_.tensors) {
      if (!a_.tensors.contains(name)) note(name, lone(&DiffRow::added), report);
    }
    report.whole = whole_.result();
    report.whole.name = "all";
    for (const auto& [key, tally] : parts_) report.parts.push_back(tally.result());
    for (const auto& [key, tally] : blocks_) report.blocks.push_back(tally.result());
    report.read = progress_.total;
    report.seconds = watch_.seconds();
  }

 private:
  static Tally lone(std::int64_t DiffRow::*count) {
    Tally out;
    out.row.*count = 1;
    return out;
  }

  Tally both(const Weight& a, const Weight& b) {
    if (!same_extents(a.shape(), b.shape())) return lone(&DiffRow::misshapen);
    Tally out;
    out.sums = compare(a, b, &threads_);
    out.row.tensors = 1;
    out.row.parameters = a.shape().numel();
    out.row.damaged = out.sums.finite ? 0 : 1;
    out.row.changed = out.sums.finite && !out.sums.equal ? 1 : 0;
    if (!out.sums.finite) out.sums = {};
    tell(bytes_to_read(a) + bytes_to_read(b));
    return out;
  }

  void note(const std::string& name, Tally tally, DiffReport& report) {
    tally.row.name = name;
    tally.row.block = block_label(name);
    tally.row.part = part_name(name);
    // In the order in which a picture is made: text, network, VAE.
    const int order = tally.row.part == "text" ? 0 : tally.row.part == "unet" ? 1 : tally.row.part == "vae" ? 2 : 3;
    Tally& part = parts_[order];
    Tally& block = blocks_[{order, tally.row.block}];
    part.row.name = part.row.part = block.row.part = tally.row.part;
    block.row.name = block.row.block = tally.row.block;
    for (Tally* sum : {&whole_, &part, &block}) sum->add(tally);
    report.tensors.push_back(tally.result());
  }

  void tell(std::uint64_t read) {
    progress_.done += read;
    progress_.seconds = watch_.seconds();
    const bool stop = on_progress_ && on_progress_(progress_) == Go::stop;
    if (stop || (cancel_ != nullptr && cancel_->requested())) fail(ErrorCode::cancelled, "cancelled");
  }

  const Side &a_, &b_;
  ThreadPool& threads_;
  const OnFileProgress& on_progress_;
  const CancelToken* cancel_;
  FileProgress progress_;
  Stopwatch watch_;
  Tally whole_;
  std::map<int, Tally> parts_;
  std::map<std::pair<int, std::string>, Tally> blocks_;
};

}  // namespace

Result<DiffReport> Engine::diff(const std::string& a, const std::string& b, const OnFileProgress& on_progress,
                                const CancelToken* cancel) {
  if (state_->unusable) return *state_->unusable;
  return catch_errors([&] {
    Side left = open_side(a), right = open_side(b);
    DiffReport report;
    report.lora_changes = see_changes(a, b, left, right);
    report.a = left.info.name;
    report.b = right.info.name;
    report.kind = left.info.kind;
    Comparing(left, right, *state_->threads, on_progress, cancel).run(report);
    if (report.whole.tensors == 0) {
      throw Failure(Error{ErrorCode::unsupported,
                          fmt::format("is a {}, {} is a {}: no tensor has the same name and shape; need two models of "
                                      "one kind",
                                      right.info.kind, a, left.info.kind),
                          b});
    }
    return report;
  });
}

}  // namespace pxf
