#include "json/json.h"

#include <array>
#include <utility>

#include "pixelforge/licence.h"

namespace pxf {

std::string dump(const Json& json, int indent) { return json.dump(indent, ' ', false, Json::error_handler_t::replace); }

namespace {

/// By the names that other programs have for them; those that are known.
Json hashes_json(const ModelInfo& model) {
  Json out = Json::object();
  const auto add = [&](const char* name, const std::string& hash) {
    if (!hash.empty()) out[name] = hash;
  };
  add("AutoV1", model.auto_v1);
  add("AutoV2", model.sha256.substr(0, 10));
  add("AutoV3", model.tensors_sha256.substr(0, 12));
  add("kohya", model.tensors_sha256);
  add("modelspec", model.tensors_sha256.empty() ? "" : "0x" + model.tensors_sha256);
  return out;
}

/// What few say, and who says each.
void add_rest(const Recommended& r, Json& into) {
  into["sources"] = r.sources;
  into["clip_skip"] = r.clip_skip ? Json(*r.clip_skip) : Json();
  into["negative"] = r.negative;
  into["vae"] = r.vae;
  into["shortcuts"] = r.shortcuts;
  into["left_out"] = r.left_out;
  Json levels = Json::object();
  for (const auto& [level, at] : r.levels) {
    levels[to_string(level)] = {
        {"sampler", at.sampler}, {"scheduler", at.scheduler}, {"steps", at.steps}, {"cfg_scale", at.cfg_scale}};
  }
  into["levels"] = std::move(levels);
}

}  // namespace

Json to_json(const ModelInfo& model) {
  Json parts = Json::array();
  for (const PartInfo& part : model.parts) {
    parts.push_back({{"name", part.name},
                     {"tensors", part.tensors},
                     {"parameters", part.parameters},
                     {"bytes", part.bytes},
                     {"types", part.types}});
  }
  Json recommended;  // null where the file is no checkpoint
  if (const auto& r = model.recommended) {
    recommended = {
        {"sampler", r->sampler}, {"scheduler", r->scheduler}, {"steps", r->steps}, {"cfg_scale", r->cfg_scale},
        {"width", r->width},     {"height", r->height},       {"from", r->from}};
    add_rest(*r, recommended);
  }
  const LicenceVerdict verdict = judge_licence(model.license);
  Json lora;  // null where the file is none
  if (const auto& l = model.lora) {
    lora = {{"kinds", l->kinds},
            {"modules", l->modules},
            {"text_modules", l->text_modules},
            {"ranks", l->ranks},
            {"triggers", l->triggers},
            {"preferred_strength", l->preferred_strength ? Json(*l->preferred_strength) : Json()}};
  }
  return {
      {"name", model.name},
      {"path", model.path},
      {"format", model.format},
      {"bytes", model.bytes},
      {"tensors", model.tensors},
      {"sha256", model.sha256},
      {"hashes", hashes_json(model)},
      {"kind", model.kind},
      {"family", model.family},
      {"title", model.title},
      {"recognised_by", model.reasons},
      {"supported", model.supported},
      {"unsupported_because", model.unsupported_because},
      {"safe", model.safe},
      {"prediction", model.prediction},
      {"parts", parts},
      {"missing", model.missing},
      {"wrong_shape", model.wrong_shape},
      {"unexpected", model.unexpected},
      {"model_title", model.model_title},
      {"author", model.author},
      {"description", model.description},
      {"license", model.license},
      {"commercial", {{"licence", verdict.name}, {"use", to_string(verdict.commercial)}, {"because", verdict.reason}}},
      {"tags", model.tags},
      {"recommended", recommended},
      {"lora", lora},
      {"metadata", model.metadata},
  };
}

Json to_json(const MachineInfo& machine) {
  return {
      {"version", machine.version},           {"cpu", machine.cpu},
      {"processors", machine.processors},     {"threads", machine.threads},
      {"backend", machine.backend},           {"instruction_sets", machine.instruction_sets},
      {"memory_total", machine.memory_total}, {"memory_available", machine.memory_available},
  };
}

Json to_json(const Plan& plan) {
  Json loras = Json::array();
  for (const LoraPlan& lora : plan.loras) {
    loras.push_back({{"name", lora.name},
                     {"strength", lora.strength},
                     {"text_strength", lora.text_strength},
                     {"start", lora.start},
                     {"stop", lora.stop},
                     {"blocks", lora.blocks},
                     {"applied", lora.applied},
                     {"total", lora.total},
                     {"unknown", lora.unknown},
                     {"hash", lora.hash},
                     {"license", lora.license}});
  }
  Json embeddings = Json::array();
  for (const EmbeddingPlan& one : plan.embeddings) {
    embeddings.push_back({{"name", one.name},
                          {"vectors", one.vectors},
                          {"hash", one.hash},
                          {"left_out", one.left_out},
                          {"license", one.license}});
  }
  Json out = {
      {"sampler", plan.sampler},
      {"scheduler", plan.scheduler},
      {"steps", plan.steps},
      {"cfg_scale", plan.cfg_scale},
      {"guidance", to_text(plan.guidance)},
      {"shortcuts", to_text(plan.shortcuts)},
      {"seed", plan.seed},
      {"width", plan.width},
      {"height", plan.height},
      {"count", plan.count},
      {"clip_skip", plan.clip_skip},
      {"negative", plan.negative},
      {"level", to_string(plan.level)},
      {"noise", plan.noise == NoiseSource::cpu ? "cpu" : "gpu"},
      {"from", plan.settings_from},
      {"memory_needed", plan.memory_needed},
      {"vae_tiling", plan.vae_tiling},
      {"precision", to_string(plan.precision)},
      {"loras", loras},
      {"embeddings", embeddings},
      {"prompt_reading", plan.prompt_reading},
      {"notices", plan.notices},
  };
  if (plan.variation_strength > 0) {
    out["variation"] = {{"seed", plan.variation_seed}, {"strength", plan.variation_strength}};
  }
  if (plan.strength) out["strength"] = *plan.strength;
  if (plan.hires_steps > 0) {
    out["hires"] = {{"width", plan.hires_width}, {"height", plan.hires_height}, {"steps", plan.hires_steps}};
  }
  return out;
}

namespace {

Json profile_rows(const std::vector<BenchReport::ProfileRow>& rows) {
  Json out = Json::array();
  for (const BenchReport::ProfileRow& row : rows) {
    Json one = {{"part", row.part}};
    const std::array<std::pair<const char*, const std::string*>, 4> names{
        {{"block", &row.block}, {"layer", &row.layer}, {"op", &row.op}, {"kernel", &row.kernel}}};
    for (const auto& [name, value] : names) {
      if (!value->empty()) one[name] = *value;
    }
    one.update({{"calls", row.calls}, {"seconds", row.seconds}, {"gflop", row.gflop}, {"bytes", row.bytes}});
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Json to_json(const BenchReport& report) {
  Json results = Json::array();
  for (const BenchRow& row : report.rows) {
    if (row.seconds.empty()) continue;
    Json result = {
        {"name", row.name},
        {"seconds", {{"min", row.seconds.front()}, {"median", row.median()}, {"max", row.seconds.back()}}},
    };
    if (row.gflop > 0) result["gflops"] = row.gflop / row.median();
    if (row.cpu > 0) result["cpu"] = row.cpu;
    results.push_back(result);
  }
  Json kernels = Json::array();
  for (const auto& row : report.kernels) {
    kernels.push_back({{"kernel", row.kernel}, {"calls", row.calls}, {"seconds", row.seconds}, {"gflop", row.gflop}});
  }
  return {
      {"machine", to_json(report.machine)},
      {"checkpoint", report.checkpoint},
      {"width", report.width},
      {"height", report.height},
      {"results", results},
      {"kernels", kernels},
      {"parts", profile_rows(report.parts)},
      {"blocks", profile_rows(report.blocks)},
      {"ops", profile_rows(report.ops)},
      {"layers", profile_rows(report.layers)},
      {"peak_memory", report.peak_memory},
  };
}

}  // namespace pxf
