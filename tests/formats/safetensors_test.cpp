#include "formats/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "temporary_folder.h"

namespace pxf {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// The bytes of a file with this header and so many bytes of data.
std::string file_of(const std::string& header, std::size_t data = 0) {
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(data, '\1');
}

Result<std::shared_ptr<const TensorSource>> open_bytes(const std::string& bytes) {
  return open_safetensors(MappedFile::of_static(as_bytes(bytes), "it.safetensors"));
}

std::string refusal(const std::string& bytes) {
  const auto source = open_bytes(bytes);
  return source.ok() ? "it opened" : source.error().message;
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

std::vector<std::string> names(const TensorSource& source) {
  std::vector<std::string> out;
  for (const TensorInfo& info : source.tensors()) out.push_back(info.name);
  return out;
}

// What a source gives.

TEST(Safetensors, TensorsComeInTheOrderOfTheirBytes) {
  const std::string bytes =
      file_of("{" + entry("a", "U8", "[2]", "[1,3]") + "," + entry("z", "U8", "[1]", "[0,1]") + "}", 3);
  EXPECT_THAT(names(*open_bytes(bytes).value()), ElementsAre("z", "a"));
}

TEST(Safetensors, EmptyTensorsTakeNoRoomWhereverTheyStand) {
  const std::string bytes =
      file_of("{" + entry("full", "U8", "[2]", "[0,2]") + "," + entry("first", "F32", "[0]", "[0,0]") + "," +
                  entry("last", "F32", "[3,0]", "[2,2]") + "}",
              2);
  const auto source = open_bytes(bytes);
  ASSERT_TRUE(source.ok()) << source.error().text();
  EXPECT_THAT(names(*source.value()), ElementsAre("first", "full", "last"));
  EXPECT_TRUE(source.value()->bytes("last").empty());
}

TEST(Safetensors, AnUnknownNameIsNotFound) {
  const std::string bytes = file_of("{" + entry("a", "U8", "[1]", "[0,1]") + "}", 1);
  const auto source = open_bytes(bytes).value();
  EXPECT_EQ(source->find("b"), nullptr);
  source->release_pages("b");
  const auto got = catch_errors([&] { return source->bytes("b"); });
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code, ErrorCode::not_found);
  EXPECT_EQ(got.error().text(), "it.safetensors: has no tensor \"b\"");
}

TEST(Safetensors, FieldsThatTheFormatMayAddLaterArePassedOver) {
  const std::string bytes = file_of(
      R"({"a":{"new":{"deep":[1,{"x":null}],"dtype":7},"dtype":"U8","flag":true,"shape":[1],"data_offsets":[0,1],"list":[]}})",
      1);
  const auto source = open_bytes(bytes);
  ASSERT_TRUE(source.ok()) << source.error().text();
  EXPECT_EQ(source.value()->bytes("a").size(), 1u);
}

TEST(Safetensors, NullMetadataIsNone) {
  EXPECT_TRUE(open_bytes(file_of(R"({"__metadata__":null})")).value()->metadata().empty());
}

// What is refused, beyond the golden files.

TEST(SafetensorsRefuses, AFileCutInsideItsHeader) {
  EXPECT_THAT(refusal(""), HasSubstr("is empty"));
  const std::string whole = file_of("{" + entry("a", "U8", "[0]", "[0,0]") + "}");
  ASSERT_EQ(refusal(whole), "it opened");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_THAT(refusal(whole.substr(0, size)), HasSubstr("it is damaged or cut off")) << size;
  }
}

TEST(SafetensorsRefuses, TextAfterTheHeader) {
  EXPECT_THAT(refusal(file_of("{} x")), HasSubstr("not valid JSON in UTF-8 at byte 4"));
  EXPECT_THAT(refusal(file_of(std::string("{}\0 anything", 12))), HasSubstr("not valid JSON in UTF-8 at byte 3"));
}

TEST(SafetensorsRefuses, TextBeforeTheHeader) {
  EXPECT_THAT(refusal(file_of(" {}")), HasSubstr("must begin with '{'"));
  EXPECT_THAT(refusal(file_of("\xef\xbb\xbf{}")), HasSubstr("must begin with '{'"));
}

TEST(SafetensorsRefuses, AnythingGivenTwice) {
  EXPECT_THAT(refusal(file_of(R"({"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})")),
              HasSubstr("tensor \"a\": dtype is given twice"));
  EXPECT_THAT(refusal(file_of(R"({"__metadata__":{"k":"1","k":"2"}})")), HasSubstr("metadata \"k\": given twice"));
  EXPECT_THAT(refusal(file_of(R"({"__metadata__":{},"__metadata__":{}})")), HasSubstr("metadata: given twice"));
  EXPECT_THAT(refusal(file_of(R"({"__metadata__":null,"__metadata__":{}})")), HasSubstr("metadata: given twice"));
  EXPECT_THAT(refusal(file_of("{" + entry("a", "U8", "[0]", "[0,0]") + "," + entry("a", "U8", "[0]", "[0,0]") + "}")),
              HasSubstr("tensor \"a\": named twice"));
}

