// Folders, indexes, and telling formats apart.
#include "formats/open.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "formats/file_kind.h"
#include "formats/safetensors.h"
#include "pickle_words.h"
#include "temporary_folder.h"

namespace pxf {
namespace {

using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Pair;

/// A safetensors file of bytes, one tensor a name.
std::string weights(const std::vector<std::string>& names, const std::string& metadata = "") {
  std::string header = "{" + metadata;
  for (std::size_t i = 0; i < names.size(); ++i) {
    header += fmt::format(R"({}"{}":{{"dtype":"U8","shape":[1],"data_offsets":[{},{}]}})", header.size() > 1 ? "," : "",
                          names[i], i, i + 1);
  }
  header += "}";
  return test::le<std::uint64_t>(header.size()) + header + std::string(names.size(), '\1');
}

std::vector<std::string> names(const std::filesystem::path& path) {
  const auto source = open_tensors(path);
  if (!source) return {source.error().text()};
  std::vector<std::string> out;
  for (const TensorInfo& info : source.value()->tensors()) {
    out.push_back(info.name);
    EXPECT_EQ(source.value()->bytes(info.name).size(), info.byte_count());
    source.value()->release_pages(info.name);
  }
  return out;
}

std::string refusal(const std::filesystem::path& path) {
  const auto source = open_tensors(path);
  return source.ok() ? "it opened" : source.error().text();
}

TEST(Open, ContentDecidesNotTheName) {
  const TemporaryFolder folder;
  folder.write("a.ckpt", weights({"x"}));
  folder.write("b.safetensors",
               test::torch_zip(test::dict({{"y", test::vector_tensor("0", 1)}}) + ".", {{"0", "abcd"}}));
  folder.write("c", "GGUF" + test::le<std::uint32_t>(3) + std::string(16, '\0'));
  EXPECT_THAT(names(folder / "a.ckpt"), ElementsAre("x"));
  EXPECT_THAT(names(folder / "b.safetensors"), ElementsAre("y"));
  EXPECT_THAT(names(folder / "c"), ElementsAre());
}

TEST(Open, KindsAreToldByTheFirstBytes) {
  const auto kind = [](const std::string& bytes) { return file_kind(as_bytes(bytes)); };
  EXPECT_EQ(kind(weights({})), FileKind::safetensors);
  EXPECT_EQ(kind("PK\x03\x04"), FileKind::zip);
  EXPECT_EQ(kind("PK\x05\x06"), FileKind::zip);
  EXPECT_EQ(kind("\x80\x02N."), FileKind::pickle);
  EXPECT_EQ(kind("\x80\x09N."), FileKind::unknown);
  EXPECT_EQ(kind("GGUF"), FileKind::gguf);
  EXPECT_EQ(kind(" \n{\"weight_map\": {}}"), FileKind::json);
  EXPECT_EQ(kind("{\"abcd\":{\"weight_map\": {}}}"), FileKind::json);  // a brace where safetensors has one
  EXPECT_EQ(kind("\xff\xff\xff\xff\xff\xff\xff\xff{"), FileKind::safetensors);
  EXPECT_EQ(kind("<!doctype html>"), FileKind::web_page);
  EXPECT_EQ(kind("version https://git-lfs.github.com/spec/v1"), FileKind::git_lfs_pointer);
  EXPECT_EQ(kind(""), FileKind::unknown);
  EXPECT_EQ(kind("      "), FileKind::unknown);
}

TEST(OpenRefuses, WhatIsNoModelByWhatItsNamePromises) {
  const TemporaryFolder folder;
  const auto said = [&](const char* name, const std::string& content) {
    folder.write(name, content);
    return refusal(folder / name);
  };
  EXPECT_THAT(said("a.txt", "hello"), HasSubstr("a.txt: is no model: need safetensors"));
  EXPECT_THAT(said("a.gguf", "hello"), HasSubstr("is no GGUF file"));
  EXPECT_THAT(said("a.ckpt", "hello"), HasSubstr("pickle: "));
  EXPECT_THAT(said("a.pt", "cos\nsystem\n(S'ls'\ntR."), HasSubstr("tries to run code: it calls \"os.system\""));
  EXPECT_THAT(said("a.safetensors", "hello"), HasSubstr("header length"));
  EXPECT_THAT(said("a.pth", ""), HasSubstr("is empty"));
  EXPECT_THAT(said("b.pt", "<html>"), HasSubstr("is a web page"));
  EXPECT_THAT(said("a.json", "{\"error\": 1}"), HasSubstr("neither a model nor an index"));
  EXPECT_THAT(refusal(folder / "none.pt"), HasSubstr("no such file"));
}

TEST(Shards, AnIndexJoinsItsFiles) {
  const TemporaryFolder folder;
  folder.write("model-00001-of-00002.safetensors",
               weights({"b", "a", "unlisted"}, R"("__metadata__":{"format":"pt"})"));
  folder.write("model-00002-of-00002.safetensors", weights({"c"}));
  folder.write("model.safetensors.index.json",
               R"({"metadata": {"total_size": 3, "format": "index"}, "weight_map": {
                   "a": "model-00001-of-00002.safetensors", "b": "model-00001-of-00002.safetensors",
                   "c": "model-00002-of-00002.safetensors"}})");
  EXPECT_THAT(names(folder / "model.safetensors.index.json"), ElementsAre("b", "a", "c"));
  EXPECT_THAT(names(folder.path()), ElementsAre("b", "a", "c"));
  const auto source = open_tensors(folder / "model.safetensors.index.json").value();
  EXPECT_THAT(source->metadata(), ElementsAre(Pair("format", "index"), Pair("total_size", "3")));
  EXPECT_EQ(source->format(), "safetensors");
}

