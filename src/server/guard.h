// Keeps pages of other sites from using a visitor's browser against this server: by a name that leads to this machine
// (DNS rebinding), or by a form or script elsewhere (CSRF).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/http.h"
#include "server/router.h"

namespace pxf {

class Guard {
 public:
  /// Names between commas by which this server is reached, besides addresses and localhost; "*": any.
  explicit Guard(const std::string& host_names);
  std::optional<HttpProblem> refusal(const HttpRequest& request) const;

 private:
  bool is_known(std::string_view host) const;
  std::vector<std::string> names_;
  bool any_ = false;
};

}  // namespace pxf
