#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/bench_chart.h"
#include "cli/bench_compare.h"

namespace pxf::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

BenchReport report_of(double step_seconds) {
  BenchReport report;
  report.checkpoint = "one";
  report.machine.threads = 2;
  report.rows = {{"unet.step", {step_seconds}}, {"vae.decode", {1.0}}};
  return report;
}

TEST(BenchCompare, TellsHowManyTimesFasterARowIs) {
  const auto found = compare_benches(to_json(report_of(3)), to_json(report_of(2)));
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value().changes.at(0).name, "unet.step");
  EXPECT_DOUBLE_EQ(found.value().changes.at(0).ratio(), 1.5);
  EXPECT_DOUBLE_EQ(found.value().changes.at(1).ratio(), 1);
  EXPECT_THAT(found.value().differences, testing::IsEmpty());
}

TEST(BenchCompare, LeavesOutRowsThatOneDoesNotHave) {
  BenchReport earlier = report_of(3);
  earlier.rows.pop_back();
  const auto found = compare_benches(to_json(earlier), to_json(report_of(2)));
  for (const BenchChange& change : found.value().changes) EXPECT_NE(change.name, "vae.decode");
}

TEST(BenchCompare, SaysWhatWasNotTheSame) {
  BenchReport later = report_of(2);
  later.machine.threads = 4;
  later.checkpoint = "other";
  const auto found = compare_benches(to_json(report_of(3)), to_json(later));
  EXPECT_THAT(found.value().differences, ElementsAre("checkpoint: one before, other now", "threads: 2 before, 4 now"));
}

TEST(BenchCompare, RefusesOtherJson) {
  EXPECT_FALSE(compare_benches(Json::parse("[]"), to_json(report_of(2))));
  EXPECT_FALSE(compare_benches(Json::parse("", nullptr, false), to_json(report_of(2))));
  EXPECT_TRUE(
      compare_benches(Json::parse(R"({"results":[3,{"name":"unet.step","seconds":1}]})"), to_json(report_of(2))));
}

TEST(BenchChart, HasABarABlockAndSaysWhatEachLayerIs) {
  BenchReport report = report_of(2);
  report.parts = {{.part = "unet.step", .block = {}, .layer = {}, .op = {}, .kernel = {}, .seconds = 2}};
  report.blocks = {{.part = "unet.step", .block = "out.0", .layer = {}, .op = {}, .kernel = {}, .seconds = 2}};
  report.layers = {{.part = "unet.step",
                    .block = "out.0",
                    .layer = "a<b>&",
                    .op = "conv2d",
                    .kernel = "winograd",
                    .calls = 1,
                    .seconds = 2,
                    .gflop = 4}};
  const std::string chart = bench_chart(report);
  EXPECT_THAT(chart, AllOf(testing::StartsWith("<svg"), HasSubstr(">out.0</text>"),
                           HasSubstr("<title>a&lt;b>&amp; conv2d/winograd: 2000.0 ms · 2 GFLOP/s</title>")));
  EXPECT_THAT(chart, Not(HasSubstr("<b>")));
}

}  // namespace
}  // namespace pxf::cli
