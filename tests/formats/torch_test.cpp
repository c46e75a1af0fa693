#include "formats/torch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "formats/open.h"
#include "formats/torch_globals.h"
#include "manifest.h"
#include "pickle_words.h"

namespace pxf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;
using namespace test;

Result<std::shared_ptr<const TensorSource>> open_bytes(const std::string& bytes) {
  return open_tensor_file(MappedFile::of_static(as_bytes(bytes), "it.ckpt"));
}

std::string refusal(const std::string& bytes) {
  const auto source = open_bytes(bytes);
  return source.ok() ? "it opened" : source.error().message;
}

std::vector<std::string> names(const TensorSource& source) {
  std::vector<std::string> out;
  for (const TensorInfo& info : source.tensors()) out.push_back(info.name);
  return out;
}

std::vector<float> floats(const TensorSource& source, const std::string& name) {
  return values_of(source, *source.find(name));
}

const std::string kTwo = float_bytes({1, 2}), kSix = float_bytes({0, 1, 2, 3, 4, 5});

/// A checkpoint with this one tensor, "w", over six elements.
std::string one_tensor(const std::string& tensor_words) {
  return torch_zip(dict({{"w", tensor_words}}) + kStop, {{"0", kSix}});
}
std::string view(std::int64_t offset, const std::vector<std::int64_t>& size, const std::vector<std::int64_t>& stride) {
  return one_tensor(tensor(storage("FloatStorage", "0", 6), offset, size, stride));
}

// What is found in a checkpoint.

TEST(Torch, NamesAreTheKeysOnTheWay) {
  const std::string archive = torch_zip(
      dict({{"a", dict({{"b", vector_tensor("0", 2)}})}, {"l", list({kNone, vector_tensor("1", 2)})}}) + kStop,
      {{"0", kTwo}, {"1", kTwo}});
  EXPECT_THAT(names(*open_bytes(archive).value()), ElementsAre("a.b", "l.1"));
}

TEST(Torch, BelowStateDictLiesTheWholeCheckpoint) {
  const std::string archive = torch_zip(dict({{"global_step", number(470000)},
                                              {"done", "\x88"},
                                              {"name", text("caf\xc3\xa9\xff")},
                                              {"optimizer", dict({{"momentum", vector_tensor("0", 2)}})},
                                              {"state_dict", dict({{"w", vector_tensor("1", 2)}})}}) +
                                            kStop,
                                        {{"0", kTwo}, {"1", kTwo}});
  const auto source = open_bytes(archive);
  ASSERT_TRUE(source.ok()) << source.error().text();
  EXPECT_THAT(names(*source.value()), ElementsAre("w"));
  EXPECT_THAT(source.value()->metadata(), UnorderedElementsAre(Pair("global_step", "470000"), Pair("done", "true"),
                                                               Pair("name", "caf\xc3\xa9\xef\xbf\xbd")));
}

TEST(Torch, TensorsComeInTheOrderOfTheirBytes) {
  const std::string archive =
      torch_zip(dict({{"a", vector_tensor("1", 2)}, {"b", vector_tensor("0", 2)}}) + kStop, {{"0", kTwo}, {"1", kTwo}});
  EXPECT_THAT(names(*open_bytes(archive).value()), ElementsAre("b", "a"));
}

TEST(Torch, AnEmbeddingKeepsItsVectorInAParameterDict) {
  const std::string parameters =
      call("torch._utils", "_rebuild_parameter", {vector_tensor("0", 2), kFalse, ordered_dict()});
  const std::string module = global("torch.nn.modules.container", "ParameterDict") + ")\x81" +
                             dict({{"training", kFalse}, {"_parameters", dict({{"*", parameters}})}}) + "b";
  const std::string archive =
      torch_zip(dict({{"string_to_param", module}, {"name", text("cat")}}) + kStop, {{"0", kTwo}});
  const auto source = open_bytes(archive);
  ASSERT_TRUE(source.ok()) << source.error().text();
  EXPECT_THAT(floats(*source.value(), "string_to_param.*"), ElementsAre(1, 2));
  EXPECT_EQ(source.value()->metadata().at("name"), "cat");
}

