#include "web/page.h"

#include <gtest/gtest.h>

#include <string_view>

namespace pxf {
namespace {

std::string_view text_of(const PageFile& file) {
  return {reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()};
}

TEST(Page, IsAtTheRoot) {
  const PageFile* page = find_page_file("/");
  ASSERT_NE(page, nullptr);
  EXPECT_TRUE(text_of(*page).starts_with("<!doctype html>"));
  EXPECT_FALSE(page->immutable);
}

TEST(Page, NamesOnlyFilesThatAreThere) {
  const std::string_view html = text_of(*find_page_file("/"));
  int named = 0;
  for (std::string_view mark : {"src=\"", "href=\""}) {
    for (auto at = html.find(mark); at != html.npos; at = html.find(mark, at)) {
      at += mark.size();
      const std::string_view path = html.substr(at, html.find('"', at) - at);
      EXPECT_NE(find_page_file(path), nullptr) << path;
      ++named;
    }
  }
  EXPECT_EQ(named, 3);
}

TEST(Page, IsSentInLessThanTwoHundredKilobytes) {
  std::size_t sum = 0;
  for (const PageFile& file : page_files()) sum += file.gzip.size();
  EXPECT_LT(sum, 200'000u);
}

TEST(Page, CompressedFormsAreGzip) {
  for (const PageFile& file : page_files()) {
    ASSERT_GT(file.gzip.size(), 2u) << file.path;
    EXPECT_EQ(file.gzip[0], std::byte{0x1F}) << file.path;
    EXPECT_EQ(file.gzip[1], std::byte{0x8B}) << file.path;
  }
}

}  // namespace
}  // namespace pxf
