#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/terminal.h"
#include "cli/terminal_picture.h"
#include "cli/verbs.h"
#include "json/json.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

constexpr std::uint64_t kLittleMemory = 1'000'000'000;
constexpr std::uint64_t kMemoryOfSd15 = 6'000'000'000;  // a full-size SD 1.5 checkpoint in f32 at 512x512
constexpr std::uint64_t kLittleDisk = 100'000'000;

struct DoctorArguments {
  bool json = false;
};

struct Check {
  std::string name;
  std::string found;
  std::string advice;  // empty: all is well
};

Check check_processor(const MachineInfo& machine) {
  const auto& sets = machine.instruction_sets;
  Check check{"processor", fmt::format("{}; kernels for {}", machine.cpu, fmt::join(sets, ", ")), ""};
  const bool has_avx2 =
      std::any_of(sets.begin(), sets.end(), [](const std::string& set) { return set.starts_with("AVX"); });
  if (!has_avx2) check.advice = "works, but slowly: a processor with AVX2 is several times faster";
  return check;
}

Check check_threads(const MachineInfo& machine) {
  return {"threads", fmt::format("{} for {} processors", machine.threads, machine.processors), ""};
}

Check check_memory(const MachineInfo& machine) {
  Check check{"memory",
              fmt::format("{} free of {}", bytes_text(machine.memory_available), bytes_text(machine.memory_total)), ""};
  if (machine.memory_available < kLittleMemory) {
    check.advice = "little is free: end other programs, or pictures may fail";
  } else if (machine.memory_available < kMemoryOfSd15) {
    check.advice = fmt::format("enough for the starter; SD 1.5 at 512x512 takes about {}", bytes_text(kMemoryOfSd15));
  }
  return check;
}

Check check_starter(const Engine& engine) {
  std::vector<std::string> names;
  for (const ModelInfo& model : engine.list()) names.push_back(model.name);
  if (!names.empty()) return {"checkpoints", fmt::format("embedded: {}", fmt::join(names, ", ")), ""};
  return {"checkpoints", "none embedded", "give one to generate with -m FILE"};
}

/// What went wrong with writing a file here and reading it back; empty when nothing did.
std::string trouble_with_files() {
  char name[] = ".pixelforge-doctor-XXXXXX";
  const int file = mkstemp(name);
  if (file < 0) return fmt::format("cannot write here: {}", std::strerror(errno));
  unlink(name);
  const std::string written(1 << 16, 'x');
  std::string read(written.size(), '\0');
  const auto size = static_cast<ssize_t>(written.size());
  std::string trouble;
  if (write(file, written.data(), written.size()) != size || fsync(file) != 0) {
    trouble = fmt::format("cannot write here: {}", std::strerror(errno));
  } else if (pread(file, read.data(), read.size(), 0) != size || read != written) {
    trouble = "a file reads back other than it was written: this disk is not to be trusted";
  }
  close(file);
  return trouble;
}

Check check_folder() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::current_path(error);
  const auto space = std::filesystem::space(".", error);
  Check check{"pictures go to", fmt::format("{}, {} free", folder.string(), error ? "?" : bytes_text(space.available)),
              ""};
  if (const std::string trouble = trouble_with_files(); !trouble.empty()) {
    check.advice = trouble + "; choose another folder with -o";
  } else if (!error && space.available < kLittleDisk) {
    check.advice = "the disk is nearly full";
  }
  return check;
}

Check check_terminal() {
  Check check{"terminal", "", ""};
  if (!is_terminal(stdout)) {
    check.found = "none: output goes to a file or a program, no pictures are shown";
    return check;
  }
  switch (best_style()) {
    case PictureStyle::kitty: check.found = "shows pictures by kitty's protocol"; break;
    case PictureStyle::sixel: check.found = "shows pictures as sixels"; break;
    case PictureStyle::blocks:
      check.found =
          fmt::format("shows pictures as half blocks in {}", has_true_colour() ? "24-bit colour" : "256 colours");
      break;
    default: check.found = "shows no pictures: NO_COLOR is set, or TERM=dumb";
  }
  return check;
}

Json checks_json(const std::vector<Check>& checks, long warnings, const MachineInfo& machine) {
  Json rows = Json::array();
  for (const Check& check : checks) {
    rows.push_back({{"name", check.name},
                    {"verdict", check.advice.empty() ? "ok" : "warning"},
                    {"found", check.found},
                    {"advice", check.advice}});
  }
  return {{"verdict", warnings == 0 ? "ok" : "warning"}, {"machine", to_json(machine)}, {"checks", rows}};
}

Status doctor(const DoctorArguments& options) {
  const Engine engine;
  const MachineInfo machine = engine.machine();
  const std::vector<Check> checks = {check_processor(machine), check_threads(machine), check_memory(machine),
                                     check_starter(engine),    check_folder(),         check_terminal()};
  const auto warnings = std::count_if(checks.begin(), checks.end(), [](const Check& c) { return !c.advice.empty(); });
  if (options.json) {
    print_json(checks_json(checks, warnings, machine));
    return Done{};
  }
  for (const Check& check : checks) {
    fmt::print("{:<9}{:<16}{}\n", check.advice.empty() ? "ok" : "warning", check.name, printable(check.found));
    if (!check.advice.empty()) fmt::print("{:<25}{}\n", "", printable(check.advice));
  }
  fmt::print("\npixelforge {}: {}\n", version(),
             warnings == 0 ? "all is well" : fmt::format("{} warning{}", warnings, warnings == 1 ? "" : "s"));
  return Done{};
}

}  // namespace

Verb add_doctor(CLI::App& program) {
  const auto options = std::make_shared<DoctorArguments>();
  CLI::App* app = program.add_subcommand("doctor", "Check this machine: processor, memory, disk, terminal");
  app->add_flag("--json", options->json, "Print the checks as JSON");
  app->footer(
      "Examples:\n"
      "  pixelforge doctor\n"
      "  pixelforge doctor --json");
  return {app, [options] { return doctor(*options); }};
}

}  // namespace pxf::cli