TEST(Torch, OrderedDictsOfPython2AreListsOfPairs) {
  const std::string pairs = list({list({text("w"), vector_tensor("0", 2)})});
  const std::string archive = torch_zip(call("collections", "OrderedDict", {pairs}) + kStop, {{"0", kTwo}});
  EXPECT_THAT(names(*open_bytes(archive).value()), ElementsAre("w"));
}

TEST(Torch, TensorsWithAttributesAreTensors) {
  const std::string plain = tuple({storage("FloatStorage", "0", 6), number(1), numbers({2}), numbers({1})});
  const std::string archive = one_tensor(
      call("torch._tensor", "_rebuild_from_type_v2",
           {global("torch._utils", "_rebuild_tensor"), global("torch.nn.parameter", "Parameter"), plain, dict({})}));
  EXPECT_THAT(floats(*open_bytes(archive).value(), "w"), ElementsAre(1, 2));
}

TEST(Torch, SizesMayBeTorchSizes) {
  const std::string archive = one_tensor(
      call("torch._utils", "_rebuild_tensor_v2",
           {storage("FloatStorage", "0", 6), number(0), call("torch", "Size", {numbers({2, 3})}), numbers({3, 1})}));
  EXPECT_EQ(open_bytes(archive).value()->find("w")->shape, (Shape{2, 3}));
}

TEST(Torch, WhatStandsBesideWeightsIsPassedOver) {
  const std::string scalar = call("numpy.core.multiarray", "scalar",
                                  {call("numpy", "dtype", {text("f8")}) + tuple({number(3)}) + "b", text("bytes")});
  const std::string archive = torch_zip(
      dict({{"best", scalar}, {"keys", call("builtins", "set", {list({})})}, {"w", vector_tensor("0", 2)}}) + kStop,
      {{"0", kTwo}});
  EXPECT_THAT(names(*open_bytes(archive).value()), ElementsAre("w"));
}

// Views.

