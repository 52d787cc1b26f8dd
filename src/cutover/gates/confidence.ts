/**
 * The gates of confidence: has it been right for long, in bad weather, and in what was drawn? None of them makes a move
 * safe: a cell that was edited after its look stays green for as long as nobody looks again. That it is equal now is
 * what the as-of gate is for.
 */
import { formatCount, plural } from '../../util/format.ts'
import { msOf } from '../decode.ts'
import type { DiversityEvidence } from '../manifest.ts'
import { answer, formatAge, type Gate, type GateQuestion } from './answer.ts'

export const streakGate: Gate = (question) => {
  const { manifest, policy, nowMs } = question
  const { streak } = manifest
  if (streak === null)
    return answer('streak', { unknown: ['how long everything was green was not measured'], basis: '' })
  const needMs = Math.max(policy.streakMs, policy.consumerCycleMs)
  const greenMs = nowMs - msOf(streak.since)
  const against: string[] = []
  const unknown: string[] = []
  if (greenMs < 0) unknown.push(`the streak begins at ${streak.since}, which is in the future`)
  else if (greenMs < needMs) against.push(`green for ${formatAge(greenMs)} of ${formatAge(needMs)}`)
  if (streak.greenWindows === 0) against.push('no window has been green yet')
  against.push(...soakLeft(question))
  return answer('streak', {
    against,
    unknown,
    basis: `green for ${formatAge(greenMs)}, ${plural(streak.greenWindows, 'window')}: this is confidence, not safety`,
  })
}

/** The last step also waits for the end of probation. */
function* soakLeft({ target, manifest, policy, nowMs }: GateQuestion): Generator<string> {
  if (target.to !== 'retired') return
  const soakedMs = manifest.phase === 'soaking' ? Math.max(0, nowMs - msOf(manifest.phaseSince)) : 0
  if (soakedMs < policy.soakMs) yield `soaked for ${formatAge(soakedMs)} of ${formatAge(policy.soakMs)}`
}

const WEATHER: Readonly<Record<keyof DiversityEvidence, string>> = {
  restarts: 'restart of Banyan',
  outages: 'outage of the historian',
  lateBatches: 'batch of late samples',
  clockChanges: 'change to or from daylight saving time',
}

export const diversityGate: Gate = ({ manifest: { diversity } }) => {
  const seen = (Object.keys(WEATHER) as (keyof DiversityEvidence)[]).map((kind) => ({
    what: WEATHER[kind],
    times: diversity === null ? null : diversity[kind],
  }))
  return answer('diversity', {
    against: seen.filter(({ times }) => times === 0).map(({ what }) => `the streak has seen no ${what}`),
    unknown: seen.filter(({ times }) => times === null).map(({ what }) => `nobody counts when there is a ${what}`),
    basis: `the streak has seen ${seen.map(({ what, times }) => plural(times ?? 0, what)).join(', ')}`,
  })
}

/** How sure a bound must be. */
const CONFIDENCE = 0.95

export const boundGate: Gate = ({ manifest: { bound }, policy: { maxUpperRate } }) => {
  if (bound === null) return answer('bound', { unknown: ['the rate of wrong cells was not bounded'], basis: '' })
  const against: string[] = []
  if (bound.confidence < CONFIDENCE) against.push(`the bound holds with a confidence of ${bound.confidence} only`)
  if (bound.upperRate > maxUpperRate) {
    against.push(`up to ${bound.upperRate} of the cells may be wrong, and ${maxUpperRate} is accepted`)
  }
  return answer('bound', {
    against,
    unknown: bound.cells === 0 ? ['no cell was drawn'] : [],
    basis: `at most ${bound.upperRate} of the cells are wrong, from ${plural(bound.cells, 'cell')} drawn`,
  })
}

export const shadowGate: Gate = ({ manifest: { shadow }, policy, nowMs }) => {
  if (shadow === null) return answer('shadow', { unknown: ['no shadow read was reported'], basis: '' })
  const { minComparisons, minQueryShare, withinMs } = policy.shadow
  const { since, comparisons, unexplained, queriesKnown, queriesSeen } = shadow
  const ageMs = nowMs - msOf(since)
  const against: string[] = []
  const unknown: string[] = []
  if (unexplained > 0) against.push(`${plural(unexplained, 'answer')} of both sides differ unexplained`)
  if (comparisons < minComparisons) {
    against.push(`${plural(comparisons, 'comparison')}, and ${formatCount(minComparisons)} are needed`)
  }
  if (queriesKnown === 0) unknown.push('no kind of query is known')
  else if (queriesSeen < minQueryShare * queriesKnown) {
    against.push(`${formatCount(queriesSeen)} of ${plural(queriesKnown, 'kind')} of queries compared`)
  }
  if (ageMs > withinMs) against.push(`the comparisons go back ${formatAge(ageMs)}, and ${formatAge(withinMs)} count`)
  if (ageMs < 0) unknown.push(`the comparisons begin at ${since}, which is in the future`)
  return answer('shadow', { against, unknown, basis: `${plural(comparisons, 'comparison')} without a difference` })
}
