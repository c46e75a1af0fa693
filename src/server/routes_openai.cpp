// OpenAI's API for pictures: docs/api.md says what of it is served. Its list of models is in our own.
#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/error.h"
#include "image/decode.h"
#include "server/openai_request.h"
#include "server/routes.h"

namespace pxf {
namespace {

// Nothing is counted in tokens here; clients want to find the fields.
Json no_usage() {
  const Json details = {{"image_tokens", 0}, {"text_tokens", 0}};
  return {{"input_tokens", 0}, {"input_tokens_details", details}, {"output_tokens", 0}, {"total_tokens", 0}};
}

std::string host_address(const HttpRequest& request) {
  const bool is_safe = request.header("X-Forwarded-Proto") == "https";
  return fmt::format("{}://{}", is_safe ? "https" : "http", request.header("Host"));
}

std::string openai_size(int width, int height) { return fmt::format("{}x{}", width, height); }

std::string openai_format(const Encoding& encoding) {
  return encoding.format == ImageFormat::jpeg ? "jpeg" : encoding.format == ImageFormat::webp ? "webp" : "png";
}

struct OpenAiContext {
  OpenAiRequest asked;
  std::string address;  // of this server, as the client knows it
};

Json openai_picture(Service& service, const StoredPicture& picture, const OpenAiContext& context) {
  Json out = Json::object();
  if (context.asked.as_url) {
    out["url"] = fmt::format("{}/v1/images/{}", context.address, picture.id);
  } else {
    out["b64_json"] = base64(service.pictures().file(picture).bytes);
  }
  out["revised_prompt"] = picture.prompt;
  return out;
}

HttpResponse openai_pictures(Service& service, const Job& job, const OpenAiContext& context) {
  if (job.state != JobState::done) throw problem_of_job(job);
  const auto pictures = service.pictures().of_job(job.id);
  Json data = Json::array();
  for (const StoredPicture& picture : pictures) data.push_back(openai_picture(service, picture, context));
  return json_response({{"created", job.created / 1000},
                        {"background", "opaque"},
                        {"data", data},
                        {"output_format", openai_format(context.asked.job.encoding)},
                        {"quality", context.asked.quality},
                        {"size", pictures.empty() ? "" : openai_size(pictures[0].width, pictures[0].height)},
                        {"usage", no_usage()}});
}

/// A job's pictures as events: some that are not ready, then each that is.
class OpenAiEvents : public std::enable_shared_from_this<OpenAiEvents> {
 public:
  OpenAiEvents(Service& service, std::string job, OpenAiContext context, std::shared_ptr<HttpStream> stream)
      : service_(service), job_(std::move(job)), context_(std::move(context)), stream_(std::move(stream)) {}

  JobWaits::Listener listener() {
    const auto self = shared_from_this();
    return {.ended = [self](const Job& job) { self->tell_end(job); },
            .news = [self](const JobEvent& event) { self->tell(event); }};
  }

 private:
  void tell(const JobEvent& event) {
    std::lock_guard lock(mutex_);
    if (event.name == "started") plan_ = Json::parse(event.data)["plan"];
    if (event.name == "step") tell_partial(Json::parse(event.data));
    if (event.name == "image") tell_pictures();
  }
  // One for each share of a picture's steps; fewer where the steps go by faster than they are told.
  void tell_partial(const Json& step) {
    const int picture = step.value("picture", 0), steps = std::max(1, step.value("steps", 1));
    if (picture != picture_) {
      picture_ = picture;
      told_partials_ = 0;
    }
    const int due = step.value("step", 0) * (context_.asked.partial_images + 1) / steps;
    if (!step["preview"].is_string() || due <= told_partials_ || told_partials_ >= context_.asked.partial_images)
      return;
    const std::string file = encoded(step["preview"].get<std::string>());
    if (file.empty()) return;
    Json data = head("partial_image", file, plan_.value("width", 0), plan_.value("height", 0));
    data["partial_image_index"] = told_partials_++;
    send(data);
  }
  /// The preview in the format that was asked for.
  std::string encoded(const std::string& preview) const {
    const auto bytes = bytes_of_base64(without_data_prefix(preview));
    const auto image = bytes ? decode_image(*bytes) : Result<Image>(Error{});
    if (!image) return {};
    Picture picture;
    picture.image = image.value();
    const auto file = encode_picture(picture, context_.asked.job.encoding);
    return file ? base64(file.value()) : std::string();
  }
  void tell_pictures() {
    for (const StoredPicture& picture : service_.pictures().of_job(job_)) {
      if (picture.number < told_pictures_) continue;
      told_pictures_ = picture.number + 1;
      Json data = head("completed", base64(service_.pictures().file(picture).bytes), picture.width, picture.height);
      data["usage"] = no_usage();
      send(data);
    }
  }
  void tell_end(const Job& job) {
    std::lock_guard lock(mutex_);
    try {
      tell_pictures();
      if (job.state != JobState::done) throw problem_of_job(job);
    } catch (...) {
      stream_->send(fmt::format("event: error\ndata: {}\n\n", dump(openai_error(current_problem()))), false);
    }
    stream_->close();
  }
  Json head(const char* what, const std::string& file, int width, int height) const {
    return {{"type", fmt::format("{}.{}", context_.asked.is_edit ? "image_edit" : "image_generation", what)},
            {"b64_json", file},
            {"background", "opaque"},
            {"created_at", static_cast<std::int64_t>(std::time(nullptr))},
            {"output_format", openai_format(context_.asked.job.encoding)},
            {"quality", context_.asked.quality},
            {"size", openai_size(width, height)}};
  }
  void send(const Json& data) { stream_->send(event_text(data["type"].get<std::string>(), dump(data)), false); }

  Service& service_;
  std::string job_;
  OpenAiContext context_;
  std::shared_ptr<HttpStream> stream_;
  std::mutex mutex_;
  Json plan_ = Json::object();
  int picture_ = 0, told_partials_ = 0, told_pictures_ = 0;
};

void make_pictures(Service& service, JobWaits& waits, const Call& call, const HttpReply& reply, bool is_edit) {
  const OpenAiContext context{read_openai_request(service, read_openai_body(call.request), is_edit),
                              host_address(call.request)};
  const Job job = service.submit(caller_of(call.request), context.asked.job);
  if (!context.asked.stream) {
    return waits.reply_when_ended(
        job.id, reply, [&service, context](const Job& ended) { return openai_pictures(service, ended, context); },
        openai_problem);
  }
  const auto stream = reply.stream(
      {.headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}});
  waits.wait(job.id, std::make_shared<OpenAiEvents>(service, job.id, context, stream)->listener());
}

}  // namespace

void add_openai_routes(Router& router, Site& site) {
  const auto add = [&](const char* address, bool is_edit) {
    router.add_late(
        "POST", address,
        [&site, is_edit](const Call& call, const HttpReply& reply) {
          make_pictures(site.service, site.waits, call, reply, is_edit);
        },
        openai_problem);
  };
  add("/v1/images/generations", false);
  add("/v1/images/edits", true);
}

}  // namespace pxf
