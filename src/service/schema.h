// The service's tables, as the steps that made them. Times are milliseconds since 1970. A step is never changed once it
// has been released. The types are those that SQLite and PostgreSQL have in common; what each has of its own is an
// index.
#pragma once

#include <array>
#include <string_view>

namespace pxf {

inline constexpr std::array<std::string_view, 3> kTables = {
    R"sql(
CREATE TABLE jobs (
  id          TEXT PRIMARY KEY,      -- sorts by time
  owner       TEXT NOT NULL,
  state       TEXT NOT NULL,         -- queued, running, done, failed, cancelled
  priority    BIGINT NOT NULL,       -- higher goes first
  turn        BIGINT NOT NULL,       -- among equals: when the queue's clock shows it (see queue.h)
  cost        BIGINT NOT NULL,       -- how far this job moves its owner's clock
  checkpoint  TEXT NOT NULL,
  request     TEXT NOT NULL,         -- JSON
  count       BIGINT NOT NULL,       -- pictures
  drawn       BIGINT NOT NULL DEFAULT 0,  -- of them, also those that were removed since
  cancelling  BIGINT NOT NULL DEFAULT 0,
  attempts    BIGINT NOT NULL DEFAULT 0,
  worker      TEXT NOT NULL DEFAULT '',
  lease       BIGINT NOT NULL DEFAULT 0,  -- until when the worker answers for it
  plan        TEXT NOT NULL DEFAULT '',   -- JSON
  error_code  TEXT NOT NULL DEFAULT '',
  error       TEXT NOT NULL DEFAULT '',
  idempotency TEXT,                  -- the key that the client gave
  digest      TEXT NOT NULL DEFAULT '',   -- of the body that came with it
  created     BIGINT NOT NULL,
  started     BIGINT NOT NULL DEFAULT 0,
  finished    BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX jobs_by_key ON jobs(owner, idempotency) WHERE idempotency IS NOT NULL;
CREATE INDEX jobs_waiting ON jobs(priority DESC, turn, id) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs(lease) WHERE state = 'running';
CREATE INDEX jobs_by_owner ON jobs(owner, id);
-- The queue's clock, and each owner's: a turn that was given is never given again.
CREATE TABLE clocks (owner TEXT PRIMARY KEY, turn BIGINT NOT NULL);
CREATE TABLE images (
  id         TEXT PRIMARY KEY,       -- sorts by time
  job        TEXT NOT NULL,
  number     BIGINT NOT NULL,        -- of the job's pictures, from 0
  owner      TEXT NOT NULL,
  file       TEXT NOT NULL,          -- in the picture store
  format     TEXT NOT NULL,
  width      BIGINT NOT NULL,
  height     BIGINT NOT NULL,
  bytes      BIGINT NOT NULL,
  seed       TEXT NOT NULL,          -- 64 bits without a sign
  prompt     TEXT NOT NULL,
  negative   TEXT NOT NULL,
  checkpoint TEXT NOT NULL,
  parameters TEXT NOT NULL,
  commercial TEXT NOT NULL,
  because    TEXT NOT NULL,
  favourite  BIGINT NOT NULL DEFAULT 0,
  created    BIGINT NOT NULL,
  UNIQUE (job, number)
);
CREATE INDEX images_by_owner ON images(owner, id);
)sql",
    R"sql(
CREATE TABLE accounts (
  id        TEXT PRIMARY KEY,
  name      TEXT NOT NULL UNIQUE,
  kind      TEXT NOT NULL,             -- user, key
  secret    TEXT NOT NULL,             -- of a user: Argon2id; of a key: sha256, for its bits are all chance
  admin     BIGINT NOT NULL,
  priority  BIGINT NOT NULL,
  limits    TEXT NOT NULL,             -- JSON
  created   BIGINT NOT NULL,
  last_used BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX accounts_by_secret ON accounts(secret);
CREATE TABLE sessions (
  token   TEXT PRIMARY KEY,            -- sha256 of what the browser keeps
  account TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  expires BIGINT NOT NULL
);
-- What has been used of each day's allowance, by visitor, address, key or user, and unit.
CREATE TABLE allowances (
  subject TEXT NOT NULL,
  day     BIGINT NOT NULL,             -- since 1970, UTC
  used    BIGINT NOT NULL,
  PRIMARY KEY (subject, day)
);
-- What a job has taken of them, so that what is not drawn is given back.
CREATE TABLE charges (
  job         TEXT NOT NULL,
  subject     TEXT NOT NULL,
  day         BIGINT NOT NULL,
  each        BIGINT NOT NULL,         -- for one picture
  PRIMARY KEY (job, subject)
);
CREATE TABLE audit (
  id     TEXT PRIMARY KEY,             -- sorts by time
  who    TEXT NOT NULL,
  action TEXT NOT NULL,
  detail TEXT NOT NULL
);
-- Addresses that are told of a job's end, until they have been.
CREATE TABLE webhooks (
  job     TEXT PRIMARY KEY,
  url     TEXT NOT NULL,
  state   TEXT NOT NULL DEFAULT 'waiting',  -- sent, given up
  tries   BIGINT NOT NULL DEFAULT 0,
  due     BIGINT NOT NULL DEFAULT 0,        -- not before
  problem TEXT NOT NULL DEFAULT ''          -- of the last try
);
CREATE INDEX webhooks_waiting ON webhooks(due) WHERE state = 'waiting';
-- Processes that draw, as they last said of themselves.
CREATE TABLE workers (
  id     TEXT PRIMARY KEY,
  pid    BIGINT NOT NULL,
  seen   BIGINT NOT NULL,
  status TEXT NOT NULL                 -- JSON (worker.cpp)
);
-- The server's own: what it signs visitors' cookies with.
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
)sql",
    R"sql(
-- Why this checkpoint, where it was chosen for the prompt: JSON (json/choice.h).
ALTER TABLE jobs ADD COLUMN choice TEXT NOT NULL DEFAULT '';
)sql",
};

