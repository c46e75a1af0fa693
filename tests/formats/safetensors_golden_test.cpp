// safetensors files that Python's own library wrote, and files that it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "formats/safetensors.h"
#include "formats/safetensors_header.h"
#include "support.h"
#include "tensor/widen.h"

namespace pxf {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Matcher;

/// The list `key` of a part's manifest.
nlohmann::json manifest(const std::string& part, const char* key) {
  std::ifstream file(test::golden_folder() / part / "manifest.json");
  return nlohmann::json::parse(file)[key];
}

std::string sha256(Bytes bytes) {
  unsigned char digest[32];
  EVP_Digest(bytes.data(), bytes.size(), digest, nullptr, EVP_sha256(), nullptr);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

/// The manifest hashes f32 values with every NaN as 0x7fc00000.
std::string hash_as_f32(Bytes bytes, const TensorInfo& info) {
  std::vector<float> values(static_cast<std::size_t>(info.shape.numel()));
  widen_to_f32(bytes, info.dtype, values);
  for (float& value : values) {
    if (std::isnan(value)) value = std::bit_cast<float>(0x7fc00000u);
  }
  return sha256(std::as_bytes(std::span(values)));
}

TEST(SafetensorsGolden, EveryTensorHasTheValuesOfTheReference) {
  int files = 0;
  for (const auto& entry : manifest("formats", "files")) {
    if (entry["kind"] != "safetensors") continue;
    SCOPED_TRACE(entry["file"]);
    ++files;
    const auto source = open_safetensors(test::golden_folder() / "formats" / entry["file"].get<std::string>());
    ASSERT_TRUE(source.ok()) << source.error().text();
    EXPECT_EQ(source.value()->metadata(), entry.value("metadata", TensorSource::Metadata{}));
    EXPECT_EQ(source.value()->tensors().size(), entry["tensors"].size());
    for (const auto& [name, want] : entry["tensors"].items()) {
      SCOPED_TRACE(name);
      const TensorInfo* info = source.value()->find(name);
      ASSERT_NE(info, nullptr);
      EXPECT_EQ(safetensors_name(info->dtype), want["dtype"]);
      EXPECT_EQ(nlohmann::json(info->shape.extents()), want["shape"]);
      EXPECT_EQ(hash_as_f32(source.value()->bytes(name), *info), want["sha256_f32"]);
    }
  }
  EXPECT_GT(files, 5);
}

/// What a message must say for each kind of damage of the manifest, its "neighbours" included.
const std::map<std::string, Matcher<std::string>>& words() {
  static const std::map<std::string, Matcher<std::string>> kWords = {
      {"truncated", AnyOf(HasSubstr("cut off"), HasSubstr("is empty"))},
      {"header_too_large", HasSubstr("header: too large")},
      {"invalid_json", AnyOf(HasSubstr("not valid JSON"), HasSubstr("not a JSON object"), HasSubstr("need an object"))},
      {"invalid_utf8", HasSubstr("not valid JSON in UTF-8")},
      {"invalid_header", AnyOf(HasSubstr(", need "), HasSubstr("has no "))},
      {"invalid_shape", HasSubstr("shape:")},
      {"shape_overflow", HasSubstr("more elements than can be counted")},
      {"unknown_dtype", HasSubstr("dtype \"F12\" is not known")},
      {"duplicate_key", HasSubstr("twice")},
      {"offset_out_of_range", AnyOf(HasSubstr("data_offsets:"), HasSubstr("of the data, the file holds"))},
      {"offsets_overlap", HasSubstr("overlapping")},
      {"hole", HasSubstr("leaving a hole")},
      {"trailing_bytes", HasSubstr("belong to none")},
      {"size_mismatch", HasSubstr("needs")},
      {"not_this_format", AnyOf(HasSubstr("git-lfs pointer"), HasSubstr("web page"))}};
  return kWords;
}

TEST(SafetensorsGolden, EveryMalformedFileIsRefusedForItsReason) {
  int files = 0;
  for (const auto& entry : manifest("malformed", "cases")) {
    if (entry["format"] != "safetensors") continue;
    SCOPED_TRACE(entry["file"]);
    ++files;
    const std::string file = entry["file"], kind = entry["error"];
    const auto source = open_safetensors(test::golden_folder() / "malformed" / file);
    ASSERT_FALSE(source.ok());
    ASSERT_TRUE(words().contains(kind)) << kind;
    EXPECT_THAT(source.error().message, words().at(kind));
    EXPECT_THAT(source.error().context, HasSubstr(file));
    const bool beyond_us = kind == "unknown_dtype" || entry.value("may_open", false);
    EXPECT_EQ(source.error().code, beyond_us ? ErrorCode::unsupported : ErrorCode::bad_file);
  }
  EXPECT_GT(files, 40);
}

}  // namespace
}  // namespace pxf
