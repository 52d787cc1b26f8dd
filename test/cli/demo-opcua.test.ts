import { expect, test } from 'vitest'
import { banyan, temporaryFolder } from './run.ts'

/** About a minute, on a machine that may be busy. */
const TEST_TIMEOUT_MS = 240_000

interface Comparison {
  readonly archiveSamples: number
  readonly logSamples: number
  readonly sources: Readonly<Record<string, number>>
}

interface Report {
  readonly config: string
  readonly backfill: { readonly samples: number }
  readonly copied: Comparison
  readonly sync: { readonly revisions: Readonly<Record<'late' | 'edited' | 'deleted', number>> }
  readonly corrected: Comparison
  readonly differences: Readonly<Record<string, number>>
}

test(
  'demo --opcua: PI goes away and comes back, the log ends equal to its archive, and every seam is compared',
  { timeout: TEST_TIMEOUT_MS },
  async () => {
    const cwd = temporaryFolder()
    const { code, stdout, stderr } = await banyan(['demo', '--opcua', '--json'], { cwd })
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(/PI Web API is away; [\s\S]*PI Web API is back; /)
    const { report } = JSON.parse(stdout) as { report: Report }
    const { config, backfill, copied, sync, corrected, differences } = report
    expect(report).toMatchObject({ backfill: { state: 'done', failures: [] }, sync: { unswept: [], failures: [] } })
    expect(report).toMatchObject({ corrected: { parity: { missing: 0, extra: 0 } }, seams: 0, writes: 0 })
    expect(corrected.archiveSamples).toBeGreaterThan(100_000)
    expect(corrected.logSamples).toBe(corrected.archiveSamples)
    // Each was read once, from one of the two, and both have served.
    expect(backfill.samples).toBe(corrected.archiveSamples)
    for (const { sources } of [copied, corrected]) {
      expect(Object.keys(sources).toSorted()).toEqual(['opcua', 'pi-web-api'])
      expect(sources['pi-web-api']! + sources['opcua']!).toBe(corrected.archiveSamples)
      expect(sources['opcua']).toBeGreaterThan(10_000)
    }
    // What OPC UA cannot say is corrected, sample by sample; it has left nothing out and added nothing.
    const { late, edited, deleted } = sync.revisions
    expect(copied).toMatchObject({ parity: { missing: edited, extra: edited } })
    expect({ late, deleted }).toEqual({ late: 0, deleted: 0 })
    expect(corrected.sources['opcua']).toBe(copied.sources['opcua']! - edited)
    // By the rules of reconciling, both say the same: values that OPC UA has no word for are equal, and so is their severity.
    const nothing = { windows: 0, unread: 0, equal: 0, onlyPrimary: 0, onlyFallback: 0, value: 0, quality: 0 }
    expect(differences).toEqual(nothing)

    const status = await banyan(['status', '--json', '-c', config], { cwd })
    const { sourceDifferences } = JSON.parse(status.stdout) as { sourceDifferences: Record<string, unknown> }
    expect(JSON.parse(status.stdout)).toMatchObject({ historians: [{ samples: corrected.logSamples }], seams: 0 })
    expect(sourceDifferences).toEqual({ ...nothing, newest: [] })
  },
)
