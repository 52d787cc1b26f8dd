/** The `parity` keys: what says how windows are drawn is refused where none are. */
import type { ParityConfig } from './config.ts'
import type { Report } from './problem.ts'
import type { Config } from './schema.ts'

export function resolveParity({ cell, compression, policy, sample }: Config['parity'], report: Report): ParityConfig {
  if (policy === 'census' && sample !== undefined) {
    report(['parity', 'sample'], 'is of no use to a census', 'add "policy: sample", or remove it')
  }
  // To bound the share by one in a thousand takes three thousand equal windows: four years of hours of ten tags.
  const { every = 100, seed = 1, maxRate = 0.001 } = sample ?? {}
  return { cellMs: cell, compression, sample: policy === 'sample' ? { every, seed, maxRate } : undefined }
}
