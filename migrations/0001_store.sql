-- The store: a projection of the log (coverage, projected_tags, deleted_samples, cells, positions: all of it can be
-- dropped and folded again), a cache of the catalogue (tags), and the bridge's own decisions (lease, jobs).
-- Times named *_ticks are 100-ns units since 1970; times named *_at are milliseconds since 1970 by the local clock.

-- lease: one row for ever, so that the epoch outlives every holder.
--   id            always 1
--   epoch         generation of the lease, one more with every acquisition; never repeats
--   holder        who holds it, in words; NULL while it is free
--   pid           process id of the holder
--   host          name of the host the holder runs on
--   pid_space     process namespace in which the pid means something; empty where there is only one
--   process       random identity of the holding process, which tells a reused pid from the real one
--   acquired_at   when the holder took it
--   heartbeat_at  when the holder last said it is alive
CREATE TABLE lease (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL,
  holder TEXT,
  pid INTEGER,
  host TEXT,
  pid_space TEXT,
  process TEXT,
  acquired_at INTEGER,
  heartbeat_at INTEGER,
  CHECK (holder IS NULL OR (pid IS NOT NULL AND host IS NOT NULL AND pid_space IS NOT NULL AND process IS NOT NULL
                            AND acquired_at IS NOT NULL AND heartbeat_at IS NOT NULL))
) STRICT;
INSERT INTO lease (id, epoch) VALUES (1, 0);

-- jobs: what was asked of the bridge, and how far it is.
--   id            shown to the user; never reused
--   kind          backfill
--   params        JSON of the request, as the kind defines it
--   state         queued | running | paused | done | failed | cancelled | interrupted
--   requested     pause | cancel: what a running job was asked to do and has not done yet
--   lease_epoch   generation of the lease under which it last started; an older runner may not touch it
--   tags_total    tags the job is about
--   tags_done     tags finished
--   tags_failed   tags given up on; the reasons are in job_failures
--   samples       samples appended by the job, over all its runs
--   requests      requests made to the historian by the job, over all its runs
--   error_code    why the job as a whole failed: an error code of Banyan
--   error_message the same, in words
--   created_at    when it was enqueued
--   started_at    when it first started
--   ended_at      when it reached done, failed or cancelled
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('backfill')),
  params TEXT NOT NULL CHECK (json_valid(params)),
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled', 'interrupted')),
  requested TEXT CHECK (requested IN ('pause', 'cancel')),
  lease_epoch INTEGER,
  tags_total INTEGER NOT NULL DEFAULT 0,
  tags_done INTEGER NOT NULL DEFAULT 0,
  tags_failed INTEGER NOT NULL DEFAULT 0,
  samples INTEGER NOT NULL DEFAULT 0,
  requests INTEGER NOT NULL DEFAULT 0,
  error_code TEXT,
  error_message TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER
) STRICT;

-- job_failures: the tags a job gave up on; emptied when the job starts again.
--   job      the job
--   tag      tag id
--   code     error code of Banyan
--   message  what went wrong, in words
CREATE TABLE job_failures (
  job INTEGER NOT NULL REFERENCES jobs (id),
  tag TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (job, tag)
) STRICT, WITHOUT ROWID;

-- tags: the catalogue as last seen.
--   id                 tag id, `<historian>/<native id>`
--   version            one more with every change of anything below except seen_at
--   published_version  highest version known to be in the log's tags topic; 0 when none is
--   seen_at            when the historian last listed it
--   name               name in the historian; may change
--   descriptor         free text of the historian
--   type               type of its ordinary values (sample types of the record contract)
--   units              engineering units
--   zero, span         lower end and length of the measuring range; NULL where not told
--   step               1 when values hold until the next one
--   future             1 when it holds data ahead of the historian's clock
--   digital_set        name of the digital set; NULL for other types
--   compressing        compression settings, NULL together where not told: 1 when compression is on
--   comp_dev           compression deviation, in units
--   comp_min_s         compression minimum, seconds
--   comp_max_s         compression maximum, seconds
--   exc_dev            exception deviation, in units
--   server_guid        permanent identity of the data server
--   point_id           the point's integer id on that server
CREATE TABLE tags (
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
  server_guid TEXT NOT NULL,
  point_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- coverage: copy of what the log's checkpoints say per tag; the log wins where they differ.
--   tag      tag id
--   samples  samples appended for the tag since ever
CREATE TABLE coverage (
  tag TEXT PRIMARY KEY,
  samples INTEGER NOT NULL CHECK (samples >= 0)
) STRICT, WITHOUT ROWID;

-- covered_windows: the windows of a tag whose samples are in the log; disjoint, and they do not touch.
--   tag          tag id
--   from_ticks   inclusive
--   until_ticks  exclusive
CREATE TABLE covered_windows (
  tag TEXT NOT NULL,
  from_ticks INTEGER NOT NULL,
  until_ticks INTEGER NOT NULL CHECK (until_ticks > from_ticks),
  PRIMARY KEY (tag, from_ticks)
) STRICT, WITHOUT ROWID;

-- projection: one row, present once the log has been folded with a cell width.
--   id                always 1
--   cell_width_ticks  width of every cell; another width means folding everything again
CREATE TABLE projection (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  cell_width_ticks INTEGER NOT NULL CHECK (cell_width_ticks > 0)
) STRICT;

-- projected_tags: the tags met while folding, and what counts per tag.
--   key        short name of the tag in the tables below
--   tag        tag id
--   partition  the one partition its records are in
--   puts       records folded that were a sample written for the first time (put, rev 0)
CREATE TABLE projected_tags (
  key INTEGER PRIMARY KEY,
  tag TEXT NOT NULL UNIQUE,
  partition INTEGER NOT NULL,
  puts INTEGER NOT NULL
) STRICT;

-- cells: one row per tag and aligned window that ever had a record.
--   tag_key       projected_tags.key
--   start_ticks   start of the window, a multiple of the cell width
--   count         samples in the cell now, after revisions
--   digest        sum of the samples' hashes modulo 2^128, 16 bytes big-endian
--   records       records folded into the cell since ever: the cell's epoch, which any later record raises
--   first_offset  lowest offset of those records, in the tag's partition
--   last_offset   highest offset of those records
--   min_ticks     earliest time among those records, deleted samples included
--   max_ticks     latest time among those records, deleted samples included
CREATE TABLE cells (
  tag_key INTEGER NOT NULL,
  start_ticks INTEGER NOT NULL,
  count INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 16),
  records INTEGER NOT NULL,
  first_offset INTEGER NOT NULL,
  last_offset INTEGER NOT NULL,
  min_ticks INTEGER NOT NULL,
  max_ticks INTEGER NOT NULL,
  PRIMARY KEY (tag_key, start_ticks)
) STRICT, WITHOUT ROWID;

-- deleted_samples: samples whose latest record is a delete; the next record of the same identity must not subtract
-- its `before` a second time.
--   tag_key  projected_tags.key
--   ticks    time of the sample
--   ord      place of the sample among those at its time
CREATE TABLE deleted_samples (
  tag_key INTEGER NOT NULL,
  ticks INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  PRIMARY KEY (tag_key, ticks, ord)
) STRICT, WITHOUT ROWID;

-- positions: how far the log is folded; written in the transaction that writes the cells.
--   partition    partition of the log
--   next_offset  first offset not folded yet
CREATE TABLE positions (
  partition INTEGER PRIMARY KEY,
  next_offset INTEGER NOT NULL CHECK (next_offset >= 0)
) STRICT;
