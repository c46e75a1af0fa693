#include "pipeline/describe.h"

#include <algorithm>
#include <map>

#include "pipeline/loras.h"
#include "pipeline/presets.h"
#include "weights/recognise.h"

namespace pxf {
namespace {

// What every file consists of when nothing is known of its parts.
PartInfo whole_file(const Catalog& file) {
  PartInfo part;
  part.name = "tensors";
  for (const TensorInfo& tensor : file.source().tensors()) {
    part.tensors += 1;
    part.parameters += tensor.shape.numel();
    part.bytes += static_cast<std::int64_t>(tensor.byte_count());
    const std::string type(name_of(tensor.dtype));
    if (std::ranges::find(part.types, type) == part.types.end()) part.types.push_back(type);
  }
  return part;
}

const char* prediction_name(Prediction prediction) {
  if (prediction == Prediction::edm) return "edm";
  return prediction == Prediction::v ? "v" : "eps";
}

}  // namespace

PartInfo part_info(std::string name, const Declarations& declarations) {
  PartInfo part;
  part.name = std::move(name);
  std::map<std::string, std::int64_t> counts;
  for (const Declaration& d : declarations) {
    if (!d.weight->defined()) continue;
    part.tensors += 1;
    part.parameters += d.weight->shape().numel();
    part.bytes += static_cast<std::int64_t>(d.weight->bytes().size());
    counts[std::string(name_of(d.weight->dtype()))] += d.weight->shape().numel();
  }
  for (const auto& [type, count] : counts) part.types.push_back(type);
  std::ranges::stable_sort(part.types,
                           [&](const std::string& a, const std::string& b) { return counts[a] > counts[b]; });
  return part;
}

ModelInfo describe(const Catalog& file, const Hearsay& said, OpenedModel* opened) {
  ModelInfo info;
  info.format = file.source().format();
  info.tensors = static_cast<std::int64_t>(file.source().tensors().size());
  info.metadata = file.source().metadata();
  info.model_title = file.metadata("modelspec.title");
  info.author = file.metadata("modelspec.author");
  info.description = file.metadata("modelspec.description");
  info.license = file.metadata("modelspec.license");
  info.tags = file.metadata("modelspec.tags");

  const Recognised what = recognise(file);
  info.kind = to_string(what.kind);
  info.family = what.family;
  info.title = what.title;
  info.reasons = what.reasons;

  Result<OpenedModel> result = open_model(file, said);
  if (!result) {
    info.unsupported_because = result.error().message;
    info.parts.push_back(whole_file(file));
    if (what.kind == FileKind::lora) describe_lora(file, info);
    return info;
  }
  OpenedModel model = std::move(result).value();
  info.supported = true;
  info.family = model.model.family->id;
  info.title = model.model.family->title;
  if (what.kind == FileKind::unknown) info.kind = to_string(FileKind::checkpoint);
  info.prediction = prediction_name(model.model.prediction);
  info.unexpected = model.report.unexpected;
  info.recommended = recommended_for(model.model);
  if (model.model.network) info.parts.push_back(part_info("unet", model.model.network->declarations()));
  if (model.model.autoencoder) info.parts.push_back(part_info("vae", model.model.autoencoder->declarations()));
  for (std::size_t i = 0; i < model.model.texts.size(); ++i) {
    const std::string name = i == 0 ? "text_encoder" : fmt::format("text_encoder_{}", i + 1);
    info.parts.push_back(part_info(name, model.model.texts[i]->declarations()));
  }
  if (opened != nullptr) *opened = std::move(model);
  return info;
}

}  // namespace pxf
