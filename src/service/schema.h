// The service's tables, as the steps that made them. Times are milliseconds since 1970. A step is never changed once it
// has been released. The types are those that SQLite and PostgreSQL have in common.
#pragma once

#include <array>
#include <string_view>

namespace pxf {

inline constexpr std::array<std::string_view, 1> kServiceMigrations = {
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
};

}  // namespace pxf
