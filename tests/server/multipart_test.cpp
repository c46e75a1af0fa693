#include "server/multipart.h"

#include <gmock/gmock.h>

#include "server/router.h"

namespace pxf::test {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=x";

int status_of_form(std::string_view type, std::string_view body) {
  try {
    read_form(type, body);
  } catch (const HttpProblem& problem) {
    return problem.status;
  }
  return 200;
}

TEST(Multipart, FieldsAndFilesAreTold) {
  const auto parts =
      read_form("Multipart/Form-Data; charset=utf-8; boundary=\"a b\"",
                "preamble\r\n--a b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nan apple\r\n"
                "--a b  \r\ncontent-type: image/png\r\n"
                "content-disposition: form-data; filename=\"a;\\\"b.png\"; name=image\r\n\r\n"
                "\x89PNG\r\n--a\r\n\r\n--a b--\r\nepilogue");
  ASSERT_EQ(parts.size(), 2);
  EXPECT_EQ(parts[0].name, "prompt");
  EXPECT_EQ(parts[0].content, "an apple");
  EXPECT_EQ(parts[0].filename, "");
  EXPECT_EQ(parts[1].name, "image");
  EXPECT_EQ(parts[1].filename, "a;\"b.png");
  EXPECT_EQ(parts[1].type, "image/png");
  EXPECT_EQ(parts[1].content, "\x89PNG\r\n--a\r\n");
}

TEST(Multipart, EmptyFormsAndPartsAreFine) {
  EXPECT_TRUE(read_form(kType, "--x--\r\n").empty());
  const auto parts = read_form(kType, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--x--");
  ASSERT_EQ(parts.size(), 1);
  EXPECT_EQ(parts[0].content, "");
}

TEST(Multipart, WhatIsCutOffIsRefused) {
  const std::string whole = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n--x--";
  ASSERT_EQ(status_of_form(kType, whole), 200);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(status_of_form(kType, whole.substr(0, size)), 400) << size;
  }
}

TEST(Multipart, WhatIsNoFormIsRefused) {
  EXPECT_EQ(status_of_form("application/json", "{}"), 415);
  EXPECT_EQ(status_of_form("multipart/form-data", "--x--"), 400);
  EXPECT_EQ(status_of_form("multipart/form-data; boundary=", "--x--"), 400);
  EXPECT_EQ(status_of_form(kType, "--x\r\nno colon\r\n\r\nvalue\r\n--x--"), 400);
  EXPECT_EQ(status_of_form(kType, "--x\r\n" + std::string(10'000, 'a') + "\r\n\r\nvalue\r\n--x--"), 400);
  std::string many;
  for (int i = 0; i < 300; ++i) many += "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n";
  EXPECT_EQ(status_of_form(kType, many + "--x--"), 413);
}

}  // namespace
}  // namespace pxf::test
