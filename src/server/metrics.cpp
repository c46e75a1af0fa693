#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "server/routes.h"

namespace pxf {
namespace {

class MetricsText {
 public:
  void head(std::string_view name, const char* type, const char* help) {
    text += fmt::format("# HELP pixelforge_{0} {2}\n# TYPE pixelforge_{0} {1}\n", name, type, help);
  }
  template <class Number>
  void value(std::string_view name, const std::string& labels, Number number) {
    text += fmt::format("pixelforge_{}{} {}\n", name, labels.empty() ? "" : "{" + labels + "}", number);
  }
  void one(std::string_view name, const char* type, const char* help, std::int64_t number) {
    head(name, type, help);
    value(name, {}, number);
  }
  void histogram(std::string_view name, const std::string& labels, const Histogram::Counts& counts) {
    const std::string comma = labels.empty() ? "" : ",", bucket = fmt::format("{}_bucket", name);
    for (std::size_t i = 0; i < Histogram::kBounds.size(); ++i) {
      value(bucket, fmt::format("{}{}le=\"{}\"", labels, comma, Histogram::kBounds[i]), counts.at_most[i]);
    }
    value(bucket, fmt::format("{}{}le=\"+Inf\"", labels, comma), counts.all);
    value(fmt::format("{}_sum", name), labels, counts.sum);
    value(fmt::format("{}_count", name), labels, counts.all);
  }

  std::string text;
};

std::int64_t bytes_of_models(const Engine& engine) {
  std::int64_t bytes = 0;
  for (const LoadedModel& model : engine.loaded().models) bytes += static_cast<std::int64_t>(model.bytes);
  return bytes;
}

/// Of this process; 0 where nothing tells.
std::int64_t resident_bytes() {
  std::int64_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

void add_work(MetricsText& out, const WorkCounters& counters) {
  out.head("jobs_total", "counter", "Jobs that this process has ended, by state");
  for (const JobState state : {JobState::done, JobState::failed, JobState::cancelled}) {
    out.value("jobs_total", fmt::format("state=\"{}\"", to_string(state)),
              counters.ended[static_cast<std::size_t>(state)].load());
  }
  out.one("pictures_total", "counter", "Pictures that this process has drawn", counters.pictures);
  out.head("stage_seconds_total", "counter", "Seconds that drawing took, by stage");
  for (const Stage stage : {Stage::open, Stage::text, Stage::steps, Stage::vae}) {
    out.value("stage_seconds_total", fmt::format("stage=\"{}\"", to_string(stage)),
              static_cast<double>(counters.milliseconds[static_cast<std::size_t>(stage)]) / 1000);
  }
  out.head("queue_wait_seconds", "histogram", "From a job's acceptance to its beginning");
  out.histogram("queue_wait_seconds", {}, counters.waited.counts());
}

void add_requests(MetricsText& out, const RequestTimes& times) {
  out.head("http_request_seconds", "histogram",
           "From a request's arrival to its answer, by area; streams are not in it");
  for (std::size_t i = 0; i < RequestTimes::kAreas.size(); ++i) {
    out.histogram("http_request_seconds", fmt::format("area=\"{}\"", RequestTimes::kAreas[i]), times.counts(i));
  }
}

}  // namespace

std::size_t RequestTimes::area_of(std::string_view path) {
  const auto index = [](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(kAreas, name) - kAreas.begin());
  };
  path.remove_prefix(std::min<std::size_t>(1, path.size()));
  std::string_view area = path.substr(0, path.find('/'));
  if (area == "sdapi" || area == "sdcpp") return index(area);
  if (area == "healthz" || area == "readyz" || area == "metrics") return index("other");
  if (area != "v1") return index("page");
  path.remove_prefix(std::min(path.size(), area.size() + 1));
  area = path.substr(0, path.find('/'));
  return std::min(index(area), index("other"));
}

std::string metrics_text(Site& site) {
  const QueueCounts queue = site.service.queue().counts();
  const HttpCounts http = site.counts();
  MetricsText out;
  out.one("jobs_queued", "gauge", "Jobs that wait", queue.queued);
  out.one("jobs_running", "gauge", "Jobs that are being drawn", queue.running);
  add_work(out, site.service.counters());
  out.one("model_bytes", "gauge", "Bytes of the models that are held", bytes_of_models(site.service.engine()));
  out.one("resident_bytes", "gauge", "Bytes of memory that this process has", resident_bytes());
  out.one("http_connections", "gauge", "Connections that are open", http.connections);
  out.one("http_streams", "gauge", "Event streams that are open", http.streams);
  out.one("http_body_bytes", "gauge", "Bytes of larger requests that are being read or handled", http.body_bytes);
  out.one("http_requests_total", "counter", "Requests since the start", http.requests);
  add_requests(out, site.request_times);
  return std::move(out.text);
}

}  // namespace pxf
