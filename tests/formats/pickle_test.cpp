#include "formats/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pickle_words.h"

namespace pxf {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace test;
using Kind = PickleValue::Kind;

bool only_ordered_dict(std::string_view module, std::string_view name) {
  return module == "collections" && name == "OrderedDict";
}

Result<Pickle> read(const std::string& bytes) { return read_pickle(as_bytes(bytes), only_ordered_dict); }

std::string refusal(const std::string& bytes) {
  const auto pickle = read(bytes);
  return pickle.ok() ? "it was read" : pickle.error().message;
}

/// A value as Python would write it.
std::string shown(const Pickle& pickle, PickleRef ref) {
  const PickleValue& v = pickle[ref];
  std::string items;
  for (const PickleRef item : v.items) items += (items.empty() ? "" : ", ") + shown(pickle, item);
  const std::string state = v.state ? " with " + shown(pickle, *v.state) : "";
  switch (v.kind) {
    case Kind::none: return "None";
    case Kind::boolean: return v.integer ? "True" : "False";
    case Kind::integer: return std::to_string(v.integer);
    case Kind::real: return fmt::to_string(v.real);
    case Kind::text: return "'" + std::string(v.text) + "'";
    case Kind::bytes: return "b'" + std::string(v.text) + "'";
    case Kind::list: return "[" + items + "]";
    case Kind::tuple: return "(" + items + ")";
    case Kind::dict: return "{" + items + "}";
    case Kind::global: return global_in_quotes(v);
    case Kind::call: return "call(" + items + ")" + state;
    case Kind::persistent: return "persistent(" + items + ")";
  }
  return "?";
}

/// It lives as long as the text it views.
std::string shown(const std::string& bytes) {
  const auto pickle = read(bytes);
  return pickle.ok() ? shown(pickle.value(), pickle.value().root) : pickle.error().message;
}

TEST(Pickle, ValuesOfEveryProtocolAreRead) {
  EXPECT_EQ(shown("I01\n."), "True");
  EXPECT_EQ(shown("(I00\nI-7\nL12L\nS'a b'\nVu\nF1.5\nNt."), "(False, -7, 12, 'a b', 'u', 0, None)");
  EXPECT_EQ(shown("(K\xffM\xff\xffJ\xff\xff\xff\xff\x88\x89t."), "(255, 65535, -1, True, False)");
  EXPECT_EQ(shown(std::string("(\x8a\x01\xff\x8a\x02\x00\x01\x8a\x00\x8b\x01\x00\x00\x00\x05t.", 18)),
            "(-1, 256, 0, 5)");
  EXPECT_EQ(shown("\x8a\x0a"
                  "0123456789."),
            "b'0123456789'");
  EXPECT_EQ(shown(std::string("G\x3f\xf8\x00\x00\x00\x00\x00\x00.", 10)), "1.5");
  EXPECT_EQ(shown(std::string("(T\x01\x00\x00\x00xU\x01yB\x01\x00\x00\x00zC\x01w\x8c\x01vt.", 24)),
            "('x', 'y', b'z', b'w', 'v')");
  EXPECT_EQ(
      shown("(\x8d" + le<std::uint64_t>(1) + "a\x8e" + le<std::uint64_t>(1) + "b\x96" + le<std::uint64_t>(1) + "ct."),
      "('a', b'b', b'c')");
}

TEST(Pickle, ContainersAreBuilt) {
  EXPECT_EQ(shown("](K\x01K\x02"
                  "eK\x03"
                  "a."),
            "[1, 2, 3]");
  EXPECT_EQ(shown("(K\x01lK\x02"
                  "a."),
            "[1, 2]");
  EXPECT_EQ(shown("(K\x01K\x02"
                  "dK\x03K\x04s."),
            "{1, 2, 3, 4}");
  EXPECT_EQ(shown("}(K\x01K\x02K\x03K\x04u."), "{1, 2, 3, 4}");
  EXPECT_EQ(shown(")\x85K\x01K\x02\x86K\x01K\x02K\x03\x87\x87."), "((()), (1, 2), (1, 2, 3))");
  EXPECT_EQ(shown("\x8f(K\x01\x90(K\x02\x91\x86."), "([1], [2])");
}

TEST(Pickle, TheMemoGivesTheSameValueAgain) {
  EXPECT_EQ(shown("]q\x05K\x01"
                  "ah\x05\x86."),
            "([1], [1])");
  EXPECT_EQ(shown("]p7\ng7\n\x86."), "([], [])");
  EXPECT_EQ(shown(std::string("]r\xff\xff\xff\x7fj\xff\xff\xff\x7f\x86.", 13)), "([], [])");
  EXPECT_EQ(shown("\x80\x04\x95" + le<std::uint64_t>(6) + std::string("]\x94h\x00\x86.", 6)), "([], [])");
  EXPECT_EQ(shown("K\x01K\x02"
                  "02\x86."),
            "(1, 1)");
  EXPECT_EQ(shown("K\x01(K\x02K\x03"
                  "1((0"
                  "1."),
            "1");
}

TEST(Pickle, AListMayHoldItself) {
  const auto pickle = read(
      "]q\x01h\x01"
      "a.");
  ASSERT_TRUE(pickle.ok());
  EXPECT_EQ(pickle.value()[pickle.value().root].items, std::vector<PickleRef>{pickle.value().root});
}

TEST(Pickle, AllowedCallsBecomeNodes) {
  const std::string name = "\"collections.OrderedDict\"";
  EXPECT_EQ(shown(ordered_dict() + text("k") + number(1) + "s."), "call(" + name + ", (), 'k', 1)");
  EXPECT_EQ(shown(global("collections", "OrderedDict") + ")\x81}b."), "call(" + name + ", ()) with {}");
  EXPECT_EQ(shown(global("collections", "OrderedDict") + ")}\x92."), "call(" + name + ", ())");
  EXPECT_EQ(shown("(K\x01icollections\nOrderedDict\n."), "call(" + name + ", (1))");
  EXPECT_EQ(shown("(" + global("collections", "OrderedDict") + "K\x01o."), "call(" + name + ", (1))");
  EXPECT_EQ(shown(text("collections") + text("OrderedDict") + "\x93)R."), "call(" + name + ", ())");
  EXPECT_EQ(shown("(K\x01Px\nK\x02Qt."), "(1, persistent('x'), persistent(2))");
}

TEST(Pickle, AForeignClassMayBeMentioned) {
  EXPECT_EQ(shown("}" + global("lightning", "ModelCheckpoint") + "K\x01s."), "{\"lightning.ModelCheckpoint\", 1}");
}

TEST(Pickle, WhatFollowsItIsLeftAlone) {
  const auto pickle = read("N.more");
  ASSERT_TRUE(pickle.ok());
  EXPECT_EQ(pickle.value().size, 2u);
}

TEST(PickleRefuses, EveryWayToCallWhatIsNotAllowed) {
  const auto runs_code = AllOf(HasSubstr("tries to run code: it calls \"os.system\""), HasSubstr("nothing was run"));
  EXPECT_THAT(refusal(call("os", "system", {text("ls")}) + kStop), runs_code);
  EXPECT_THAT(refusal(global("os", "system") + ")\x81."), runs_code);
  EXPECT_THAT(refusal(global("os", "system") + ")}\x92."), runs_code);
  EXPECT_THAT(refusal("(ios\nsystem\n."), runs_code);
  EXPECT_THAT(refusal("(" + global("os", "system") + "o."), runs_code);
  EXPECT_THAT(refusal(text("os") + text("system") + "\x93)R."), runs_code);
  EXPECT_THAT(refusal(global("collections", "OrderedDict.__init__") + ")R."), HasSubstr("OrderedDict.__init__"));
  EXPECT_THAT(refusal(global("collections ", "OrderedDict") + ")R."),
              HasSubstr("it calls \"collections .OrderedDict\""));
  EXPECT_THAT(refusal(ordered_dict() + ")R."), HasSubstr("calls something that it made itself"));
  EXPECT_THAT(refusal("N)R."), HasSubstr("calls something that it made itself"));
}

TEST(PickleRefuses, ChangesOfClassesAndSpecialNames) {
  EXPECT_THAT(refusal(global("os", "path") + "}b."), HasSubstr("tries to run code: it changes \"os.path\""));
  EXPECT_THAT(refusal(ordered_dict() + dict({{"__class__", kNone}}) + "b."), HasSubstr("it sets \"__class__\""));
  EXPECT_THAT(refusal("]}b."), HasSubstr("gives a state to what is no object"));
  EXPECT_EQ(refusal(ordered_dict() + dict({{"_metadata", kNone}}) + "b."), "it was read");
}

TEST(PickleRefuses, APickleCutAnywhere) {
  const std::string whole = "\x80\x02" + dict({{"a", tuple({number(1), kNone})}, {"b", ordered_dict()}}) + kStop;
  ASSERT_EQ(refusal(whole), "it was read");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(refusal(whole.substr(0, size)), HasSubstr("it is damaged or cut off")) << size;
  }
}

