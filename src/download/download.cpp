#include "download/download.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <vector>

#include "base/file.h"

namespace pxf {
namespace {

using Clock = std::chrono::steady_clock;

// Long enough that a round trip between two ranges of a connection costs nothing, short enough that the last ones end
// together.
constexpr std::uint64_t kLongestRange = std::uint64_t{64} << 20;
constexpr std::uint64_t kShortestRange = std::uint64_t{1} << 20;
constexpr int kMostChanges = 3;

struct FreeMulti {
  void operator()(CURLM* multi) const noexcept { ::curl_multi_cleanup(multi); }
};

/// A range on its way.
struct Transfer {
  Transfer(CURLM* to, std::unique_ptr<HttpGet> with, ByteRange wanted)
      : multi(to), request(std::move(with)), left(wanted) {
    ::curl_multi_add_handle(multi, request->handle());
  }
  ~Transfer() { ::curl_multi_remove_handle(multi, request->handle()); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURLM* multi;
  std::unique_ptr<HttpGet> request;
  ByteRange left;
  bool is_looked_at = false;  // its headers are
  bool is_of_another_file = false;
};

std::string validator_of(const HttpGet& answer) {
  return answer.header("etag").empty() ? answer.header("last-modified") : answer.header("etag");
}

class Downloading {
 public:
  Downloading(const Wanted& wanted, const UnfinishedFile& file, int connections, const Asking& asking,
              const OnBytes& on_bytes)
      : wanted_(wanted), file_(file), connections_(std::max(connections, 1)), asking_(asking), on_bytes_(on_bytes) {}

  Fetched run() {
    for (int changes = 0; changes <= kMostChanges; ++changes) {
      find_out();
      if (fetch_all()) return {source_.bytes, resumed_};
    }
    throw Failure({ErrorCode::bad_file, "the file changes while it is fetched; try again later", wanted_.url.shown()});
  }

 private:
  FileIdentity identity() const {
    if (!wanted_.sha256.empty()) return {source_.bytes, "sha256:" + wanted_.sha256};
    return {source_.bytes, source_.validator};
  }

  /// Asks the server, and takes up what is there of that file.
  void find_out() {
    source_ = value_or_throw(probe(wanted_.url, asking_));
    check_source();
    done_ = source_.has_ranges ? read_journal(file_, identity()) : ByteRanges();
    resumed_ = done_.count();
    if (resumed_ == 0) value_or_throw(start_over(file_, source_.bytes));
    cut();
  }

  void check_source() const {
    if (source_.content_type.starts_with("text/html")) {
      throw Failure({ErrorCode::bad_file,
                     "is a web page, need a model file; give the address that its download button has",
                     wanted_.url.shown()});
    }
    if (wanted_.bytes != 0 && source_.bytes != wanted_.bytes) {
      throw Failure({ErrorCode::bad_file,
                     fmt::format("the server says that the file has {} bytes, need {}", source_.bytes, wanted_.bytes),
                     wanted_.url.shown()});
    }
  }

  void cut() {
    const std::uint64_t fair = source_.bytes / static_cast<std::uint64_t>(connections_) + 1;
    const auto ranges = done_.missing(
        source_.bytes, source_.has_ranges ? std::clamp(fair, kShortestRange, kLongestRange) : source_.bytes);
    waiting_.assign(ranges.begin(), ranges.end());
  }

  /// False when it was another file in the end.
  bool fetch_all() {
    try {
      while (!(waiting_.empty() && active_.empty())) {
        start_transfers();
        if (!step()) {
          active_.clear();
          return false;
        }
        save_sometimes();
        tell();
      }
    } catch (...) {
      active_.clear();
      keep_or_drop();
      throw;
    }
    if (can_resume()) value_or_throw(write_journal(file_, identity(), done_));
    return true;
  }

  /// After an error, which is told; what goes wrong here is not. What no later run could use only takes room.
  void keep_or_drop() const {
    if (can_resume()) {
      static_cast<void>(write_journal(file_, identity(), done_));
    } else if (::ftruncate(file_.descriptor.get(), 0) != 0) {
      ::unlink(file_.path.c_str());
    }
  }

  bool can_resume() const { return source_.has_ranges && !identity().identity.empty() && done_.count() > 0; }

  void start_transfers() {
    const std::size_t most = source_.has_ranges ? static_cast<std::size_t>(connections_) : 1;
    while (active_.size() < most && !waiting_.empty() && Clock::now() >= resting_until_) {
      start(waiting_.front());
      waiting_.pop_front();
    }
  }

  void start(ByteRange range) {
    auto request = std::make_unique<HttpGet>(source_.url, asking_.access, asking_.patience, asking_.cancel);
    if (source_.has_ranges) request->ask_for(range, wanted_.sha256.empty() ? source_.etag : std::string());
    active_.push_back(std::make_unique<Transfer>(multi_.get(), std::move(request), range));
    Transfer& transfer = *active_.back();
    transfer.request->give_to([this, &transfer](Bytes bytes) { return take(transfer, bytes); });
  }

  /// Lets libcurl work for a moment. False when the file is another one.
  bool step() {
    constexpr int kMoment = 100;  // milliseconds
    int running = 0, left = 0;
    ::curl_multi_perform(multi_.get(), &running);
    while (const CURLMsg* message = ::curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg == CURLMSG_DONE && !finish(message->easy_handle, message->data.result)) return false;
    }
    if (asking_.cancel != nullptr && asking_.cancel->requested())
      throw Failure({ErrorCode::cancelled, "cancelled", {}});
    ::curl_multi_poll(multi_.get(), nullptr, 0, kMoment, nullptr);
    return true;
  }