TEST(Torch, ViewsGiveTheirElementsRowByRow) {
  EXPECT_THAT(floats(*open_bytes(view(0, {3, 2}, {1, 3})).value(), "w"), ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(floats(*open_bytes(view(2, {2, 2}, {0, 1})).value(), "w"), ElementsAre(2, 3, 2, 3));
  EXPECT_THAT(floats(*open_bytes(view(5, {}, {})).value(), "w"), ElementsAre(5));
  EXPECT_THAT(floats(*open_bytes(view(1, {1, 2}, {77, 2})).value(), "w"), ElementsAre(1, 3));
  EXPECT_TRUE(floats(*open_bytes(view(6, {0, 3}, {9, 9})).value(), "w").empty());
  EXPECT_TRUE(floats(*open_bytes(view(0, {std::int64_t{1} << 40, 0}, {9, 9})).value(), "w").empty());  // and at once
}

TEST(Torch, TensorsThatLieAsWantedAreViewsOfTheFile) {
  const std::string archive = view(2, {1, 3}, {99, 1});
  const auto source = open_bytes(archive).value();
  const Bytes bytes = source->bytes("w");
  EXPECT_GE(bytes.data(), as_bytes(archive).data());
  EXPECT_LE(bytes.data() + bytes.size(), as_bytes(archive).data() + archive.size());
  source->release_pages("w");
}

TEST(Torch, AViewThatIsMadeIsMadeOnce) {
  const std::string archive = view(0, {3, 2}, {1, 3});
  const auto source = open_bytes(archive).value();
  std::vector<const std::byte*> places(8);
  std::vector<std::jthread> threads;
  for (const std::byte*& place : places) threads.emplace_back([&] { place = source->bytes("w").data(); });
  threads.clear();
  EXPECT_EQ(std::ranges::count(places, source->bytes("w").data()), 8);
  const_cast<std::byte&>(source->bytes("w")[0]) = std::byte{42};  // a mark that making it again would wipe out
  EXPECT_EQ(source->bytes("w")[0], std::byte{42});
}

TEST(TorchRefuses, ViewsThatReachPastTheirStorage) {
  EXPECT_EQ(refusal(view(0, {2, 3}, {3, 1})), "it opened");
  EXPECT_THAT(
      refusal(view(1, {2, 3}, {3, 1})),
      HasSubstr("tensor \"w\": shape (2, 3) with strides (3, 1) needs 28 bytes of storage \"0\", which has 24"));
  EXPECT_THAT(refusal(view(7, {0}, {1})), HasSubstr("needs 28 bytes"));
  EXPECT_THAT(refusal(view(0, {2, 2}, {1, std::int64_t{1} << 62})), HasSubstr("needs too many bytes"));
  EXPECT_THAT(refusal(view(0, {3, 3}, {std::int64_t{1} << 62, std::int64_t{1} << 62})), HasSubstr("too many bytes"));
  EXPECT_THAT(refusal(view(0, {5, 2}, {INT64_MAX, 1})), HasSubstr("too many bytes"));
  EXPECT_THAT(refusal(view(INT64_MAX, {3, 2}, {INT64_MAX, 1})), HasSubstr("too many bytes"));
}

TEST(TorchRefuses, ViewsThatWouldFillTheMemory) {
  EXPECT_EQ(refusal(view(0, {1 << 20, 16}, {0, 0})), "it opened");
  EXPECT_THAT(refusal(view(0, {1 << 21, 16}, {0, 0})), HasSubstr("would take 134217728 bytes of memory, at most"));
  EXPECT_THAT(refusal(view(0, {std::int64_t{1} << 62}, {0})), HasSubstr("more than countable"));
}

TEST(TorchRefuses, SizesThatMakeNoSense) {
  EXPECT_THAT(refusal(view(-1, {1}, {1})),
              HasSubstr("tensor \"w\": extents, strides and offset must be whole numbers"));
  EXPECT_THAT(refusal(view(0, {-1}, {1})), HasSubstr("must be whole numbers"));
  EXPECT_THAT(refusal(view(0, {1}, {-1})), HasSubstr("must be whole numbers"));
  EXPECT_THAT(refusal(view(0, {1, 1}, {1})), HasSubstr("has 2 extents and 1 strides"));
  EXPECT_THAT(refusal(view(0, std::vector<std::int64_t>(9, 1), std::vector<std::int64_t>(9, 1))),
              HasSubstr("more than 8 dimensions"));
  EXPECT_THAT(refusal(view(0, {INT64_MAX, 3}, {0, 0})), HasSubstr("more elements than can be counted"));
  const std::string bad_size =
      call("torch._utils", "_rebuild_tensor_v2", {storage("FloatStorage", "0", 6), number(0), kNone, numbers({})});
  EXPECT_THAT(refusal(one_tensor(bad_size)), HasSubstr("its size is no list"));
}

// Tensors and storages that make no sense.

TEST(TorchRefuses, TensorsWithoutTheirParts) {
  EXPECT_THAT(refusal(one_tensor(call("torch._utils", "_rebuild_tensor_v2", {number(0)}))), HasSubstr("got 1 values"));
  EXPECT_THAT(refusal(one_tensor(call("torch._utils", "_rebuild_tensor_v2", {kNone, kNone, kNone, kNone}))),
              HasSubstr("tensor \"w\": has no storage"));
  EXPECT_THAT(refusal(one_tensor(call("torch._utils", "_rebuild_parameter", {}))), HasSubstr("a parameter of nothing"));
  EXPECT_THAT(refusal(one_tensor(call("torch._utils", "_rebuild_parameter", {kNone}))), HasSubstr("what is no tensor"));
  EXPECT_THAT(refusal(one_tensor(call("torch._tensor", "_rebuild_from_type_v2", {kNone}))),
              HasSubstr("made of 1 parts, need 4"));
  const std::string os = global("os", "system");
  EXPECT_THAT(refusal(one_tensor(call("torch._tensor", "_rebuild_from_type_v2", {os, os, tuple({}), kNone}))),
              HasSubstr("tensor \"w\": made by what makes no tensors"));
}

TEST(TorchRefuses, AParameterOfItself) {
  // A list that is the arguments of a call, and holds what the call made.
  const std::string itself = global("torch._utils", "_rebuild_parameter") + "]q\x01Rq\x02h\x01h\x02" + "a0";
  EXPECT_THAT(refusal(one_tensor(itself)), HasSubstr("a parameter of nothing"));
}

TEST(TorchRefuses, ElementTypesThatItLacks) {
  EXPECT_THAT(refusal(one_tensor(tensor(storage("ComplexFloatStorage", "0", 3), 0, {3}, {1}))),
              HasSubstr("storage class \"torch.ComplexFloatStorage\" is not known here"));
  const std::string v3 = call("torch._utils", "_rebuild_tensor_v3",
                              {storage("UntypedStorage", "0", 24), number(0), numbers({3}), numbers({1}), kFalse,
                               ordered_dict(), global("torch", "complex64")});
  EXPECT_THAT(refusal(one_tensor(v3)), HasSubstr("dtype \"torch.complex64\" is not known here"));
}

TEST(TorchRefuses, KnownNamesOfOtherModules) {
  EXPECT_TRUE(torch_may_call("collections", "OrderedDict"));
  EXPECT_FALSE(torch_may_call("os", "OrderedDict"));
  EXPECT_FALSE(torch_may_call("collections", "set"));
  EXPECT_FALSE(torch_may_call("torch._utils", "_rebuild_tensor_v2.__globals__"));
  const auto with_type = [](const std::string& type) {
    return refusal(one_tensor(call(
        "torch._utils", "_rebuild_tensor_v3",
        {storage("UntypedStorage", "0", 24), number(0), numbers({3}), numbers({1}), kFalse, ordered_dict(), type})));
  };
  EXPECT_EQ(with_type(global("torch", "float32")), "it opened");
  EXPECT_THAT(with_type(global("os", "float32")), HasSubstr("dtype \"os.float32\" is not known here"));
  EXPECT_THAT(with_type(text("float32")), HasSubstr("is not known here"));
}

TEST(TorchRefuses, StoragesThatAreNotThere) {
  const std::string pickle = dict({{"w", vector_tensor("0", 2)}}) + kStop;
  EXPECT_EQ(refusal(torch_zip(pickle, {{"0", kTwo}})), "it opened");
  EXPECT_THAT(refusal(torch_zip(pickle, {{"1", kTwo}})), HasSubstr("storage \"0\" is not in the archive"));
  EXPECT_THAT(refusal(torch_zip(pickle, {{"0", kSix}})), HasSubstr("2 elements need 8 bytes, the archive gives 24"));
}

TEST(TorchRefuses, AStorageThatIsDamagedWhenItIsRead) {
  std::string archive = torch_zip(dict({{"w", vector_tensor("0", 2)}}) + kStop, {{"0", kTwo}});
  archive.replace(archive.find("it/data/0"), 9, "it/data/1");  // in its own header; the table has the right name
  const auto source = open_bytes(archive);
  ASSERT_TRUE(source.ok()) << source.error().text();
  source.value()->release_pages("w");
  const auto bytes = catch_errors([&] { return source.value()->bytes("w"); });
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().code, ErrorCode::bad_file);
  EXPECT_THAT(bytes.error().text(), HasSubstr("it.ckpt: zip archive: entry \"it/data/0\": is called otherwise"));
}

