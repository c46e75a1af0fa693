// The parts of each family against the field's reference implementations, on every backend. Takes every folder of
// families/ whose checkpoint an engine here runs; what a case is follows from the names of its inputs.
#include <nlohmann/json.hpp>

#include <fstream>

#include "golden_file.h"
#include "models/family.h"
#include "ops/arrange.h"
#include "support.h"

namespace pxf {
namespace {

using test::Computer;
using test::expect_close;
using test::GoldenFile;

struct Folder {
  std::filesystem::path path;
  std::string backend;
};

std::vector<Folder> folders() {
  std::vector<Folder> out;
  for (const auto& entry : std::filesystem::directory_iterator(test::golden_folder() / "families")) {
    auto source = open_safetensors(entry.path() / "checkpoint.safetensors");
    if (!source || !open_model(Catalog(std::move(source).value()))) continue;
    for (const Backend* backend : all_backends()) out.push_back({entry.path(), backend->name});
  }
  return out;
}

class GoldenFamilies : public testing::TestWithParam<Folder> {
 protected:
  void SetUp() override {
    const Folder& folder = GetParam();
    opened_ = value_or_throw(open_model(Catalog(value_or_throw(open_safetensors(folder.path / "checkpoint.safetensors")))));
    std::ifstream(folder.path / "case.json") >> about_;
  }

  // Runs `check(case name)` for the cases that have all of these tensors.
  void for_cases(std::initializer_list<const char*> needed, const std::function<void(const std::string&, double)>& check) {
    for (const auto& one : about_["cases"]) {
      const std::string name = one["name"];
      const auto has = [&](const char* tensor) { return cases_.has(name + "/" + tensor); };
      if (!std::all_of(needed.begin(), needed.end(), has)) continue;
      SCOPED_TRACE(name);
      check(name, one.value("tolerance", 1e-4));
    }
  }
  Tensor input(const std::string& name, const char* tensor) { return cases_.tensor(on_.ctx, name + "/in/" + tensor); }
  std::vector<float> want(const std::string& name, const std::string& tensor) { return cases_.f32(name + "/out/" + tensor); }

  Computer on_{GetParam().backend};
  GoldenFile cases_{GetParam().path / "cases.safetensors"};
  OpenedModel opened_;
  nlohmann::json about_;
};

TEST_P(GoldenFamilies, Network) {
  for_cases({"in/sample", "in/timestep", "in/context"}, [&](const std::string& name, double tolerance) {
    const std::vector<float> t = cases_.f32(name + "/in/timestep");
    const Conditioning cond{input(name, "context")};
    const Tensor out =
        opened_.model.network->predict(channels_last(input(name, "sample")), std::vector<double>(t.begin(), t.end()), cond);
    expect_close(channels_first(out).span<float>(), want(name, "prediction"), tolerance);
  });
}

TEST_P(GoldenFamilies, TextEncoder) {
  for_cases({"in/ids", "out/last"}, [&](const std::string& name, double tolerance) {
    const Tensor ids = cases_.ids(on_.ctx, name + "/in/ids");
    const TextEncoder::Output last = opened_.model.text->encode(ids, 1);
    expect_close(std::as_const(last.features).span<float>(), want(name, "last"), tolerance);
    expect_close(std::as_const(last.pooled).span<float>(), want(name, "pooled"), tolerance);
    const TextEncoder::Output skipped = opened_.model.text->encode(ids, 2);
    expect_close(std::as_const(skipped.features).span<float>(), want(name, "skip2"), tolerance);
  });
}

TEST_P(GoldenFamilies, AutoencoderDecodes) {
  for_cases({"in/latent", "out/image"}, [&](const std::string& name, double tolerance) {
    const Tensor out = opened_.model.autoencoder->decode(channels_last(input(name, "latent")));
    expect_close(channels_first(out).span<float>(), want(name, "image"), tolerance);
  });
}

TEST_P(GoldenFamilies, AutoencoderEncodes) {
  for_cases({"in/image", "out/mean"}, [&](const std::string& name, double tolerance) {
    const Autoencoder::Moments out = opened_.model.autoencoder->encode(channels_last(input(name, "image")));
    expect_close(channels_first(out.mean).span<float>(), want(name, "mean"), tolerance);
    expect_close(channels_first(out.logvar).span<float>(), want(name, "logvar"), tolerance);
  });
}

INSTANTIATE_TEST_SUITE_P(All, GoldenFamilies, testing::ValuesIn(folders()), [](const auto& folder) {
  std::string name = folder.param.path.filename().string() + "_" + folder.param.backend;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace pxf
