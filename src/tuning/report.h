// A tuning as a page and a picture, for a person to judge.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "pixelforge/contact_sheet.h"
#include "pixelforge/tune.h"
#include "tuning/laboratory.h"
#include "tuning/search.h"

namespace pxf {

/// The levels beside what was recommended before and converged pictures; the CFG scales; the steps.
std::vector<ContactSheet> sheets_of(const TuneReport& report, const Effort& effort, const SearchStart& start,
                                    Laboratory& lab);

/// Everything in one file, which asks nothing of the network. Names and prompts may be hostile.
std::string report_html(const TuneReport& report, const std::vector<ContactSheet>& sheets);
Image sheet_image(const TuneReport& report, const std::vector<ContactSheet>& sheets);

/// report.html and report.png in the folder, which is made. Throws Failure.
std::vector<std::filesystem::path> write_report(const TuneReport& report, const Effort& effort,
                                                const SearchStart& start, Laboratory& lab,
                                                const std::filesystem::path& folder);

}  // namespace pxf
