#include "pipeline/held_models.h"

#include <malloc.h>

#include <algorithm>

#include "pipeline/memory.h"

namespace pxf {
namespace {

using Clock = std::chrono::steady_clock;

// Of each one a few megabytes stay outside the budget: names, shapes, a map of the file.
constexpr std::ptrdiff_t kMostKept = 64;

std::uint64_t packed_bytes_of(const Model& model) {
  std::uint64_t sum = 0;
  for (const Declarations* part : model.declarations()) {
    for (const Declaration& d : *part) sum += d.weight->form_bytes();
  }
  return sum;
}

/// Of the weights that LoRAs have put in the place of the checkpoint's own.
template <class Part>
std::uint64_t added_bytes(const Part& adapted, const Part& own) {
  const Declarations &with = adapted.declarations(), &without = own.declarations();
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < with.size(); ++i) {
    const Weight& weight = *with[i].weight;
    if (weight == *without[i].weight) continue;
    sum += weight.form_bytes();
    if (const LowRankSum* parts = weight.low_rank()) {
      for (const LowRankSum::Term& term : parts->terms) sum += term.down.form_bytes() + term.up.form_bytes();
    }
  }
  return sum;
}

void forget_forms_of(const Model& model) {
  for (const Declarations* part : model.declarations()) {
    for (const Declaration& d : *part) d.weight->forget_forms();
  }
}

bool same(const HeldModel& a, const HeldModel& b) {
  return !a.stamp.empty() && a.stamp == b.stamp && a.path == b.path && a.vae_path == b.vae_path && a.said == b.said &&
         a.model.settings == b.model.settings;
}

bool is_called(const HeldModel& model, const std::string& name_or_path) {
  return name_or_path.empty() || model.name == name_or_path || model.path == name_or_path;
}

}  // namespace

std::uint64_t HeldModel::packed_bytes() const { return packed_bytes_of(model); }

std::uint64_t HeldModel::adapted_bytes() {
  std::shared_ptr<const AdaptedModel> last;
  {
    std::lock_guard lock(adapted.mutex);
    last = adapted.last;
  }
  if (!last) return 0;
  std::uint64_t sum = added_bytes(*last->model.network, *model.network);
  for (const Model::LaterNetwork& one : last->model.later) sum += added_bytes(*one.network, *model.network);
  for (std::size_t i = 0; i < model.texts.size(); ++i) sum += added_bytes(*last->model.texts[i], *model.texts[i]);
  return sum;
}

void HeldModel::forget_packed() { forget_forms_of(model); }

void HeldModel::forget() {
  {
    std::lock_guard lock(adapted.mutex);
    adapted.last.reset();
    adapted.files = {};
  }
  forget_forms_of(model);
}

std::shared_ptr<HeldModel> HeldModels::same_or(std::shared_ptr<HeldModel> opened) {
  std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const Entry& entry) { return entry.known.expired(); });
  for (Entry& entry : entries_) {
    const std::shared_ptr<HeldModel> model = entry.known.lock();
    if (model && same(*model, *opened)) return model;
  }
  for (Entry& entry : entries_) {
    const bool replaced = entry.kept && !opened->path.empty() && entry.kept->path == opened->path &&
                          entry.kept->vae_path == opened->vae_path && entry.kept->stamp != opened->stamp;
    if (!replaced) continue;
    entry.kept->usage.unwanted = true;
    if (entry.kept->usage.users == 0) let_go(entry);
  }
  if (!opened->stamp.empty()) opened->known = known_.try_emplace(opened->stamp, opened->known).first->second;
  entries_.push_back({opened, nullptr});
  return opened;
}

HeldModels::Use::Use(HeldModels& models, std::shared_ptr<HeldModel> model) : models_(models), model_(std::move(model)) {
  std::lock_guard lock(models_.mutex_);
  ++model_->usage.users;
  model_->usage.last = Clock::now();
  const auto entry = std::ranges::find_if(models_.entries_, [&](const Entry& e) { return e.known.lock() == model_; });
  if (entry != models_.entries_.end()) entry->kept = model_;
}

HeldModels::Use::~Use() {
  std::lock_guard lock(models_.mutex_);
  models_.done(*model_);
}

