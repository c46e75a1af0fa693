// The C API on top of the C++ one: handles own C++ values, and no exception crosses the border.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "pixelforge/engine.h"
#include "pixelforge/picture_file.h"
#include "pixelforge/pixelforge.h"

struct pxf_engine {
  pxf::Engine engine;
};
struct pxf_checkpoint {
  pxf::Checkpoint checkpoint;
};
struct pxf_pictures {
  std::vector<pxf::Picture> pictures;
};

namespace {

using pxf::Error;
using pxf::ErrorCode;
using pxf::Result;
using pxf::Stage;

pxf_error_code code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument: return PXF_INVALID_ARGUMENT;
    case ErrorCode::not_found: return PXF_NOT_FOUND;
    case ErrorCode::bad_file: return PXF_BAD_FILE;
    case ErrorCode::unsupported: return PXF_UNSUPPORTED;
    case ErrorCode::out_of_memory: return PXF_OUT_OF_MEMORY;
    case ErrorCode::io: return PXF_IO;
    case ErrorCode::no_space: return PXF_NO_SPACE;
    case ErrorCode::cancelled: return PXF_CANCELLED;
    case ErrorCode::internal: return PXF_INTERNAL;
  }
  return PXF_INTERNAL;
}

pxf_stage stage_of(Stage stage) {
  switch (stage) {
    case Stage::open: return PXF_STAGE_OPEN;
    case Stage::text: return PXF_STAGE_TEXT;
    case Stage::steps: return PXF_STAGE_STEPS;
    case Stage::vae: return PXF_STAGE_VAE;
    case Stage::done: return PXF_STAGE_DONE;
  }
  return PXF_STAGE_DONE;
}

/// Cuts between characters, never inside one.
void report(pxf_error* error, pxf_error_code code, const char* message) noexcept {
  if (error == nullptr) return;
  std::size_t length = std::strlen(message);
  if (length >= sizeof error->message) {
    length = sizeof error->message - 1;
    while (length > 0 && (message[length] & 0xC0) == 0x80) --length;
  }
  error->code = code;
  std::copy_n(message, length, error->message);
  error->message[length] = '\0';
}

