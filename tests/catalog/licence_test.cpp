#include "pixelforge/licence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pxf::test {
namespace {

using testing::HasSubstr;

struct Case {
  const char* licence;
  CommercialUse use;
  const char* name;
};

TEST(Licence, KnowsTheIdentifiersAndNamesThatPeopleWrite) {
  const Case cases[] = {
      {"CC0-1.0", CommercialUse::yes, "CC0-1.0"},
      {"https://creativecommons.org/publicdomain/zero/1.0/ (CC0)", CommercialUse::yes, "CC0-1.0"},
      {"creativeml-openrail-m", CommercialUse::yes, "CreativeML Open RAIL-M"},
      {"CreativeML Open RAIL-M", CommercialUse::yes, "CreativeML Open RAIL-M"},
      {"CreativeML Open RAIL++-M License", CommercialUse::yes, "CreativeML Open RAIL++-M"},
      {"CreativeML OpenRAIL++-M", CommercialUse::yes, "CreativeML Open RAIL++-M"},
      {"openrail++", CommercialUse::yes, "CreativeML Open RAIL++-M"},
      {"Stability AI Community License", CommercialUse::ask, "Stability AI Community"},
      {"stabilityai-ai-community", CommercialUse::ask, "Stability AI Community"},
      {"STABILITY AI NON-COMMERCIAL RESEARCH COMMUNITY LICENSE", CommercialUse::no,
       "Stability AI Non-Commercial Research Community"},
      {"SDXL 0.9 Research License", CommercialUse::no, "SDXL 0.9 Research"},
      {"flux-1-dev-non-commercial-license", CommercialUse::no, "FLUX.1 [dev] Non-Commercial"},
      {"FLUX.1 [dev] Non-Commercial License", CommercialUse::no, "FLUX.1 [dev] Non-Commercial"},
      {"apache-2.0", CommercialUse::yes, "Apache-2.0"},
      {"Apache License\n  Version 2.0, January 2004", CommercialUse::yes, "Apache-2.0"},
      {"MIT", CommercialUse::yes, "MIT"},
      {"The MIT License (MIT)", CommercialUse::yes, "MIT"},
      {"cc-by-4.0", CommercialUse::yes, "CC-BY"},
      {"cc-by-nc-sa-4.0", CommercialUse::no, "CC-BY-NC"},
      {"faipl-1.0-sd", CommercialUse::yes, "Fair AI Public License 1.0-SD"},
      {"My Own Non-Commercial Licence", CommercialUse::no, "non-commercial"},
      {"permit me", CommercialUse::ask, "permit me"},
  };
  for (const Case& c : cases) {
    const LicenceVerdict verdict = judge_licence(c.licence);
    EXPECT_EQ(verdict.commercial, c.use) << c.licence;
    EXPECT_EQ(verdict.name, c.name) << c.licence;
    EXPECT_FALSE(verdict.reason.empty()) << c.licence;
  }
}

TEST(Licence, WhatIsNotStatedIsToBeAsked) {
  const LicenceVerdict verdict = judge_licence("");
  EXPECT_EQ(verdict.commercial, CommercialUse::ask);
  EXPECT_EQ(verdict.name, "");
  EXPECT_THAT(verdict.reason, HasSubstr("no licence is stated"));
}

TEST(Licence, ReadsCivitaisPermissions) {
  EXPECT_EQ(judge_licence("civitai: allowCommercialUse=Image, RentCivit; allowNoCredit=true").commercial,
            CommercialUse::yes);
  EXPECT_EQ(judge_licence("civitai: allowCommercialUse={Image,Rent}").commercial, CommercialUse::yes);
  EXPECT_EQ(judge_licence("civitai: allowCommercialUse=None").commercial, CommercialUse::no);
  EXPECT_EQ(judge_licence("civitai: allowCommercialUse=Rent").commercial, CommercialUse::no);
  EXPECT_EQ(judge_licence("civitai: allowDerivatives=true").commercial, CommercialUse::ask);
  EXPECT_THAT(judge_licence("civitai: allowCommercialUse=Sell; allowNoCredit=false").reason,
              HasSubstr("name its maker"));
}

TEST(Licence, OfSeveralModelsTheStrictestCounts) {
  const LicenceVerdict verdict = judge_licences({{"base", "openrail"}, {"neon", "cc-by-nc-4.0"}, {"ink", ""}});
  EXPECT_EQ(verdict.commercial, CommercialUse::no);
  EXPECT_THAT(verdict.reason, testing::StartsWith("neon: "));
  EXPECT_EQ(judge_licences({{"base", "mit"}, {"ink", "cc0"}}).commercial, CommercialUse::yes);
  EXPECT_EQ(judge_licences({{"base", "mit"}, {"ink", ""}}).commercial, CommercialUse::ask);
}

}  // namespace
}  // namespace pxf::test
