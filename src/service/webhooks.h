// Tells addresses that clients have given that their jobs have ended: a POST of the job, signed, until it is taken or
// has failed so often. What is still to be told is in the database, where the next process finds it.
// An address may not lead to this machine or its network, which is judged when it is connected to (download/access.h).
// Thread-safe.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "pixelforge/cancel.h"
#include "pixelforge/error.h"
#include "service/service.h"

namespace pxf {

/// Of AccountStore::secret.
inline constexpr const char* kWebhookSecret = "webhooks";

struct WebhookOptions {
  bool allow_private = false;
  int tries = 5;
  std::int64_t first_wait = 10'000;  // milliseconds; each further one is six times as long
  std::int64_t look_every = 1'000;
};

class Webhooks {
 public:
  /// The service outlives it.
  Webhooks(Service& service, const WebhookOptions& options);
  ~Webhooks();
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

  /// What can be said of an address before it is connected to. Errors: invalid_argument.
  Status check(const std::string& url) const;
  void stop();

 private:
  struct Due {
    std::string job, url;
    std::int64_t tries = 0, due = 0;
  };
  void work();
  std::vector<Due> due_now();
  bool take(const Due& due);
  void tell(const Due& due);
  /// Empty when it was taken.
  std::string post(const Due& due, const std::string& body);

  Service& service_;
  WebhookOptions options_;
  std::string secret_;
  CancelToken cancel_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pxf
