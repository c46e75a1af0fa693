#include "server/openai_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "image/resize.h"
#include "image/utf8.h"
#include "server/client_pictures.h"
#include "server/known_models.h"
#include "server/multipart.h"
#include "server/sdcpp_request.h"

namespace pxf {
namespace {

constexpr std::size_t kLongestField = 1 << 20;

/// OpenAI's own models, and the name that stable-diffusion.cpp's server has for its one: any checkpoint will do.
bool is_any_model(std::string_view name) {
  return name.empty() || name.starts_with("dall-e") || name.starts_with("gpt-image") ||
         name.starts_with("chatgpt-image") || name == "sd-cpp-local" || name == "auto";
}

std::string model_of(Service& service, const std::string& name) {
  if (is_any_model(name)) return "auto";
  const auto found = find_model(known_models(service, "checkpoint"), name);
  if (!found) throw HttpProblem(404, "model_not_found", fmt::format("The model '{}' does not exist", name), "model");
  return found->name;
}

std::optional<int> side_in(std::string_view text) {
  constexpr int kLargest = 1 << 16;
  int side = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
  if (error != std::errc{} || end != text.data() + text.size() || side < 1 || side > kLargest) return std::nullopt;
  return std::max(8, (side + 4) / 8 * 8);
}

/// "1024x1536", or "auto".
void read_size(const ClientFields& fields, Request& request) {
  const std::string size = fields.text("size").value_or("auto");
  if (size == "auto") return;
  const auto x = std::min(size.find('x'), size.size());
  const std::string_view text = size;
  request.width = side_in(text.substr(0, x));
  request.height = side_in(text.substr(std::min(x + 1, size.size())));
  if (!request.width || !request.height) fields.wrong("size", "\"WIDTHxHEIGHT\" or \"auto\"");
}

int between(const ClientFields& fields, const char* name, int least, int most, int otherwise) {
  const std::int64_t value = fields.whole(name).value_or(otherwise);
  if (value < least || value > most) fields.wrong(name, fmt::format("{} to {}", least, most));
  return static_cast<int>(value);
}

std::string one_of(const ClientFields& fields, const char* name, const std::vector<std::string>& choices) {
  const std::string value = fields.text(name).value_or(choices[0]);
  if (std::ranges::find(choices, value) == choices.end())
    fields.wrong(name, fmt::format("one of {}", fmt::join(choices, ", ")));
  return value;
}

void read_encoding(const ClientFields& fields, Encoding& encoding) {
  const std::string format = one_of(fields, "output_format", {"png", "jpeg", "webp"});
  encoding.format = format == "jpeg" ? ImageFormat::jpeg : format == "webp" ? ImageFormat::webp : ImageFormat::png;
  encoding.quality = std::max(1, between(fields, "output_compression", 0, 100, 100));
}

/// DALL-E's clients are told an address where they say nothing, those of later models have the file in the answer.
void read_answer_form(const ClientFields& fields, const std::string& model, OpenAiRequest& out) {
  const bool is_dall_e = model.starts_with("dall-e");
  out.as_url = (fields.has("response_format") ? one_of(fields, "response_format", {"b64_json", "url"})
                                              : std::string(is_dall_e ? "url" : "b64_json")) == "url";
  out.stream = fields.flag("stream").value_or(false);
  out.partial_images = between(fields, "partial_images", 0, 3, 0);
  out.quality = fields.text("quality").value_or("auto");
}

/// {"image_url": "data:..."}, or the text itself.
std::string picture_text(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  return ClientFields(json, "image").text("image_url").value_or("");
}

std::vector<std::vector<std::byte>> pictures_in_json(const ClientFields& fields, const char* name) {
  const Json* value = fields.find(name);
  std::vector<std::vector<std::byte>> out;
  if (value == nullptr) return out;
  if (!value->is_array()) return {client_file(picture_text(*value), name)};
  for (const Json& one : *value) out.push_back(client_file(picture_text(one), name));
  return out;
}

/// The first of the files, or of the pictures in the JSON, that have one of these names.
std::optional<std::vector<std::byte>> first_picture(const OpenAiBody& body, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const auto found = body.files.find(name); found != body.files.end()) return found->second.front();
    if (auto found = pictures_in_json(body.fields, name); !found.empty()) return std::move(found.front());
  }
  return std::nullopt;
}

