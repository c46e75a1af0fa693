#include "download/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <span>

#include "base/disk_space.h"
#include "base/file.h"

namespace pxf {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestJournal = std::size_t{1} << 20;

struct stat stat_of(const UnfinishedFile& file) {
  struct stat info {};
  ::fstat(file.descriptor.get(), &info);
  return info;
}

/// Throws json::exception where the journal is not one of ours.
ByteRanges ranges_of(const json& journal, const FileIdentity& wanted) {
  ByteRanges done;
  if (journal.at("version") != 1 || journal.at("bytes") != wanted.bytes || journal.at("identity") != wanted.identity) {
    return done;
  }
  for (const json& one : journal.at("done")) {
    const ByteRange range{one.at(0).get<std::uint64_t>(), one.at(1).get<std::uint64_t>()};
    if (range.begin > range.end || range.end > wanted.bytes) return {};
    done.add(range);
  }
  return done;
}

Status sync_folder_of(const std::filesystem::path& path) {
  const Descriptor folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || ::fsync(folder.get()) != 0) return system_error(errno, "write", path.parent_path());
  return Done{};
}

/// Blocks for all of it now, so that a disk that fills up meanwhile does no harm; where the file system cannot, a
/// length.
Status allocate(const UnfinishedFile& file, std::uint64_t bytes) {
  const int descriptor = file.descriptor.get();
  const auto length = static_cast<off_t>(bytes);
  int status = 0;
  do status = ::fallocate(descriptor, 0, 0, length);
  while (status != 0 && errno == EINTR);
  if (status != 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) status = ::ftruncate(descriptor, length);
  if (status != 0) return system_error(errno, "make room for the download", file.path);
  return Done{};
}

}  // namespace

ByteRanges read_journal(const UnfinishedFile& file, const FileIdentity& wanted) {
  if (wanted.identity.empty() || static_cast<std::uint64_t>(stat_of(file).st_size) != wanted.bytes) return {};
  const Result<std::string> text = read_file(file.journal(), kLongestJournal);
  if (!text) return {};
  try {
    return ranges_of(json::parse(text.value()), wanted);
  } catch (const json::exception&) {
    return {};
  }
}

Status write_journal(const UnfinishedFile& file, const FileIdentity& identity, const ByteRanges& done) {
  if (::fdatasync(file.descriptor.get()) != 0) return system_error(errno, "write", file.path);
  json ranges = json::array();
  for (const ByteRange& range : done.all()) ranges.push_back({range.begin, range.end});
  const json journal = {{"version", 1}, {"bytes", identity.bytes}, {"identity", identity.identity}, {"done", ranges}};
  const std::string text = journal.dump(-1, ' ', false, json::error_handler_t::replace);
  return write_file_atomically(file.journal(), std::as_bytes(std::span(text)));
}

Status start_over(const UnfinishedFile& file, std::uint64_t bytes) {
  if (::unlink(file.journal().c_str()) == 0) {
    if (Status synced = sync_folder_of(file.path); !synced) return synced;
  } else if (errno != ENOENT) {
    return system_error(errno, "remove", file.journal());
  }
  if (::ftruncate(file.descriptor.get(), 0) != 0) return system_error(errno, "write", file.path);
  constexpr std::uint64_t kForTheRest = std::uint64_t{4} << 20;  // the database, the journal
  if (Status room = check_disk_space(file.path.parent_path(), bytes + kForTheRest, "free some space"); !room)
    return room;
  return allocate(file, bytes);
}

}  // namespace pxf
