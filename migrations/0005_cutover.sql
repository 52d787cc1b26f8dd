-- What was decided about moving workloads, and what it rests on. The bridge's own decisions: no projection of the log,
-- although the log's audit topic has the events too. Same conventions as 0001.

-- cutover_events: the audit chain, one per bridge over all workloads. A workload stands where its events say, so an
-- event in here is the decision itself. Nothing in it changes any more but whether it was published.
--   seq           place in the chain, from 1 without a gap
--   workload      what it is about
--   prev_hash     hash of the event before it; 64 zeros for the first
--   hash          SHA-256 of everything else in the line, in hex
--   line          the event as canonical JSON, as it is published and hashed
--   published_at  when the audit topic had it for certain; NULL while it may be missing there
CREATE TABLE cutover_events (
  seq INTEGER PRIMARY KEY,
  workload TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  line TEXT NOT NULL,
  published_at INTEGER,
  CHECK (json_extract(line, '$.seq') = seq AND json_extract(line, '$.workload') = workload
         AND json_extract(line, '$.prevHash') = prev_hash AND json_extract(line, '$.hash') = hash)
) STRICT;
CREATE INDEX cutover_events_workload ON cutover_events (workload, seq);
CREATE INDEX cutover_events_unpublished ON cutover_events (seq) WHERE published_at IS NULL;

CREATE TRIGGER cutover_events_follow BEFORE INSERT ON cutover_events
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM cutover_events)
  OR NEW.prev_hash <> coalesce((SELECT hash FROM cutover_events ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
BEGIN
  SELECT RAISE(ABORT, 'an event must follow the last one of the chain');
END;
CREATE TRIGGER cutover_events_stay BEFORE UPDATE OF seq, workload, prev_hash, hash, line ON cutover_events
BEGIN
  SELECT RAISE(ABORT, 'an event of the chain never changes');
END;
CREATE TRIGGER cutover_events_remain BEFORE DELETE ON cutover_events
BEGIN
  SELECT RAISE(ABORT, 'an event of the chain is never deleted');
END;

-- evidence: manifests that events name by their hash, kept for ever; and drafts whose cells are still being gathered.
--   id        never reused
--   hash      SHA-256 of the manifest, in hex; NULL for a draft
--   manifest  canonical JSON; NULL for a draft
--   begun_at  when gathering its cells began
CREATE TABLE evidence (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT UNIQUE,
  manifest TEXT,
  begun_at INTEGER NOT NULL,
  CHECK ((hash IS NULL) = (manifest IS NULL))
) STRICT;

-- evidence_cells: the cells behind a manifest, a line per cell.
--   evidence  evidence.id
--   chunk     order, from 0
--   content   gzip of whole lines, each with its line break
CREATE TABLE evidence_cells (
  evidence INTEGER NOT NULL REFERENCES evidence (id),
  chunk INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (evidence, chunk)
) STRICT;

CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence WHEN OLD.hash IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'evidence never changes');
END;
CREATE TRIGGER evidence_remains BEFORE DELETE ON evidence WHEN OLD.hash IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'evidence is never deleted');
END;
CREATE TRIGGER evidence_cells_complete BEFORE INSERT ON evidence_cells
WHEN (SELECT hash FROM evidence WHERE id = NEW.evidence) IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'evidence never changes');
END;
CREATE TRIGGER evidence_cells_stay BEFORE UPDATE ON evidence_cells
BEGIN
  SELECT RAISE(ABORT, 'evidence never changes');
END;
CREATE TRIGGER evidence_cells_remain BEFORE DELETE ON evidence_cells
WHEN (SELECT hash FROM evidence WHERE id = OLD.evidence) IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'evidence is never deleted');
END;

-- workload_windows: how a workload was seen in ten minutes; a window without a row was not watched. Kept for a while.
--   workload   name
--   start_at   start of the window, a multiple of ten minutes
--   is_green   1 when every cell was; NULL when nobody could say
--   is_silent  1 when the verifier finished no look at it
--   lags       JSON: of each consumer that could be measured, its lag in ms, p99 and largest
CREATE TABLE workload_windows (
  workload TEXT NOT NULL,
  start_at INTEGER NOT NULL CHECK (start_at % 600000 = 0),
  is_green INTEGER CHECK (is_green IN (0, 1)),
  is_silent INTEGER NOT NULL CHECK (is_silent IN (0, 1)),
  lags TEXT NOT NULL CHECK (json_valid(lags)),
  PRIMARY KEY (workload, start_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX workload_windows_age ON workload_windows (start_at);

-- bridge_facts: what the bridge has lived through and proven of itself. Kept for a while.
--   id        order in which they were noted; never reused
--   at        when it happened
--   kind      seeded-faults | restart | outage | late-batch | clock-change
--   workload  which one it was about; NULL when it was about all
--   detail    JSON object, as the kind has it
CREATE TABLE bridge_facts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('seeded-faults', 'restart', 'outage', 'late-batch', 'clock-change')),
  workload TEXT,
  detail TEXT NOT NULL CHECK (json_type(detail) = 'object')
) STRICT;
CREATE INDEX bridge_facts_kind ON bridge_facts (kind, at);
