#include "base/error.h"
#include "pixelforge/server.h"
#include "service/service.h"

namespace pxf {

struct QueueWorker::State {
  State(Engine& engine, const QueueWorkerOptions& options)
      : service(engine, {.home = options.home,
                         .database = options.database,
                         .store = options.store,
                         .worker = {.lease = options.lease * std::int64_t{1000}},
                         .policy = {options.policy.words, options.policy.command}}) {}
  Service service;
};

QueueWorker::QueueWorker(std::unique_ptr<State> state) : state_(std::move(state)) {}
QueueWorker::QueueWorker(QueueWorker&&) noexcept = default;
QueueWorker& QueueWorker::operator=(QueueWorker&&) noexcept = default;
QueueWorker::~QueueWorker() {
  if (state_) stop();
}

Result<QueueWorker> QueueWorker::start(Engine& engine, const QueueWorkerOptions& options) {
  return catch_errors([&] {
    require(!options.database.empty(),
            "database: got none, need postgres://user@host/name (with SQLite, what serves also draws)");
    require(options.lease >= 2 && options.lease <= 3600, "lease: got {} seconds, need 2 to 3600", options.lease);
    return QueueWorker(std::make_unique<State>(engine, options));
  });
}

void QueueWorker::stop() { state_->service.stop(); }

}  // namespace pxf
