-- What the comparison of historian and log has come to. Not a projection of the log: without it everything is compared
-- again. Same conventions as 0001.

-- looks: one row per pass of comparison, so that whatever it saw can say when, and knowing what.
--   id       order of the looks; never reused, and never told by a clock
--   marks    id of the newest dirty mark there was: a later one doubts what this look saw
--   rules    version of the rules of comparison; a verdict under other rules is none
--   at       when it began
CREATE TABLE looks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  marks INTEGER NOT NULL,
  rules TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- parity_tags: short names of the tags in the tables below.
CREATE TABLE parity_tags (
  key INTEGER PRIMARY KEY,
  tag TEXT NOT NULL UNIQUE
) STRICT;

-- checked_windows: what was looked at last, window by window; disjoint. A cell in one of them without a row in
-- `verdicts` held no sample on either side, or could not be read.
--   tag_key      parity_tags.key
--   from_ticks   inclusive
--   until_ticks  exclusive
--   look         looks.id: of the look itself, or of the oldest one where neighbours became one
--   outcome      compared | unreadable | unanswered
CREATE TABLE checked_windows (
  tag_key INTEGER NOT NULL,
  from_ticks INTEGER NOT NULL,
  until_ticks INTEGER NOT NULL CHECK (until_ticks > from_ticks),
  look INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('compared', 'unreadable', 'unanswered')),
  PRIMARY KEY (tag_key, from_ticks)
) STRICT, WITHOUT ROWID;

-- verdicts: what was found in the cells that had a record or a sample when they were compared.
--   tag_key      parity_tags.key
--   start_ticks  start of the cell
--   verdict      match | explained | mismatch | inconclusive; pending: it differed, and is to be looked at again
--   reason       why it is inconclusive; NULL for the others
--   records      the cell's epoch that was seen; 0 when the log had no record of it
--   count        samples the log had
--   digest       their digest, 16 bytes big-endian. A cell that says anything else now has no verdict
--   log_short    1 when the log itself did not show what was folded from it: equal digests prove nothing any more, until
--                the log is found whole
--   equal_count, equal_digest  what both sides held when the cell was last found equal, NULL together: it never was, or
--                it is so now
CREATE TABLE verdicts (
  tag_key INTEGER NOT NULL,
  start_ticks INTEGER NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('match', 'explained', 'mismatch', 'inconclusive', 'pending')),
  reason TEXT,
  records INTEGER NOT NULL,
  count INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 16),
  log_short INTEGER NOT NULL CHECK (log_short IN (0, 1)),
  equal_count INTEGER,
  equal_digest BLOB CHECK (length(equal_digest) = 16),
  PRIMARY KEY (tag_key, start_ticks),
  CHECK (log_short = 0 OR verdict IN ('mismatch', 'inconclusive', 'pending')),
  CHECK ((reason IS NOT NULL) = (verdict = 'inconclusive'))
) STRICT, WITHOUT ROWID;

-- verdict_details: why a cell is no match; only together with its verdict.
--   tag_key      parity_tags.key
--   start_ticks  start of the cell
--   evidence     both digests in words: changes with whatever the cell differs by
--   classes      JSON of samples by difference class
--   cause        probable cause; NULL when it looks like nothing known
--   rule         rule that explains it; NULL when none does
--   traits       JSON of what shows a cause across cells and tags, without the samples
--   kept         JSON of differences and samples of both sides, bounded; NULL where enough was kept of the tag
CREATE TABLE verdict_details (
  tag_key INTEGER NOT NULL,
  start_ticks INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  classes TEXT NOT NULL CHECK (json_valid(classes)),
  cause TEXT,
  rule TEXT,
  traits TEXT NOT NULL CHECK (json_valid(traits)),
  kept TEXT CHECK (json_valid(kept)),
  PRIMARY KEY (tag_key, start_ticks)
) STRICT, WITHOUT ROWID;

-- differed_cells: cells that were called mismatch at some time. A verdict gives way when the cell is mended; this does not,
-- because mending what a sample has found says nothing of what it did not draw. Never more rows than cells.
--   tag_key      parity_tags.key
--   start_ticks  start of the cell
--   look         looks.id of the last look that called it so
CREATE TABLE differed_cells (
  tag_key INTEGER NOT NULL,
  start_ticks INTEGER NOT NULL,
  look INTEGER NOT NULL,
  PRIMARY KEY (tag_key, start_ticks)
) STRICT, WITHOUT ROWID;

