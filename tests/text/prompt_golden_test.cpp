// Held against A1111's and ComfyUI's own parsers (golden prompt/).
#include <gtest/gtest.h>

#include <algorithm>

#include "golden_files.h"
#include "text/prompt.h"
#include "text/prompt_comfy.h"
#include "text/prompt_parts.h"

namespace pxf::test {
namespace {

using nlohmann::json;

/// The cases of a golden file, none when this set lacks it.
json cases_of(const std::string& file) {
  return golden_has("prompt/" + file) ? golden_json("prompt/" + file)["cases"] : json::array();
}

/// What the reference refuses is for us to read as we like.
bool refused(const json& result) { return result.is_string(); }

void expect_spans(const std::vector<WeightedText>& got, const json& want, const std::string& what) {
  SCOPED_TRACE(what);
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].text, want[i][0].get<std::string>());
    const double weight = want[i][1];
    EXPECT_NEAR(got[i].weight, weight, 1e-12 * std::max(std::abs(weight), 1e-6));
  }
}

void expect_schedule(const std::string& prompt, const ScheduleSteps& steps, const json& want) {
  if (refused(want)) return;
  std::vector<ScheduledText> texts;
  for (const json& step : want) texts.push_back({step[0], step[1]});
  const std::vector<ScheduledText> got = prompt_schedule(prompt, steps);
  ASSERT_EQ(got.size(), texts.size()) << prompt;
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].end_step, texts[i].end_step) << prompt;
    EXPECT_EQ(got[i].text, texts[i].text) << prompt;
  }
}

/// [[id, weight, repeats], ...] a row.
void expect_rows(const std::vector<WeightedChunk>& got, const json& want, const std::string& what) {
  SCOPED_TRACE(what);
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t row = 0; row < got.size(); ++row) {
    TokenChunk ids;
    std::vector<double> weights;
    for (const json& run : want[row]) {
      ids.insert(ids.end(), run[2].get<std::size_t>(), run[0].get<std::int32_t>());
      weights.insert(weights.end(), run[2].get<std::size_t>(), run[1].get<double>());
    }
    EXPECT_EQ(got[row].ids, ids);
    EXPECT_LE(worst_relative(got[row].weights, weights), 1e-12);
  }
}

TEST(PromptGolden, AttentionIsA1111s) {
  const json cases = cases_of("grammar.json");
  if (cases.empty()) GTEST_SKIP();
  for (const json& c : cases) {
    if (!refused(c["attention"]))
      expect_spans(a1111_attention(c["text"].get<std::string>()), c["attention"], c["text"]);
  }
}

TEST(PromptGolden, WeightsAreComfys) {
  const json cases = cases_of("grammar.json");
  if (cases.empty()) GTEST_SKIP();
  for (const json& c : cases) {
    if (!refused(c["comfy"])) expect_spans(comfy_attention(c["text"].get<std::string>()), c["comfy"], c["text"]);
  }
}

TEST(PromptGolden, PartsAreA1111s) {
  const json cases = cases_of("grammar.json");
  if (cases.empty()) GTEST_SKIP();
  for (const json& c : cases) expect_spans(and_parts(c["text"].get<std::string>()), c["and"], c["text"]);
}

TEST(PromptGolden, SchedulesAreA1111s) {
  const json cases = cases_of("grammar.json");
  if (cases.empty()) GTEST_SKIP();
  for (const json& c : cases) {
    const std::string text = c["text"];
    for (const auto& [steps, want] : c["schedules"].items()) expect_schedule(text, {.steps = std::stoi(steps)}, want);
    const json& hires = c["schedules_hires"];
    expect_schedule(text, {.steps = hires["base_steps"], .hires_steps = hires["hires_steps"].get<int>()},
                    hires["result"]);
    // For the first of the numbers of steps, whichever that is in this set.
    const int old_steps = refused(c["schedules_old"]) ? 0 : c["schedules_old"].back()[0].get<int>();
    expect_schedule(text, {.steps = old_steps, .old_rule = true}, c["schedules_old"]);
  }
}

/// A1111 gives them kind by kind; here they are in the order of the text.
std::vector<ExtraNetwork> by_kind(const std::vector<ExtraNetwork>& networks) {
  std::vector<ExtraNetwork> out;
  for (const ExtraNetwork& first : networks) {
    const auto same = [&](const ExtraNetwork& other) { return other.kind == first.kind; };
    if (std::none_of(out.begin(), out.end(), same)) {
      std::copy_if(networks.begin(), networks.end(), std::back_inserter(out), same);
    }
  }
  return out;
}

TEST(PromptGolden, NetworksAreA1111s) {
  const json cases = cases_of("grammar.json");
  if (cases.empty()) GTEST_SKIP();
  for (const json& c : cases) {
    const std::string text = c["text"];
    const PromptNetworks got = cut_networks(text);
    const json want = c.value("extra_networks", json{{"prompt", text}, {"networks", json::array()}});
    EXPECT_EQ(got.prompt, want["prompt"].get<std::string>());
    const std::vector<ExtraNetwork> networks = by_kind(got.networks);
    ASSERT_EQ(networks.size(), want["networks"].size()) << text;
    for (std::size_t i = 0; i < networks.size(); ++i) {
      EXPECT_EQ(networks[i].kind, want["networks"][i]["kind"].get<std::string>()) << text;
      EXPECT_EQ(json(networks[i].positional), want["networks"][i]["positional"]) << text;
      EXPECT_EQ(json(networks[i].named), want["networks"][i]["named"]) << text;
    }
  }
}

TEST(PromptGolden, RowsAreA1111s) {
  const json cases = cases_of("chunks.json");
  if (cases.empty()) GTEST_SKIP();
  const ClipTokenizer tokenizer;
  for (const json& c : cases) {
    if (refused(c["a1111"])) continue;
    const auto rows = prompt_chunks(tokenizer, c["text"].get<std::string>(), PromptGrammar::a1111);
    expect_rows(rows, c["a1111"], c["text"]);
    std::size_t count = 0;
    for (const WeightedChunk& row : rows) count += row.taken;
    EXPECT_EQ(count, c["a1111_token_count"].get<std::size_t>()) << c["text"];
  }
}

TEST(PromptGolden, RowsAreComfys) {
  const json cases = cases_of("chunks.json");
  if (cases.empty()) GTEST_SKIP();
  const ClipTokenizer tokenizer;
  for (const json& c : cases) {
    expect_rows(prompt_chunks(tokenizer, c["text"].get<std::string>(), PromptGrammar::comfy), c["comfy"], c["text"]);
  }
}

}  // namespace
}  // namespace pxf::test
