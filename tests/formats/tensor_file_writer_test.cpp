// Checkpoints written piece by piece, and the quantisers against the bytes that gguf-py wrote.
#include "formats/tensor_file_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "files.h"
#include "formats/open.h"
#include "golden_files.h"
#include "temporary_folder.h"
#include "tensor/narrow.h"
#include "tensor/widen.h"

namespace pxf {
namespace {

using test::TemporaryFolder;
using testing::HasSubstr;

TEST(Quantise, GivesTheBytesThatGgufPyWrote) {
  if (!test::golden_has("formats/values.safetensors")) GTEST_SKIP();
  const auto golden = value_or_throw(open_tensors(test::golden_folder() / "formats/gguf/quants.gguf"));
  const std::vector<float> values = test::GoldenArrays("formats/values.safetensors").f32("gguf.source");
  int compared = 0;
  for (const TensorInfo& tensor : golden->tensors()) {
    using enum DType;
    constexpr std::array kWrittenByPython{q4_0, q4_1, q5_0, q5_1, q8_0, bf16, f16, f32};
    if (std::ranges::find(kWrittenByPython, tensor.dtype) == kWrittenByPython.end()) continue;
    if (tensor.shape.numel() != std::ssize(values)) continue;
    std::vector<std::byte> ours(tensor.byte_count());
    narrow_from_f32(values, tensor.dtype, ours);
    const Bytes theirs = golden->bytes(tensor.name);
    EXPECT_EQ(std::memcmp(ours.data(), theirs.data(), ours.size()), 0) << tensor.name;
    ++compared;
  }
  EXPECT_EQ(compared, 8);
}

/// Every type the format can hold, and odd shapes and names.
std::vector<TensorInfo> samples(WrittenFormat format) {
  std::vector<TensorInfo> out;
  for (int i = 0; i <= static_cast<int>(DType::nvfp4); ++i) {
    const auto dtype = static_cast<DType>(i);
    const auto row = static_cast<std::int64_t>(3 * block_elements(dtype));
    if (can_hold(format, dtype)) out.push_back({std::string(name_of(dtype)), dtype, Shape{5, row}});
  }
  out.push_back({"scalar", DType::f32, Shape{}});
  out.push_back({"empty", DType::f16, Shape{0, 4}});
  out.push_back({"one", DType::i8, Shape{1}});
  out.push_back({"five", DType::f16, Shape{2, 3, 1, 5, 7}});
  out.push_back({std::string(200, 'n') + "\"\n\u00e9", DType::f32, Shape{1, 1}});
  out.push_back({"last and empty", DType::f32, Shape{0}});
  return out;
}

std::vector<std::byte> content(const TensorInfo& tensor) {
  std::vector<std::byte> out(tensor.byte_count());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(i * 7 + tensor.name.size());
  return out;
}

TensorFileWriter begin(const std::filesystem::path& path, WrittenFormat format) {
  return value_or_throw(TensorFileWriter::create(path, format, samples(format), {{"a", "text"}, {"b", "\u00e9\n"}}));
}

TEST(TensorFileWriter, WhatIsWrittenInPiecesIsReadBack) {
  const TemporaryFolder folder;
  for (const auto format : {WrittenFormat::safetensors, WrittenFormat::gguf}) {
    const auto path = folder / "out";
    TensorFileWriter writer = begin(path, format);
    for (const TensorInfo& tensor : std::vector(writer.tensors())) {
      const std::vector<std::byte> bytes = content(tensor);
      if (bytes.empty()) continue;
      const std::size_t half = bytes.size() / 2;
      ASSERT_TRUE(writer.append(Bytes(bytes).first(half)));
      ASSERT_TRUE(writer.append(Bytes(bytes).subspan(half)));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    ASSERT_TRUE(writer.finish());
    EXPECT_EQ(writer.bytes_written(), std::filesystem::file_size(path));

    const auto source = value_or_throw(open_tensors(path));
    EXPECT_EQ(source->format(), name_of(format));
    EXPECT_EQ(source->metadata().at("b"), "\u00e9\n");
    EXPECT_EQ(source->tensors().size(), samples(format).size());
    for (const TensorInfo& want : samples(format)) {
      const TensorInfo* got = source->find(want.name);
      ASSERT_NE(got, nullptr) << want.name;
      EXPECT_EQ(got->dtype, want.dtype);
      EXPECT_EQ(got->shape, want.shape);
      const Bytes bytes = source->bytes(want.name);
      EXPECT_TRUE(std::ranges::equal(bytes, content(want))) << want.name;
    }
    std::filesystem::remove(path);
  }
}

TEST(TensorFileWriter, WhatIsNotFinishedLeavesNothing) {
  const TemporaryFolder folder;
  folder.write("out", "old");
  {
    TensorFileWriter writer = begin(folder / "out", WrittenFormat::gguf);
    ASSERT_TRUE(writer.append(content(writer.tensors().front())));
    EXPECT_FALSE(catch_errors([&] { return writer.finish().ok(); }).ok());
  }
  const std::filesystem::directory_iterator files(folder.path());
  EXPECT_EQ(std::distance(files, {}), 1);
  EXPECT_EQ(test::content_of(folder / "out"), "old");
}

TEST(TensorFileWriter, RefusesWhatTheFormatCannotSay) {
  const TemporaryFolder folder;
  const auto refusal = [&](WrittenFormat format, std::vector<TensorInfo> tensors) {
    const auto writer = TensorFileWriter::create(folder / "out", format, std::move(tensors), {});
    return writer ? "it passed" : writer.error().text();
  };
  const TensorInfo a{"a", DType::f32, Shape{2}};
  EXPECT_THAT(refusal(WrittenFormat::safetensors, {a, a}), HasSubstr("out: tensor \"a\": given twice"));
  EXPECT_THAT(refusal(WrittenFormat::gguf, {a, a}), HasSubstr("out: tensor \"a\": given twice"));
  EXPECT_THAT(refusal(WrittenFormat::gguf, {{"a", DType::f8_e4m3, Shape{2}}}), HasSubstr("GGUF has no type f8_e4m3"));
  EXPECT_THAT(refusal(WrittenFormat::safetensors, {{"a", DType::q8_0, Shape{32}}}), HasSubstr("no type q8_0"));
  EXPECT_THAT(refusal(WrittenFormat::gguf, {{"a", DType::q8_0, Shape{32, 16}}}), HasSubstr("whole blocks of 32"));
  EXPECT_THAT(refusal(WrittenFormat::gguf, {{"\xff", DType::f32, Shape{}}}), HasSubstr("not valid UTF-8"));
  EXPECT_THAT(refusal(WrittenFormat::safetensors, {{"\xff", DType::f32, Shape{}}}), HasSubstr("not valid UTF-8"));
  EXPECT_THAT(refusal(WrittenFormat::safetensors, {{"__metadata__", DType::f32, Shape{}}}), HasSubstr("reserved"));
  TensorFileWriter writer = value_or_throw(TensorFileWriter::create(folder / "out", WrittenFormat::gguf, {a}, {}));
  const std::vector<std::byte> nine(9);
  EXPECT_FALSE(catch_errors([&] { return writer.append(nine).ok(); }).ok());
}

}  // namespace
}  // namespace pxf
