#include "pixelforge/pull.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/environment.h"
#include "catalog/side_files.h"
#include "download/answers.h"
#include "download/look_up.h"
#include "library/state.h"
#include "store/file_hash.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// What is given, else what the environment says.
std::string setting(const std::string& given, std::initializer_list<const char*> variables,
                    const char* otherwise = "") {
  const std::string said = given.empty() ? environment(variables) : given;
  return said.empty() ? otherwise : said;
}

Sites sites_of(const PullOptions& options) {
  const auto site = [](const std::string& given, const char* variable, const char* usual) {
    Result<Url> url = parse_url(setting(given, {variable}, usual));
    if (!url) throw Failure(with_context(std::move(url).error(), variable));
    return std::move(url).value();
  };
  return {site(options.hugging_face, "HF_ENDPOINT", "https://huggingface.co"),
          site(options.civitai, "CIVITAI_ENDPOINT", "https://civitai.com")};
}

Access access_of(const PullOptions& options, const Sites& sites, const ModelSource& source) {
  Access access;
  if (options.allow_private) {
    access.private_hosts = {sites.hugging_face.host, sites.civitai.host};
    if (const Url* url = std::get_if<Url>(&source)) access.private_hosts.push_back(url->host);
  }
  access.tokens = {{sites.hugging_face.origin(),
                    setting(options.hugging_face_token, {"PIXELFORGE_HF_TOKEN", "HF_TOKEN"}), "HF_TOKEN"},
                   {sites.civitai.origin(), setting(options.civitai_token, {"CIVITAI_TOKEN"}), "CIVITAI_TOKEN"}};
  return access;
}

/// How fast it goes, over some seconds, so that it neither jumps nor lags.
class Pace {
 public:
  double add(std::uint64_t done) {
    const auto now = Clock::now();
    if (!begin_) begin_ = Sample{now, done};
    const double seconds = std::chrono::duration<double>(now - begin_->time).count();
    const double rate = seconds > 0 && done > begin_->done ? static_cast<double>(done - begin_->done) / seconds : 0;
    if (now - middle_.time > kWindow) {
      if (middle_.time > begin_->time) begin_ = middle_;
      middle_ = {now, done};
    }
    return rate;
  }

 private:
  static constexpr std::chrono::seconds kWindow{5};
  struct Sample {
    Clock::time_point time;
    std::uint64_t done = 0;
  };
  std::optional<Sample> begin_;
  Sample middle_;
};

class Pulling {
 public:
  Pulling(LibraryState& library, const PullOptions& options, const OnPull& on_progress, const CancelToken* cancel)
      : library_(library), options_(options), on_progress_(on_progress), cancel_(cancel) {}

  Pulled run(const std::string& text) {
    check_options();
    const Sites sites = sites_of(options_);
    const ModelSource source = value_or_throw(parse_source(text, sites));
    const Access access = access_of(options_, sites, source);
    const Patience patience;
    const Asking asking{access, patience, cancel_};
    tell(PullStage::looking_up);
    model_ = value_or_throw(look_up(source, sites, asking));
    progress_.name = options_.name.empty() ? model_.name : options_.name;
    agree_on_sha256();
    check_name_is_free();
    PartialBlob partial = wait_for_partial();
    if (auto there = find_here()) {
      partial.discard();
      return *std::move(there);
    }
    const UnfinishedFile file{partial.path(), partial.file()};
    const Fetched fetched = value_or_throw(download(model_.wanted, file, options_.connections, asking,
                                                    [this](auto done, auto of) { tell_bytes(done, of); }));
    Pulled pulled = take_in(partial);
    pulled.fetched = fetched.bytes - fetched.resumed;
    pulled.resumed = fetched.resumed;
    return pulled;
  }

 private:
  void tell(PullStage stage) {
    progress_.stage = stage;
    if (on_progress_) on_progress_(progress_);
  }

  void tell_bytes(std::uint64_t done, std::uint64_t of) {
    progress_.done = done;
    progress_.of = of;
    progress_.bytes_per_second = pace_.add(done);
    tell(PullStage::fetching);
  }

  void check_options() const {
    if (!options_.name.empty()) value_or_throw(library_.check_name(options_.name));
    require(options_.sha256.empty() || !sha256_text(options_.sha256).empty(),
            "sha256: got \"{}\", need 64 hexadecimal digits", options_.sha256);
    require(options_.connections >= 1 && options_.connections <= kMostConnections, "connections: got {}, need 1 to {}",
            options_.connections, kMostConnections);
  }

