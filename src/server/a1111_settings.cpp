#include "server/a1111_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "server/client_fields.h"
#include "server/known_models.h"
#include "server/router.h"

namespace pxf {
namespace {

constexpr std::size_t kLargestOptions = 1 << 20;

Json usual_options() {
  return {{"sd_model_checkpoint", ""}, {"sd_vae", "Automatic"},     {"CLIP_stop_at_last_layers", 1},
          {"eta_noise_seed_delta", 0}, {"randn_source", "CPU"},     {"samples_format", "png"},
          {"jpeg_quality", 90},        {"sd_checkpoints_limit", 1}, {"forge_additional_modules", Json::array()}};
}

void set_choice(Json& options, const ClientFields& field, const char* name, const std::vector<std::string>& choices) {
  const std::string text = field.text(name).value_or("");
  if (std::ranges::find(choices, text) == choices.end())
    field.wrong(name, fmt::format("one of {}", fmt::join(choices, ", ")));
  options[name] = text;
}

void set_whole(Json& options, const ClientFields& field, const char* name, std::int64_t least, std::int64_t most) {
  const std::int64_t value = field.whole(name).value_or(least);
  if (value < least || value > most) field.wrong(name, fmt::format("{} to {}", least, most));
  options[name] = value;
}

}  // namespace

bool set_a1111_option(Service& service, Json& options, const std::string& name, const Json& value) {
  Json one = Json::object();
  one[name] = value;
  const ClientFields field(std::move(one));
  if (value.is_null()) return usual_options().contains(name);
  if (name == "sd_model_checkpoint") {
    const std::string wanted = field.text(name.c_str()).value_or("");
    options[name] = wanted.empty() ? "" : checkpoint_known_as(service, wanted, name.c_str()).title();
  } else if (name == "sd_vae") {
    options[name] = field.text(name.c_str()).value_or("");
  } else if (name == "forge_additional_modules") {
    options[name] = field.texts(name.c_str());
  } else if (name == "randn_source") {
    set_choice(options, field, name.c_str(), {"CPU", "GPU", "NV"});
  } else if (name == "samples_format") {
    set_choice(options, field, name.c_str(), {"png", "jpg", "jpeg", "webp"});
  } else if (name == "CLIP_stop_at_last_layers") {
    set_whole(options, field, name.c_str(), 1, 12);
  } else if (name == "eta_noise_seed_delta") {
    set_whole(options, field, name.c_str(), 0, INT64_MAX);
  } else if (name == "jpeg_quality") {
    set_whole(options, field, name.c_str(), 1, 100);
  } else {
    return name == "sd_checkpoints_limit";
  }
  return true;
}

A1111Settings::A1111Settings(Service& service) : service_(service), file_(service.home() / "a1111-options.json") {
  const auto text = read_file(file_, kLargestOptions);
  if (!text) return;  // never set
  Json saved = Json::parse(text.value(), nullptr, false);
  if (saved.is_object()) saved_ = std::move(saved);
}

Json A1111Settings::options() {
  std::lock_guard lock(mutex_);
  Json options = usual_options();
  options.update(saved_);
  return options;
}

void A1111Settings::set(const Json& changes) {
  if (!changes.is_object()) throw HttpProblem(422, "invalid_argument", "the body: need an object");
  Json known = Json::object();
  for (const auto& [name, value] : changes.items()) set_a1111_option(service_, known, name, value);
  std::lock_guard lock(mutex_);
  Json saved = saved_;
  saved.update(known);
  const std::string text = dump(saved, 2);
  value_or_throw(write_file_atomically(file_, as_bytes(text)));
  saved_ = std::move(saved);
}

}  // namespace pxf