TEST(PickleRefuses, WhatTakesFromAnEmptyStack) {
  for (const char* bytes : {".", "0", "2", "a", "(t0.", "s", "R", "\x85", "\x87", "b", "Q", "q\x01", "\x94", "\x93"}) {
    EXPECT_THAT(refusal(bytes), HasSubstr("from a")) << bytes;
  }
  for (const char* bytes : {"t", "l", "d", "u", "e", "1", "o", "\x91"}) {
    EXPECT_THAT(refusal(bytes), HasSubstr("looks for a mark that was not set")) << bytes;
  }
  EXPECT_THAT(refusal("N(a"), HasSubstr("takes 1 values from a stack of 0"));  // not below a mark
  EXPECT_THAT(refusal("N(2"), HasSubstr("takes a value from an empty stack"));
  EXPECT_THAT(refusal("(o."), HasSubstr("makes an object of nothing"));
}

TEST(PickleRefuses, WhatMakesNoSense) {
  EXPECT_THAT(refusal("\x80\x06N."), HasSubstr("unknown protocol 6"));
  EXPECT_THAT(refusal("\xffN."), HasSubstr("unknown opcode 0xff"));
  EXPECT_THAT(refusal("\x82\x01."), HasSubstr("extension registry"));
  EXPECT_THAT(refusal("h\x07."), HasSubstr("recalls value 7, which it never kept"));
  EXPECT_THAT(refusal("(Nd."), HasSubstr("a key without a value"));
  EXPECT_THAT(refusal("}(Nu."), HasSubstr("a key without a value"));
  EXPECT_THAT(refusal("}Na."), HasSubstr("appends to what is no list"));
  EXPECT_THAT(refusal("]NNs."), HasSubstr("puts a key into what is no dictionary"));
  EXPECT_THAT(refusal("Ix\n."), HasSubstr("got \"x\", need a number"));
  EXPECT_THAT(refusal("I9999999999999999999\n."), HasSubstr("need a number"));
  EXPECT_THAT(refusal("Sx\n."), HasSubstr("a string without quotes"));
  EXPECT_THAT(refusal("S'\n."), HasSubstr("a string without quotes"));
  EXPECT_THAT(refusal("NN\x93."), HasSubstr("names a class by what is no text"));
  EXPECT_THAT(refusal("\x8b\xff\xff\xff\xff."), HasSubstr("something -1 bytes long"));
  EXPECT_THAT(refusal("T\xff\xff\xff\xff."), HasSubstr("something -1 bytes long"));
  EXPECT_THAT(refusal("X\xff\xff\xff\xff."), HasSubstr("needs 4294967295 more bytes, 1 are left"));
  EXPECT_THAT(refusal("\x8d\xff\xff\xff\xff\xff\xff\xff\xff."), HasSubstr("needs 18446744073709551615 more bytes"));
}

TEST(PickleRefuses, MoreValuesThanAnyCheckpointHas) {
  EXPECT_THAT(refusal(std::string(kMaxPickleValues + 1, 'N') + kStop), HasSubstr("holds more than 2000000 values"));
}

}  // namespace
}  // namespace pxf