// Prompts by each three characters that follow one another, so that any part of a prompt is found, in scripts without
// spaces too. FTS5 has numbers for names, and a VACUUM may change those that rows of images have.
inline constexpr std::string_view kPromptIndexOfSqlite = R"sql(
CREATE TABLE prompt_entries (entry INTEGER PRIMARY KEY, image TEXT NOT NULL UNIQUE);
CREATE VIRTUAL TABLE prompt_index USING fts5(prompt, content = '', tokenize = 'trigram');
INSERT INTO prompt_entries (image) SELECT id FROM images ORDER BY id;
INSERT INTO prompt_index (rowid, prompt) SELECT entry, prompt FROM prompt_entries JOIN images ON id = image;
CREATE TRIGGER prompt_comes AFTER INSERT ON images BEGIN
  INSERT INTO prompt_entries (image) VALUES (new.id);
  INSERT INTO prompt_index (rowid, prompt) SELECT entry, new.prompt FROM prompt_entries WHERE image = new.id;
END;
CREATE TRIGGER prompt_goes AFTER DELETE ON images BEGIN
  INSERT INTO prompt_index (prompt_index, rowid, prompt)
    SELECT 'delete', entry, old.prompt FROM prompt_entries WHERE image = old.id;
  DELETE FROM prompt_entries WHERE image = old.id;
END;
)sql";

// The same. Without the extension, which not every user may make, searches read all prompts.
inline constexpr std::string_view kPromptIndexOfPostgres = R"sql(
DO $$ BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX images_by_prompt ON images USING gin (lower(prompt) gin_trgm_ops);
  ANALYZE images;
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file OR undefined_object THEN
END $$;
)sql";

inline constexpr std::array kSqliteMigrations{kTables[0], kTables[1], kTables[2], kPromptIndexOfSqlite};
inline constexpr std::array kPostgresMigrations{kTables[0], kTables[1], kTables[2], kPromptIndexOfPostgres};

}  // namespace pxf
