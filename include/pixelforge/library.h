// The library: model files under names, of which some lie where they are (linked) and some are kept in the library's
// own folder, named by what is in them. Engine::open and `generate -m` take its names.
//
//   pxf::Engine engine;
//   pxf::Library library(engine);
//   auto added = library.add("dreamlike.safetensors", {.mode = pxf::ImportMode::link});
//
// It lies in $PIXELFORGE_HOME, else $XDG_DATA_HOME/pixelforge, else ~/.local/share/pixelforge; nothing is created there
// before the first import. Many processes may use the same library; one Library is used by one thread at a time. When a
// call returns, what it did is on the disk: a process that is killed loses nothing that was confirmed.
// Errors that every call may give: io (read-only, busy), no_space, bad_file (a damaged library), unsupported (written
// by a newer program); not_found for a name that is not there, with the nearest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pixelforge/cancel.h"
#include "pixelforge/choose.h"
#include "pixelforge/engine.h"
#include "pixelforge/licence.h"

namespace pxf {

struct LibraryEntry {
  std::string name;
  std::string path;    // of the file, wherever it lies; empty for one in the program
  bool linked = true;  // false: the library keeps it
  std::uint64_t bytes = 0;
  std::string sha256;  // empty until something has computed it, like the next two, all as in ModelInfo
  std::string tensors_sha256, auto_v1;
  std::string kind, family, title;    // as in ModelInfo
  std::string license, author, tags;  // of the file, the files beside it, or as set
  std::string trigger_words, source;  // words between commas; an address
  std::string preview;                // path of a picture
  std::int64_t added = 0;             // seconds since 1970
};

struct LibraryModel {
  LibraryEntry entry;
  ModelInfo info;                                               // with what is set in place
  std::map<std::string, std::string> set;                       // by `set` and `tag`
  bool missing = false;                                         // its file is gone
  std::vector<std::pair<std::string, double>> trained_on = {};  // tags of its pictures, the most frequent first
};

struct FoundCheckpoint {
  std::string name = {};    // for Engine::open; empty: there is none
  bool is_same = false;     // it has that hash, or none was asked for
  std::string sha256 = {};  // its own, where it had to be looked at
  int unhashed = 0;         // where none was found: checkpoints whose hashes nobody has computed yet
};

enum class ImportMode : std::uint8_t {
  link,  // the file stays where it is and is used there
  copy,
  move,  // the file goes once its bytes are in the library
};

struct ImportOptions {
  ImportMode mode = ImportMode::copy;
  std::string name = {};  // empty: the file's, without its ending, or with -2, -3 ... where that is taken
};

struct Imported {
  LibraryEntry entry;
  bool is_new = true;  // false: the library had this file, or one with the same bytes
};

struct FolderReport {
  std::string folder;
  int added = 0, updated = 0, unchanged = 0;
  int moved = 0;               // that lie elsewhere than before, and stay the same entry
  int gone = 0;                // whose file is no longer there; their entries stay, and gc --missing drops them
  std::vector<Error> skipped;  // files that are no models, or damaged, and folders that are not there; the context is
                               // the path
};

struct VerifyOptions {
  std::vector<std::string> names = {};  // empty: all
  bool quick = false;                   // sizes and times only; else every byte is read
  bool missing = false;                 // only files whose hashes are not known yet, to compute them
};

struct VerifyReport {
  int checked = 0;
  std::uint64_t bytes_read = 0;
  std::vector<Error> problems;  // the context is a name, or library.db
};

struct GcOptions {
  bool missing = false;    // also links to files that are gone
  bool downloads = false;  // also what pulls that were broken off have fetched
};

struct GcReport {
  std::int64_t blobs = 0;               // that no name had
  std::int64_t downloads = 0;           // unfinished ones
  std::uint64_t bytes = 0;              // that became free
  std::vector<std::string> names_gone;  // links to files that are gone
};

/// What became of one file of a folder.
struct FolderChange {
  enum class Kind : std::uint8_t { added, updated, moved, gone, skipped };
  Kind kind = Kind::added;
  std::string name;     // of the entry; empty for one that is skipped
  std::string path;     // of the file, where it lies now
  std::string because;  // why it is skipped
};

/// "added", "updated" ...
const char* to_string(FolderChange::Kind kind) noexcept;

/// Before each file, with its path and place.
using OnFile = std::function<void(const std::string& path, std::size_t done, std::size_t of)>;

struct PullOptions;
struct PullProgress;
struct Pulled;
struct LibraryState;  // of the implementation

class Library {
 public:
  /// `home` empty: as above. Touches nothing. The engine outlives it.
  explicit Library(Engine& engine, std::filesystem::path home = {});
  Library(Library&&) noexcept;
  Library& operator=(Library&&) noexcept;
  ~Library();

  const std::filesystem::path& home() const noexcept;

