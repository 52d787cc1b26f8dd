/**
 * Check: looks at everything a run depends on and says what would stop it. Reads only, unless asked to create topics;
 * a store that does not exist yet is not created. What is found is a list, never an exception.
 */
import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import type { HistorianConfig, ResolvedConfig } from '../config/config.ts'
import { BanyanError, type ErrorCode, messageOf } from '../domain/errors.ts'
import { historianOf } from '../domain/tag-id.ts'
import { END_OF_PI_TIME, ticksFromMs, type Ticks } from '../domain/ticks.ts'
import type { LogFinding, LogPlan } from '../log/log.ts'
import type { HistorianSource } from '../source/source.ts'
import type { Bridge } from './bridge.ts'
import { type SelectedTag, selectTags } from './selection.ts'
import { existingStore } from './status.ts'
import { hasBeenThere, LOG_GONE_HINT } from './target.ts'

/**
 * A historian whose clock is this far off is worth a look: windows follow its clock, so nothing breaks, but people
 * compare its times with others. Below it lies the error of one round trip.
 */
const CLOCK_TOLERANCE_MS = 60_000

const CLEAR_TEXT_HINT = 'security.mode is None: whoever is on the way can read, and change, what is read'

export interface CheckItem {
  /** Stable machine name, e.g. `historian.pi-north.reachable`. */
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  readonly hint: string | undefined
  /** Of what is not ok: the error it would be. */
  readonly code: ErrorCode | undefined
}

/** Resolves with all checks, in order; rejects only when the signal aborts. */
export async function checkBridge(
  bridge: Bridge,
  options: { readonly createTopics: boolean },
  signal: AbortSignal,
): Promise<CheckItem[]> {
  const items: CheckItem[] = []
  const attempt = async (name: string, look: () => Promise<CheckItem[]>): Promise<void> => {
    try {
      items.push(...(await look()))
    } catch (error) {
      signal.throwIfAborted()
      items.push(failed(name, error))
    }
  }
  await attempt('store', () => checkStore(bridge))
  let hasFutureTags = false
  for (const historian of bridge.config.historians) {
    let probings: readonly Probing[] = []
    await attempt(`historian.${historian.name}.reachable`, async () => {
      probings = await probingsOf(bridge, historian)
      return []
    })
    for (const probing of probings) {
      await attempt(`${probing.subject}.reachable`, () => checkSource(probing, signal))
    }
  }
  if (items.every((item) => item.ok)) {
    await attempt('tags', async () => {
      const { selected, missing } = await selectTags(bridge, { tags: [] }, signal)
      hasFutureTags = selected.some(({ tag }) => tag.future)
      return [...checkTags(selected.length, missing), ...checkNodes(bridge.config, selected)]
    })
  }
  await attempt('log', () => checkLog(bridge, planOf(bridge, hasFutureTags), options.createTopics, signal))
  return items
}

async function checkStore(bridge: Bridge): Promise<CheckItem[]> {
  const file = bridge.config.store
  const store = await existingStore(bridge)
  if (store === undefined) {
    accessSync(dirname(file), constants.W_OK)
    return [passed('store', `${file} does not exist yet; the first run creates it`)]
  }
  const holder = store.lease.current()
  const lease =
    holder === undefined || holder.isStale
      ? 'nobody holds the lease'
      : `"${holder.holder}" holds the lease (process ${holder.pid} on ${holder.host})`
  return [passed('store', `${file} can be read`), passed('store.lease', lease)]
}

/** Each way of reading it by itself: that one stands in for the other must not hide that the other is away. */
async function probingsOf(bridge: Bridge, { name, piWebApi, opcua }: HistorianConfig): Promise<Probing[]> {
  const subject = `historian.${name}`
  // The lane in which nothing stands in for anything.
  const { source, standIn } = await bridge.source(name, 'sweep')
  const pi = piWebApi && { subject, source, address: piWebApi.url, hint: undefined }
  const ua = opcua && {
    subject: standIn === undefined ? subject : `${subject}.opcua`,
    source: standIn?.source ?? source,
    address: opcua.endpoint,
    hint: opcua.security.mode === 'None' ? CLEAR_TEXT_HINT : undefined,
  }
  return [pi, ua].filter((probing) => probing !== undefined)
}

interface Probing {
  /** First part of the names of its items. */
  readonly subject: string
  readonly source: HistorianSource
  readonly address: string
  /** What to think of even if all is well. */
  readonly hint: string | undefined
}

