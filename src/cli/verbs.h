// The verbs of the program. Each adds its flags to the command line and is run when it was named there; main.cpp
// reports whatever it gives back and chooses the exit status.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "pixelforge/error.h"

namespace pxf::cli {

struct Verb {
  CLI::App* app = nullptr;
  std::function<Status()> run;
};

Verb add_generate(CLI::App& program);
Verb add_grid(CLI::App& program);
Verb add_choose(CLI::App& program);
Verb add_inspect(CLI::App& program);
Verb add_list(CLI::App& program);
Verb add_import(CLI::App& program);
Verb add_pull(CLI::App& program);
Verb add_add_folder(CLI::App& program);
Verb add_show(CLI::App& program);
Verb add_rm(CLI::App& program);
Verb add_rename(CLI::App& program);
Verb add_tag(CLI::App& program);
Verb add_set(CLI::App& program);
Verb add_verify(CLI::App& program);
Verb add_gc(CLI::App& program);
Verb add_prepare(CLI::App& program);
Verb add_serve(CLI::App& program);
Verb add_worker(CLI::App& program);
Verb add_ps(CLI::App& program);
Verb add_key(CLI::App& program);
Verb add_user(CLI::App& program);
Verb add_doctor(CLI::App& program);
Verb add_tune(CLI::App& program);
Verb add_bench(CLI::App& program);
Verb add_convert(CLI::App& program);
Verb add_merge(CLI::App& program);
Verb add_diff(CLI::App& program);
Verb add_extract(CLI::App& program);
Verb add_probe(CLI::App& program);
Verb add_explain(CLI::App& program);
Verb add_completion(CLI::App& program);

}  // namespace pxf::cli
