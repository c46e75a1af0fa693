// The pictures that jobs have made, and those that they begin with.
// Thread-safe. All throw Failure: those of Sql and PictureStore.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pixelforge/picture_file.h"
#include "service/database.h"
#include "service/job.h"
#include "service/picture_store.h"

namespace pxf {

struct PictureFilter {
  std::string owner = {};       // empty: all
  std::string words = {};       // see searched_texts
  std::string checkpoint = {};  // empty: all
  bool favourites = false;
  std::string before = {};  // an id; empty: from the newest on
  int limit = 50;
};

class Pictures {
 public:
  Pictures(SharedDatabase& database, PictureStore& store) : database_(database), store_(store) {}

  /// Writes the picture's file and thumbnail, then its row. None when the job is the worker's no more: then nothing
  /// stays behind.
  std::optional<StoredPicture> add(const Job& job, int number, const Picture& picture, const Plan& plan,
                                   const Encoding& encoding);
  std::optional<StoredPicture> find(const std::string& id);
  std::vector<StoredPicture> of_job(const std::string& job);
  Part<StoredPicture> list(const PictureFilter& filter);
  void set_favourite(const std::string& id, bool favourite);
  void remove(const StoredPicture& picture);
  /// Some of those that were drawn before then, milliseconds since 1970, and are no favourites; gives how many.
  std::size_t remove_older(std::int64_t then);

  StoredBytes file(const StoredPicture& picture) { return value_or_throw(store_.get(picture.file)); }
  StoredBytes thumbnail(const StoredPicture& picture) { return value_or_throw(store_.get(thumbnail_of(picture.file))); }

  /// Keeps what a request begins with, under the hash of its bytes. Gives "input:" and that.
  std::string keep_input(Bytes file);
  /// Of a name that keep_input gave, or the id of a picture. Error: not_found.
  StoredBytes input(const std::string& name);

 private:
  static std::string thumbnail_of(const std::string& file) { return file + ".thumbnail.jpg"; }

  SharedDatabase& database_;
  PictureStore& store_;
};

}  // namespace pxf