async function checkSource({ subject, source, address, hint }: Probing, signal: AbortSignal): Promise<CheckItem[]> {
  const probe = await source.probe(signal)
  const user = probe.user === undefined || probe.user === '' ? '' : ` as ${probe.user}`
  const seconds = (probe.clockOffsetMs / 1000).toFixed(1)
  const clock = `its clock minus ours: ${seconds} s`
  const server = probe.source === 'opcua' ? `server ${probe.server}` : `data server ${probe.server}`
  const batch = probe.features.batch ? '/batch works' : '/batch is not available: small reads are slower'
  return [
    { ...passed(`${subject}.reachable`, `${probe.product} at ${address}${user}, ${server}`), hint },
    Math.abs(probe.clockOffsetMs) <= CLOCK_TOLERANCE_MS
      ? passed(`${subject}.clock`, clock)
      : {
          ...passed(`${subject}.clock`, clock),
          hint: 'windows follow the clock of the historian; synchronise both with the same time server',
        },
    ...(probe.source === 'opcua' ? [] : [passed(`${subject}.batch`, batch)]),
  ]
}

/** How many tags each fallback can stand in for. */
function checkNodes({ historians }: ResolvedConfig, selected: readonly SelectedTag[]): CheckItem[] {
  return historians.flatMap(({ name, opcua }) => {
    if (opcua?.failover === undefined) return []
    const tags = selected.filter(({ tag }) => historianOf(tag.id) === name)
    const withNode = tags.filter(({ tag }) => tag.address.opcua !== undefined).length
    const item = passed(`historian.${name}.opcua.nodes`, `${withNode} of ${tags.length} selected tags have a node`)
    if (withNode === tags.length) return [item]
    return [{ ...item, hint: 'add the others to opcua.nodes; nothing stands in for them when PI Web API is away' }]
  })
}

function checkTags(count: number, missing: readonly string[]): CheckItem[] {
  const detail = `${count} selected`
  if (missing.length === 0) return [passed('tags', detail)]
  return [
    {
      name: 'tags',
      ok: false,
      detail: `${detail}; ${missing.length} listed by name do not exist: ${missing.slice(0, 5).join(', ')}`,
      hint: 'mend the names in the configuration or its list files; runs leave them out',
      code: 'BANYAN_SOURCE_NOT_FOUND',
    },
  ]
}

/** From the beginning of the oldest rule to now, or to the end of PI's time for tags that hold future data. */
function planOf(bridge: Bridge, hasFutureTags: boolean): LogPlan {
  const now = ticksFromMs(Date.now())
  const oldest = bridge.config.tags.reduce<Ticks>((least, { backfill }) => {
    return backfill !== undefined && backfill.from < least ? backfill.from : least
  }, now)
  return { oldest, newest: hasFutureTags ? END_OF_PI_TIME : now }
}

async function checkLog(bridge: Bridge, plan: LogPlan, create: boolean, signal: AbortSignal): Promise<CheckItem[]> {
  const log = await bridge.log()
  const store = await existingStore(bridge)
  let findings = await log.preflight(plan, signal)
  // Nothing is created beside a topic that is wrong: mending the configuration must still mend everything.
  if (create && findings.some((finding) => finding.missing) && findings.every(({ ok, missing }) => ok || missing)) {
    await log.create(signal)
    findings = await log.preflight(plan, signal)
  }
  return findings.map((finding) => itemOfFinding(finding, store !== undefined && hasBeenThere(finding, store)))
}

function itemOfFinding({ name, ok, detail, hint, missing = false }: LogFinding, wasThere: boolean): CheckItem {
  const itemName = name.startsWith('log.') ? name : `log.${name}`
  if (missing && wasThere) return { name: itemName, ok: false, detail, hint: LOG_GONE_HINT, code: 'BANYAN_LOG_UNSAFE' }
  if (missing) {
    const later = 'the first run creates it, or now: banyan check --create-topics'
    return { name: itemName, ok: true, detail, hint: later, code: undefined }
  }
  return { name: itemName, ok, detail, hint, code: ok ? undefined : 'BANYAN_LOG_UNSAFE' }
}

function passed(name: string, detail: string): CheckItem {
  return { name, ok: true, detail, hint: undefined, code: undefined }
}

function failed(name: string, error: unknown): CheckItem {
  const known = error instanceof BanyanError ? error : undefined
  const code = known?.code ?? 'BANYAN_FILE'
  return { name, ok: false, detail: messageOf(error), hint: known?.hint, code }
}
