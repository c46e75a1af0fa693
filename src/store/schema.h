// The tables of library.db, as the steps that made them: a library of version i gets the steps from i on. A step is
// never changed once it has been released.
#pragma once

#include <array>
#include <string_view>

namespace pxf {

// What is said of each model, for full-text search; a model in the program has a negative rowid.
inline constexpr const char* kProfileWordsTable = R"sql(
CREATE VIRTUAL TABLE profile_words USING fts5(
  name, title, tags, triggers, about, tokenize = 'porter unicode61 remove_diacritics 2');
)sql";

inline constexpr std::array<std::string_view, 8> kMigrations = {
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
)sql", kProfileWordsTable,
    R"sql(
-- What each model is for, as it was last read; made anew for models that lack it, and for another lexicon.
CREATE TABLE profiles (
  model INTEGER PRIMARY KEY REFERENCES models(id) ON DELETE CASCADE,
  known TEXT NOT NULL
) STRICT;
CREATE TRIGGER profile_goes AFTER DELETE ON models BEGIN
  DELETE FROM profile_words WHERE rowid = old.id;
END;
CREATE TRIGGER profile_of_another_name AFTER UPDATE OF name, kind, family, title, license, tags, trigger_words ON models
BEGIN
  DELETE FROM profiles WHERE model = old.id;
END;
CREATE TRIGGER profile_of_other_facts AFTER UPDATE ON details BEGIN
  DELETE FROM profiles WHERE model = old.model;
END;
-- How often a picture was kept, or dropped, that a model drew for an intent. `who` is empty for the user of the machine.
CREATE TABLE habits (
  who TEXT NOT NULL, intent TEXT NOT NULL, model TEXT NOT NULL COLLATE NOCASE,
  kept REAL NOT NULL DEFAULT 0, dropped REAL NOT NULL DEFAULT 0,
  PRIMARY KEY (who, intent, model)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER habits_follow AFTER UPDATE OF name ON models BEGIN
  UPDATE OR REPLACE habits SET model = new.name WHERE model = old.name;
END;
CREATE TABLE choices (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
-- By name, because the checkpoints in the program are tuned too.
CREATE TABLE tuned (
  name   TEXT PRIMARY KEY COLLATE NOCASE,
  preset TEXT NOT NULL                     -- JSON
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
-- Two ways to draw with a model, and which was found better: 'preset', 'challenger', 'neither'; '' as long as nobody has
-- said it.
CREATE TABLE comparisons (
  id           TEXT PRIMARY KEY,
  model        TEXT NOT NULL COLLATE NOCASE,
  preset       TEXT NOT NULL,              -- JSON, as the next
  challenger   TEXT NOT NULL,
  preset_first INTEGER NOT NULL,
  vote         TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX comparisons_by_model ON comparisons(model);
CREATE TRIGGER comparisons_follow AFTER UPDATE OF name ON models BEGIN
  UPDATE comparisons SET model = new.name WHERE model = old.name;
END;
CREATE TRIGGER comparisons_go AFTER DELETE ON models BEGIN
  DELETE FROM comparisons WHERE model = old.name;
END;
)sql",
    R"sql(
-- What is said of the models in the program, by name, as details.overrides has it of files.
CREATE TABLE set_in_program (
  name      TEXT PRIMARY KEY,
  overrides TEXT NOT NULL                  -- JSON
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
-- What is said of each model, as the text encoder reads it that choices.liken_by names: 32-bit floats in base 64. A model
-- in the program has a negative number.
CREATE TABLE text_features (
  model    INTEGER PRIMARY KEY,
  made_by  TEXT NOT NULL,
  features TEXT NOT NULL
) STRICT;
CREATE TRIGGER features_go AFTER DELETE ON profiles BEGIN
  DELETE FROM text_features WHERE model = old.model;
END;
CREATE TRIGGER features_of_other_words AFTER INSERT ON set_in_program BEGIN
  DELETE FROM text_features WHERE model < 0;
END;
CREATE TRIGGER likeness_follows AFTER UPDATE OF name ON models BEGIN
  UPDATE choices SET value = new.name WHERE key = 'liken_by' AND value = old.name COLLATE NOCASE;
END;
CREATE TRIGGER likeness_goes AFTER DELETE ON models BEGIN
  DELETE FROM choices WHERE key = 'liken_by' AND value = old.name COLLATE NOCASE;
  DELETE FROM text_features WHERE model = old.id;
END;
CREATE TRIGGER likeness_of_another_file AFTER UPDATE OF bytes, mtime, inode ON models
WHEN new.name = (SELECT value FROM choices WHERE key = 'liken_by') COLLATE NOCASE
  AND (new.bytes, new.mtime, new.inode) IS NOT (old.bytes, old.mtime, old.inode)
BEGIN
  DELETE FROM text_features;
END;
)sql",
};

}  // namespace pxf