/// What `body` gives, a Result<T*>; null with `error` filled when that is an error or when something is thrown.
template <class Body>
auto guarded(pxf_error* error, Body body) noexcept -> std::decay_t<decltype(body().value())> {
  try {
    auto result = body();
    if (result) {
      report(error, PXF_OK, "");
      return result.value();
    }
    report(error, code_of(result.error().code), result.error().text().c_str());
  } catch (const std::bad_alloc&) {
    report(error, PXF_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    report(error, PXF_INTERNAL, e.what());
  } catch (...) {
    report(error, PXF_INTERNAL, "something unknown was thrown");
  }
  return {};
}

pxf::MaskFill mask_fill_of(pxf_mask_fill fill) {
  switch (fill) {
    case PXF_MASK_ORIGINAL: return pxf::MaskFill::original;
    case PXF_MASK_FILL: return pxf::MaskFill::fill;
    case PXF_MASK_NOISE: return pxf::MaskFill::noise;
    case PXF_MASK_NOTHING: return pxf::MaskFill::nothing;
  }
  return pxf::MaskFill::original;
}

pxf::HiresUpscaler hires_upscaler_of(pxf_hires_upscaler upscaler) {
  switch (upscaler) {
    case PXF_HIRES_PICTURE: return pxf::HiresUpscaler::picture;
    case PXF_HIRES_LATENT: return pxf::HiresUpscaler::latent;
    case PXF_HIRES_LATENT_BICUBIC: return pxf::HiresUpscaler::latent_bicubic;
    case PXF_HIRES_LATENT_BICUBIC_ANTIALIASED: return pxf::HiresUpscaler::latent_bicubic_antialiased;
    case PXF_HIRES_LATENT_NEAREST: return pxf::HiresUpscaler::latent_nearest;
    case PXF_HIRES_LATENT_NEAREST_EXACT: return pxf::HiresUpscaler::latent_nearest_exact;
  }
  return pxf::HiresUpscaler::picture;
}

std::optional<pxf::Image> image_of(const pxf_image& from) {
  if (from.rgb == nullptr) return std::nullopt;
  pxf::Image image{std::max(0, from.width), std::max(0, from.height), {}};  // of no size is refused where it is used
  image.pixels.assign(from.rgb, from.rgb + image.byte_count());
  return image;
}

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

template <class T>
std::optional<T> unless_zero(T value) {
  return value == 0 ? std::nullopt : std::optional(value);
}

void take_prompt_parts(const pxf_request& from, pxf::Request& request) {
  if (from.embeddings != nullptr) {
    request.embeddings.assign(from.embeddings, from.embeddings + from.embedding_count);
  }
  for (std::size_t i = 0; from.loras != nullptr && i < from.lora_count; ++i) {
    const pxf_lora& lora = from.loras[i];
    pxf::LoraUse use;
    use.name = text_of(lora.name);
    use.strength = lora.strength;
    if (lora.has_text_strength) use.text_strength = lora.text_strength;
    use.start = lora.start;
    use.stop = lora.stop == 0 ? 1 : lora.stop;
    use.blocks = text_of(lora.blocks);
    request.loras.push_back(std::move(use));
  }
  request.syntax = from.comfy_syntax ? pxf::PromptSyntax::comfy : pxf::PromptSyntax::a1111;
  if (from.styles != nullptr) request.styles.assign(from.styles, from.styles + from.style_count);
  request.styles_file = text_of(from.styles_file);
  request.wildcards = text_of(from.wildcards);
}

void take_noise(const pxf_request& from, pxf::Request& request) {
  request.noise = from.gpu_noise ? pxf::NoiseSource::gpu : pxf::NoiseSource::cpu;
  request.variation_strength = from.variation_strength;
  if (from.has_variation_seed) request.variation_seed = from.variation_seed;
  request.seed_resize_width = unless_zero(from.seed_resize_width);
  request.seed_resize_height = unless_zero(from.seed_resize_height);
  request.tile_x = from.tile_x;
  request.tile_y = from.tile_y;
  request.noise_seed_delta = from.noise_seed_delta;
}

void take_pictures(const pxf_request& from, pxf::Request& request) {
  request.init = image_of(from.init);
  request.strength = from.strength;
  request.mask = image_of(from.mask);
  request.mask_blur = from.mask_blur;
  request.mask_fill = mask_fill_of(from.mask_fill);
  request.invert_mask = from.invert_mask;
  request.only_masked = from.only_masked;
  request.masked_padding = from.masked_padding;
  request.outpaint = {from.outpaint_left, from.outpaint_right, from.outpaint_top, from.outpaint_bottom};
  request.hires = unless_zero(from.hires);
  request.hires_strength = from.hires_strength;
  request.hires_steps = unless_zero(from.hires_steps);
  request.hires_upscaler = hires_upscaler_of(from.hires_upscaler);
  request.image_cfg = from.image_cfg;
}

Result<pxf::Request> request_of(const pxf_request& from) {
  pxf::Request request;
  if (from.guidance != nullptr) {
    auto guidance = pxf::parse_guidance(from.guidance);
    if (!guidance) return std::move(guidance).error();
    request.guidance = std::move(guidance).value();
  }
  if (from.shortcuts != nullptr) {
    auto shortcuts = pxf::parse_shortcuts(from.shortcuts);
    if (!shortcuts) return std::move(shortcuts).error();
    request.shortcuts = std::move(shortcuts).value();
  }
  request.prompt = from.prompt;
  request.negative = text_of(from.negative);
  request.preset_negative = from.negative == nullptr;
  if (from.level != nullptr) {
    const auto level = pxf::level_of(from.level);
    if (!level) return Error{ErrorCode::invalid_argument, "level: need best, balanced or fast", ""};
    request.level = *level;
  }
  request.width = unless_zero(from.width);
  request.height = unless_zero(from.height);
  request.steps = unless_zero(from.steps);
  if (!(from.cfg_scale < 0)) request.cfg_scale = from.cfg_scale;  // NaN is passed on, and refused there
  if (from.sampler != nullptr) request.sampler = from.sampler;
  if (from.scheduler != nullptr) request.scheduler = from.scheduler;
  if (from.has_seed) request.seed = from.seed;
  request.count = from.count;
  request.clip_skip = unless_zero(from.clip_skip);
  request.vae_tiling = from.vae_tiling;
  request.preview = from.preview;
  request.preview_model = text_of(from.preview_model);
  request.commercial = from.commercial;
  take_prompt_parts(from, request);
  take_noise(from, request);
  take_pictures(from, request);
  return request;
}

pxf_progress progress_of(const pxf::Progress& from) {
  pxf_progress to{stage_of(from.stage),
                  from.picture,
                  from.pictures,
                  from.step,
                  from.steps,
                  from.seconds,
                  from.steps_per_second,
                  from.seconds_left,
                  0,
                  0,
                  nullptr};
  if (from.preview != nullptr) {
    to.preview_width = from.preview->width;
    to.preview_height = from.preview->height;
    to.preview_rgb = from.preview->pixels.data();
  }
  return to;
}

Error missing(const char* argument) { return {ErrorCode::invalid_argument, std::string(argument) + ": got NULL", ""}; }

/// Its own block of memory, so that pxf_free needs no size.
Result<uint8_t*> copy_of(const void* bytes, std::size_t size) {
  auto* copy = static_cast<uint8_t*>(std::malloc(size));
  if (copy == nullptr) return Error{ErrorCode::out_of_memory, "out of memory", ""};
  std::memcpy(copy, bytes, size);
  return copy;
}

Error no_such_picture(std::size_t index, std::size_t count) {
  return {ErrorCode::invalid_argument, "picture: got index " + std::to_string(index) + " of " + std::to_string(count),
          ""};
}

}  // namespace