  /// Adds a file, or a diffusers folder (by link alone). Reads its header, and its bytes only to keep them.
  /// Errors: those of Engine::inspect; invalid_argument (a bad or taken name, a folder that cannot be copied).
  Result<Imported> add(const std::filesystem::path& path, const ImportOptions& options = {},
                       const CancelToken* cancel = nullptr);
  /// Links every model under a folder, or of those that an extra_model_paths.yaml names; called again, what has changed
  /// since. In the folder of a whole A1111 or ComfyUI its settings are read too: the same yaml, or the folders in
  /// webui-user.sh. Errors: not_found, bad_file (a yaml), cancelled (what was found until then is kept).
  Result<FolderReport> add_folder(const std::filesystem::path& path, const OnFile& on_file = {},
                                  const CancelToken* cancel = nullptr);

  /// Fetches a model from the network (pull.h): checked against its sha256 before it is in the library, gone on with
  /// where an earlier pull of it was broken off, however that ended. A model that is there already is only read again,
  /// and mended if it is damaged.
  /// Errors: io, not_found, no_space, cancelled (what is fetched stays for the next pull), bad_file (another sha256, no
  /// model), invalid_argument (no such form, several files to choose from, a bad or taken name).
  Result<Pulled> pull(const std::string& source, const PullOptions& options,
                      const std::function<void(const PullProgress&)>& on_progress = {},
                      const CancelToken* cancel = nullptr);

  /// What add_folder was given, sorted.
  Result<std::vector<std::string>> folders();

  /// All entries by name, without looking at the files.
  Result<std::vector<LibraryEntry>> list();
  /// One of the library, or in the program: what is set of those is kept here too.
  Result<LibraryModel> show(const std::string& name);
  /// The checkpoints in the program, then its LoRAs; their paths are empty.
  std::vector<LibraryModel> in_program();
  /// Which checkpoint, of the library or in the program, another program or a picture means: by the first digits of one
  /// of its hashes, else by its name. May read a file of that name whole, to compute its hashes.
  Result<FoundCheckpoint> find_checkpoint(const std::string& name, const std::string& hash_start);

  /// Drops the name and, for a file that the library keeps and that has no other name, the file. Gives the bytes that
  /// became free.
  Result<std::uint64_t> remove(const std::string& name);
  /// Error: invalid_argument for a taken or impossible name.
  Status rename(const std::string& from, const std::string& to);
  /// Adds and takes away tags; gives those there are then.
  Result<std::string> tag(const std::string& name, const std::vector<std::string>& add,
                          const std::vector<std::string>& take_away);
  /// Says of a model what its file does not, or says wrongly; an empty value goes back to the file's own. Keys:
  /// license, author, tags, trigger_words, source, about; good_for, what it shall be chosen for ("pixel art, logos");
  /// what it is run as, where the file says nothing or the wrong
  /// thing: family ("sd1"), prediction ("eps", "v", "edm"), zero_terminal_snr ("true", "false"); and the settings that
  /// a request which says nothing gets: sampler, scheduler, steps, cfg, size, clip_skip, negative, shortcuts and vae (a
  /// name or file), of a LoRA its strength. Error: invalid_argument. A family that the tensors are not of is told when
  /// the checkpoint is opened.
  Status set(const std::string& name, const std::string& key, const std::string& value);
  /// All of them, or none where one is an error.
  Status set(const std::string& name, const std::map<std::string, std::string>& values);

  /// The checkpoint that fits a prompt best, of those here and in the program, and LoRAs to go with it. Takes
  /// milliseconds among thousands. Error: not_found (there is none).
  Result<Choice> choose(const ChooseRequest& request);
  /// A picture of this prompt that the checkpoint drew was kept, or dropped: `choose` heeds that for prompts that ask
  /// for the same. Nothing happens where habits are switched off.
  Status learn(const std::string& prompt, const std::string& checkpoint, bool kept, const std::string& who = {});
  Status forget_habits(const std::string& who = {});
  /// From now on `choose` compares prompts and models' texts by this checkpoint's text encoder too; empty: by none, as
  /// at first. Reads the texts of all models that are here, the encoder's time for each; those that come later are read
  /// when they are first chosen among. Errors: not_found, unsupported (no text encoder), cancelled (nothing is
  /// changed).
  Status liken_by(const std::string& checkpoint, const CancelToken* cancel = nullptr);
  /// Whether habits are learnt and heeded here at all; they are as long as nobody says otherwise.
  Status heed_habits(bool heeds);

  /// Compares the files with what is known of them; keeps hashes that were not known, each file's as soon as it is
  /// read: what is cancelled, or killed, goes on from there the next time.
  Result<VerifyReport> verify(const VerifyOptions& options = {}, const OnFile& on_file = {},
                              const CancelToken* cancel = nullptr);
  /// Removes blobs without a name and what broken-off imports have left.
  Result<GcReport> collect_garbage(const GcOptions& options = {});

 private:
  std::unique_ptr<LibraryState> state_;
};

/// The same, with what is set in the library.
std::vector<GoodFor> good_for(const LibraryModel& model);

}  // namespace pxf
