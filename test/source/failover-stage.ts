/** A historian with two sources in memory, a clock that only the test moves, and a record of every seam. */
import { type BanyanError } from '../../src/domain/errors.ts'
import { addWindow, type Coverage } from '../../src/domain/coverage.ts'
import type { TagId } from '../../src/domain/tag-id.ts'
import type { Tag } from '../../src/domain/tag.ts'
import type { Window } from '../../src/domain/window.ts'
import { CarriedClock } from '../../src/source/carried-clock.ts'
import { FailoverSource } from '../../src/source/failover.ts'
import { Pulse } from '../../src/source/pulse.ts'
import { SeamMarks } from '../../src/source/seam-marks.ts'
import { Serving } from '../../src/source/serving.ts'
import type { SamplePage } from '../../src/source/source.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { MemorySource, testTag } from '../harness/memory-source.ts'

export const LIMITS = { afterMs: 60_000, backMs: 300_000 }

export function tagWithNode(id: number): Tag {
  const tag = testTag(id)
  return { ...tag, address: { ...tag.address, opcua: { namespaceUri: 'urn:plant', identifier: `s=${tag.name}` } } }
}

export class FailoverStage {
  readonly primary = new MemorySource()
  readonly fallback = new MemorySource()
  readonly serving = new Serving(LIMITS)
  readonly pulse = new Pulse(() => this.nowMs)
  readonly seams = new Map<TagId, Coverage>()
  readonly source: FailoverSource
  nowMs = 0
  wallMs = Date.parse('2025-06-01T12:00:00Z')

  constructor(isPatient = false) {
    this.fallback.kind = 'opcua'
    this.source = new FailoverSource({
      primary: this.primary,
      fallback: this.fallback,
      fallbackPageSize: 5,
      isPatient,
      serving: this.serving,
      pulse: this.pulse,
      clock: new CarriedClock(),
      seams: new SeamMarks(async (tag, window) => {
        this.seams.set(tag, addWindow(this.seams.get(tag) ?? [], window))
      }, 0),
      logger: silentLogger,
      now: () => ({ monotonicMs: this.nowMs, wallMs: this.wallMs + this.nowMs }),
    })
  }

  /** Both hold the same, and the clocks agree. */
  hold(tag: Tag, samples: Parameters<MemorySource['archive']['set']>[1]): void {
    this.primary.archive.set(tag.id, samples)
    this.fallback.archive.set(tag.id, samples)
  }

  pass(ms: number): void {
    this.nowMs += ms
  }

  /** What is wrong with the primary as a whole; undefined: nothing. */
  primaryFails(code: BanyanError['code'] | undefined): void {
    this.primary.probeFault = () => code
    this.primary.nextFault = () => code
  }

  fallbackFails(code: BanyanError['code'] | undefined): void {
    this.fallback.probeFault = () => code
    this.fallback.nextFault = () => code
  }

  /** Until the fallback serves the historian as a whole. */
  async takeAway(): Promise<void> {
    this.primaryFails('BANYAN_SOURCE_UNAVAILABLE')
    while (!this.serving.isFallback()) {
      await this.source.probe(signal).catch(() => undefined)
      this.pass(10_000)
    }
  }

  /** Lets trials under way end. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0))
  }

  async read(tag: Tag, window: Window, pageSize = 1_000): Promise<SamplePage[]> {
    const pages: SamplePage[] = []
    for await (const page of this.source.read(tag, window, { pageSize }, signal)) pages.push(page)
    return pages
  }
}

const { signal } = new AbortController()