extern "C" {

const char* pxf_version(void) { return pxf::version(); }

pxf_engine* pxf_engine_new(const pxf_engine_options* options, pxf_error* error) {
  return guarded(error, [&]() -> Result<pxf_engine*> {
    pxf::EngineOptions with;
    if (options != nullptr) {
      with.threads = options->threads;
      if (options->backend != nullptr) with.backend = options->backend;
      if (options->instruction_set != nullptr) with.instruction_set = options->instruction_set;
    }
    return new pxf_engine{pxf::Engine(with)};
  });
}

void pxf_engine_free(pxf_engine* engine) { delete engine; }

pxf_checkpoint* pxf_open(pxf_engine* engine, const char* name_or_path, pxf_error* error) {
  return guarded(error, [&]() -> Result<pxf_checkpoint*> {
    if (engine == nullptr || name_or_path == nullptr) return missing("pxf_open");
    auto opened = engine->engine.open(name_or_path);
    if (!opened) return std::move(opened).error();
    return new pxf_checkpoint{std::move(opened).value()};
  });
}

void pxf_checkpoint_free(pxf_checkpoint* checkpoint) { delete checkpoint; }

void pxf_checkpoint_describe(const pxf_checkpoint* checkpoint, pxf_checkpoint_info* info) {
  const pxf::ModelInfo& model = checkpoint->checkpoint.info();
  *info = {
      model.name.c_str(), model.title.c_str(), model.prediction.c_str(), model.license.c_str(), "", "", 0, 0, 0, 0};
  if (const auto& usual = model.recommended) {
    info->sampler = usual->sampler.c_str();
    info->scheduler = usual->scheduler.c_str();
    info->steps = usual->steps;
    info->width = usual->width;
    info->height = usual->height;
    info->cfg_scale = usual->cfg_scale;
  }
}

void pxf_request_init(pxf_request* request) {
  *request = {};
  request->prompt = "";
  request->cfg_scale = -1;
  request->count = 1;
  const pxf::Request usual;
  request->strength = usual.strength;
  request->mask_blur = usual.mask_blur;
  request->masked_padding = usual.masked_padding;
  request->hires_strength = usual.hires_strength;
  request->image_cfg = usual.image_cfg;
}

uint8_t* pxf_load_image(const char* path, int* width, int* height, pxf_error* error) {
  return guarded(error, [&]() -> Result<uint8_t*> {
    if (path == nullptr || width == nullptr || height == nullptr) return missing("pxf_load_image");
    const auto image = pxf::load_image(path);
    if (!image) return image.error();
    const Result<uint8_t*> copy = copy_of(image.value().pixels.data(), image.value().pixels.size());
    if (!copy) return copy;
    *width = image.value().width;
    *height = image.value().height;
    return copy;
  });
}

pxf_pictures* pxf_generate(pxf_engine* engine, const pxf_checkpoint* checkpoint, const pxf_request* request,
                           pxf_on_progress on_progress, void* user, pxf_error* error) {
  return guarded(error, [&]() -> Result<pxf_pictures*> {
    if (engine == nullptr || checkpoint == nullptr || request == nullptr || request->prompt == nullptr) {
      return missing("pxf_generate");
    }
    pxf::OnProgress listener;
    if (on_progress != nullptr) {
      listener = [&](const pxf::Progress& progress) {
        const pxf_progress told = progress_of(progress);
        return on_progress(&told, user) ? pxf::Go::on : pxf::Go::stop;
      };
    }
    const auto wanted = request_of(*request);
    if (!wanted) return wanted.error();
    auto pictures = engine->engine.generate(checkpoint->checkpoint, wanted.value(), listener);
    if (!pictures) return std::move(pictures).error();
    return new pxf_pictures{std::move(pictures).value()};
  });
}

void pxf_pictures_free(pxf_pictures* pictures) { delete pictures; }

size_t pxf_pictures_count(const pxf_pictures* pictures) { return pictures == nullptr ? 0 : pictures->pictures.size(); }

bool pxf_pictures_get(const pxf_pictures* pictures, size_t index, pxf_picture* picture) {
  if (index >= pxf_pictures_count(pictures)) return false;
  const pxf::Picture& one = pictures->pictures[index];
  *picture = {one.image.width,        one.image.height,   one.image.pixels.data(), one.seed,
              one.parameters.c_str(), one.variation_seed, one.prompt.c_str()};
  return true;
}

bool pxf_save_png(const pxf_pictures* pictures, size_t index, const char* path, pxf_error* error) {
  return guarded(error, [&]() -> Result<bool> {
    if (path == nullptr) return missing("pxf_save_png");
    if (index >= pxf_pictures_count(pictures)) return no_such_picture(index, pxf_pictures_count(pictures));
    const pxf::Status saved = pxf::save_png(pictures->pictures[index], path);
    if (!saved) return saved.error();
    return true;
  });
}

bool pxf_save_picture(const pxf_pictures* pictures, size_t index, const char* path, int quality, pxf_error* error) {
  return guarded(error, [&]() -> Result<bool> {
    if (path == nullptr) return missing("pxf_save_picture");
    if (index >= pxf_pictures_count(pictures)) return no_such_picture(index, pxf_pictures_count(pictures));
    const auto format = pxf::format_of_name(path);
    if (!format) return Error{ErrorCode::invalid_argument, "need a name that ends in .png, .jpg or .webp", path};
    const pxf::Status saved = pxf::save_picture(pictures->pictures[index], path, {*format, quality});
    if (!saved) return saved.error();
    return true;
  });
}

uint8_t* pxf_encode_png(const pxf_pictures* pictures, size_t index, size_t* size, pxf_error* error) {
  return guarded(error, [&]() -> Result<uint8_t*> {
    if (size == nullptr) return missing("pxf_encode_png");
    if (index >= pxf_pictures_count(pictures)) return no_such_picture(index, pxf_pictures_count(pictures));
    const auto file = pxf::encode_png(pictures->pictures[index]);
    if (!file) return file.error();
    const Result<uint8_t*> copy = copy_of(file.value().data(), file.value().size());
    if (copy) *size = file.value().size();
    return copy;
  });
}

void pxf_free(void* memory) { std::free(memory); }

}  // extern "C"