TEST(TorchRefuses, StoragesThatMakeNoSense) {
  const auto stored = [](const Words& id) {
    return refusal(one_tensor(
        call("torch._utils", "_rebuild_tensor_v2", {tuple(id) + "Q", number(0), numbers({1}), numbers({1})})));
  };
  const std::string name = text("storage"), floats = global("torch", "FloatStorage"), cpu = text("cpu");
  EXPECT_EQ(stored({name, floats, text("0"), cpu, number(6), kNone}), "it opened");
  EXPECT_EQ(stored({name, floats, number(0), cpu, number(6)}), "it opened");
  EXPECT_EQ(stored({name, global("torch.cuda", "FloatStorage"), text("0"), cpu, number(6)}), "it opened");
  EXPECT_THAT(stored({name, global("os", "FloatStorage"), text("0"), cpu, number(6)}), HasSubstr("is not known here"));
  const auto no_storage = HasSubstr("refers to something that is no storage");
  EXPECT_THAT(stored({text("module"), floats, text("0"), cpu, number(6)}), no_storage);
  EXPECT_THAT(stored({name, text("FloatStorage"), text("0"), cpu, number(6)}), no_storage);
  EXPECT_THAT(stored({name, floats, text("0"), cpu, number(-1)}), no_storage);
  EXPECT_THAT(stored({name, floats, text("0"), cpu, kNone}), no_storage);
  EXPECT_THAT(stored({name, floats, text("0"), cpu}), no_storage);
  EXPECT_THAT(stored({name, floats, text("0"), cpu, number(6), tuple({})}), HasSubstr("is part of another"));
  EXPECT_THAT(stored({name, floats, text("a/b"), cpu, number(6)}), HasSubstr("leaves the archive"));
  EXPECT_THAT(stored({name, floats, text(""), cpu, number(6)}), HasSubstr("leaves the archive, or is empty"));
  EXPECT_THAT(stored({name, floats, text("0"), cpu, number(INT64_MAX)}), HasSubstr("more bytes than can be counted"));
  EXPECT_THAT(refusal(torch_zip(dict({{"a", vector_tensor("0", 2)}, {"b", vector_tensor("0", 3)}}) + kStop, {})),
              HasSubstr("storage \"0\": has 12 bytes in one place, 8 in another"));
}