  void agree_on_sha256() {
    const std::string asked = sha256_text(options_.sha256);
    std::string& known = model_.wanted.sha256;
    if (!asked.empty() && !known.empty() && asked != known) {
      throw Failure({ErrorCode::bad_file, fmt::format("the site says that its sha256 is {}, need {}", known, asked),
                     model_.page});
    }
    if (known.empty()) known = asked;
  }

  /// Before gigabytes are fetched for a name that cannot be given.
  void check_name_is_free() const {
    if (options_.name.empty()) return;
    const std::optional<Record> there = value_or_throw(library_.store.find(options_.name));
    require(!there || there->blob == model_.wanted.sha256, "name: \"{}\" is taken; choose another with --name",
            options_.name);
  }

  /// One process at a time fetches a file; the others wait, and then find it in the library.
  PartialBlob wait_for_partial() {
    const std::string& sha256 = model_.wanted.sha256;
    const std::string& address = model_.wanted.url.text;
    const std::string key =
        sha256.empty() ? "url-" + value_or_throw(sha256_of(std::as_bytes(std::span(address)))) : "sha256-" + sha256;
    while (true) {
      if (std::optional<PartialBlob> mine =
              value_or_throw(PartialBlob::open(library_.store.blobs().partial_folder(), key)))
        return *std::move(mine);
      if (cancel_ != nullptr && cancel_->requested()) throw Failure({ErrorCode::cancelled, "cancelled", {}});
      tell(PullStage::waiting);
      rest(kBetweenLooks, cancel_);
    }
  }

  /// What the library has already, after it has been read and found to be whole.
  std::optional<Pulled> find_here() {
    const std::string& sha256 = model_.wanted.sha256;
    const BlobStore blobs = library_.store.blobs();
    std::error_code none;
    if (sha256.empty() || !fs::exists(blobs.path_of(sha256), none)) return std::nullopt;
    tell(PullStage::checking);
    const Result<StagedBlob> staged = blobs.stage(blobs.path_of(sha256), Staging::hard_link, cancel_);
    if (!staged && staged.error().code == ErrorCode::cancelled) throw Failure(staged.error());
    if (!staged || staged.value().sha256() != sha256) return std::nullopt;  // fetched again, which mends it
    return add(blobs.path_of(sha256), staged.value());
  }

  Pulled take_in(PartialBlob& partial) {
    tell(PullStage::checking);
    const StagedBlob staged = value_or_throw(library_.store.blobs().stage(partial, cancel_));
    const std::string& need = model_.wanted.sha256;
    if (!need.empty() && staged.sha256() != need) {
      partial.discard();
      throw Failure({ErrorCode::bad_file,
                     fmt::format("got a file with sha256 {}, need {}; it is thrown away: pull again, or from elsewhere",
                                 staged.sha256(), need),
                     model_.page});
    }
    try {
      return add(partial.path(), staged);
    } catch (const Failure& failure) {
      const ErrorCode code = failure.error().code;
      if (code == ErrorCode::bad_file || code == ErrorCode::unsupported) partial.discard();  // it will not become one
      throw;
    }
  }

  SideFacts side_facts() const {
    SideFacts facts = model_.from_civitai ? facts_of_civitai(model_.about) : facts_of_hugging_face(model_.about);
    facts.source = model_.page;
    return facts;
  }

  Pulled add(const fs::path& path, const StagedBlob& staged) {
    Result<ModelInfo> info = library_.engine.inspect(path.string());
    if (!info) {
      Error error = std::move(info).error();
      error.context = model_.page;  // the file has no name that tells anything yet
      throw Failure(std::move(error));
    }
    const Facts facts = gather_facts(std::move(info).value(), side_facts());
    Record record;
    record.name = options_.name.empty() ? library_.possible_name(model_.name) : options_.name;
    record.stamp = value_or_throw(file_stamp(path));
    record.blob = record.sha256 = staged.sha256();
    describe(record, facts, {});
    const auto naming = options_.name.empty() ? Store::Naming::as_it_comes : Store::Naming::exactly;
    Store::Added added = value_or_throw(library_.store.add(record, {to_json_text(facts), "{}"}, &staged, naming));
    return {library_.entry(std::move(added.record)), added.is_new, !model_.wanted.sha256.empty(), 0, 0};
  }

  static constexpr int kMostConnections = 16;
  static constexpr std::chrono::milliseconds kBetweenLooks{200};

  LibraryState& library_;
  const PullOptions& options_;
  const OnPull& on_progress_;
  const CancelToken* cancel_;
  FoundModel model_;
  PullProgress progress_;
  Pace pace_;
};

}  // namespace

Result<Pulled> Library::pull(const std::string& source, const PullOptions& options, const OnPull& on_progress,
                             const CancelToken* cancel) {
  return catch_errors([&] { return Pulling(*state_, options, on_progress, cancel).run(source); });
}

}  // namespace pxf
