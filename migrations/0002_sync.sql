-- What the sync daemon needs beyond a backfill: notes of what to compare again, the runs of its schedules, what its
-- sweeps have found, and what it says about itself. Same conventions as 0001.

-- dirty_windows: stretches of a tag's history to be compared again whatever the look-back says.
--   id           order of marking; never reused, so that a mark made while a comparison runs outlives it
--   tag          tag id
--   from_ticks   inclusive
--   until_ticks  exclusive
--   reason       hint | catalogue | clock: what made it doubtful last
--   marked_at    when
CREATE TABLE dirty_windows (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tag TEXT NOT NULL,
  from_ticks INTEGER NOT NULL,
  until_ticks INTEGER NOT NULL CHECK (until_ticks > from_ticks),
  reason TEXT NOT NULL CHECK (reason IN ('hint', 'catalogue', 'clock')),
  marked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dirty_windows_tag ON dirty_windows (tag, from_ticks);

-- schedule_runs: when each schedule ran, and the runs it skipped because it was still running; the last ones of each
-- schedule are kept.
--   id          order; never reused
--   schedule    name of the schedule, e.g. "sweep 24h every 15m"
--   started_at  when it started, or when it was due and skipped
--   ended_at    when it ended; NULL while it runs, when it was skipped, and when the process died in the middle
--   outcome     running | done | failed | interrupted | skipped
--   detail      in words: what it did, or why not
CREATE TABLE schedule_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  schedule TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT NOT NULL CHECK (outcome IN ('running', 'done', 'failed', 'interrupted', 'skipped')),
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX schedule_runs_schedule ON schedule_runs (schedule, id);

-- sweep_progress: where a sweep that has begun goes on after a restart; no row once it has ended.
--   schedule     name of the schedule it belongs to
--   historian    name of the historian swept
--   from_ticks   start of what is compared, inclusive
--   until_ticks  end, exclusive
--   after_tag    the last tag compared, in tag id order; NULL before the first
CREATE TABLE sweep_progress (
  schedule TEXT NOT NULL,
  historian TEXT NOT NULL,
  from_ticks INTEGER NOT NULL,
  until_ticks INTEGER NOT NULL CHECK (until_ticks > from_ticks),
  after_tag TEXT,
  PRIMARY KEY (schedule, historian)
) STRICT, WITHOUT ROWID;

-- findings: differences a sweep has found and left alone; one row per cell, replaced when the cell is compared again
-- and removed when it is equal.
--   tag          tag id
--   from_ticks   start of the cell, inclusive
--   until_ticks  end of the cell, exclusive
--   late         samples the historian has and the log has not
--   edited       samples whose content differs
--   deleted      samples the log has and the historian has not
--   found_at     when a difference was first found there
CREATE TABLE findings (
  tag TEXT NOT NULL,
  from_ticks INTEGER NOT NULL,
  until_ticks INTEGER NOT NULL CHECK (until_ticks > from_ticks),
  late INTEGER NOT NULL CHECK (late >= 0),
  edited INTEGER NOT NULL CHECK (edited >= 0),
  deleted INTEGER NOT NULL CHECK (deleted >= 0),
  found_at INTEGER NOT NULL,
  PRIMARY KEY (tag, from_ticks),
  CHECK (late + edited + deleted > 0)
) STRICT, WITHOUT ROWID;

-- live_status: what the running daemon says about itself; one row, replaced every few seconds.
--   id      always 1
--   epoch   lease epoch of the daemon that wrote it: an older one says nothing about now
--   at      when it was written
--   report  JSON of telemetry/live-status.ts
CREATE TABLE live_status (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL,
  at INTEGER NOT NULL,
  report TEXT NOT NULL CHECK (json_valid(report))
) STRICT;

-- tags, one column more:
--   gone_at  since when the catalogue no longer lists the tag; NULL while it does. Not part of what is published
--   backfill_asked  1 once a job was enqueued to backfill the tag because it was new; so that one cancelled stays cancelled
ALTER TABLE tags ADD COLUMN gone_at INTEGER;
ALTER TABLE tags ADD COLUMN backfill_asked INTEGER NOT NULL DEFAULT 0 CHECK (backfill_asked IN (0, 1));

-- cells, again: where its records are is a short list of offset runs instead of one range, so that a correction
-- written weeks later does not make everything in between part of the cell. Nothing is carried over: the next fold
-- starts at the beginning of the log.
--   tag_key      projected_tags.key
--   start_ticks  start of the window, a multiple of the cell width
--   count        samples in the cell now, after revisions
--   digest       sum of the samples' hashes modulo 2^128, 16 bytes big-endian
--   records      records folded into the cell since ever: the cell's epoch, which any later record raises
--   runs         where those records are in the tag's partition: "first-last" offsets, inclusive, ascending, disjoint,
--                joined by commas
--   min_ticks    earliest time among those records, deleted samples included
--   max_ticks    latest time among those records, deleted samples included
DROP TABLE cells;
CREATE TABLE cells (
  tag_key INTEGER NOT NULL,
  start_ticks INTEGER NOT NULL,
  count INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 16),
  records INTEGER NOT NULL,
  runs TEXT NOT NULL,
  min_ticks INTEGER NOT NULL,
  max_ticks INTEGER NOT NULL,
  PRIMARY KEY (tag_key, start_ticks)
) STRICT, WITHOUT ROWID;
DELETE FROM deleted_samples;
DELETE FROM projected_tags;
DELETE FROM positions;
DELETE FROM projection;
