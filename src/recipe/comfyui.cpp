// ComfyUI: the graph that was run, under "prompt": {"3": {"class_type": "KSampler", "inputs": {"steps": 20,
// "model": ["4", 0], ...}}, ...}. An input is a value, or a link: the node it comes from and which of its outputs.
// A graph may do anything. What is read is the usual path: a sampler, and from its inputs back to where they begin. The
// nodes on that path that are not known are told as lost; others do not matter.
#include <algorithm>
#include <array>
#include <set>

#include "recipe/json_fields.h"

namespace pxf {
namespace {

using Json = nlohmann::json;

constexpr int kLongestPath = 100;  // nodes: links of a hostile graph may go round in circles

class Graph {
 public:
  explicit Graph(const Json& nodes) : nodes_(nodes) {}

  /// Null where the input is no link, or leads nowhere.
  const Json* behind(const Json& node, const char* input) const {
    const Json* link = value(node, input);
    if (link == nullptr || !link->is_array() || link->empty() || !(*link)[0].is_string()) return nullptr;
    const auto found = nodes_.find((*link)[0].get_ref<const std::string&>());
    return found != nodes_.end() && found->is_object() ? &*found : nullptr;
  }

  /// Null where the node has no such input.
  static const Json* value(const Json& node, const char* input) {
    const auto inputs = node.find("inputs");
    if (inputs == node.end() || !inputs->is_object()) return nullptr;
    const auto found = inputs->find(input);
    return found == inputs->end() ? nullptr : &*found;
  }

  static std::string kind(const Json& node) { return plain_text(node.value("class_type", Json())); }

  /// The input as text, also where it comes from a node that only holds a value.
  std::string text(const Json& node, const char* input) const {
    const Json* direct = value(node, input);
    if (direct == nullptr) return {};
    const Json* source = behind(node, input);
    if (source == nullptr) return plain_text(*direct);
    for (const char* name : {"text", "string", "value", "seed", "int", "float", "STRING"}) {
      const Json* held = value(*source, name);
      if (held != nullptr && !plain_text(*held).empty()) return plain_text(*held);
    }
    return {};
  }

  std::vector<const Json*> samplers() const {
    std::vector<const Json*> out;
    for (const auto& [id, node] : nodes_.items()) {
      if (node.is_object() && kind(node).starts_with("KSampler") && behind(node, "model") != nullptr)
        out.push_back(&node);
    }
    return out;
  }

 private:
  const Json& nodes_;
};

class Reading {
 public:
  explicit Reading(const Graph& graph) : graph_(graph) {}

  Claims of(const Json& sampler) {
    out_.program = "ComfyUI";
    out_.syntax = PromptSyntax::comfy;
    add("Steps", graph_.text(sampler, "steps"));
    add("CFG scale", graph_.text(sampler, "cfg"));
    add("Sampler", graph_.text(sampler, "sampler_name"));
    add("Schedule type", graph_.text(sampler, "scheduler"));
    const std::string seed = graph_.text(sampler, "seed");
    add("Seed", seed.empty() ? graph_.text(sampler, "noise_seed") : seed);
    out_.said.prompt = words(graph_.behind(sampler, "positive"), "positive");
    out_.said.negative = words(graph_.behind(sampler, "negative"), "negative");
    model(graph_.behind(sampler, "model"));
    std::ranges::reverse(out_.loras);  // as they were put on, one over the other
    beginning(graph_.behind(sampler, "latent_image"), graph_.text(sampler, "denoise"));
    return std::move(out_);
  }

 private:
  void add(const char* field, std::string text) {
    if (!text.empty()) out_.said.fields.emplace_back(field, std::move(text));
  }
  void lose(const Json& node) { out_.lost.push_back("node " + Graph::kind(node)); }

  /// The text that a conditioning begins with; `side` is the input to follow through nodes that change both.
  std::string words(const Json* node, const char* side) {
    for (int i = 0; node != nullptr && i < kLongestPath; ++i) {
      for (const char* input : {"text", "text_g", "prompt"}) {
        if (Graph::value(*node, input) == nullptr) continue;
        clip(graph_.behind(*node, "clip"));
        return graph_.text(*node, input);
      }
      if (Graph::kind(*node) != "Reroute") lose(*node);
      node = first_behind(*node, {side, "conditioning", "conditioning_1", "conditioning_to", ""});
    }
    return {};
  }

