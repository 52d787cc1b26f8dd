/**
 * Basis: what a workload's evidence means something for, beside the policy: which tags, of which servers, compared by
 * which rules in which cells. When any of it changes, what was proven before is about something else, and a new epoch
 * begins.
 */
import { canonicalJson, sha256Hex } from '../../cutover/canonical-json.ts'
import type { ParityConfig } from '../../config/config.ts'
import { rulesOf } from '../../verify/explain/policy.ts'
import type { SelectedTag } from '../selection.ts'

/** Raised when a version of Banyan means something else by what it puts into evidence. */
const MEANING = 1

/** 64 hex digits; the same for the same set of tags in any order. */
export function basisOf(tags: readonly SelectedTag[], parity: ParityConfig): string {
  const servers = new Set(tags.flatMap(({ tag: { address } }) => address.pi?.serverGuid ?? []))
  return sha256Hex(
    canonicalJson({
      meaning: MEANING,
      tags: tags.map(({ tag }) => tag.id).sort(),
      servers: [...servers].sort(),
      rules: rulesOf(parity),
      cellMs: parity.cellMs,
    }),
  )
}
