#include "pipeline/equipment.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "pipeline/embeddings.h"
#include "pipeline/licences.h"
#include "pipeline/prepared.h"

namespace pxf {
namespace {

std::string size_text(std::uint64_t bytes) {
  const double mib = static_cast<double>(bytes) / (1 << 20);
  return mib < 1024 ? fmt::format("{:.0f} MiB", mib) : fmt::format("{:.1f} GiB", mib / 1024);
}

/// Bytes beyond what is held now: of packed weights, and of all.
struct MemoryNeed {
  std::uint64_t weights = 0, all = 0;
};

// The weights that LoRAs change come on top of the checkpoint's own.
MemoryNeed memory_needed(HeldModel& held, const AdaptedModel* adapted, const Plan& plan) {
  const std::uint64_t weights = memory_for_weights(held.model);
  const std::uint64_t whole = memory_for(held.model, std::max(plan.width, plan.hires_width),
                                         std::max(plan.height, plan.hires_height), plan.evaluations, plan.vae_tiling);
  const std::uint64_t changed = adapted == nullptr ? 0 : std::min(weights, adapted->packed_bytes);
  const std::uint64_t there =
      std::min(weights - changed, held.packed_bytes()) + std::min(changed, held.adapted_bytes());
  const std::uint64_t to_pack = weights - there;
  std::vector<std::filesystem::path> paths;
  for (const BoundPart& part : held.parts) paths.push_back(prepared_path(part));
  // What is prepared the system takes back where it must, but it is slow without.
  return {to_pack - std::min(to_pack, prepared_bytes(paths)), to_pack + (whole - weights)};
}

/// Beside an engine's pool, at most: pages of files that are being read and what lies between blocks; what each thread
/// of a kernel works in.
constexpr std::uint64_t kBesidePool = std::uint64_t{96} << 20;
constexpr std::uint64_t kBesidePoolOfThread = std::uint64_t{32} << 20;

/// Bytes that an engine's pool may have in all, and what lies beside it where memory is limited.
struct Room {
  std::uint64_t pool = 0, beside = 0;
};

Room room_for(const Equipment& with) {
  const std::uint64_t held = with.memory.held(), limit = with.options.memory_limit;
  Room out{.pool = read_memory_state().available + held};
  if (limit == 0) return out;
  const std::uint64_t resident = resident_bytes();
  out.beside = resident - std::min(resident, held) + kBesidePool +
               kBesidePoolOfThread * static_cast<std::uint64_t>(with.threads.threads());
  out.pool = std::min(out.pool, limit - std::min(limit, out.beside));
  return out;
}

/// How the plan is drawn where nobody else draws: with the bytes that it takes beyond those that are held.
MemoryPlan plan_alone(const Equipment& with, const AdaptedModel* adapted, const Plan& plan, std::uint64_t room) {
  return plan_memory({.model = with.held.model,
                      .width = std::max(plan.width, plan.hires_width),
                      .height = std::max(plan.height, plan.hires_height),
                      .batch = plan.evaluations,
                      .in_bands = plan.vae_tiling,
                      .may_be_in_bands = !with.request.tile_y,
                      .for_good = !with.options.one_request,
                      .changed = adapted == nullptr ? 0 : adapted->packed_bytes},
                     room);
}

Status check_memory(const Plan& plan) {
  const std::uint64_t available = read_memory_state().available;
  if (plan.memory_needed <= available) return Done{};
  return Error{
      ErrorCode::out_of_memory,
      fmt::format("memory: a picture of {}x{} needs about {} more, {} are free; use a smaller size or end other "
                  "programs",
                  plan.width, plan.height, size_text(plan.memory_needed), size_text(available)),
      plan.checkpoint};
}

/// Throws Failure where the picture cannot be drawn within the engine's limit.
void check_limit(const Plan& plan, const MemoryPlan& how, const Room& room, std::uint64_t limit) {
  if (how.bytes + room.beside <= limit) return;
  throw Failure(Error{
      ErrorCode::out_of_memory,
      fmt::format("memory: a picture of {}x{} needs at least {}, {} are allowed; use a smaller size or allow more "
                  "(--memory)",
                  plan.width, plan.height, size_text(how.bytes + room.beside), size_text(limit)),
      plan.checkpoint});
}

/// How the plan is drawn where nobody else draws; other checkpoints' weights go where it needs their memory, and this
/// one's where each part has its turn. Throws Failure when that is not enough.
MemoryPlan make_room_alone(const Equipment& with, const AdaptedModel* adapted, const Plan& plan) {
  const Room room = room_for(with);
  const MemoryPlan how = plan_alone(with, adapted, plan, room.pool);
  if (with.options.memory_limit > 0) check_limit(plan, how, room, with.options.memory_limit);
  value_or_throw(check_memory(plan));
  with.models.make_room(how.in_turn ? 0 : room.pool - how.bytes + with.held.packed_bytes(), with.held);
  if (how.in_turn) with.held.forget_packed();
  return how;
}

}  // namespace

std::shared_ptr<const AdaptedModel> equip(const Equipment& with, SettledPlan& settled, int k) {
  const auto adapted = value_or_throw(adapt(with.base, with.held.adapted, settled.prompts[static_cast<std::size_t>(k)],
                                            with.request.loras, &with.threads));
  Plan& plan = settled.plan;
  plan.loras = adapted ? adapted->loras : std::vector<LoraPlan>();
  settled.embeddings = value_or_throw(find_embeddings(with.base.info, with.base.model, with.request, settled.prompts,
                                                      adapted ? adapted->embeddings : std::vector<NamedEmbedding>()));
  plan.embeddings = settled.embeddings.plans;
  plan.commercial = verdict_on(licences_of(plan));
  if (with.alone()) {
    const MemoryPlan how = plan_alone(with, adapted.get(), plan, room_for(with).pool);
    plan.vae_tiling = how.vae_in_bands;
    plan.memory_needed = how.bytes - std::min<std::uint64_t>(how.bytes, with.memory.held());
    return adapted;
  }
  plan.memory_needed = memory_needed(with.held, adapted.get(), plan).all;
  const auto available = [&] { return read_memory_state().available + with.models.idle_bytes(); };
  if (!plan.vae_tiling && !with.request.tile_y && plan.memory_needed > available()) {
    plan.vae_tiling = true;
    plan.memory_needed = memory_needed(with.held, adapted.get(), plan).all;
  }
  return adapted;
}

MemoryPlan make_room(const Equipment& with, const AdaptedModel* adapted, const Plan& plan) {
  if (with.alone()) return make_room_alone(with, adapted, plan);
  const MemoryNeed need = memory_needed(with.held, adapted, plan);
  with.models.make_room(with.held, need.weights, need.all);
  value_or_throw(check_memory(plan));
  return {};
}

std::uint64_t pool_room(const Equipment& with) { return room_for(with).pool; }

}  // namespace pxf