/// Transparent is made anew; without a mask, where the picture itself is transparent.
void read_edited_picture(Service& service, const OpenAiBody& body, JobRequest& job) {
  const auto file = first_picture(body, {"image", "images"});
  if (!file) throw HttpProblem(422, "invalid_argument", "image: is missing", "image");
  const Image image = client_picture(*file, "image");
  job.init = service.pictures().keep_input(*file);
  const auto mask_file = first_picture(body, {"mask"});
  const Image mask = client_transparency(mask_file ? *mask_file : *file, "mask");
  if (!is_black(mask)) {
    job.mask = keep_picture(service.pictures(), resized(mask, image.width, image.height));
  } else if (mask_file) {
    throw HttpProblem(422, "invalid_argument",
                      "mask: nothing of it is transparent; need a PNG or WebP in which what is "
                      "to be made anew is",
                      "mask");
  }
}

OpenAiBody read_openai_form(const HttpRequest& request) {
  Json fields = Json::object();
  OpenAiBody out{ClientFields(Json::object())};
  for (const FormPart& part : read_form(request.header("Content-Type"), request.body)) {
    std::string name = part.name;
    if (name.ends_with("[]")) name.resize(name.size() - 2);
    const bool is_file = !part.filename.empty() || name == "image" || name == "mask";
    if (is_file) {
      const Bytes bytes = as_bytes(part.content);
      out.files[name].emplace_back(bytes.begin(), bytes.end());
    } else if (part.content.size() > kLongestField || !is_utf8(part.content)) {
      throw HttpProblem(422, "invalid_argument", fmt::format("{}: need at most a megabyte of UTF-8", name), name);
    } else {
      fields[name] = std::string(part.content);
    }
  }
  out.fields = ClientFields(std::move(fields));
  return out;
}

}  // namespace

OpenAiBody read_openai_body(const HttpRequest& request) {
  std::string type(request.header("Content-Type").substr(0, 10));
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (type == "multipart/") return read_openai_form(request);
  return {ClientFields(json_body(request))};
}

OpenAiRequest read_openai_request(Service& service, const OpenAiBody& body, bool is_edit) {
  const ClientFields& fields = body.fields;
  OpenAiRequest out;
  out.is_edit = is_edit;
  Request& request = out.job.request;
  request.prompt = fields.text("prompt").value_or("");
  if (request.prompt.empty()) throw HttpProblem(422, "invalid_argument", "prompt: is missing", "prompt");
  const std::string model = fields.text("model").value_or("");
  out.job.checkpoint = model_of(service, model);
  request.count = between(fields, "n", 1, 1000, 1);
  read_size(fields, request);
  read_encoding(fields, out.job.encoding);
  read_answer_form(fields, model, out);
  if (is_edit) read_edited_picture(service, body, out.job);
  std::vector<std::string> notes;  // there is no place for them in the answer
  apply_sdcpp_extra_args(service, out.job, notes);
  return out;
}

Json openai_error(const HttpProblem& problem) {
  const char* type = problem.status == 429  ? "rate_limit_error"
                     : problem.status < 500 ? "invalid_request_error"
                                            : "server_error";
  return {{"error",
           {{"message", problem.detail},
            {"type", type},
            {"param", problem.field.empty() ? Json() : Json(problem.field)},
            {"code", problem.code}}}};
}

HttpResponse openai_problem(const HttpProblem& problem) {
  HttpResponse response = json_response(openai_error(problem), problem.status == 422 ? 400 : problem.status);
  response.headers.insert(response.headers.end(), problem.headers.begin(), problem.headers.end());
  return response;
}

}  // namespace pxf
