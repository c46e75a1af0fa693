#include "pipeline/convert_plan.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "formats/in_quotes.h"
#include "pipeline/convert_rules.h"
#include "sampling/names.h"
#include "weights/recognise.h"

namespace pxf {
namespace {

using enum DType;
constexpr std::array kTypes{f32,  f16,  bf16, f8_e4m3, f8_e5m2, q8_0, q4_0, q4_1,
                            q5_0, q5_1, q6_k, q5_k,    q4_k,    q3_k, q2_k};

std::optional<DType> wanted_type(const std::string& name) {
  if (name.empty()) return std::nullopt;
  std::vector<std::string_view> names;
  for (const DType type : kTypes) {
    if (same_name(name_of(type), name)) return type;
    names.push_back(name_of(type));
  }
  throw Failure(unknown_name("type", name, names));
}

WrittenFormat wanted_format(const std::string& name, const std::filesystem::path& out) {
  const std::string ending = out.extension().string();
  if (name == "gguf" || (name.empty() && ending == ".gguf")) return WrittenFormat::gguf;
  if (name == "safetensors" || (name.empty() && (ending == ".safetensors" || ending == ".sft"))) {
    return WrittenFormat::safetensors;
  }
  require(name.empty(), "format: got \"{}\", need safetensors, gguf or diffusers", name);
  fail(ErrorCode::invalid_argument, "{}: the ending tells the format: need .safetensors or .gguf; or say --format",
       out.string());
}

/// Types with few bits: only what bears it gets them.
bool is_coarse(DType type) { return is_block_type(type) || type == f8_e4m3 || type == f8_e5m2; }

void check_type(WrittenFormat format, DType type) {
  if (can_hold(format, type)) return;
  fail(ErrorCode::invalid_argument, "type: {} files have no {}, need {}", name_of(format), name_of(type),
       format == WrittenFormat::gguf ? "f32, f16, bf16 or one such as q8_0; or write .safetensors"
                                     : "f32, f16, bf16, f8_e4m3 or f8_e5m2; or write .gguf");
}

void check_kind(const Recognised& what, DType type) {
  constexpr std::array kWholes{FileKind::checkpoint, FileKind::network, FileKind::text_encoder, FileKind::unknown};
  if (!is_coarse(type) || std::ranges::find(kWholes, what.kind) != kWholes.end()) return;
  fail(ErrorCode::invalid_argument,
       "type: got {} for a {}, need f32, f16 or bf16: what is small already is not quantised", name_of(type),
       to_string(what.kind));
}

/// A float tensor that does not get a coarse type.
DType fine_type(const TensorInfo& tensor) {
  const bool matrix = tensor.shape.rank() >= 2;
  if (tensor.dtype == f64 || tensor.dtype == f32) return matrix ? f16 : f32;
  return is_coarse(tensor.dtype) ? f16 : tensor.dtype;
}

DType float_type(const TensorInfo& tensor, const std::string& name, const ConvertPlan& plan) {
  if (!plan.type) return can_hold(plan.format, tensor.dtype) ? tensor.dtype : f16;
  if (!is_coarse(*plan.type)) return *plan.type;
  const auto block = static_cast<std::int64_t>(block_elements(*plan.type));
  const bool whole_blocks = tensor.shape.rank() > 0 && tensor.shape.dim(-1) % block == 0;
  return whole_blocks && bears_quantising(name, tensor.shape) ? *plan.type : fine_type(tensor);
}

/// GGUF has signed integers only: the next one that holds all values.
DType integer_type(const TensorInfo& tensor, WrittenFormat format) {
  if (can_hold(format, tensor.dtype)) return tensor.dtype;
  switch (tensor.dtype) {
    case boolean: return i8;
    case u8: return i16;
    case u16: return i32;
    case u32: return i64;
    default:
      fail(ErrorCode::invalid_argument, "tensor {}: GGUF has no type {}; write .safetensors", in_quotes(tensor.name),
           name_of(tensor.dtype));
  }
}

void add(ConvertPlan& plan, const TensorInfo& tensor, std::string name) {
  const bool floating = is_float(tensor.dtype);
  const DType type = floating ? float_type(tensor, name, plan) : integer_type(tensor, plan.format);
  if (floating) ++(plan.type == type ? plan.counts.converted : plan.counts.kept);
  plan.from.emplace(name, tensor.name);
  plan.tensors.push_back({std::move(name), type, tensor.shape});
}

TensorSource::Metadata metadata_for(const Catalog& file, const Recognised& what, WrittenFormat format) {
  TensorSource::Metadata out = file.source().metadata();
  for (const char* of_the_old_file : {"general.alignment", "general.file_type", "general.quantization_version"}) {
    out.erase(of_the_old_file);
  }
  if (format == WrittenFormat::gguf) {
    out.try_emplace("general.architecture", gguf_architecture(what.family));
  }
  return out;
}

}  // namespace

ConvertPlan plan_conversion(const Catalog& file, const std::filesystem::path& out, const ConvertOptions& options) {
  ConvertPlan plan;
  plan.type = wanted_type(options.type);
  plan.format = wanted_format(options.format, out);
  const Recognised what = recognise(file);
  if (plan.type) {
    check_type(plan.format, *plan.type);
    check_kind(what, *plan.type);
    plan.counts.type = name_of(*plan.type);
  }
  plan.counts.format = name_of(plan.format);
  plan.metadata = metadata_for(file, what, plan.format);
  for (const TensorInfo& tensor : file.source().tensors()) {
    // Training checkpoints keep the weights one level down, where few programs look for them.
    std::string name = tensor.name;
    if (name.starts_with(file.prefix())) name.erase(0, file.prefix().size());
    if (options.prune && only_for_training(name)) {
      ++plan.counts.pruned;
      plan.counts.pruned_bytes += tensor.byte_count();
    } else {
      add(plan, tensor, std::move(name));
    }
  }
  plan.counts.tensors = std::ssize(plan.tensors);
  return plan;
}

}  // namespace pxf