-- waivers: mismatches somebody takes responsibility for.
--   id           shown to the user; never reused
--   tag          tag id
--   from_ticks   inclusive
--   until_ticks  exclusive
--   reason       in the owner's words
--   owner        who answers for it
--   made_at      when it was made
--   expires_at   from when on it waives nothing
--   withdrawn_at when it was taken back; NULL while it was not
CREATE TABLE waivers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tag TEXT NOT NULL,
  from_ticks INTEGER NOT NULL,
  until_ticks INTEGER NOT NULL CHECK (until_ticks > from_ticks),
  reason TEXT NOT NULL,
  owner TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL CHECK (expires_at > made_at),
  withdrawn_at INTEGER
) STRICT;
CREATE INDEX waivers_tag ON waivers (tag, from_ticks);

-- waived_cells: the mismatches that were in the window when the waiver was made. It waives them as they were.
--   waiver       waivers.id
--   start_ticks  start of the cell
--   evidence     verdict_details.evidence when it was made
CREATE TABLE waived_cells (
  waiver INTEGER NOT NULL REFERENCES waivers (id),
  start_ticks INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  PRIMARY KEY (waiver, start_ticks)
) STRICT, WITHOUT ROWID;

-- verify_runs: verifications by name, the last one of each; one that has not ended goes on where it stopped.
--   name        what it is for, e.g. "continuous"
--   first_look  looks.id when it began: what was looked at since need not be looked at again
--   params      JSON of what was asked for: another request is another run
--   started_at  when it began
--   ended_at    when it ended; NULL while it has not
--   rows        samples read from the historian
--   requests    requests made to it
--   busy_ms     time spent
CREATE TABLE verify_runs (
  name TEXT PRIMARY KEY,
  first_look INTEGER NOT NULL,
  params TEXT NOT NULL CHECK (json_valid(params)),
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  rows INTEGER NOT NULL DEFAULT 0,
  requests INTEGER NOT NULL DEFAULT 0,
  busy_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- tags.version_at: since when the tag is known to have been as it is, without a break in which it was not listed. What
-- was known before this column: when it was listed last.
ALTER TABLE tags ADD COLUMN version_at INTEGER;
UPDATE tags SET version_at = seen_at;

-- summaries: what the historian's own summary of a cell was when it was asked last. It proves nothing; another answer is
-- a reason to compare the cell again. Neighbouring cells with equal columns share a row; rows of a tag are disjoint.
--   tag_key      parity_tags.key
--   from_ticks   start of the first cell
--   until_ticks  end of the last, exclusive
--   width        of a cell, in ticks; under another width nothing is remembered
--   summary      as answered, for each of the cells; NULL: the historian answers differently although nothing changes
--   noticed      epoch of the cell when the answer was last found to be another; NULL: never
CREATE TABLE summaries (
  tag_key INTEGER NOT NULL,
  from_ticks INTEGER NOT NULL,
  until_ticks INTEGER NOT NULL CHECK (until_ticks > from_ticks),
  width INTEGER NOT NULL CHECK (width > 0),
  summary TEXT CHECK (length(summary) <= 200),
  noticed INTEGER,
  PRIMARY KEY (tag_key, from_ticks),
  CHECK (summary IS NOT NULL OR noticed IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- summary_places: how far the round of asking for summaries has come; one row per historian.
--   historian   name in the configuration
--   tag         tag id to go on with
--   from_ticks  of that tag, inclusive
CREATE TABLE summary_places (
  historian TEXT PRIMARY KEY,
  tag TEXT NOT NULL,
  from_ticks INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- dirty_windows, again: with one reason more.
--   reason  hint | catalogue | clock | seam | summary: what made it doubtful last
-- All other columns as in 0002.
CREATE TABLE dirty_windows_with_summaries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tag TEXT NOT NULL,
  from_ticks INTEGER NOT NULL,
  until_ticks INTEGER NOT NULL CHECK (until_ticks > from_ticks),
  reason TEXT NOT NULL CHECK (reason IN ('hint', 'catalogue', 'clock', 'seam', 'summary')),
  marked_at INTEGER NOT NULL
) STRICT;
INSERT INTO dirty_windows_with_summaries (id, tag, from_ticks, until_ticks, reason, marked_at)
SELECT id, tag, from_ticks, until_ticks, reason, marked_at FROM dirty_windows;
DROP TABLE dirty_windows;
ALTER TABLE dirty_windows_with_summaries RENAME TO dirty_windows;
CREATE INDEX dirty_windows_tag ON dirty_windows (tag, from_ticks);
