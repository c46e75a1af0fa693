#include "download/look_up.h"

#include <algorithm>

#include "download/answers.h"

namespace pxf {
namespace {

constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;

/// "https://example.com/sub", without a slash at its end.
std::string base_of(const Url& site) {
  std::string base = site.text;
  while (base.ends_with('/')) base.pop_back();
  return base;
}

std::string answer_of(const std::string& address, const Asking& asking) {
  return value_or_throw(get_text(value_or_throw(parse_url(address)), kLongestAnswer, asking));
}

/// Weights that are called the same in every repository are better known by the repository's name.
std::string name_in_repository(const HuggingFaceSource& source, const std::string& file) {
  const std::string name = model_name_of(file);
  constexpr std::string_view kCommon[] = {"model", "pytorch_model", "diffusion_pytorch_model", "pytorch_lora_weights"};
  const auto is_common = [&](std::string_view common) {
    return name == common || name.starts_with(std::string(common) + ".");
  };
  return std::ranges::any_of(kCommon, is_common) ? source.repo.substr(source.repo.rfind('/') + 1) : name;
}

FoundModel find_model(const HuggingFaceSource& source, const Sites& sites, const Asking& asking) {
  const std::string base = base_of(sites.hugging_face), revision = url_escaped(source.revision, false);
  FoundModel out;
  out.about = answer_of(fmt::format("{}/api/models/{}/revision/{}?blobs=true", base, source.repo, revision), asking);
  const OfferedFile file = value_or_throw(choose_file(value_or_throw(repository_files(out.about)), source));
  const std::string path = url_escaped(file.name);
  out.wanted = {value_or_throw(parse_url(fmt::format("{}/{}/resolve/{}/{}", base, source.repo, revision, path))),
                file.sha256, file.bytes};
  out.page = fmt::format("{}/{}/blob/{}/{}", base, source.repo, revision, path);
  out.name = name_in_repository(source, file.name);
  return out;
}

/// Licence, maker and tags stand with the model, not with its version. Without them the file is as good.
std::string with_its_model(const std::string& version, const std::string& base, const Asking& asking) {
  const std::uint64_t id = model_of_version(version);
  if (id == 0) return version;
  const Result<Url> url = parse_url(fmt::format("{}/api/v1/models/{}", base, id));
  if (!url) return version;
  const Result<std::string> model = get_text(url.value(), kLongestAnswer, asking);
  if (!model && model.error().code == ErrorCode::cancelled) throw Failure(model.error());
  return model ? with_model(version, model.value()) : version;
}

FoundModel find_model(CivitaiSource source, const Sites& sites, const Asking& asking) {
  const std::string base = base_of(sites.civitai);
  if (source.version == 0) {
    source.version =
        value_or_throw(newest_version(answer_of(fmt::format("{}/api/v1/models/{}", base, source.model), asking)));
  }
  const std::string version = answer_of(fmt::format("{}/api/v1/model-versions/{}", base, source.version), asking);
  const std::uint64_t model = model_of_version(version);
  if (source.model != 0 && model != source.model) {
    fail(ErrorCode::not_found, "source: version {} is of model {}, need one of model {}", source.version, model,
         source.model);
  }
  const OfferedFile file = value_or_throw(choose_file(value_or_throw(version_files(version)), source));
  FoundModel out;
  out.about = with_its_model(version, base, asking);
  out.from_civitai = true;
  out.wanted = {value_or_throw(parse_url(file.link)), file.sha256, 0};
  out.page = fmt::format("{}/models/{}?modelVersionId={}", base, model, source.version);
  out.name = model_name_of(file.name);
  return out;
}

FoundModel find_model(const Url& url, const Sites&, const Asking&) {
  FoundModel out;
  out.wanted.url = url;
  out.page = url.shown();
  out.name = model_name_of(url_unescaped(url.path));
  return out;
}

}  // namespace

Result<FoundModel> look_up(const ModelSource& source, const Sites& sites, const Asking& asking) {
  return catch_errors(
      [&] { return std::visit([&](const auto& one) { return find_model(one, sites, asking); }, source); });
}

}  // namespace pxf
