#include "choosing/reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace pxf::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

double wish(const std::string& prompt, const std::string& intent, const std::string& negative = "") {
  const Lexicon& lexicon = Lexicon::embedded();
  const std::size_t place = lexicon.find(intent);
  EXPECT_LT(place, lexicon.intents().size()) << intent;
  return read_prompt(lexicon, prompt, negative).wish.weight.at(place);
}

std::vector<std::string> texts(const std::string& text) {
  std::vector<std::string> out;
  for (const Word& word : words_of(text)) out.push_back(word.text);
  return out;
}

TEST(Words, AreComparedWithoutCaseAccentsAndPlurals) {
  EXPECT_THAT(texts("Porträts of CATS, ｐｉｘｅｌ-art"), ElementsAre("portrat", "of", "cat", "pixel", "art"));
  EXPECT_THAT(texts("the 1990's glass, f/1.8"), ElementsAre("the", "1990", "glass", "f", "1.8"));
}

TEST(Words, AreSignsInChineseAndJapanese) { EXPECT_THAT(texts("水彩画"), ElementsAre("水", "彩", "画")); }

TEST(Words, AreNotTakenFromLoraTags) { EXPECT_THAT(texts("a cat <lora:pixel-art:0.8>"), ElementsAre("a", "cat")); }

TEST(Words, OfBrokenUtf8AreThoseAroundIt) { EXPECT_THAT(texts("red \xff\xc3 cat"), ElementsAre("red", "cat")); }

TEST(PromptReading, FindsWhatIsAskedFor) {
  EXPECT_GE(wish("a red dragon, pixel art", "pixel art"), 1);
  EXPECT_GE(wish("8-bit sprite of a knight", "pixel art"), 1);
  EXPECT_GE(wish("Aquarell eines Leuchtturms", "painting"), 1);
  EXPECT_GE(wish("水彩画、山", "painting"), 1);
  EXPECT_LT(wish("a cat", "photo"), 0.3);
}

TEST(PromptReading, AsksForTheWiderMediumToo) {
  EXPECT_GT(wish("headshot of a businessman", "photo"), 0.5);
  EXPECT_LT(wish("headshot of a businessman, not a photo", "photo"), 0);
  EXPECT_LT(wish("a castle", "photo"), 0.3);
}

TEST(PromptReading, HeedsDenials) {
  EXPECT_LT(wish("not pixel art: a smooth star", "pixel art"), 0);
  EXPECT_LT(wish("a castle without any pixel art", "pixel art"), 0);
  EXPECT_LT(wish("not anime but a real photograph", "anime"), 0);
  EXPECT_GT(wish("not anime but a real photograph", "photo"), 0.9);
  EXPECT_GT(wish("watercolor instead of a photo", "painting"), 0.9);
  EXPECT_LT(wish("watercolor instead of a photo", "photo"), 0);
  EXPECT_LT(wish("keine Fotografie, ein Aquarell", "photo"), 0);
  EXPECT_LT(wish("a girl", "photo", "photo, realistic"), 0);
}

TEST(PromptReading, TellsAMediumFromAThingInThePicture) {
  EXPECT_LT(wish("girl reading a manga in a cafe, photograph", "anime"), 0.5);
  EXPECT_GT(wish("cute girl, manga", "anime"), 0.5);
  EXPECT_LT(wish("photo of an anime figurine", "anime"), 0.5);
  EXPECT_LT(wish("a man painting a fence", "painting"), 0.5);
  EXPECT_GT(wish("a painting of a fence", "painting"), 0.9);
}

TEST(PromptReading, UnderstandsMisspellingsAndCompounds) {
  EXPECT_GT(wish("anmie girl", "anime"), 0.5);
  EXPECT_GT(wish("watercolr of a teacup", "painting"), 0.5);
  EXPECT_GT(wish("eine Burg als Pixelgrafik", "pixel art"), 0.5);
  EXPECT_LT(wish("a carton of milk", "comic"), 0.3);
}

TEST(PromptReading, TakesWordsInQuotesForTextInThePicture) {
  EXPECT_GT(wish("a shop with \"BREAD\" above the door", "text"), 0.5);
  EXPECT_LT(wish("a poster with the text \"pixel art\"", "pixel art"), 0.3);
}

TEST(PromptReading, TakesSingleMarksForQuotesButNoApostrophes) {
  EXPECT_GT(wish("a shop with 'Fresh Bread' above the door", "text"), 0.5);
  EXPECT_LT(wish("the dogs' park in the '90s, rock 'n' roll", "text"), 0.3);
}

TEST(PromptReading, TakesADecadeForALookOnlyBesideWhatHasOne) {
  EXPECT_GT(wish("anime of a girl at a bus stop, 1987", "retro anime"), 0.9);
  EXPECT_LT(wish("a bus stop in 1987", "retro anime"), 0.3);
}

TEST(PromptReading, TakesGoodsInUseForThings) {
  EXPECT_LT(wish("a cat wearing sunglasses", "product"), 0.2);
  EXPECT_LT(wish("a bear eating a pizza", "food"), 0.3);
  EXPECT_GT(wish("pizza on a stone, steam", "food"), 0.9);
}

TEST(PromptReading, HearsThatThereShallBeNoWords) {
  EXPECT_LT(wish("a flyer for a picnic, no letters", "text"), 0);
  EXPECT_GT(wish("a comic page, no speech bubbles", "comic"), 0.9) << "the detail is denied, not the medium";
}

TEST(PromptReading, IsNotMisledByWordsThatContainOthers) {
  for (const char* prompt : {"badgers at night", "a traffic jam", "a demonstration in the rain", "a hot air balloon"})
    EXPECT_LT(read_prompt(Lexicon::embedded(), prompt, "").wish.strongest(), 0.31) << prompt;
}

TEST(Texts, DenyWhatTheirNegativePromptLists) {
  const Lexicon& lexicon = Lexicon::embedded();
  const Reading card = read_text(lexicon, "Paints in oil.\nNegative: cartoon, photo, 3d\nLoves anime.", 1);
  EXPECT_LT(card.weight.at(lexicon.find("photo")), 0);
  EXPECT_LT(card.weight.at(lexicon.find("comic")), 0);
  EXPECT_GT(card.weight.at(lexicon.find("anime")), 0) << "the next line is no part of it";
}

TEST(PromptReading, SearchesForWhatIsNotDenied) {
  const PromptReading reading = read_prompt(Lexicon::embedded(), "a fox in the snow, no trees", "");
  EXPECT_THAT(reading.terms, ElementsAre("fox", "snow"));
  EXPECT_THAT(reading.phrases, Contains("fox in the"));
  EXPECT_THAT(reading.phrases, Not(Contains("no trees")));
}

TEST(Lexicon, TellsTheLineThatItCannotRead) {
  for (const char* text : {"[photo] nothing\n", "1: words before any intent\n", "[photo] medium\nx: words\n",
                           "[photo] medium\n1 beside nobody: words\n", "[photo] medium within nobody\n"})
    EXPECT_THROW(Lexicon{std::string_view(text)}, Failure) << text;
}

TEST(Lexicon, HasAnotherVersionOnceItSaysSomethingElse) {
  EXPECT_NE(Lexicon("[a] medium\n1: x\n").version(), Lexicon("[a] medium\n1: y\n").version());
}

}  // namespace
}  // namespace pxf::test
