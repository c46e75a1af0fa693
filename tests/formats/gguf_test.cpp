#include "formats/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "formats/open.h"
#include "zip_bytes.h"

namespace pxf {
namespace {

using test::le;
using testing::HasSubstr;

std::string text(const std::string& value) { return le<std::uint64_t>(value.size()) + value; }

struct Entry {
  std::string name;
  std::vector<std::uint64_t> dims;  // fastest first, as in the file
  std::uint32_t type = 0;           // F32
  std::uint64_t offset = 0;
};
struct Pair {
  std::string key;
  std::uint32_t type;
  std::string value;
};

std::string header(const std::vector<Entry>& tensors, const std::vector<Pair>& pairs = {}, std::uint32_t version = 3) {
  std::string out = "GGUF" + le(version) + le<std::uint64_t>(tensors.size()) + le<std::uint64_t>(pairs.size());
  for (const Pair& pair : pairs) out += text(pair.key) + le(pair.type) + pair.value;
  for (const Entry& tensor : tensors) {
    out += text(tensor.name) + le(static_cast<std::uint32_t>(tensor.dims.size()));
    for (const std::uint64_t dim : tensor.dims) out += le(dim);
    out += le(tensor.type) + le(tensor.offset);
  }
  return out;
}

/// The header, padded to `alignment`, and so many bytes of data.
std::string file_of(const std::vector<Entry>& tensors, std::size_t data, const std::vector<Pair>& pairs = {},
                    std::size_t alignment = 32) {
  std::string out = header(tensors, pairs);
  out.append((alignment - out.size() % alignment) % alignment, '\0');
  return out + std::string(data, '\1');
}

Result<std::shared_ptr<const TensorSource>> open_bytes(const std::string& bytes) {
  return open_gguf(MappedFile::of_static(as_bytes(bytes), "it.gguf"));
}

std::string refusal(const std::string& bytes) {
  const auto source = open_bytes(bytes);
  return source.ok() ? "it opened" : source.error().message;
}

TEST(Gguf, ShapesComeOutermostFirst) {
  const std::string file = file_of({{"w", {2, 3, 4}}}, 96);
  EXPECT_EQ(open_bytes(file).value()->find("w")->shape, (Shape{4, 3, 2}));
  EXPECT_EQ(open_bytes(file).value()->format(), "GGUF");
}

TEST(Gguf, TensorsMayStandInAnyOrderAndWithGaps) {
  const std::string file =
      file_of({{"b", {2}, 0, 96}, {"a", {2}, 0, 0}, {"empty", {0}, 0, 0}, {"scalar", {}, 0, 32}}, 104);
  const auto source = open_bytes(file);
  ASSERT_TRUE(source.ok()) << source.error().text();
  EXPECT_EQ(source.value()->bytes("b").data(), as_bytes(file).data() + file.size() - 8);
  EXPECT_EQ(source.value()->bytes("scalar").size(), 4u);
  EXPECT_EQ(source.value()->tensors().back().name, "b");
}

TEST(Gguf, AnotherAlignmentMovesTheData) {
  const std::string file = file_of({{"w", {2}}}, 8, {{"general.alignment", 4, le<std::uint32_t>(128)}}, 128);
  const auto source = open_bytes(file);
  ASSERT_TRUE(source.ok()) << source.error().text();
  EXPECT_EQ(source.value()->bytes("w").data(), as_bytes(file).data() + file.size() - 8);
}

TEST(Gguf, BlockTypesKeepTheirBytes) {
  const std::string file = file_of({{"w", {64, 2}, 2}}, 72);  // Q4_0
  const auto source = open_bytes(file);
  ASSERT_TRUE(source.ok()) << source.error().text();
  EXPECT_EQ(source.value()->find("w")->dtype, DType::q4_0);
  EXPECT_EQ(source.value()->bytes("w").size(), 72u);
}

TEST(Gguf, ComfysOriginalShapeIsTheShape) {
  const auto noted = [](const std::vector<std::int32_t>& shape) {
    std::string value = le<std::uint32_t>(5) + le<std::uint64_t>(shape.size());
    for (const std::int32_t extent : shape) value += le(extent);
    return std::vector<Pair>{{"comfy.gguf.orig_shape.w", 9, value}};
  };
  EXPECT_EQ(open_bytes(file_of({{"w", {6, 4}}}, 96, noted({2, 3, 2, 2}))).value()->find("w")->shape,
            (Shape{2, 3, 2, 2}));
  EXPECT_THAT(refusal(file_of({{"w", {6, 4}}}, 96, noted({5, 5}))),
              HasSubstr("(5, 5) cannot be the original of (4, 6)"));
  EXPECT_THAT(refusal(file_of({{"w", {6, 4}}}, 96, noted({-24, -1}))), HasSubstr("must be whole numbers"));
  EXPECT_THAT(refusal(file_of({{"w", {6, 4}}}, 96, noted(std::vector<std::int32_t>(9, 1)))), HasSubstr("more than 8"));
}

TEST(Gguf, LongArraysAreCountedNotKept) {
  const std::string long_array = le<std::uint32_t>(0) + le<std::uint64_t>(2000) + std::string(2000, 'x');
  const std::string nested =
      le<std::uint32_t>(9) + le<std::uint64_t>(1) + le<std::uint32_t>(1) + le<std::uint64_t>(2) + "\1\2";
  const std::string file = file_of({}, 0, {{"long", 9, long_array}, {"nested", 9, nested}, {"odd", 8, text("a\xff")}});
  const auto source = open_bytes(file);
  ASSERT_TRUE(source.ok()) << source.error().text();
  EXPECT_EQ(source.value()->metadata().at("long"), "\"2000 values\"");
  EXPECT_EQ(source.value()->metadata().at("nested"), "[[1,2]]");
  EXPECT_EQ(source.value()->metadata().at("odd"), "a\xef\xbf\xbd");
}

TEST(GgufRefuses, AFileCutAnywhere) {
  const std::string file =
      file_of({{"w", {2}}}, 8, {{"key", 8, text("value")}, {"n", 9, le<std::uint32_t>(0) + text("abc")}});
  ASSERT_EQ(refusal(file), "it opened");
  EXPECT_THAT(refusal(""), HasSubstr("is empty"));
  for (std::size_t size = 4; size < file.size(); ++size) {
    EXPECT_THAT(refusal(file.substr(0, size)), HasSubstr("cut off")) << size;
  }
}

TEST(GgufRefuses, OtherVersionsAndByteOrders) {
  EXPECT_EQ(refusal(header({}, {}, 2)), "it opened");
  EXPECT_THAT(refusal(header({}, {}, 1)), HasSubstr("is GGUF version 1, need 2 or 3"));
  EXPECT_THAT(refusal(header({}, {}, 4)), HasSubstr("is GGUF version 4"));
  EXPECT_THAT(refusal(header({}, {}, 0x03000000)), HasSubstr("is big-endian"));
  EXPECT_THAT(refusal("GGML" + header({}).substr(4)), HasSubstr("does not begin with \"GGUF\""));
}

TEST(GgufRefuses, MetadataThatMakesNoSense) {
  const auto with = [](const Pair& pair) { return refusal(file_of({}, 0, {pair})); };
  EXPECT_THAT(with({"k", 13, "x"}), HasSubstr("metadata \"k\": type 13 is unknown"));
  EXPECT_THAT(with({"k", 9, le<std::uint32_t>(13) + le<std::uint64_t>(0)}), HasSubstr("type 13 is unknown"));
  EXPECT_THAT(with({"\xff", 0, "x"}), HasSubstr("the name is not valid UTF-8"));
  EXPECT_THAT(with({"general.alignment", 8, text("32")}), HasSubstr("metadata general.alignment: got type 8, need 4"));
  EXPECT_THAT(with({"general.alignment", 4, le<std::uint32_t>(0)}), HasSubstr("got 0, need a power of two"));
  EXPECT_THAT(with({"general.alignment", 4, le<std::uint32_t>(48)}), HasSubstr("got 48, need a power of two"));
  EXPECT_THAT(refusal(file_of({}, 0, {{"k", 0, "x"}, {"k", 0, "x"}})), HasSubstr("metadata \"k\": given twice"));
  std::string deep;
  for (int i = 0; i < 5; ++i) deep += le<std::uint32_t>(9) + le<std::uint64_t>(1);
  EXPECT_THAT(with({"k", 9, deep + std::string(100, '\0')}), HasSubstr("arrays nested more than 4 deep"));
}

TEST(GgufRefuses, TensorsThatMakeNoSense) {
  const auto with = [](const Entry& tensor) { return refusal(file_of({tensor}, 64)); };
  EXPECT_EQ(with({"w", {16}}), "it opened");
  EXPECT_THAT(with({"w\xff", {1}}), HasSubstr("the name is not valid UTF-8"));
  EXPECT_THAT(with({"w", std::vector<std::uint64_t>(9, 1)}), HasSubstr("got 9 dimensions, at most 8"));
  EXPECT_THAT(with({"w", {~0ull}}), HasSubstr("need whole numbers to 2^63-1"));
  EXPECT_THAT(with({"w", {1ull << 62, 4}}), HasSubstr("more elements than can be counted"));
  EXPECT_THAT(with({"w", {1ull << 62}}), HasSubstr("more bytes than can be counted"));
  for (const std::uint32_t type : {4u, 5u, 9u, 31u, 36u, 42u, ~0u}) {
    EXPECT_THAT(with({"w", {1}, type}), HasSubstr("is not known here"));
  }
  EXPECT_THAT(with({"w", {33}, 2}), HasSubstr("rows of 33 elements are no whole blocks of 32 as q4_0"));
  EXPECT_THAT(with({"w", {16, 2}, 2}), HasSubstr("rows of 16 elements are no whole blocks"));
  EXPECT_THAT(with({"w", {}, 2}), HasSubstr("rows of 1 elements"));
}

TEST(GgufRefuses, TensorsInWrongPlaces) {
  EXPECT_THAT(refusal(file_of({{"w", {1}, 0, 8}}, 64)),
              HasSubstr("begins at byte 8 of the data, need a multiple of 32"));
  EXPECT_THAT(refusal(file_of({{"w", {1}, 0, 96}}, 64)), HasSubstr("begins at byte 96 of the data, the file holds 64"));
  EXPECT_THAT(refusal(file_of({{"w", {1}, 0, ~31ull}}, 64)), HasSubstr("of the data, the file holds 64"));
  EXPECT_THAT(refusal(file_of({{"w", {17}}}, 64)), HasSubstr("needs 68 bytes as f32, the file has 64 left"));
  EXPECT_THAT(refusal(file_of({{"a", {9}}, {"b", {1}, 0, 32}}, 64)),
              HasSubstr("tensor \"b\": begins at byte 32 of the "
                        "data, overlapping the tensor before it"));
  EXPECT_THAT(refusal(file_of({{"a", {1}}, {"b", {1}}}, 64)), HasSubstr("overlapping"));
  EXPECT_THAT(refusal(file_of({{"a", {1}}, {"a", {1}, 0, 32}}, 64)), HasSubstr("tensor \"a\": is there twice"));
}

}  // namespace
}  // namespace pxf
