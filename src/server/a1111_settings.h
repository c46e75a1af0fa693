// A1111's options, of which a handful mean something here: what its clients set once for all requests, and what a
// request overrides for itself. Kept in a file of the service's folder.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "json/json.h"
#include "service/service.h"

namespace pxf {

/// Sets one of a flat map of options. False for one that means nothing here. Throws HttpProblem 422 for a value that
/// cannot be, and for a checkpoint that is not there.
bool set_a1111_option(Service& service, Json& options, const std::string& name, const Json& value);

class A1111Settings {
 public:
  explicit A1111Settings(Service& service);

  /// Those that were set, over the usual ones.
  Json options();
  /// All or none of them; those that mean nothing here are passed over.
  void set(const Json& changes);

 private:
  Service& service_;
  std::filesystem::path file_;
  std::mutex mutex_;
  Json saved_ = Json::object();
};

}  // namespace pxf