TEST(SafetensorsRefuses, MetadataThatIsNotText) {
  EXPECT_THAT(refusal(file_of(R"({"__metadata__":{"k":1}})")),
              HasSubstr("metadata \"k\": got the number 1, need a string"));
  EXPECT_THAT(refusal(file_of(R"({"__metadata__":{"k":null}})")), HasSubstr("metadata \"k\": got null"));
  EXPECT_THAT(refusal(file_of(R"({"__metadata__":"k"})")), HasSubstr("metadata: got a string, need an object"));
}

TEST(SafetensorsRefuses, AnEntryThatIsNoObject) {
  for (const char* value : {"1", "\"x\"", "[]", "null", "true", "1.5", "-1"}) {
    EXPECT_THAT(refusal(file_of(std::string(R"({"a":)") + value + "}")), HasSubstr("tensor \"a\": got")) << value;
  }
}

TEST(SafetensorsRefuses, EntriesWithoutAllTheirFields) {
  EXPECT_THAT(refusal(file_of(R"({"a":{}})")), HasSubstr("has no dtype"));
  EXPECT_THAT(refusal(file_of(R"({"a":{"dtype":"U8","shape":[0]}})")), HasSubstr("has no data_offsets"));
  // A field of the entry before must not stand in for a missing one.
  EXPECT_THAT(refusal(file_of("{" + entry("a", "U8", "[0]", "[0,0]") + R"(,"b":{"dtype":"U8","data_offsets":[0,0]}})")),
              HasSubstr("tensor \"b\": has no shape"));
}

TEST(SafetensorsRefuses, ShapesAndOffsetsOfTheWrongKind) {
  EXPECT_THAT(refusal(file_of("{" + entry("a", "U8", "1", "[0,1]") + "}", 1)),
              HasSubstr("need a list of whole numbers"));
  EXPECT_THAT(refusal(file_of("{" + entry("a", "U8", "[[1]]", "[0,1]") + "}", 1)), HasSubstr("shape: got a list"));
  EXPECT_THAT(refusal(file_of("{" + entry("a", "U8", "[1]", "{}") + "}", 1)), HasSubstr("data_offsets: got an object"));
  EXPECT_THAT(refusal(file_of("{" + entry("a", "U8", "[1]", "[]") + "}", 1)), HasSubstr("got 0, need two"));
  EXPECT_THAT(refusal(file_of("{" + entry("a", "U8", "[1]", "[0,1,1]") + "}", 1)),
              HasSubstr("data_offsets: got the number 1"));
}

TEST(SafetensorsRefuses, NumbersBeyond64Bits) {
  EXPECT_THAT(refusal(file_of("{" + entry("a", "U8", "[9223372036854775808]", "[0,1]") + "}", 1)),
              HasSubstr("shape: got"));
  EXPECT_THAT(refusal(file_of("{" + entry("a", "U8", "[18446744073709551617]", "[0,1]") + "}", 1)),
              HasSubstr("shape: got"));
  EXPECT_THAT(refusal(file_of("{" + entry("a", "U8", "[1]", "[0,18446744073709551617]") + "}", 1)),
              HasSubstr("data_offsets: got"));
  EXPECT_THAT(refusal(file_of("{" + entry("a", "F32", "[4611686018427387904]", "[0,0]") + "}")),
              HasSubstr("more bytes than can be counted"));
}

TEST(SafetensorsRefuses, ElementTypesOfFewerThanEightBits) {
  for (const char* dtype : {"F4", "F6_E2M3", "F6_E3M2", "F8_E8M0", "C64", ""}) {
    const auto source = open_bytes(file_of("{" + entry("a", dtype, "[0]", "[0,0]") + "}"));
    ASSERT_FALSE(source.ok());
    EXPECT_EQ(source.error().code, ErrorCode::unsupported);
    EXPECT_THAT(source.error().message, HasSubstr("dtype \"" + std::string(dtype) + "\" is not known"));
  }
}

TEST(SafetensorsRefuses, ValuesNestedWithoutEnd) {
  const std::string deep(100, '[');
  EXPECT_THAT(refusal(file_of(R"({"a":{"new":)" + deep)), HasSubstr("nested more than 64 deep"));
}

