// Jobs and pictures as the database keeps them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pixelforge/error.h"

namespace pxf {

enum class JobState : std::uint8_t { queued, running, done, failed, cancelled };

/// "queued", "running" ...
const char* to_string(JobState state) noexcept;
/// Of what to_string gives.
JobState job_state_of(const std::string& text);
inline bool has_ended(JobState state) { return state > JobState::running; }

struct Job {
  std::string id, owner;
  JobState state = JobState::queued;
  std::int64_t priority = 0, turn = 0;
  std::string checkpoint;
  std::string request;  // JSON (json/request.h)
  int count = 1;
  bool cancelling = false;
  int attempts = 0;
  std::string worker;
  std::string plan;    // JSON; empty until it has begun
  std::string choice;  // JSON (json/choice.h); empty: the checkpoint was named
  std::string error_code, error;
  std::string digest;
  std::int64_t created = 0, started = 0, finished = 0;  // milliseconds since 1970; 0: not yet
};

struct StoredPicture {
  std::string id, job;
  int number = 0;
  std::string owner;
  std::string file;    // in the picture store
  std::string format;  // "png", "jpeg", "webp"
  int width = 0, height = 0;
  std::int64_t bytes = 0;
  std::uint64_t seed = 0;
  std::string prompt, negative, checkpoint, parameters;
  std::string commercial, because;  // the licence verdict
  bool favourite = false;
  std::int64_t created = 0;
};

/// A part of a list, the newest first, and where the next part begins; empty at its end.
template <class T>
struct Part {
  std::vector<T> items;
  std::string next;
};

}  // namespace pxf
