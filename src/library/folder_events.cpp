#include "library/folder_events.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

namespace pxf {
namespace {

constexpr std::uint32_t kWanted = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |
                                  IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;
constexpr std::uint32_t kWriting = IN_CREATE | IN_MODIFY;

std::string limit_text(int code, const char* what) {
  const char* limit = code == ENOSPC   ? "fs.inotify.max_user_watches"
                      : code == EMFILE ? "fs.inotify.max_user_instances"
                                       : std::strerror(code);
  return fmt::format("{}: {}; sysctl raises the limits", what, limit);
}

}  // namespace

FolderEvents::FolderEvents() : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (inotify_.get() < 0) refusal_ = limit_text(errno, "the system allows this user no more watches");
}

bool FolderEvents::watch(const std::vector<std::filesystem::path>& folders) {
  bool all_known = true;
  if (inotify_.get() < 0) return all_known;
  for (const std::filesystem::path& folder : folders) {
    const int watch = ::inotify_add_watch(inotify_.get(), folder.c_str(), kWanted);
    if (watch < 0 && errno == ENOSPC) {
      refusal_ = limit_text(errno, "more folders than the system allows this user to watch");
      return all_known;
    }
    if (watch < 0) continue;  // gone meanwhile, or not to be read
    all_known = all_known && folders_.contains(watch);
    folders_[watch] = folder;  // which may have been moved
  }
  return all_known;
}

std::map<std::string, FolderEvents::What> FolderEvents::wait(std::chrono::milliseconds longest) {
  std::map<std::string, What> out;
  if (inotify_.get() < 0) {
    std::this_thread::sleep_for(longest);
    return out;
  }
  pollfd wait{inotify_.get(), POLLIN, 0};
  if (::poll(&wait, 1, static_cast<int>(longest.count())) <= 0) return out;
  alignas(inotify_event) std::array<char, 65536> buffer;
  for (ssize_t size; (size = ::read(inotify_.get(), buffer.data(), buffer.size())) > 0;) {
    for (const char* at = buffer.data(); at < buffer.data() + size;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      const char* name = at + sizeof event;
      at = name + event.len;
      const auto folder = folders_.find(event.wd);
      if (folder == folders_.end()) {
        if ((event.mask & IN_Q_OVERFLOW) != 0) out[""] = What::closed;
        continue;
      }
      const std::filesystem::path path = event.len == 0 ? folder->second : folder->second / name;
      out[path.string()] = (event.mask & kWriting) != 0 && (event.mask & IN_ISDIR) == 0 ? What::written : What::closed;
      if ((event.mask & IN_IGNORED) != 0) folders_.erase(folder);
    }
  }
  return out;
}

}  // namespace pxf