TEST(ShardsRefuse, WhatIsNotInOrder) {
  const TemporaryFolder folder;
  folder.write("one", weights({"a"}));
  const auto said = [&](const std::string& index) {
    folder.write("index.json", index);
    return refusal(folder / "index.json");
  };
  EXPECT_EQ(said(R"({"weight_map": {"a": "one"}})"), "it opened");
  EXPECT_THAT(said(R"({"weight_map": {"a": "one"})"), HasSubstr("not valid JSON"));
  EXPECT_THAT(said(R"({"weight_map": ["a"]})"), HasSubstr("without a \"weight_map\""));
  EXPECT_THAT(said(R"({"weight_map": {"a": 1}})"), HasSubstr("tensor \"a\": need the name of a file"));
  EXPECT_THAT(said(R"({"weight_map": {"b": "one"}})"), HasSubstr("one: has no tensor \"b\""));
  EXPECT_THAT(said(R"({"weight_map": {"a": "two"}})"), HasSubstr("no such file"));
  EXPECT_THAT(said(R"({"weight_map": {"a": "index.json"}})"), HasSubstr("is JSON text"));  // no index of indexes
  for (const char* name : {"", ".", "..", "../one", "/one", "a/b", "a\\\\b", "one\\u0000"}) {
    EXPECT_THAT(said(fmt::format(R"({{"weight_map": {{"a": "{}"}}}})", name)), HasSubstr("leaves the folder")) << name;
  }
}

TEST(Diffusers, TheBestOfSeveralFilesIsTaken) {
  const TemporaryFolder folder;
  const auto best = [&](const char* name) {
    folder.write(name, weights({name}));
    return names(folder.path());
  };
  EXPECT_THAT(best("diffusion_pytorch_model.fp32.bin"), ElementsAre("diffusion_pytorch_model.fp32.bin"));
  EXPECT_THAT(best("diffusion_pytorch_model.fp16.bin"), ElementsAre("diffusion_pytorch_model.fp16.bin"));
  EXPECT_THAT(best("diffusion_pytorch_model.bin"), ElementsAre("diffusion_pytorch_model.bin"));
  EXPECT_THAT(best("model.non_ema.safetensors"), ElementsAre("model.non_ema.safetensors"));
  EXPECT_THAT(best("model.fp16.safetensors"), ElementsAre("model.fp16.safetensors"));
  EXPECT_THAT(best("model.safetensors"), ElementsAre("model.safetensors"));
  folder.write("one-of-two", weights({"sharded"}));
  folder.write("model.safetensors.index.fp16.json", R"({"weight_map": {"sharded": "one-of-two"}})");
  EXPECT_THAT(names(folder.path()), ElementsAre("model.safetensors"));
  folder.write("model.safetensors.index.json", R"({"weight_map": {"sharded": "one-of-two"}})");
  EXPECT_THAT(names(folder.path()), ElementsAre("sharded"));
}

TEST(Diffusers, ALoneFileOfAnyNameIsTheModel) {
  const TemporaryFolder folder;
  folder.write("pytorch_lora_weights.safetensors", weights({"lora"}));
  folder.write("README.md", "text");
  folder.write("tokenizer.json", "{}");
  EXPECT_THAT(names(folder.path()), ElementsAre("lora"));
  folder.write("another.safetensors", weights({"x"}));
  EXPECT_THAT(refusal(folder.path()), HasSubstr("has no weights that can be told"));
}

TEST(Diffusers, APipelineNamesItsParts) {
  const TemporaryFolder folder;
  folder.write("model_index.json", R"({"_class_name": "P", "unet": ["diffusers", "UNet"], "vae": ["diffusers", "VAE"],
      "scheduler": ["diffusers", "DDIM"], "safety_checker": [null, null], "feature_extractor": ["a", "B"]})");
  EXPECT_THAT(refusal(folder.path()), HasSubstr("none of its parts has weights here"));
  folder.write("unet/diffusion_pytorch_model.safetensors", weights({"w"}));
  folder.write("unet/config.json", R"({"in_channels": 4})");
  folder.write("safety_checker/model.safetensors", weights({"x"}));
  folder.write("scheduler/scheduler_config.json", R"({"beta": 1})");
  EXPECT_THAT(names(folder.path()), ElementsAre("unet.w"));
  const auto source = open_tensors(folder.path()).value();
  EXPECT_THAT(source->metadata(), IsSupersetOf({Pair("unet/config.json", R"({"in_channels": 4})"),
                                                Pair("scheduler/scheduler_config.json", R"({"beta": 1})")}));
  EXPECT_EQ(source->metadata().size(), 3u);
  folder.write("vae/model.safetensors", "damaged");
  EXPECT_THAT(refusal(folder.path()), HasSubstr("vae/model.safetensors: is 7 bytes long"));
}

TEST(DiffusersRefuses, WhatIsNotInOrder) {
  const TemporaryFolder folder;
  EXPECT_THAT(refusal(folder.path()), HasSubstr("has no weights that can be told"));
  folder.write("model_index.json", "[1]");
  EXPECT_THAT(refusal(folder.path()), HasSubstr("model_index.json: not a JSON object"));
  folder.write("model_index.json", R"({"../unet": ["a", "B"]})");
  EXPECT_THAT(refusal(folder.path()), HasSubstr("part \"../unet\" leaves the folder"));
  folder.write("model_index.json", R"({"a": ["x", "Y"], "a.b": ["x", "Y"]})");
  folder.write("a/model.safetensors", weights({"b.w"}));
  folder.write("a.b/model.safetensors", weights({"w"}));
  EXPECT_THAT(refusal(folder.path()), HasSubstr("tensor \"a.b.w\": is there twice"));
}

}  // namespace
}  // namespace pxf
