#include "service/prompt_search.h"

#include <gmock/gmock.h>

#include "formats/temporary_folder.h"
#include "postgres_for_tests.h"
#include "service/pictures.h"

namespace pxf::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(SearchedTexts, AreWordsAndWhatStandsInQuotes) {
  EXPECT_THAT(searched_texts(" red \"two  apples\" red a\"b c"), ElementsAre("red", "two  apples", "a", "b c"));
  EXPECT_THAT(searched_texts("\"\" \" \"  "), IsEmpty());
  EXPECT_THAT(searched_texts("猫\u3000東京"), ElementsAre("猫", "東京"));
}

class PromptSearchTest : public testing::TestWithParam<SqlDialect> {
 protected:
  void SetUp() override {
    if (is_postgres() && address.empty()) GTEST_SKIP() << "tests/cluster/run starts a PostgreSQL for it";
  }
  bool is_postgres() const { return GetParam() == SqlDialect::postgres; }
  std::unique_ptr<Sql> open() const { return open_database(is_postgres() ? address : std::string(), folder.path()); }
  /// Ids are 0, 1 ...
  void add(Sql& sql, std::initializer_list<const char*> prompts) {
    for (const char* prompt : prompts) {
      sql.change(
          "INSERT INTO images (id, job, number, owner, file, format, width, height, bytes, seed, prompt, negative, "
          "checkpoint, parameters, commercial, because, created) VALUES ($1, $1, 0, 'ann', $1, 'png', 8, 8, 8, '1', "
          "$2, "
          "'', '', '', '', '', 1)",
          {std::to_string(added++), prompt});
    }
  }
  void add(std::initializer_list<const char*> prompts) { add(*open(), prompts); }
  std::string found(const std::string& search, const std::string& before = {}, int limit = 50) {
    SharedDatabase database(open());
    Pictures pictures(database, *store);
    std::string ids;
    for (const auto& picture : pictures.list({.words = search, .before = before, .limit = limit}).items) {
      ids += picture.id;
    }
    return ids;
  }
  TemporaryFolder folder;
  const std::string address = is_postgres() ? empty_postgres() : std::string();
  std::unique_ptr<PictureStore> store = open_picture_folder(folder / "outputs");
  int added = 0;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, PromptSearchTest, testing::Values(SqlDialect::sqlite));
INSTANTIATE_TEST_SUITE_P(Postgres, PromptSearchTest, testing::Values(SqlDialect::postgres));

TEST_P(PromptSearchTest, FindsWordsInAnyOrderAndCaseAndAsTheyAreTyped) {
  add({"a Red apple on a table", "a red boat", "two apples"});
  EXPECT_EQ(found("apple RED"), "0");
  EXPECT_EQ(found("red"), "10");
  EXPECT_EQ(found("red bo"), "1");
  EXPECT_EQ(found("a app"), "20");
  EXPECT_EQ(found("red \"apple on\""), "0");
  EXPECT_EQ(found("\"apple red\""), "");
}

TEST_P(PromptSearchTest, FindsWhatIsWrittenWithoutSpacesAndInOtherLetters) {
  add({"夜の東京タワー", "猫と犬", "Éclair au café"});
  EXPECT_EQ(found("東京タワー"), "0");
  EXPECT_EQ(found("東京"), "0");
  EXPECT_EQ(found("猫\u3000犬"), "1");
  EXPECT_EQ(found("éclair CAFÉ"), "2");
}

TEST_P(PromptSearchTest, NoTextIsAnError) {
  add({"a 100% (red:1.2) star_ship, \\o/ it's", "plain"});
  EXPECT_EQ(found("100% red:1.2"), "0");
  EXPECT_EQ(found("%"), "0");
  EXPECT_EQ(found("star_ship \\o/"), "0");
  EXPECT_EQ(found("it's"), "0");
  EXPECT_EQ(found("_______"), "");
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += std::to_string(i) + ' ';
  for (const std::string& hostile :
       {std::string("\""), std::string("star* AND"), std::string("NEAR(a b)"), std::string("prompt: plain"),
        std::string("^plain - NOT"), std::string("pla\0in", 6), std::string("\xff\xfe\xfd plain"),
        std::string("'; DROP TABLE images; --"), std::string(30'000, 'x'), many}) {
    EXPECT_NO_THROW(found(hostile)) << hostile.substr(0, 40);
  }
}

TEST_P(PromptSearchTest, GoesThroughAllThatIsFoundPageByPage) {
  add({"a cat", "a dog", "a cat", "a cat"});
  EXPECT_EQ(found("cat", "", 2), "32");
  EXPECT_EQ(found("cat", "2", 2), "0");
}

TEST_P(PromptSearchTest, PicturesOfAnOlderProgramAreFound) {
  const std::vector<const char*> back =
      is_postgres() ? std::vector{"DROP INDEX images_by_prompt", "UPDATE schema_version SET version = 3"}
                    : std::vector{"DROP TRIGGER prompt_comes", "DROP TRIGGER prompt_goes", "DROP TABLE prompt_index",
                                  "DROP TABLE prompt_entries", "PRAGMA user_version = 3"};
  {
    const auto sql = open();
    add(*sql, {"a cat"});
    for (const char* step : back) sql->change(step);
  }
  EXPECT_EQ(found("cat"), "0");
  if (!is_postgres()) return;
  EXPECT_THAT(open()->rows("SELECT 1 FROM pg_indexes WHERE indexname = 'images_by_prompt'"), SizeIs(1));
}

TEST_P(PromptSearchTest, ARemovedPictureLeavesNothingInTheIndex) {
  if (is_postgres()) GTEST_SKIP() << "its index is its own affair";
  add({"a cat", "a catamaran"});
  const auto sql = open();
  sql->change("DELETE FROM images WHERE id = '0'");
  EXPECT_THAT(sql->rows("SELECT rowid FROM prompt_index WHERE prompt_index MATCH 'cat'"), SizeIs(1));
  EXPECT_EQ(found("cat"), "1");
}

}  // namespace
}  // namespace pxf::test
