// Files that the formats' own programs wrote (safetensors, PyTorch, gguf-py, diffusers), and files that must be
// refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <string>

#include "formats/open.h"
#include "formats/safetensors_header.h"
#include "manifest.h"

namespace pxf {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Matcher;

/// A type as the file's own program calls it.
std::string spelled(DType dtype, const std::string& format) {
  static const std::map<DType, std::string> kTorch = {{DType::f64, "float64"},
                                                      {DType::f32, "float32"},
                                                      {DType::f16, "float16"},
                                                      {DType::bf16, "bfloat16"},
                                                      {DType::f8_e4m3, "float8_e4m3fn"},
                                                      {DType::f8_e5m2, "float8_e5m2"},
                                                      {DType::i64, "int64"},
                                                      {DType::i32, "int32"},
                                                      {DType::i16, "int16"},
                                                      {DType::i8, "int8"},
                                                      {DType::u8, "uint8"},
                                                      {DType::boolean, "bool"}};
  if (format == "PyTorch") return kTorch.at(dtype);
  if (format != "GGUF") return std::string(safetensors_name(dtype));
  std::string name(name_of(dtype));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

/// The manifest counts the names from the file's top, the source from where the weights are.
std::string name_in_source(const std::string& name, const nlohmann::json& entry) {
  const std::string above = entry.value("weights_below", "");
  return above.empty() ? name : name.substr(above.size() + 1);
}

void expect_tensors(const TensorSource& source, const nlohmann::json& entry) {
  EXPECT_EQ(source.tensors().size(), entry["tensors"].size());
  for (const auto& [name, want] : entry["tensors"].items()) {
    SCOPED_TRACE(name);
    const TensorInfo* info = source.find(name_in_source(name, entry));
    ASSERT_NE(info, nullptr);
    EXPECT_EQ(spelled(info->dtype, source.format()), want["dtype"]);
    EXPECT_EQ(nlohmann::json(info->shape.extents()), want["shape"]);
    EXPECT_EQ(source.bytes(info->name).size(), info->byte_count());
    EXPECT_EQ(test::hash_as_f32(source, *info), want["sha256_f32"]);
  }
}

/// Every file of these kinds. A file that the manifest lets a reader refuse may be refused as unsupported.
int expect_files(const Matcher<std::string>& kinds) {
  int files = 0;
  for (const auto& entry : test::manifest("formats", "files")) {
    if (!Matches(kinds)(entry["kind"].get<std::string>())) continue;
    SCOPED_TRACE(entry["file"]);
    const auto source = open_tensors(test::golden_folder() / "formats" / entry["file"].get<std::string>());
    if (!source.ok() && entry.value("may_refuse", false)) {
      EXPECT_EQ(source.error().code, ErrorCode::unsupported) << source.error().text();
      continue;
    }
    EXPECT_TRUE(source.ok()) << source.error().text();
    if (!source.ok()) continue;
    expect_tensors(*source.value(), entry);
    ++files;
  }
  return files;
}

TEST(FormatsGolden, SafetensorsHaveTheValuesOfTheReference) { EXPECT_GT(expect_files("safetensors"), 5); }
TEST(FormatsGolden, ShardsHaveTheValuesOfTheReference) { EXPECT_GT(expect_files("safetensors-sharded"), 0); }
TEST(FormatsGolden, PyTorchZipsHaveTheValuesOfTheReference) { EXPECT_GT(expect_files("torch-zip"), 10); }
TEST(FormatsGolden, OldPyTorchFilesHaveTheValuesOfTheReference) { EXPECT_GT(expect_files("torch-legacy"), 7); }
TEST(FormatsGolden, GgufHasTheValuesOfTheReference) { EXPECT_GT(expect_files("gguf"), 2); }
TEST(FormatsGolden, PartsOfDiffusersHaveTheValuesOfTheReference) { EXPECT_GT(expect_files("diffusers-component"), 2); }

TEST(FormatsGolden, MetadataIsThatOfTheReference) {
  int files = 0;
  for (const auto& entry : test::manifest("formats", "files")) {
    const nlohmann::json want = entry.value("metadata", entry.value("kv", nlohmann::json::object()));
    if (want.empty()) continue;
    SCOPED_TRACE(entry["file"]);
    ++files;
    const auto source = open_tensors(test::golden_folder() / "formats" / entry["file"].get<std::string>());
    ASSERT_TRUE(source.ok()) << source.error().text();
    for (const auto& [key, value] : want.items()) {
      SCOPED_TRACE(key);
      ASSERT_TRUE(source.value()->metadata().contains(key));
      const std::string& text = source.value()->metadata().at(key);
      EXPECT_EQ(value.is_string() ? nlohmann::json(text) : nlohmann::json::parse(text, nullptr, false), value);
    }
  }
  EXPECT_GT(files, 3);
}

TEST(FormatsGolden, APipelineGivesTheTensorsOfItsPartsUnderTheirNames) {
  std::map<std::filesystem::path, std::size_t> pipelines;  // to the number of tensors of all parts
  for (const auto& entry : test::manifest("formats", "files")) {
    if (entry["kind"] != "diffusers-component") continue;
    pipelines[std::filesystem::path(entry["file"].get<std::string>()).parent_path()] += entry["tensors"].size();
  }
  for (const auto& [folder, tensors] : pipelines) {
    const auto source = open_tensors(test::golden_folder() / "formats" / folder);
    ASSERT_TRUE(source.ok()) << source.error().text();
    EXPECT_EQ(source.value()->tensors().size(), tensors);
    EXPECT_NE(source.value()->find("unet.conv_in.weight"), nullptr);
    EXPECT_THAT(source.value()->metadata().at("model_index.json"), HasSubstr("_class_name"));
    EXPECT_THAT(source.value()->metadata().at("scheduler/scheduler_config.json"), HasSubstr("beta_start"));
  }
}

/// What a message must say for each kind of damage of the manifest, its "neighbours" included.
const std::map<std::string, Matcher<std::string>>& words() {
  static const std::map<std::string, Matcher<std::string>> kWords = {
      {"truncated", AnyOf(HasSubstr("cut off"), HasSubstr("is empty"))},
      {"header_too_large", HasSubstr("header: too large")},
      {"invalid_json", AnyOf(HasSubstr("not valid JSON"), HasSubstr("not a JSON object"), HasSubstr("need an object"))},
      {"invalid_utf8", HasSubstr("not valid")},
      {"invalid_header", AnyOf(HasSubstr(", need "), HasSubstr("has no "))},
      {"invalid_shape", HasSubstr("shape:")},
      {"shape_overflow", HasSubstr("more elements than can be counted")},
      {"unknown_dtype", HasSubstr("not known here")},
      {"duplicate_key", HasSubstr("twice")},
      {"offset_out_of_range", AnyOf(HasSubstr("data_offsets:"), HasSubstr("of the data, the file holds"))},
      {"offsets_overlap", HasSubstr("overlapping")},
      {"misaligned", HasSubstr("need a multiple of")},
      {"hole", HasSubstr("leaving a hole")},
      {"trailing_bytes", HasSubstr("belong to none")},
      {"size_mismatch", HasSubstr(" need")},
      {"count_absurd", AnyOf(HasSubstr("cannot fit in"), HasSubstr("at most"))},
      {"bad_metadata", HasSubstr("metadata")},
      {"unsupported_version", HasSubstr("is GGUF version")},
      {"unsafe_pickle", HasSubstr("tries to run code: it ")},
      {"bad_pickle", AnyOf(HasSubstr("pickle: "), HasSubstr("holds no tensors"))},
      {"bad_zip", HasSubstr("zip archive: ")},
      {"missing_entry", HasSubstr("is not in the archive")},
      {"missing_shard", HasSubstr("no such file")},
      {"missing_tensor", HasSubstr("which the index says is there")},
      {"path_traversal", HasSubstr("leaves the")},
      {"too_large", HasSubstr("holds no tensors")},
      {"not_this_format", AnyOf(HasSubstr("git-lfs pointer"), HasSubstr("web page"), HasSubstr("is no GGUF file"),
                                HasSubstr("not a PyTorch checkpoint"))}};
  return kWords;
}

TEST(FormatsGolden, EveryMalformedFileIsRefusedForItsReason) {
  std::filesystem::remove("PXF_MARKER_a_pickle_ran");
  int refused = 0;
  for (const auto& entry : test::manifest("malformed", "cases")) {
    SCOPED_TRACE(entry["file"]);
    const std::string file = entry["file"], kind = entry["error"];
    const auto source = open_tensors(test::golden_folder() / "malformed" / file);
    if (source.ok()) {
      EXPECT_TRUE(entry.value("may_open", false));
      for (const TensorInfo& info : source.value()->tensors()) source.value()->bytes(info.name);
      continue;
    }
    ++refused;
    ASSERT_TRUE(words().contains(kind)) << kind << ": " << source.error().text();
    EXPECT_THAT(source.error().message, words().at(kind));
    EXPECT_THAT(source.error().context, HasSubstr(std::filesystem::path(file).parent_path().string()));
    EXPECT_LT(source.error().message.size(), 500u);
    const std::string marker = entry.value("marker", "");
    EXPECT_TRUE(marker.empty() || !std::filesystem::exists(marker));
  }
  EXPECT_GT(refused, 120);
}

TEST(FormatsGolden, WhatTriesToRunCodeIsToldByItsName) {
  int files = 0;
  for (const auto& entry : test::manifest("malformed", "cases")) {
    // "data.pkl calls os.system"
    const std::string wrong = entry["wrong"];
    const auto calls = wrong.find(" calls ");
    if (entry["error"] != "unsafe_pickle" || calls == std::string::npos) continue;
    ++files;
    const auto source = open_tensors(test::golden_folder() / "malformed" / entry["file"].get<std::string>());
    ASSERT_FALSE(source.ok());
    EXPECT_THAT(source.error().message, HasSubstr("it calls \"" + wrong.substr(calls + 7) + "\""));
  }
  EXPECT_GT(files, 15);
}

}  // namespace
}  // namespace pxf
