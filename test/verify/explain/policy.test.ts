import { describe, expect, it } from 'vitest'
import type { Sample } from '../../../src/domain/sample.ts'
import { ticks } from '../../../src/domain/ticks.ts'
import { differencesOf } from '../../../src/verify/classify/differences.ts'
import { explain, rulesOf } from '../../../src/verify/explain/policy.ts'

function valve(at: bigint, code: number, name: string, other: Partial<Sample> = {}): Sample {
  return { type: 'digital', value: { code, name }, status: 0, flags: 0, ticks: ticks(at), ord: 0, ...other } as Sample
}

describe('explain', () => {
  const compression = { compressing: true, compDev: 1, compMinSeconds: 0, compMaxSeconds: 600, excDev: 0 }
  const archive = [0n, 10n].map((at): Sample => ({ ...valve(at, 0, ''), type: 'float64', value: 1 }))
  const log = [...archive, { ...archive[0]!, ticks: ticks(5n) }]
  const facts = {
    tag: { step: false, compression },
    settingsSince: ticks(0n),
    found: differencesOf(archive, log),
    historian: archive,
    log,
    isInOrder: () => true,
  }

  it('applies a rule the policy allows, and no other', () => {
    expect(explain({ compression: 'explain' }, facts)).toMatchObject({ rule: 'compression', samples: 1 })
    expect(explain({ compression: 'strict' }, facts)).toBeUndefined()
  })

  it('does not explain another name of a state', () => {
    const [historian, copied] = [[valve(1n, 0, 'Zu')], [valve(1n, 0, 'Closed')]]
    const ofNames = { ...facts, found: differencesOf(historian, copied), historian, log: copied }
    expect(explain({ compression: 'explain' }, ofNames)).toBeUndefined()
  })

  it('names the rules, another name for another policy', () => {
    expect(rulesOf({ compression: 'explain' })).toBe('exact-1+compression-1')
    expect(rulesOf({ compression: 'strict' })).toBe('exact-1')
  })
})
