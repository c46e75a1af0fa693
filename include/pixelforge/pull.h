// Models from the network into the library: Library::pull. Nothing else in PixelForge touches the network.
//
//   auto pulled = library.pull("hf:org/repo:dreamlike.safetensors", {}, [](const pxf::PullProgress& p) { ... });
//
// A source is https://..., hf:ORG/REPO[@REVISION][:FILE], civitai:VERSION[:FILE], civitai:MODEL@VERSION, an AIR, or a
// page of these sites as it is copied from the browser.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "pixelforge/library.h"

namespace pxf {

struct PullOptions {
  std::string name = {};    // empty: the file's, without its ending, or with -2, -3 ... where that is taken
  std::string sha256 = {};  // that the file must have; empty: the one that the site names, if it does
  int connections = 4;      // at once
  /// The address may be one of this machine or network, and then http. It holds for the host in the source and for the
  /// sites below; redirects to others inside are refused all the same.
  bool allow_private = false;
  /// Shown to their own site alone. Empty: $PIXELFORGE_HF_TOKEN, else $HF_TOKEN; $CIVITAI_TOKEN.
  std::string hugging_face_token = {}, civitai_token = {};
  /// The sites' addresses. Empty: $HF_ENDPOINT, else https://huggingface.co; $CIVITAI_ENDPOINT, else
  /// https://civitai.com.
  std::string hugging_face = {}, civitai = {};
};

enum class PullStage : std::uint8_t {
  looking_up,  // asking what is there
  waiting,     // another process pulls the same
  fetching,
  checking,  // reading the file again for its sha256
};

struct PullProgress {
  PullStage stage = PullStage::looking_up;
  std::string name;                // of the model, as soon as it is known
  std::uint64_t done = 0, of = 0;  // bytes
  double bytes_per_second = 0;     // of late; 0: not known
};

using OnPull = std::function<void(const PullProgress&)>;

struct Pulled {
  LibraryEntry entry;
  bool is_new = true;                      // false: the library had these bytes
  bool is_verified = false;                // there was a sha256 to hold it against
  std::uint64_t fetched = 0, resumed = 0;  // bytes: now, and by an earlier pull that was broken off
};

}  // namespace pxf
