// One part of a checkpoint on tensors from a file, so that anyone can hold it against a reference implementation.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/error.h"
#include "formats/in_quotes.h"
#include "formats/safetensors.h"
#include "ops/arrange.h"
#include "pipeline/checkpoint.h"
#include "pipeline/engine_state.h"
#include "tensor/widen.h"

namespace pxf {
namespace {

using Outputs = std::map<std::string, Tensor>;

class Inputs {
 public:
  Inputs(Context& ctx, const std::filesystem::path& path)
      : ctx_(ctx), source_(value_or_throw(open_safetensors(path))) {}

  std::vector<float> values(const std::string& name) const {
    std::vector<float> out(static_cast<std::size_t>(info(name).shape.numel()));
    widen_to_f32(source_->bytes(name), info(name).dtype, out);
    return out;
  }
  Tensor tensor(const std::string& name, int rank) const {
    const Shape& shape = info(name).shape;
    require(shape.rank() == rank && shape.numel() > 0, "[probe] {}: got {}, need {} extents", in_quotes(name),
            shape.text(), rank);
    return ctx_.from(values(name), shape);
  }
  Tensor ids(const std::string& name) const {
    const std::vector<float> numbers = values(name);
    const Shape& shape = info(name).shape;
    require(shape.rank() == 2, "[probe] {}: got {}, need (B, N)", in_quotes(name), shape.text());
    require(std::ranges::all_of(numbers, [](float v) { return v >= 0 && v < 1e6f; }), "[probe] {}: ids out of range",
            in_quotes(name));
    return ctx_.from(std::vector<std::int32_t>(numbers.begin(), numbers.end()), shape);
  }

 private:
  const TensorInfo& info(const std::string& name) const {
    if (const TensorInfo* found = source_->find(name)) return *found;
    std::string names;
    for (const TensorInfo& tensor : source_->tensors()) names += (names.empty() ? "" : ", ") + in_quotes(tensor.name);
    throw Failure(Error{ErrorCode::invalid_argument,
                        fmt::format("has no tensor \"{}\", which this part takes; it has {}", name, names),
                        source_->name()});
  }

  Context& ctx_;
  std::shared_ptr<const TensorSource> source_;
};

template <class Part>
const Part& part_or_throw(const Part* part, const char* name) {
  require(part != nullptr, "[probe] this file has no {}", name);
  return *part;
}

Outputs probe_unet(const Model& model, const Inputs& in) {
  const std::vector<float> t = in.values("timestep");
  const Network& network = part_or_throw(model.network.get(), "UNet");
  Conditioning cond{in.tensor("context", 3)};
  if (network.vector_width() > 0) cond.vector = in.tensor("y", 2);
  const Tensor out =
      network.predict(channels_last(in.tensor("sample", 4)), std::vector<double>(t.begin(), t.end()), cond);
  return {{"prediction", channels_first(out)}};
}

Outputs probe_text(const Model& model, std::size_t which, const Inputs& in) {
  require(which < model.texts.size(), "[probe] this file has {} text encoders", model.texts.size());
  const TextEncoder& text = *model.texts[which];
  const Tensor ids = in.ids("ids");
  const TextEncoder::Output last = text.encode({ids}, 1);
  Outputs out{{"last", last.features}};
  if (last.pooled.defined()) out["pooled"] = last.pooled;
  if (text.layers() > 1) out["skip2"] = text.encode({ids}, 2).features;
  return out;
}

Outputs probe_decode(const Model& model, const Inputs& in) {
  const Autoencoder& vae = part_or_throw(model.autoencoder.get(), "VAE");
  return {{"image", channels_first(vae.decode(channels_last(in.tensor("latent", 4))))}};
}

Outputs probe_encode(const Model& model, const Inputs& in) {
  const Autoencoder& vae = part_or_throw(model.autoencoder.get(), "VAE");
  const Tensor image = in.tensor("image", 4);
  const std::int64_t factor = model.latent.factor;
  require(image.dim(2) % factor == 0 && image.dim(3) % factor == 0,
          "[probe] image: got {}, need sides that are multiples of {}", image.shape().text(), factor);
  const Autoencoder::Moments moments = vae.encode(channels_last(image));
  Tensor logvar = channels_first(moments.logvar);
  Tensor deviation = logvar.context().empty(logvar.shape());
  // As the reference implementations: log variances beyond these are clamped.
  std::ranges::transform(logvar.span<float>(), deviation.span<float>().begin(), [](float& v) {
    v = std::clamp(v, -30.0f, 20.0f);
    return std::exp(0.5f * v);
  });
  return {{"mean", channels_first(moments.mean)}, {"logvar", logvar}, {"std", deviation}};
}

}  // namespace

Result<std::vector<std::string>> Engine::probe(const Checkpoint& checkpoint, const std::string& part,
                                               const std::filesystem::path& in, const std::filesystem::path& out,
                                               const CancelToken* cancel) {
  if (state_->unusable) return *state_->unusable;
  const Result<Engine::State::Turn> turn = state_->wait_for_turn(cancel);
  if (!turn) return turn.error();
  static const std::map<std::string, Outputs (*)(const Model&, const Inputs&), std::less<>> kParts{
      {"unet", probe_unet},
      {"text", [](const Model& model, const Inputs& inputs) { return probe_text(model, 0, inputs); }},
      {"text_2", [](const Model& model, const Inputs& inputs) { return probe_text(model, 1, inputs); }},
      {"vae.decode", probe_decode},
      {"vae.encode", probe_encode}};
  return catch_errors([&] {
    const auto run = kParts.find(part);
    require(run != kParts.end(), "part: got \"{}\", need unet, text, text_2, vae.decode or vae.encode", part);
    Context ctx(*state_->backend, *state_->threads, state_->memory, cancel);
    ctx.set_precision(state_->options.precision);
    const HeldModels::Use use(*state_->models, checkpoint.state_->held);
    const Outputs outputs = run->second(use.model().model, Inputs(ctx, in));
    std::vector<TensorView> views;
    std::vector<std::string> names;
    for (const auto& [name, tensor] : outputs) {
      views.push_back({name, DType::f32, tensor.shape(), std::as_bytes(tensor.span<float>())});
      names.push_back(name);
    }
    value_or_throw(write_safetensors(out, views));
    return names;
  });
}

}  // namespace pxf
