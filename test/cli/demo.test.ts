/** The demo as it is shipped: every scene comes out as told, with the numbers told, and what it leaves behind is real. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { banyan, temporaryFolder } from './run.ts'

/** About a minute on two quiet cores. */
const TEST_TIMEOUT_MS = 400_000

interface Told {
  readonly scene: string
  readonly asTold: boolean
  readonly answered: string
  readonly numbers: Readonly<Record<string, number>>
  readonly checklist?: { readonly gates: readonly { readonly gate: string; readonly outcome: string }[] }
  readonly cells?: readonly unknown[]
}

interface Report {
  readonly folder: string
  readonly config: string
  readonly archiveSamples: number
  readonly logSamples: number
  readonly scenes: readonly Told[]
}

const MOVING = ['canary', 'approve', 'live']
const SCENES = [
  ...['copy', 'compare', 'follow', 'rehearse', 'edit', 'refuse', 'repair', ...MOVING],
  ...['fault', 'hold', 'recover', ...MOVING.map((scene) => `${scene}-again`), 'prove', 'tamper'],
]

test('the demo tells the whole story, and proves it', { timeout: TEST_TIMEOUT_MS }, async () => {
  const cwd = temporaryFolder()
  const { code, stdout, stderr } = await banyan(['demo', '--json'], { cwd })
  expect(code, stderr).toBe(0)
  const { report } = JSON.parse(stdout) as { report: Report }
  expect(report).toMatchObject({ parity: { missing: 0, extra: 0 }, writes: 0, backfill: { failures: [] } })
  expect(report.archiveSamples).toBeGreaterThan(100_000)
  expect(report.logSamples).toBe(report.archiveSamples)

  expect(report.scenes.map(({ scene }) => scene)).toEqual(SCENES)
  expect(report.scenes.filter(({ asTold }) => !asTold)).toEqual([])
  const scene = (name: string): Told | undefined => report.scenes.find((one) => one.scene === name)

  expect(scene('edit')?.numbers).toMatchObject({ corrected: 0 })
  const refused = scene('refuse')
  expect(refused).toMatchObject({
    answered: 'refused: as-of, mismatches',
    numbers: { mismatches: 1 },
    cells: [{ name: 'TIC102.PV', classes: { VALUE: 1 }, cause: 'edited-in-historian' }],
  })
  // Green for long, and not safe: the gate that counts days lets it pass.
  expect(refused?.checklist?.gates).toContainEqual(expect.objectContaining({ gate: 'streak', outcome: 'pass' }))
  expect(scene('repair')?.numbers).toEqual({ windows: 1, corrected: 1 })

  for (const suffix of ['', '-again']) {
    const [canary, live] = [scene(`canary${suffix}`)?.numbers, scene(`live${suffix}`)?.numbers]
    expect(canary).toMatchObject({ percent: 50, consumers: 2, verified: canary?.['windows'] })
    expect(scene(`approve${suffix}`)).toMatchObject({ answered: 'refused: approvals', numbers: { approvals: 2 } })
    expect(live).toMatchObject({ percent: 100, consumers: 5, verified: live?.['windows'] })
  }
  expect(scene('fault')).toMatchObject({
    answered: 'shadowing, quarantined: mismatch',
    numbers: { mismatches: 1, missing: 12, consumers: 0 },
  })
  expect(scene('recover')?.numbers).toMatchObject({ late: 12, epoch: 2 })

  const inFolder = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await banyan([...args, '--json', '-c', report.config], { cwd })).stdout)
  expect(await inFolder('status')).toMatchObject({ historians: [{ samples: report.logSamples }] })
  const { events } = (await inFolder('cutover', 'history', 'boiler-1')) as { events: { to: string; actor: string }[] }
  expect(events).toHaveLength(scene('prove')?.numbers['events'] ?? 0)
  expect(events.at(-1)).toMatchObject({ actor: 'Ben', to: 'live' })
  expect(await codeOf(cwd, 'evidence', 'verify', join(report.folder, 'evidence'))).toBe(0)
  expect(await codeOf(cwd, 'evidence', 'verify', join(report.folder, 'evidence-tampered'))).toBe(3)
})

async function codeOf(cwd: string, ...args: string[]): Promise<number | null> {
  return (await banyan(args, { cwd })).code
}
