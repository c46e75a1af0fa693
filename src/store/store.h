// The library on the disk: a table of named files (library.db) and the blobs of those that it keeps itself.
// Knows nothing of what is in the files: kind, family and the like are texts to it. Nothing is created before the first
// `add`. Every change is one transaction and is on the disk when its call returns; many processes may work on the same
// library. One Store is used by one thread at a time.
// Errors: io (read-only, busy), no_space, bad_file (a damaged library.db), unsupported (written by a newer program);
// not_found for a name that is not there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/blobs.h"
#include "store/profile_words.h"
#include "store/sqlite.h"
#include "store/stamp.h"

namespace pxf {

struct Record {
  std::int64_t id = 0;
  std::string name;    // unique; upper and lower case are the same
  std::string path;    // of a linked file; empty for a blob
  std::string blob;    // sha256 of a blob; empty for a linked file
  FileStamp stamp;     // of a linked file; of a blob its size alone
  std::string sha256;  // of a file with that stamp, like the next two; empty until someone has computed them
  std::string tensors_sha256, auto_v1;  // as in FileDigests
  std::string kind, family, title, license, author, tags, trigger_words, source, preview;
  std::int64_t added = 0;  // seconds since 1970
};

/// What is read only for one entry at a time: two JSON objects.
struct Details {
  std::string info = "{}";       // what the file says
  std::string overrides = "{}";  // what the user says instead
};

struct Swept {
  std::int64_t blobs = 0;
  std::uint64_t bytes = 0;
};

class Store {
 public:
  /// `home` empty: a library without entries that takes none.
  explicit Store(std::filesystem::path home);

  const std::filesystem::path& home() const noexcept { return home_; }
  BlobStore blobs() const { return BlobStore(home_ / "blobs"); }
  /// Where the bytes of an entry are.
  std::filesystem::path file_of(const Record& record) const;

  /// Sorted by name. Empty as long as there is no library.
  Result<std::vector<Record>> list();
  Result<std::optional<Record>> find(const std::string& name);
  /// By name, else by the first digits of one of its hashes: at least eight, as other programs write them. Error:
  /// invalid_argument for digits of several files.
  Result<std::optional<Record>> find_name_or_hash(const std::string& wanted);
  Result<std::optional<Record>> find_path(const std::string& path);
  Result<Details> details(const Record& record);

  struct Added {
    Record record;
    bool is_new = true;  // false: these bytes, or this path, were there under that record's name
  };
  enum class Naming : std::uint8_t {
    as_it_comes,  // NAME, or the first of NAME-2, NAME-3 ... that is free; what is there already keeps its name
    exactly,      // invalid_argument when the name is taken, or the path is there under another
  };
  /// `blob` null: a linked file. A blob that is there is written anew, which mends a damaged one.
  Result<Added> add(Record record, const Details& details, const StagedBlob* blob, Naming naming);
  /// Keeps the bytes of an entry that was linked until now.
  Status adopt(const Record& record, const Details& details, const StagedBlob& blob);
  /// Replaces all of an entry but its name, by its id. Error: not_found when someone has removed it meanwhile.
  Status update(const Record& record, const Details& details);
  /// Many calls as one transaction: faster, all or nothing, and what is read in it is what is changed in it.
  Status together(const std::function<Status()>& work);

  /// Errors: not_found; invalid_argument when `to` is taken.
  Status rename(const std::string& from, const std::string& to);
  Status remember_hashes(const Record& record);
  /// Removes the entry, and its blob when no other entry has it; gives the bytes that went. Linked files stay.
  Result<std::uint64_t> remove(const std::string& name);
  /// Removes the blobs without an entry, and what broken-off imports have left.
  Result<Swept> sweep();
  /// What is wrong with library.db; empty when nothing is.
  Result<std::string> check();

  /// What the choosing of models goes by: each checkpoint and LoRA with what was last kept of it as its profile, empty
  /// where that is not there, or older than its facts.
  struct ProfileRow {
    Record record;  // without path, stamp, hashes
    std::string known;
  };
  Result<std::vector<ProfileRow>> profiles();
  struct NewProfile {
    std::int64_t model = 0;
    std::string known;
    ProfileWords words;
  };
  Status keep_profiles(const std::vector<NewProfile>& profiles);
  /// As they were kept.
  Result<ProfileWords> profile_words(std::int64_t model);
  /// As match_profile_words, of the kept profiles.
  Result<std::unordered_map<std::int64_t, double>> match_words(std::span<const std::string> words);

  /// Two ways to draw with a model: settings as JSON.
  struct ComparisonRow {
    std::string id, model, preset, challenger;
    bool preset_first = false;
    std::string vote = {};  // "preset", "challenger", "neither"; empty: none yet
  };
  Status save_comparison(const ComparisonRow& row);
  Result<std::optional<ComparisonRow>> comparison(const std::string& id);
  Result<std::vector<ComparisonRow>> comparisons(const std::string& model);
  /// False where it has its vote already.
  Result<bool> vote(const std::string& id, const std::string& vote);

  /// Pictures that were kept and dropped, of an intent and a model.
  struct Habit {
    std::string intent, model;
    double kept = 0, dropped = 0;
  };
  Result<std::vector<Habit>> habits(const std::string& who);
  /// Added to what is there.
  Status note_habit(const std::string& who, const Habit& habit);
  Status forget_habits(const std::string& who);
  /// Whether habits count at all; true where nobody has said otherwise.
  Result<bool> heeds_habits();
  Status heed_habits(bool heeds);

  /// Whose text encoder compares prompts with models' texts; empty: nobody's.
  Result<std::string> likened_by();
  /// Forgets what another encoder has read.
  Status liken_by(const std::string& checkpoint);
  using Features = std::vector<float>;
  /// By model; one in the program has a negative number. Those that another encoder made are left out.
  Result<std::unordered_map<std::int64_t, Features>> text_features(const std::string& made_by);
  Status keep_text_features(const std::string& made_by, const std::vector<std::pair<std::int64_t, Features>>& made);

  /// What `tune` has found for a model of that name, in the library or the program; follows a rename, and goes with the
  /// model. JSON.
  Result<std::optional<std::string>> tuned(const std::string& name);
  Status save_tuned(const std::string& name, const std::string& preset);
  /// Whether there was one.
  Result<bool> forget_tuned(const std::string& name);

  /// What is set of a model in the program, as Details::overrides has it of one in the library.
  Result<std::string> set_in_program(const std::string& name);
  Status save_set_in_program(const std::string& name, const std::string& overrides);

  /// Folders that were added whole.
  Status remember_folder(const std::string& path);
  Result<std::vector<std::string>> folders();

 private:
  bool exists() const;
  bool has_profiles();
  Database& reading();
  Database& writing();
  /// Runs the work in a transaction, in the one of `together` where there is one.
  template <class Work>
  auto write(Work&& work) -> Result<decltype(work())>;
  void replace(const Record& record, const Details& details);
  std::vector<ComparisonRow> comparisons_where(std::string_view condition, const std::string& value);
  std::optional<Record> first_where(std::string_view condition, std::string_view value);

  std::filesystem::path home_;
  std::optional<Database> database_;
  bool may_write_ = false;
  bool in_transaction_ = false;
};

template <class Work>
auto Store::write(Work&& work) -> Result<decltype(work())> {
  return catch_errors([&] {
    if (in_transaction_) return work();
    Transaction transaction(writing());
    auto result = work();
    transaction.commit();
    return result;
  });
}

}  // namespace pxf