// Names.

TEST(TorchRefuses, TwoTensorsOfOneName) {
  const std::string both = dict({{"a.b", vector_tensor("0", 2)}, {"a", dict({{"b", vector_tensor("0", 2)}})}}) + kStop;
  EXPECT_THAT(refusal(torch_zip(both, {{"0", kTwo}})), HasSubstr("tensor \"a.b\": is there twice"));
}

TEST(TorchRefuses, NamesThatAreNotText) {
  EXPECT_THAT(refusal(torch_zip(dict({{"\xff", vector_tensor("0", 2)}}) + kStop, {{"0", kTwo}})),
              HasSubstr("the name is not valid UTF-8"));
  EXPECT_THAT(refusal(torch_zip(dict({{std::string(1001, 'x'), vector_tensor("0", 2)}}) + kStop, {{"0", kTwo}})),
              HasSubstr("the name is too long"));
}

// Whole files.

TEST(TorchRefuses, PicklesWithoutTensors) {
  EXPECT_THAT(refusal(torch_zip(dict({{"a", number(1)}}) + kStop, {})), HasSubstr("holds no tensors"));
  EXPECT_THAT(refusal(torch_zip("N.", {})), HasSubstr("holds no tensors"));
}

TEST(TorchRefuses, ValuesThatReferToEachOtherWithoutEnd) {
  EXPECT_THAT(refusal(torch_zip("]q\x01h\x01"
                                "a.",
                                {})),
              HasSubstr("nested more than 64 deep"));
  std::string doubling = list({number(1), number(1)});
  for (int i = 0; i < 40; ++i)
    doubling = doubling +
               "q\x01]h\x01"
               "ah\x01"
               "a";
  EXPECT_THAT(refusal(torch_zip(doubling + kStop, {})), HasSubstr("refer to each other in more than"));
}

