#include "store/home.h"

#include <pwd.h>
#include <unistd.h>

#include "base/environment.h"

namespace pxf {
namespace {

std::filesystem::path from_environment(const char* name) { return environment({name}); }

std::filesystem::path home_of_user() {
  if (const auto home = from_environment("HOME"); !home.empty()) return home;
  const passwd* user = ::getpwuid(::getuid());  // a service may run without $HOME
  return user == nullptr || user->pw_dir == nullptr ? std::filesystem::path() : std::filesystem::path(user->pw_dir);
}

}  // namespace

std::filesystem::path library_home() {
  if (const auto own = from_environment("PIXELFORGE_HOME"); !own.empty()) return std::filesystem::absolute(own);
  // The XDG specification has relative paths ignored.
  if (const auto data = from_environment("XDG_DATA_HOME"); data.is_absolute()) return data / "pixelforge";
  const auto home = home_of_user();
  return home.is_absolute() ? home / ".local/share/pixelforge" : std::filesystem::path();
}

}  // namespace pxf
