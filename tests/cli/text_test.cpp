#include <gtest/gtest.h>

#include "cli/plain_text.h"
#include "cli/progress_bar.h"

namespace pxf::cli {
namespace {

TEST(Printable, DisarmsWhatATerminalObeys) {
  EXPECT_EQ(printable("Grüße, 東京"), "Grüße, 東京");
  EXPECT_EQ(printable("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(printable("a\nb"), "a\\nb");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m");
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\u202E"), "\\xe2\\x80\\xae");
}

TEST(Wrapped, BreaksBetweenWords) {
  EXPECT_EQ(wrapped("one two three", 7, 2), "one two\n  three");
  EXPECT_EQ(wrapped("東京 東京", 4, 0), "東京\n東京");
}

TEST(Table, AlignsColumns) {
  EXPECT_EQ(table({{"a", "1"}, {"bcd", "100"}}, 1), "a      1\nbcd  100\n");
  EXPECT_EQ(table({{"a", "b"}, {"東京", "c"}}, 2), "a     b\n東京  c\n");
}

TEST(Numbers, AreShort) {
  EXPECT_EQ(bytes_text(999), "999 bytes");
  EXPECT_EQ(bytes_text(36'252'326), "36.3 MB");
  EXPECT_EQ(bytes_text(999'950'000), "1.00 GB");
  EXPECT_EQ(count_text(859'520'964), "860 M");
  EXPECT_EQ(seconds_text(0.0214), "0.02");
  EXPECT_EQ(seconds_text(1.06), "1.1");
  EXPECT_EQ(seconds_text(93.7), "94");
}

TEST(ProgressLine, ShowsStepsSpeedAndWhatIsLeft) {
  Progress p{.stage = Stage::steps, .picture = 0, .pictures = 1, .step = 10, .steps = 20};
  EXPECT_EQ(progress_line(p), "████████████░░░░░░░░░░░░ 10/20");
  p.steps_per_second = 31;
  p.seconds_left = 65;
  EXPECT_EQ(progress_line(p), "████████████░░░░░░░░░░░░ 10/20 · 31 it/s · 1:05");
  p.steps_per_second = 0.17;
  p.pictures = 4;
  p.seconds_left = 3723;
  EXPECT_EQ(progress_line(p), "████████████░░░░░░░░░░░░ picture 1/4 · 10/20 · 5.9 s/it · 1:02:03");
}

}  // namespace
}  // namespace pxf::cli