TEST(SafetensorsRefuses, OtherFilesUnderThisNameByTheirName) {
  EXPECT_THAT(refusal(std::string("PK\x03\x04\x14\0\0\0", 8)), HasSubstr("zip archive"));
  EXPECT_THAT(refusal("\x80\x02\x8a\nl\xfc\x9c"
                      "F\xf9 j\xa8P\x19."),
              HasSubstr("Python pickle"));
  EXPECT_THAT(refusal(std::string("GGUF\3\0\0\0", 8)), HasSubstr("GGUF file"));
  EXPECT_THAT(refusal(R"({"error": "Invalid credentials"})"), HasSubstr("JSON text"));
  EXPECT_THAT(refusal("\r\n  <html>Sign in</html>"), HasSubstr("web page"));
}

TEST(SafetensorsRefuses, AFileThatIsNotThere) {
  const auto source = open_safetensors(std::filesystem::path("/nowhere/x.safetensors"));
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.error().code, ErrorCode::not_found);
}

TEST(SafetensorsRefuses, HostileNamesWithoutEchoingThem) {
  const std::string message = refusal(file_of(R"({"\u001b[31m\u009b\u0000)" + std::string(5000, 'x') + R"(":1})"));
  EXPECT_THAT(message, AllOf(HasSubstr("\\x1b[31m\\x9b\\x00xxx"), Not(HasSubstr("\x1b")), Not(HasSubstr("\xc2\x9b"))));
  EXPECT_LT(message.size(), 250u);
}

// Writing.

TEST(SafetensorsWriter, WhatIsWrittenReadsBack) {
  const test::TemporaryFolder folder;
  const float values[6] = {0, 1, 2, 3, 4, 5};
  const std::uint8_t flags[3] = {1, 0, 1};
  const std::vector<TensorView> tensors = {{"flags", DType::boolean, {3}, std::as_bytes(std::span(flags))},
                                           {"имя\"\\\n", DType::f32, {2, 3}, std::as_bytes(std::span(values))},
                                           {"none", DType::f16, {0, 4}, {}}};
  const auto path = folder / "out.safetensors";
  const auto written = write_safetensors(path, tensors, {{"format", "pt"}, {"note", "✓"}});
  ASSERT_TRUE(written.ok()) << written.error().text();
  const auto source = open_safetensors(path);
  ASSERT_TRUE(source.ok()) << source.error().text();
  EXPECT_EQ(source.value()->metadata(), (TensorSource::Metadata{{"format", "pt"}, {"note", "✓"}}));
  for (const TensorView& tensor : tensors) {
    const TensorInfo* info = source.value()->find(tensor.name);
    ASSERT_NE(info, nullptr) << tensor.name;
    EXPECT_EQ(info->dtype, tensor.dtype);
    EXPECT_EQ(info->shape, tensor.shape);
    EXPECT_EQ(as_text(source.value()->bytes(tensor.name)), as_text(tensor.bytes));
  }
}

TEST(SafetensorsWriter, WideElementsComeFirstSoThatAllAreAligned) {
  const test::TemporaryFolder folder;
  const std::uint8_t byte[1] = {7};
  const double wide[1] = {1.5};
  const auto path = folder / "aligned.safetensors";
  const std::vector<TensorView> tensors = {{"a", DType::u8, {1}, std::as_bytes(std::span(byte))},
                                           {"b", DType::f64, {}, std::as_bytes(std::span(wide))}};
  ASSERT_TRUE(write_safetensors(path, tensors).ok());
  const auto source = open_safetensors(path).value();
  EXPECT_THAT(names(*source), ElementsAre("b", "a"));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(source->bytes("b").data()) % alignof(double), 0u);
}

TEST(SafetensorsWriter, BadInputIsRefusedAndNoFileAppears) {
  const test::TemporaryFolder folder;
  const auto path = folder / "bad.safetensors";
  const float value[1] = {1};
  const Bytes bytes = std::as_bytes(std::span(value));
  const auto message = [&](std::vector<TensorView> tensors, const TensorSource::Metadata& metadata = {}) {
    const auto written = write_safetensors(path, tensors, metadata);
    if (written.ok()) return std::string("it was written");
    EXPECT_EQ(written.error().code, ErrorCode::invalid_argument);
    return written.error().message;
  };
  EXPECT_THAT(message({{"a", DType::f32, {1}, bytes}, {"a", DType::f32, {1}, bytes}}), HasSubstr("\"a\": given twice"));
  EXPECT_THAT(message({{"a", DType::f32, {2}, bytes}}), HasSubstr("shape (2) needs 8 bytes as F32, got 4"));
  EXPECT_THAT(message({{"a", DType::q8_0, {32}, bytes}}), HasSubstr("the format has no type q8_0"));
  EXPECT_THAT(message({{"__metadata__", DType::f32, {1}, bytes}}), HasSubstr("reserved"));
  EXPECT_THAT(message({{"a\xff", DType::f32, {1}, bytes}}), HasSubstr("UTF-8"));
  EXPECT_THAT(message({}, {{"k", "\xff"}}), HasSubstr("UTF-8"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace pxf
