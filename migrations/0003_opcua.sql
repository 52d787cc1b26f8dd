-- What reading tags through OPC UA needs: tags with another kind of address. Same conventions as 0001.

-- tags, again: with an address at an OPC UA server beside, or in place of, the one at PI.
--   server_guid  permanent identity of the PI data server; NULL for a tag that PI does not have
--   point_id     the point's integer id on that server; NULL with server_guid
--   opcua_node   its node as `nsu=<namespace URI>;<identifier>`; NULL where it is not read through OPC UA
-- All other columns as in 0001 and 0002.
CREATE TABLE tags_with_nodes (
  id TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  published_version INTEGER NOT NULL DEFAULT 0,
  seen_at INTEGER NOT NULL,
  name TEXT NOT NULL,
  descriptor TEXT NOT NULL,
  type TEXT NOT NULL,
  units TEXT NOT NULL,
  zero REAL,
  span REAL,
  step INTEGER NOT NULL CHECK (step IN (0, 1)),
  future INTEGER NOT NULL CHECK (future IN (0, 1)),
  digital_set TEXT,
  compressing INTEGER CHECK (compressing IN (0, 1)),
  comp_dev REAL,
  comp_min_s REAL,
  comp_max_s REAL,
  exc_dev REAL,
  server_guid TEXT,
  point_id INTEGER,
  gone_at INTEGER,
  backfill_asked INTEGER NOT NULL DEFAULT 0 CHECK (backfill_asked IN (0, 1)),
  opcua_node TEXT,
  CHECK ((server_guid IS NULL) = (point_id IS NULL)),
  CHECK (server_guid IS NOT NULL OR opcua_node IS NOT NULL)
) STRICT, WITHOUT ROWID;
INSERT INTO tags_with_nodes
  (id, version, published_version, seen_at, name, descriptor, type, units, zero, span, step, future, digital_set,
   compressing, comp_dev, comp_min_s, comp_max_s, exc_dev, server_guid, point_id, gone_at, backfill_asked)
SELECT
   id, version, published_version, seen_at, name, descriptor, type, units, zero, span, step, future, digital_set,
   compressing, comp_dev, comp_min_s, comp_max_s, exc_dev, server_guid, point_id, gone_at, backfill_asked
FROM tags;
DROP TABLE tags;
ALTER TABLE tags_with_nodes RENAME TO tags;

-- seams: what OPC UA has served in the place of PI, with an overlap on both sides, until PI is back and it was compared
-- with PI: written before a sample of it is passed on.
--   id             order of writing; never reused, so that what is served while a seam is compared outlives it
--   tag            tag id
--   from_ticks     inclusive
--   until_ticks    exclusive
--   doubted_ticks  what was settled by PI's clock when PI was back and the window was marked as dirty; NULL before
--   served_at      when it was first served
CREATE TABLE seams (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tag TEXT NOT NULL,
  from_ticks INTEGER NOT NULL,
  until_ticks INTEGER NOT NULL CHECK (until_ticks > from_ticks),
  doubted_ticks INTEGER,
  served_at INTEGER NOT NULL
) STRICT;
CREATE INDEX seams_by_tag ON seams (tag);

-- source_differences: where PI and OPC UA were found to say different things about the same time; one row per seam that
-- was compared and differs. Kept as evidence of what the fallback is worth; the log is corrected by sweeps.
--   id             order of finding
--   tag            tag id
--   from_ticks     start of what was compared, inclusive
--   until_ticks    end, exclusive
--   equal          samples both have
--   only_primary   samples only PI has
--   only_fallback  samples only OPC UA has
--   value          samples both have, with other values
--   quality        samples both have, with the same value and another severity
--   unread         1 when OPC UA could not be read any more: then nothing is known, and the counts are 0
--   found_at       when
CREATE TABLE source_differences (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tag TEXT NOT NULL,
  from_ticks INTEGER NOT NULL,
  until_ticks INTEGER NOT NULL CHECK (until_ticks > from_ticks),
  equal INTEGER NOT NULL CHECK (equal >= 0),
  only_primary INTEGER NOT NULL CHECK (only_primary >= 0),
  only_fallback INTEGER NOT NULL CHECK (only_fallback >= 0),
  value INTEGER NOT NULL CHECK (value >= 0),
  quality INTEGER NOT NULL CHECK (quality >= 0),
  unread INTEGER NOT NULL CHECK (unread IN (0, 1)),
  found_at INTEGER NOT NULL,
  CHECK (unread = 1 OR only_primary + only_fallback + value + quality > 0)
) STRICT;
CREATE INDEX source_differences_by_tag ON source_differences (tag);

-- dirty_windows, again: with one reason more.
--   reason  hint | catalogue | clock | seam: what made it doubtful last
-- All other columns as in 0002.
CREATE TABLE dirty_windows_with_seams (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tag TEXT NOT NULL,
  from_ticks INTEGER NOT NULL,
  until_ticks INTEGER NOT NULL CHECK (until_ticks > from_ticks),
  reason TEXT NOT NULL CHECK (reason IN ('hint', 'catalogue', 'clock', 'seam')),
  marked_at INTEGER NOT NULL
) STRICT;
INSERT INTO dirty_windows_with_seams (id, tag, from_ticks, until_ticks, reason, marked_at)
SELECT id, tag, from_ticks, until_ticks, reason, marked_at FROM dirty_windows;
DROP TABLE dirty_windows;
ALTER TABLE dirty_windows_with_seams RENAME TO dirty_windows;
CREATE INDEX dirty_windows_tag ON dirty_windows (tag, from_ticks);
