// Engine::merge: opens the models, settles what is computed from what, and streams it into the new file.
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "pipeline/convert_plan.h"
#include "pipeline/engine_state.h"
#include "pipeline/loras.h"
#include "pipeline/merge_plan.h"
#include "pipeline/merge_record.h"
#include "pipeline/opened_file.h"
#include "pipeline/tensor_stream.h"
#include "tensor/narrow.h"
#include "weights/merge/bake_vae.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

/// Opens what has a part in the merge, and keeps what is known of it.
class Opener {
 public:
  explicit Opener(fs::path out) : out_(std::move(out)) {}

  Catalog open(const std::string& name_or_path, std::vector<ModelInfo>& list) const {
    OpenedFile file = value_or_throw(open_file(name_or_path));
    ModelInfo info = describe_file(file, name_or_path, nullptr);
    std::error_code differ;  // also what a name in the program gives
    require(info.path.empty() || !fs::equivalent(info.path, out_, differ),
            "{}: is one of the models to merge; choose another name", out_.string());
    list.push_back(std::move(info));
    return std::move(file.catalog);
  }

 private:
  fs::path out_;
};

Catalog with_vae_of(const Catalog& a, const Catalog& vae) {
  const ModelTensors checkpoint(a);
  if (checkpoint.what().kind != FileKind::checkpoint) {
    throw Failure(Error{ErrorCode::unsupported,
                        fmt::format("is a {}, need a checkpoint to bake a VAE into", to_string(checkpoint.what().kind)),
                        checkpoint.name()});
  }
  const Catalog all(with_vae(checkpoint, ModelTensors(vae)));
  const std::string& prefix = a.prefix();
  return prefix.empty() ? all : all.under(prefix.substr(0, prefix.size() - 1));
}

/// LoRAs on top of what is computed already.
std::vector<LoraPlan> bake_loras(const Catalog& a, const ModelInfo& info, const std::vector<LoraUse>& loras,
                                 MergePlan& plan, ThreadPool* threads) {
  if (loras.empty()) return {};
  const OpenedModel opened = value_or_throw(open_model(a));
  for (const Declarations* part : opened.model.declarations()) {
    for (const Declaration& d : *part) {
      if (!d.weight->defined()) continue;
      if (const auto merged = plan.computed.find(d.weight->name()); merged != plan.computed.end()) {
        *d.weight = merged->second;
      }
    }
  }
  BakedLoras baked = bake({info, a, opened.model}, loras, threads);
  for (Weight& weight : baked.weights) plan.computed.insert_or_assign(weight.name(), std::move(weight));
  return std::move(baked.plans);
}

/// What is computed cannot stay of a type that nothing here writes.
void make_writable(ConvertPlan& file, const MergePlan& plan) {
  for (TensorInfo& tensor : file.tensors) {
    if (!plan.computed.contains(file.from.find(tensor.name)->second) || can_narrow_to(tensor.dtype)) continue;
    tensor.dtype = tensor.dtype == DType::f64 ? DType::f32 : DType::f16;
  }
}

Merged run_merge(const MergeOptions& asked, const fs::path& out, ThreadPool& threads, const OnFileProgress& on_progress,
                 const CancelToken* cancel) {
  check_merge(asked);
  MergeOptions options = asked;
  options.loras = with_strengths(std::move(options.loras));
  const Opener opener(out);
  MergeParticipants who;
  std::vector<Catalog> catalogs;
  for (const MergedModel& model : options.models) catalogs.push_back(opener.open(model.name, who.models));
  if (!options.vae.empty()) catalogs[0] = with_vae_of(catalogs[0], opener.open(options.vae, who.vae));
  MergeSources sources;
  for (const Catalog& catalog : catalogs) sources.models.emplace_back(catalog);
  if (!options.base.empty()) sources.base.emplace_back(opener.open(options.base, who.base));
  for (const LoraUse& lora : options.loras) opener.open(lora.name, who.loras);

  const Catalog& a = catalogs[0];
  ConvertPlan file = plan_conversion(a, out, {options.type, options.format, options.prune});
  MergePlan plan = plan_merge(sources, options, &threads);
  const std::vector<LoraPlan> loras = bake_loras(a, who.models[0], options.loras, plan, &threads);
  make_writable(file, plan);
  MergeRecord record = merge_record(std::move(file.metadata), who, options, out.stem().string());

  Merged done;
  done.format = file.counts.format;
  done.tensors = file.counts.tensors;
  done.merged = std::ssize(plan.computed);
  done.from_a = plan.from_a;
  done.left_out = plan.left_out;
  for (const LoraPlan& lora : loras) done.loras.push_back({lora.name, lora.applied, lora.total});
  done.licence = std::move(record.licence);
  done.recipe = std::move(record.recipe);

  const std::uint64_t files = sources.models.size() + sources.base.size();
  const auto origin = [&](const TensorInfo& to) {
    const std::string& name = file.from.find(to.name)->second;
    const TensorInfo* info = a.source().find(name);
    const auto computed = plan.computed.find(name);
    if (computed == plan.computed.end()) return TensorOrigin{&a.source(), info, {}, info->byte_count()};
    return TensorOrigin{&a.source(), info, computed->second, files * info->byte_count()};
  };
  for (const TensorInfo& tensor : file.tensors) done.read += origin(tensor).bytes;
  const StreamedFile written = value_or_throw(write_stream(
      {out, file.format, std::move(file.tensors), std::move(record.metadata), origin}, threads, on_progress, cancel));
  done.bytes = written.bytes;
  done.seconds = written.seconds;
  return done;
}

}  // namespace

Result<Merged> Engine::merge(const MergeOptions& options, const std::filesystem::path& out,
                             const OnFileProgress& on_progress, const CancelToken* cancel) {
  if (state_->unusable) return *state_->unusable;
  return catch_errors([&] { return run_merge(options, out, *state_->threads, on_progress, cancel); });
}

}  // namespace pxf
