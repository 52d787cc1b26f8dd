/** What the running daemon says of itself, for people. */
import { VERDICTS } from '../domain/verdict.ts'
import type { LiveHistorian, LiveStatus } from '../telemetry/live-status.ts'
import { formatCount, formatSeconds, plural } from '../util/format.ts'
import { renderTable } from '../util/text-table.ts'

export function renderLive(live: LiveStatus, nowMs: number): string {
  return [
    `Daemon ${live.version}, process ${live.pid}, up ${formatSeconds((nowMs - live.startedAtMs) / 1000)}, ${readiness(live)}`,
    '',
    renderTable(
      [
        { title: 'LIVE' },
        { title: 'TAGS', align: 'right' },
        { title: 'FAILING', align: 'right' },
        { title: 'CATCHING UP', align: 'right' },
        { title: 'LAG p50/p99/max' },
        { title: 'SAMPLES', align: 'right' },
        { title: 'LATE/EDITED/DELETED', align: 'right' },
        { title: 'REQUESTS', align: 'right' },
        { title: 'GOVERNOR' },
      ],
      live.historians.map(historianRow),
    ),
    '',
    renderTable(
      [
        { title: 'PARITY' },
        ...VERDICTS.map((verdict) => ({ title: verdict.toUpperCase(), align: 'right' as const })),
        { title: 'AS OF' },
        { title: 'OLDEST' },
        { title: 'READ TO VERIFY' },
      ],
      live.historians.map((historian) => parityRow(historian, nowMs)),
    ),
    ...live.historians.flatMap(mismatches),
    ...live.historians.flatMap(fallbackLines),
    ...live.historians.flatMap(failures),
    ...(live.lastReload === undefined ? [] : [`Configuration reload: ${live.lastReload.outcome}`]),
    ...live.sweeps.map(
      ({ name, running, lastOutcome, skipped }) =>
        `${name}: ${running ? 'running' : `last ${lastOutcome ?? 'never'}`}${skipped === 0 ? '' : `, ${plural(skipped, 'run')} skipped`}`,
    ),
  ].join('\n')
}

function readiness({ problems }: LiveStatus): string {
  if (problems.length === 0) return 'ready'
  const reasons = problems.map(
    ({ reason, subject, detail }) => `${reason}${subject === '' ? '' : ` (${subject})`}: ${detail}`,
  )
  return `not ready: ${reasons.join('; ')}`
}

function historianRow(historian: LiveHistorian): (string | number)[] {
  const { lag, revisions, governor } = historian
  const held = governor.heldBy.length === 0 ? '' : `, held by ${governor.heldBy.join(' and ')}`
  return [
    historian.up ? historian.name : `${historian.name} (down)`,
    historian.tags,
    historian.failingCount,
    historian.catchingUp,
    lag === undefined ? '-' : [lag.medianMs, lag.p99Ms, lag.maxMs].map((ms) => formatSeconds(ms / 1000)).join(' / '),
    historian.samples,
    [revisions.late, revisions.edited, revisions.deleted].map((n) => formatCount(n)).join('/'),
    governor.requests,
    `${governor.concurrency} of ${governor.concurrencyCap} at once, ${plural(governor.throttled, 'refusal')}${held}`,
  ]
}

/** Nothing known is no zero. */
function parityRow({ name, parity, verified }: LiveHistorian, nowMs: number): (string | number)[] {
  const ago = (ms: number | undefined): string => (ms === undefined ? '-' : `${formatSeconds((nowMs - ms) / 1000)} ago`)
  return [
    name,
    ...VERDICTS.map((verdict) => parity?.verdicts[verdict] ?? '-'),
    ago(parity?.atMs),
    ago(parity?.oldestMs),
    `${plural(verified.samples, 'sample')}, ${plural(verified.requests, 'request')}`,
  ]
}

function mismatches({ name, parity }: LiveHistorian): string[] {
  if (parity === undefined || parity.mismatchedCount === 0) return []
  const { mismatched, mismatchedCount } = parity
  const lines = mismatched.map((tag) => `  ${tag.name} (${tag.tag}): ${plural(tag.cells, 'cell')}`)
  if (mismatchedCount > mismatched.length)
    lines.push(`  and ${plural(mismatchedCount - mismatched.length, 'tag')} more`)
  return [`${name}, tags that differ from the log ("banyan report" shows how):`, ...lines]
}

/** Nothing while all is well and nothing is left to compare. */
function fallbackLines({ name, source, tags, fallback }: LiveHistorian): string[] {
  if (fallback === undefined) return []
  const { differences } = fallback
  const differing = differences.onlyPrimary + differences.onlyFallback + differences.value + differences.quality
  const isWhole = source === 'opcua'
  const details = [
    ...(fallback.tags === 0 ? [] : [`${fallback.tags} of ${plural(tags, 'tag')} read through OPC UA`]),
    ...(fallback.seams === 0 ? [] : [`${plural(fallback.seams, 'tag')} to be compared with PI where OPC UA stood in`]),
    ...(differing === 0 ? [] : [`${plural(differing, 'sample')} found to differ between the two`]),
    ...(differences.unread === 0 ? [] : [`${plural(differences.unread, 'gap')} no longer comparable`]),
  ]
  if (details.length === 0) return []
  return [`${name}: ${isWhole ? 'PI Web API is away; ' : ''}${details.join(', ')}`]
}

function failures({ name, failing, failingCount, lastError }: LiveHistorian): string[] {
  const lines = failing.map((tag) => `  ${tag.name} (${tag.tag}): ${tag.code}: ${tag.message}`)
  if (failingCount > failing.length) lines.push(`  and ${plural(failingCount - failing.length, 'tag')} more`)
  return [
    ...(lastError === undefined ? [] : [`${name}, last error: ${lastError.code}: ${lastError.message}`]),
    ...(lines.length === 0 ? [] : [`${name}, failing tags:`, ...lines]),
  ]
}