  /// CLIP's last layer where it is chosen; the rest of that path is the model's too.
  void clip(const Json* node) {
    for (int i = 0; node != nullptr && i < kLongestPath; ++i) {
      const Json* layer = Graph::value(*node, "stop_at_clip_layer");
      if (layer != nullptr && layer->is_number_integer() && *layer < 0 && *layer > -100) {
        const bool is_new =
            std::ranges::find(out_.said.fields,
                              std::pair<std::string, std::string>{"Clip skip", std::to_string(-layer->get<int>())}) ==
            out_.said.fields.end();
        if (is_new) add("Clip skip", std::to_string(-layer->get<int>()));
        return;
      }
      node = graph_.behind(*node, "clip");
    }
  }

  void model(const Json* node) {
    for (int i = 0; node != nullptr && i < kLongestPath; ++i) {
      for (const char* input : {"ckpt_name", "unet_name"}) {
        if (Graph::value(*node, input) != nullptr) return add("Model", graph_.text(*node, input));
      }
      if (Graph::value(*node, "lora_name") != nullptr) {
        lora(*node);
      } else if (Graph::kind(*node) != "Reroute") {
        lose(*node);
      }
      node = first_behind(*node, {"model", "", "", "", ""});
    }
  }

  void lora(const Json& node) {
    LoraUse use{graph_.text(node, "lora_name")};
    if (const Json* strength = Graph::value(node, "strength_model"); strength != nullptr && strength->is_number()) {
      use.strength = strength->get<double>();
    }
    const bool model_only = Graph::value(node, "strength_clip") == nullptr;
    if (model_only) use.text_strength = 0;
    if (const Json* strength = Graph::value(node, "strength_clip"); strength != nullptr && strength->is_number()) {
      use.text_strength = strength->get<double>();
    }
    out_.loras.push_back(std::move(use));
  }

  /// An empty latent has a size; any other is made of a picture.
  void beginning(const Json* node, const std::string& denoise) {
    if (node == nullptr) return;
    if (Graph::kind(*node).find("Empty") != std::string::npos) {
      add("Size-1", graph_.text(*node, "width"));
      add("Size-2", graph_.text(*node, "height"));
      return;
    }
    out_.needs_picture = true;
    add("Denoising strength", denoise);
    if (Graph::kind(*node) != "VAEEncode") lose(*node);
  }

  const Json* first_behind(const Json& node, const std::array<const char*, 5>& inputs) const {
    for (const char* input : inputs) {
      if (const Json* found = graph_.behind(node, input)) return found;
    }
    return nullptr;
  }

  const Graph& graph_;
  Claims out_{};
};

}  // namespace

std::optional<Claims> read_comfyui(std::span<const TextEntry> entries) {
  const Json nodes = json_object(text_of(entries, "prompt"));
  if (nodes.is_null()) return std::nullopt;
  const Graph graph(nodes);
  const std::vector<const Json*> samplers = graph.samplers();
  if (samplers.empty()) return std::nullopt;
  // Of several passes the first begins with an empty latent.
  const auto first = std::ranges::find_if(samplers, [&](const Json* sampler) {
    const Json* latent = graph.behind(*sampler, "latent_image");
    return latent != nullptr && Graph::kind(*latent).find("Empty") != std::string::npos;
  });
  Claims out = Reading(graph).of(first == samplers.end() ? *samplers[0] : **first);
  if (samplers.size() > 1) {
    out.lost.push_back("passes after the first: the graph has " + std::to_string(samplers.size()) + " samplers");
  }
  for (const auto& [id, node] : nodes.items()) {
    if (node.is_object() && Graph::kind(node) == "VAELoader") {
      out.said.fields.emplace_back("VAE", graph.text(node, "vae_name"));
      break;
    }
  }
  return out;
}

}  // namespace pxf
