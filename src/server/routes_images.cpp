#include <fmt/format.h>

#include <ctime>

#include "base/bytes.h"
#include "base/file.h"
#include "base/temporary_file.h"
#include "json/request.h"
#include "server/routes.h"
#include "server/zip_writer.h"
#include "service/job_json.h"

namespace pxf {
namespace {

constexpr const char* kForEver = "private, max-age=31536000, immutable";

// What others own is not there.
StoredPicture picture_or_problem(Service& service, const Call& call) {
  const std::string& id = call.at("id");
  auto picture = service.pictures().find(id);
  if (!picture || !caller_of(call.request).may_see(picture->owner))
    throw HttpProblem(404, "not_found", fmt::format("image \"{}\": there is none", id));
  return *picture;
}

bool wants_favourites(const HttpRequest& request) {
  const std::string wanted = request.parameter("favourite");
  if (wanted.empty() || wanted == "false") return false;
  if (wanted == "true") return true;
  throw HttpProblem(422, "invalid_argument", fmt::format("got \"{}\", need true or false", wanted), "favourite");
}

PictureFilter filter_of(const HttpRequest& request) {
  const Caller& caller = caller_of(request);
  return {.owner = caller.is_admin ? std::string() : caller.owner,
          .words = request.parameter("q"),
          .checkpoint = request.parameter("checkpoint"),
          .favourites = wants_favourites(request),
          .before = cursor_of(request),
          .limit = limit_of(request)};
}

HttpResponse list_images(Service& service, const HttpRequest& request) {
  const auto part = service.pictures().list(filter_of(request));
  Json data = Json::array();
  for (const StoredPicture& picture : part.items) data.push_back(image_json(picture));
  return json_response({{"data", data}, {"next", part.next.empty() ? Json() : Json(part.next)}});
}

/// Of all pictures that the request asks for, as far as they fit: gives the last one's id where some did not.
std::string write_zip(Service& service, PictureFilter filter, ZipWriter& zip) {
  Json about = Json::array();
  std::string last;
  for (filter.limit = 100;;) {
    const auto part = service.pictures().list(filter);
    for (const StoredPicture& picture : part.items) {
      const std::string name = fmt::format("{}.{}", picture.id, picture.format);
      constexpr std::uint64_t kAboutOne = 16 << 10;
      const std::uint64_t for_list = kAboutOne * (about.size() + 1);
      if (!zip.has_room(name, static_cast<std::uint64_t>(picture.bytes) + for_list)) return last;
      const auto file = catch_errors([&] { return service.pictures().file(picture); });
      if (!file) continue;  // removed meanwhile
      zip.add(name, file.value().bytes, static_cast<std::time_t>(picture.created / 1000));
      about.push_back(image_json(picture));
      last = picture.id;
    }
    if (part.next.empty()) break;
    filter.before = part.next;
  }
  const std::string text = about.dump(1, ' ', false, Json::error_handler_t::replace);
  zip.add("pictures.json", as_bytes(text), std::time(nullptr));
  return {};
}

// Written to a file first: however slowly it is read, memory is not taken.
HttpResponse images_zip(Service& service, const HttpRequest& request) {
  const auto file = value_or_throw(TemporaryFile::create(service.home(), "export.zip"));
  ZipWriter zip(file.path());
  const std::string next = write_zip(service, filter_of(request), zip);
  zip.finish();
  const auto mapped = value_or_throw(MappedFile::open(file.path()));
  HttpResponse response{.headers = {{"Content-Type", "application/zip"},
                                    {"Content-Disposition", "attachment; filename=\"pictures.zip\""},
                                    {"Cache-Control", "no-store"}},
                        .body = {mapped->bytes(), mapped}};
  if (!next.empty()) response.headers.emplace_back("Next", next);
  return response;
}

HttpResponse image_file(Service& service, const Call& call) {
  const StoredPicture picture = picture_or_problem(service, call);
  const StoredBytes file = service.pictures().file(picture);
  HttpResponse response =
      file_response(call.request, {file.bytes, file.owner}, "image/" + picture.format, picture.id, kForEver);
  if (call.request.query.contains("download")) {
    response.headers.emplace_back("Content-Disposition",
                                  fmt::format("attachment; filename=\"{}.{}\"", picture.id, picture.format));
  }
  return response;
}

HttpResponse thumbnail(Service& service, const Call& call) {
  const StoredPicture picture = picture_or_problem(service, call);
  const StoredBytes file = service.pictures().thumbnail(picture);
  return file_response(call.request, {file.bytes, file.owner}, "image/jpeg", picture.id + "-thumbnail", kForEver);
}

HttpResponse change_image(Service& service, const Call& call) {
  const StoredPicture picture = picture_or_problem(service, call);
  const Json body = json_body(call.request);
  check_fields(body, {"favourite"});
  if (const auto favourite = body.find("favourite"); favourite != body.end()) {
    if (!favourite->is_boolean()) throw HttpProblem(422, "invalid_argument", "need true or false", "favourite");
    service.pictures().set_favourite(picture.id, favourite->get<bool>());
    if (favourite->get<bool>() && !picture.favourite) service.learn(caller_of(call.request), picture, true);
  }
  return json_response(image_json(picture_or_problem(service, call)));
}

}  // namespace

void add_image_routes(Router& router, Site& site) {
  Service& service = site.service;
  router.add("GET", "/v1/images", [&](const Call& call) { return list_images(service, call.request); });
  router.add("GET", "/v1/images.zip", [&](const Call& call) { return images_zip(service, call.request); });
  router.add("POST", "/v1/images/read", [](const Call& call) {
    const std::string& body = call.request.body;
    const auto recipe = read_recipe(std::as_bytes(std::span(body)));
    if (!recipe) throw HttpProblem(422, to_string(recipe.error().code), recipe.error().text());
    return json_response(to_json(recipe.value()));
  });
  router.add("GET", "/v1/images/{id}", [&](const Call& call) { return image_file(service, call); });
  router.add("GET", "/v1/images/{id}/thumbnail", [&](const Call& call) { return thumbnail(service, call); });
  router.add("GET", "/v1/images/{id}/info",
             [&](const Call& call) { return json_response(image_json(picture_or_problem(service, call))); });
  router.add("PATCH", "/v1/images/{id}", [&](const Call& call) { return change_image(service, call); });
  router.add("DELETE", "/v1/images/{id}", [&](const Call& call) {
    const StoredPicture picture = picture_or_problem(service, call);
    service.pictures().remove(picture);
    service.learn(caller_of(call.request), picture, false);
    return HttpResponse{.status = 204};
  });
}

}  // namespace pxf
