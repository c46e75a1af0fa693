#include "server/compress.h"

#include <gmock/gmock.h>
#include <zlib.h>

namespace pxf::test {
namespace {

using testing::Contains;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::string kLong(5000, 'x');

HttpResponse sent(const std::string& type, const std::string& text, const std::string& accepted, int status = 200) {
  HttpRequest request;
  request.headers = {{"accept-encoding", accepted}};
  HttpResponse response{status, {{"Content-Type", type}, {"ETag", "\"7\""}}, text};
  compress(response, takes_gzip(request));
  return response;
}

std::string unzipped(const HttpBody& body) {
  std::string out(100'000, '\0');
  z_stream stream{};
  ::inflateInit2(&stream, 16 + MAX_WBITS);
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(body.bytes.data()));
  stream.avail_in = static_cast<unsigned>(body.bytes.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<unsigned>(out.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::inflateEnd(&stream);
  return out;
}

bool is_smaller(const HttpResponse& response) { return response.body.bytes.size() < kLong.size(); }

TEST(Compress, TextIsSmallerAndTheSame) {
  const HttpResponse response = sent("application/json", kLong, "br, gzip;q=0.5");
  EXPECT_TRUE(is_smaller(response));
  EXPECT_EQ(unzipped(response.body), kLong);
  EXPECT_THAT(response.headers,
              UnorderedElementsAre(Pair("Content-Type", "application/json"), Pair("Vary", "Accept-Encoding"),
                                   Pair("Content-Encoding", "gzip"), Pair("ETag", "W/\"7\"")));
}

TEST(Compress, WhoDoesNotTakeItIsToldThatItVaries) {
  for (const char* accepted : {"", "br", "gzip;q=0", "identity, gzip; q=0.000"}) {
    const HttpResponse response = sent("text/plain; version=0.0.4", kLong, accepted);
    EXPECT_FALSE(is_smaller(response)) << accepted;
    EXPECT_THAT(response.headers, Contains(Pair("Vary", "Accept-Encoding")));
  }
}

TEST(Compress, PicturesAndPartsAndShortTextStayAsTheyAre) {
  for (const HttpResponse& response : {sent("image/png", kLong, "gzip"), sent("text/plain", kLong, "gzip", 206),
                                       sent("application/json", "{}", "gzip")}) {
    EXPECT_THAT(response.headers, Not(Contains(Pair("Vary", "Accept-Encoding"))));
    EXPECT_THAT(response.headers, Not(Contains(Pair("Content-Encoding", "gzip"))));
  }
}

}  // namespace
}  // namespace pxf::test
