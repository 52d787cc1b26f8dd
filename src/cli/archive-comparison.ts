/** What a log holds, compared with what the simulated historian knows to be in its archive. */
import type { Bridge } from '../app/bridge.ts'
import { readCurrent } from '../app/read-log.ts'
import type { Simulator } from '../simulator/simulator.ts'
import { keyOfSample, keyOfTruth, Multiset, type MultisetDifference } from './multiset.ts'

export interface ArchiveComparison {
  readonly archiveSamples: number
  readonly logSamples: number
  /** Samples in the log by type. */
  readonly types: Readonly<Record<string, number>>
  /** Samples in the log by where they were read. */
  readonly sources: Readonly<Record<string, number>>
  readonly parity: MultisetDifference
}

/** `historian`: its name in the bridge's configuration. */
export async function compareWithArchive(
  bridge: Bridge,
  simulator: Simulator,
  historian: string,
  signal: AbortSignal,
): Promise<ArchiveComparison> {
  const truth = new Multiset()
  for (const row of simulator.truth()) truth.add(keyOfTruth(historian, row))
  const found = new Multiset()
  const types: Record<string, number> = {}
  const sources: Record<string, number> = {}
  const all = { tag: undefined, from: undefined, until: undefined }
  for await (const { tag, sample, source } of readCurrent(bridge, all, signal)) {
    found.add(keyOfSample(tag, sample))
    types[sample.type] = (types[sample.type] ?? 0) + 1
    sources[source] = (sources[source] ?? 0) + 1
  }
  return { archiveSamples: truth.size, logSamples: found.size, types, sources, parity: truth.compare(found) }
}