  bool take(Transfer& transfer, Bytes bytes) {
    if (!transfer.is_looked_at) {
      transfer.is_looked_at = true;
      transfer.is_of_another_file = !is_that_file(transfer);
      if (transfer.is_of_another_file) return false;
    }
    const Bytes wanted = bytes.first(std::min<std::uint64_t>(bytes.size(), transfer.left.size()));
    write(wanted, transfer.left.begin);
    done_.add({transfer.left.begin, transfer.left.begin + wanted.size()});
    transfer.left.begin += wanted.size();
    if (source_.has_ranges) failures_ = 0;
    return wanted.size() == bytes.size();  // more than was asked for: enough
  }

  bool is_that_file(const Transfer& transfer) const {
    const HttpGet& answer = *transfer.request;
    if (wanted_.sha256.empty() && validator_of(answer) != source_.validator) return false;
    if (!source_.has_ranges) return answer.status() == 200;
    ByteRange range;
    std::uint64_t bytes = 0;
    return answer.status() == 206 && parse_content_range(answer.header("content-range"), range, bytes) &&
           range.begin == transfer.left.begin && bytes == source_.bytes;
  }

  void write(Bytes bytes, std::uint64_t at) const {
    while (!bytes.empty()) {
      const ssize_t n = ::pwrite(file_.descriptor.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw Failure(system_error(errno, "write the download", file_.path));
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      at += static_cast<std::uint64_t>(n);
    }
  }

  /// A transfer has ended, one way or another. False when the file is another one.
  bool finish(CURL* handle, CURLcode code) {
    const auto it = std::ranges::find_if(active_, [&](const auto& one) { return one->request->handle() == handle; });
    const std::unique_ptr<Transfer> transfer = std::move(*it);
    active_.erase(it);
    if (transfer->is_of_another_file) return false;
    if (transfer->left.size() == 0) return true;
    std::optional<Trouble> trouble = transfer->request->trouble(code);
    if (trouble && trouble->status == 416) return false;  // it has become shorter
    if (!trouble) {                                       // a redirect, or a body that is too short in good order
      trouble = Trouble{{ErrorCode::io, "the connection broke off", wanted_.url.shown()}, transfer->is_looked_at};
      trouble->status = transfer->request->status();
    }
    put_back(*transfer);
    return survive(*trouble);
  }

  void put_back(const Transfer& transfer) {
    if (source_.has_ranges) {
      waiting_.push_front(transfer.left);
    } else {
      done_.clear();
      waiting_.assign(1, {0, source_.bytes});
    }
  }

  /// Rests before the next try, asks for a new address where the old one may have run out, or gives up.
  bool survive(const Trouble& trouble) {
    const bool may_have_run_out = has_run_out(trouble.status);
    if (!trouble.may_pass && !may_have_run_out) throw Failure(trouble.error);
    if (trouble.is_busy) connections_ = std::max(1, static_cast<int>(active_.size()));
    if (Clock::now() < resting_until_) return true;  // several at once are one failure
    if (++failures_ >= asking_.patience.tries) {
      Error error = trouble.error;
      error.message +=
          fmt::format("; {} of {} bytes are there, and the next pull goes on from them", done_.count(), source_.bytes);
      throw Failure(std::move(error));
    }
    resting_until_ = Clock::now() + asking_.patience.wait(failures_, trouble.retry_after);
    return !may_have_run_out || renew_address();
  }

  /// Redirects lead to addresses that are good for some minutes or hours.
  bool has_run_out(long status) const {
    if (status >= 300 && status < 400) return true;
    return source_.url.text != wanted_.url.text && (status == 401 || status == 403 || status == 404 || status == 410);
  }

  bool renew_address() {
    Probe again = value_or_throw(probe(wanted_.url, asking_));
    if (again.bytes != source_.bytes || again.has_ranges != source_.has_ranges) return false;
    if (wanted_.sha256.empty() && again.validator != source_.validator) return false;
    source_ = std::move(again);
    return true;
  }

  void save_sometimes() {
    if (Clock::now() < saved_ + asking_.patience.save_every || !can_resume()) return;
    value_or_throw(write_journal(file_, identity(), done_));
    saved_ = Clock::now();
  }

  void tell() {
    constexpr std::chrono::milliseconds kOften{100};
    if (!on_bytes_ || Clock::now() < told_ + kOften) return;
    on_bytes_(done_.count(), source_.bytes);
    told_ = Clock::now();
  }

  const Wanted& wanted_;
  const UnfinishedFile& file_;
  int connections_;
  const Asking& asking_;
  const OnBytes& on_bytes_;
  Probe source_;
  ByteRanges done_;
  std::uint64_t resumed_ = 0;
  std::deque<ByteRange> waiting_;
  std::unique_ptr<CURLM, FreeMulti> multi_{::curl_multi_init()};
  std::vector<std::unique_ptr<Transfer>> active_;  // gone before multi_
  int failures_ = 0;
  Clock::time_point resting_until_, saved_, told_;
};

}  // namespace

Result<Fetched> download(const Wanted& wanted, const UnfinishedFile& file, int connections, const Asking& asking,
                         const OnBytes& on_bytes) {
  return catch_errors([&] { return Downloading(wanted, file, connections, asking, on_bytes).run(); });
}

}  // namespace pxf