void HeldModels::done(HeldModel& model) {
  model.usage.last = Clock::now();
  model.known->packed_bytes = std::max(model.known->packed_bytes, model.packed_bytes());
  if (--model.usage.users > 0) return;
  const auto unwanted = [&](const Entry& e) { return e.kept && e.kept->usage.unwanted && e.kept->usage.users == 0; };
  const auto entry = std::ranges::find_if(entries_, unwanted);
  if (entry != entries_.end()) let_go(*entry);
  const auto over = [&] {
    return memory_.lasting() > budget_ ||
           std::ranges::count_if(entries_, [](const Entry& e) { return e.kept != nullptr; }) > kMostKept;
  };
  while (over() && let_go_oldest(used_last())) {
  }
}

void HeldModels::make_room(const HeldModel& model, std::uint64_t to_pack, std::uint64_t needed) {
  std::lock_guard lock(mutex_);
  if (const std::uint64_t before = model.known->packed_bytes; before > 0) {
    to_pack = std::min(to_pack, before - std::min(before, model.packed_bytes()));
  }
  while (memory_.lasting() + to_pack > budget_ && let_go_oldest(nullptr)) {
  }
  while (read_memory_state().available < needed && let_go_oldest(nullptr)) {
  }
}

void HeldModels::make_room(std::uint64_t bytes, const HeldModel& model) {
  std::lock_guard lock(mutex_);
  while (memory_.lasting() > bytes && let_go_oldest(&model)) {
  }
}

bool HeldModels::let_go_oldest(const HeldModel* spared) {
  Entry* oldest = nullptr;
  for (Entry& entry : entries_) {
    if (!entry.kept || entry.kept.get() == spared || entry.kept->usage.users > 0) continue;
    if (oldest == nullptr || entry.kept->usage.last < oldest->kept->usage.last) oldest = &entry;
  }
  if (oldest == nullptr) return false;
  let_go(*oldest);
  return true;
}

void HeldModels::let_go(Entry& entry) {
  entry.kept->forget();
  entry.kept->usage.unwanted = false;
  entry.kept.reset();
  memory_.trim();
  ::malloc_trim(0);  // blocks of some megabytes lie in malloc's heap, which keeps them
}

const HeldModel* HeldModels::used_last() const {
  const HeldModel* last = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.kept && (last == nullptr || entry.kept->usage.last > last->usage.last)) last = entry.kept.get();
  }
  return last;
}

std::vector<std::shared_ptr<HeldModel>> HeldModels::kept() const {
  std::vector<std::shared_ptr<HeldModel>> out;
  for (const Entry& entry : entries_) {
    if (entry.kept) out.push_back(entry.kept);
  }
  return out;
}

std::uint64_t HeldModels::idle_bytes() const {
  std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& model : kept()) {
    if (model->usage.users == 0) sum += model->packed_bytes() + model->adapted_bytes();
  }
  return sum;
}

Loaded HeldModels::loaded() const {
  Loaded out;
  out.budget = budget_;
  std::vector<std::shared_ptr<HeldModel>> models;
  {
    std::lock_guard lock(mutex_);
    models = kept();
    std::ranges::sort(models, std::ranges::greater(), [](const auto& model) { return model->usage.last; });
    for (const auto& model : models) {
      const std::chrono::duration<double> idle = Clock::now() - model->usage.last;
      out.models.push_back({model->name, model->path, model->vae_path, 0, idle.count(), model->usage.users > 0});
    }
  }
  // Outside the lock: a model in use may be busy with its LoRAs.
  for (std::size_t i = 0; i < models.size(); ++i) {
    out.models[i].bytes = models[i]->packed_bytes() + models[i]->adapted_bytes();
  }
  out.bytes = memory_.lasting();
  return out;
}

int HeldModels::unload(const std::string& name_or_path) {
  std::lock_guard lock(mutex_);
  int count = 0;
  for (Entry& entry : entries_) {
    if (!entry.kept || !is_called(*entry.kept, name_or_path)) continue;
    ++count;
    if (entry.kept->usage.users > 0) {
      entry.kept->usage.unwanted = true;
    } else {
      let_go(entry);
    }
  }
  return count;
}

}  // namespace pxf
