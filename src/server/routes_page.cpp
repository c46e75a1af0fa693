#include "server/compress.h"
#include "server/routes.h"
#include "web/page.h"

namespace pxf {
namespace {

constexpr const char* kPolicy =
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

HttpResponse page_file(const HttpRequest& request) {
  const PageFile* file = find_page_file(request.path);
  if (file == nullptr) throw HttpProblem(404, "not_found", "there is no " + request.path);
  HttpResponse response;
  response.headers = {{"Content-Type", std::string(file->type)},
                      {"ETag", std::string(file->etag)},
                      {"Vary", "Accept-Encoding"},
                      {"Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"Content-Security-Policy", kPolicy}};
  if (request.header("If-None-Match").find(file->etag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  const bool is_smaller = takes_gzip(request);
  if (is_smaller) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = {is_smaller ? file->gzip : file->bytes, nullptr};
  return response;
}

}  // namespace

void add_page_routes(Router& router) {
  router.add("GET", "/{path...}", [](const Call& call) { return page_file(call.request); });
}

}  // namespace pxf
