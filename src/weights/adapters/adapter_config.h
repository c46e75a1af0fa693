// What PEFT keeps beside its weights, in adapter_config.json: settings that the tensors do not tell.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pxf {

struct AdapterConfig {
  bool peft = false;  // the adapter was made by PEFT
  std::optional<double> alpha, rank;
  bool root_of_rank = false;         // rs-LoRA: the scale is alpha / sqrt(rank)
  std::optional<int> neumann_terms;  // OFT: the inverse is this many terms of its series
  bool block_share = false;          // OFT: one block turns all
  std::optional<double> constraint;  // OFT: COFT's epsilon
};

/// Throws Failure(bad_file) when it is no JSON object, or a number in it is none. `file`: for the message.
AdapterConfig read_adapter_config(std::string_view json, const std::string& file);

}  // namespace pxf
