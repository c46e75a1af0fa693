// The tables of library.db, as the steps that made them: a library of version i gets the steps from i on. A step is
// never changed once it has been released.
#pragma once

#include <array>
#include <string_view>

namespace pxf {

inline constexpr std::array<std::string_view, 2> kMigrations = {
    R"sql(
CREATE TABLE models (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE COLLATE NOCASE,
  path          TEXT UNIQUE,             -- of a linked file, absolute
  blob          TEXT,                    -- sha256 of one kept under blobs/
  bytes         INTEGER NOT NULL,
  mtime         INTEGER NOT NULL,        -- nanoseconds since 1970
  inode         INTEGER NOT NULL,
  sha256        TEXT NOT NULL DEFAULT '',
  kind          TEXT NOT NULL DEFAULT '',
  family        TEXT NOT NULL DEFAULT '',
  title         TEXT NOT NULL DEFAULT '',
  license       TEXT NOT NULL DEFAULT '',
  author        TEXT NOT NULL DEFAULT '',
  tags          TEXT NOT NULL DEFAULT '',
  trigger_words TEXT NOT NULL DEFAULT '',
  source        TEXT NOT NULL DEFAULT '',
  preview       TEXT NOT NULL DEFAULT '',
  added         INTEGER NOT NULL,        -- seconds since 1970
  CHECK ((path IS NULL) <> (blob IS NULL))
) STRICT;
CREATE INDEX models_by_blob ON models(blob) WHERE blob IS NOT NULL;
-- Apart, so that listing thousands of models does not read past what each says of itself.
CREATE TABLE details (
  model     INTEGER PRIMARY KEY REFERENCES models(id) ON DELETE CASCADE,
  info      TEXT NOT NULL,               -- JSON
  overrides TEXT NOT NULL                -- JSON
) STRICT;
CREATE TABLE folders (path TEXT PRIMARY KEY, added INTEGER NOT NULL) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
ALTER TABLE models ADD COLUMN tensors_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE models ADD COLUMN auto_v1 TEXT NOT NULL DEFAULT '';  -- once it is there, all hashes of the file are known
)sql",
};

}  // namespace pxf
