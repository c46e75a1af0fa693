#include "base/error.h"
#include "json/json.h"
#include "pixelforge/server.h"
#include "service/ids.h"
#include "service/sql.h"
#include "store/home.h"

namespace pxf {
namespace {

constexpr std::int64_t kSilence = 15'000;  // milliseconds after which a worker is taken for dead

RunningWorker worker_of(const SqlRow& row) {
  RunningWorker worker;
  worker.pid = row[0].whole();
  const Json status = Json::parse(row[1].text());
  worker.machine = status.value("machine", "");
  for (const Json& model : status.value("loaded", Json::array())) {
    LoadedModel& loaded = worker.models.emplace_back();
    loaded.name = model.value("name", "");
    loaded.bytes = model.value("bytes", std::uint64_t{0});
    loaded.in_use = model.value("in_use", false);
  }
  if (const auto job = status.find("job"); job != status.end()) {
    worker.job = job->value("id", "");
    worker.step = (*job)["progress"].value("step", 0);
    worker.steps = (*job)["progress"].value("steps", 0);
  }
  return worker;
}

}  // namespace

Result<std::vector<RunningWorker>> running_workers(const std::filesystem::path& home, const std::string& database) {
  return catch_errors([&] {
    const std::filesystem::path folder = home.empty() ? library_home() : home;
    std::vector<RunningWorker> workers;
    const bool was_served = !database.empty() || std::filesystem::exists(folder / "service.db");
    if (!was_served) return workers;
    const auto sql = open_database(database, folder);
    for (const SqlRow& row :
         sql->rows("SELECT pid, status FROM workers WHERE seen > $1 ORDER BY id", {now_ms() - kSilence})) {
      workers.push_back(worker_of(row));
    }
    return workers;
  });
}

}  // namespace pxf
