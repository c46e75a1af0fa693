#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "formats/temporary_folder.h"
#include "pixelforge/server.h"
#include "server/identity.h"
#include "server/routes.h"

namespace pxf::test {
namespace {

using Addresses = std::set<std::string>;

Addresses described() {
  Addresses all;
  const auto json = nlohmann::json::parse(openapi_text());
  for (const auto& [path, operations] : json["paths"].items()) {
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
      std::string name = method;
      std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
      if (operations.contains(name)) all.insert(method + (" " + path));
    }
  }
  return all;
}

Addresses answered() {
  const TemporaryFolder home;
  Engine engine;
  Service service(engine, {.home = home.path()});
  JobWaits waits(service);
  const RequestTimes times{};
  Webhooks webhooks(service, {});
  Site site{service, [] { return HttpCounts{}; }, times, waits, webhooks};
  ServerOptions options;
  options.is_public = true;
  Identity identity(service, options);
  Router router;
  identity.add_routes(router);
  add_job_routes(router, site);
  add_choose_routes(router, site);
  add_account_routes(router, site);
  add_vote_routes(router, site);
  add_image_routes(router, site);
  add_model_routes(router, site);
  add_site_routes(router, site);
  add_openai_routes(router, site);
  Addresses all;
  for (const auto& [method, pattern] : router.routes()) all.insert(method + (" " + pattern));
  return all;
}

TEST(OpenApi, DescribesWhatIsAnsweredAndNothingElse) { EXPECT_EQ(described(), answered()); }

TEST(OpenApi, IsServedOnceToEachReader) {
  HttpRequest request;
  const HttpResponse whole = openapi(request);
  EXPECT_EQ(whole.body.bytes.size(), openapi_text().size());
  request.headers = {{"If-None-Match", whole.headers[1].second}};
  EXPECT_EQ(openapi(request).status, 304);
}

}  // namespace
}  // namespace pxf::test