TEST(TorchRefuses, ArchivesOfOtherPrograms) {
  const std::string pickle = dict({{"w", vector_tensor("0", 2)}}) + kStop;
  EXPECT_THAT(refusal(zip_bytes({{.name = "word/document.xml"}})), HasSubstr("is a zip archive without data.pkl"));
  EXPECT_THAT(refusal(torch_zip(pickle, {{"0", kTwo}}, {{.name = "it/constants.pkl"}})), HasSubstr("TorchScript"));
  EXPECT_THAT(refusal(torch_zip(pickle, {{"0", kTwo}}, {{.name = "it/byteorder", .content = "big"}})),
              HasSubstr("big-endian"));
  EXPECT_EQ(refusal(torch_zip(pickle, {{"0", kTwo}}, {{.name = "it/byteorder", .content = "little"}})), "it opened");
  EXPECT_THAT(refusal(torch_zip(pickle + "N.", {{"0", kTwo}})), HasSubstr("pickle: 2 bytes after its end"));
}

// The format before PyTorch 1.6.

const std::string kMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

std::string legacy(const std::string& pickle, const Words& keys, const std::string& storages,
                   const std::string& version = number(1001), const std::string& little_endian = "\x88") {
  return kMagic + "\x80\x02" + version + kStop + "\x80\x02" + dict({{"little_endian", little_endian}}) + kStop +
         "\x80\x02" + pickle + kStop + "\x80\x02" + list(keys) + kStop + storages;
}

TEST(TorchLegacy, StoragesFollowInTheOrderOfTheirKeys) {
  const std::string file = legacy(dict({{"a", vector_tensor("7", 2)}, {"b", vector_tensor("5", 6)}}),
                                  {text("5"), text("7")}, le<std::uint64_t>(6) + kSix + le<std::uint64_t>(2) + kTwo);
  const auto source = open_bytes(file);
  ASSERT_TRUE(source.ok()) << source.error().text();
  EXPECT_THAT(names(*source.value()), ElementsAre("b", "a"));
  EXPECT_THAT(floats(*source.value(), "a"), ElementsAre(1, 2));
  EXPECT_THAT(floats(*source.value(), "b"), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(TorchLegacy, AFileCutAnywhereIsRefused) {
  const std::string file = legacy(dict({{"a", vector_tensor("7", 2)}}), {text("7")}, le<std::uint64_t>(2) + kTwo);
  ASSERT_EQ(refusal(file), "it opened");
  for (std::size_t size = 2; size < file.size(); ++size) {
    EXPECT_THAT(refusal(file.substr(0, size)), HasSubstr("cut off")) << size;
  }
}

TEST(TorchLegacy, WhatMakesNoSenseIsRefused) {
  const std::string pickle = dict({{"a", vector_tensor("7", 2)}}), bytes = le<std::uint64_t>(2) + kTwo;
  const auto no_mark = HasSubstr("is a Python pickle without PyTorch's mark");
  EXPECT_THAT(refusal("\x80\x02N."), no_mark);
  EXPECT_THAT(refusal(legacy(pickle, {text("7")}, bytes).replace(4, 1, "m")), no_mark);
  EXPECT_THAT(refusal(legacy(pickle, {text("7")}, bytes, number(1002))), HasSubstr("is of version 1002"));
  EXPECT_THAT(refusal(legacy(pickle, {text("7")}, bytes, number(1001), kFalse)), HasSubstr("big-endian"));
  EXPECT_THAT(refusal(legacy(pickle, {}, bytes)), HasSubstr("storage \"7\" is not in the file"));
  EXPECT_THAT(refusal(legacy(pickle, {text("8")}, bytes)), HasSubstr("storage \"8\": is listed twice, or"));
  EXPECT_THAT(refusal(legacy(pickle, {text("7"), text("7")}, bytes + bytes)), HasSubstr("is listed twice"));
  EXPECT_THAT(refusal(legacy(pickle, {text("7")}, le<std::uint64_t>(3) + kTwo)), HasSubstr("got 3 elements, need 2"));
}

}  // namespace
}  // namespace pxf
