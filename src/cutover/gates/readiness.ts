/**
 * The gates of readiness: is the log fresh enough, does the verifier still see, does the way back work, and does
 * somebody answer for the move?
 */
import { plural } from '../../util/format.ts'
import { msOf } from '../decode.ts'
import { BRIDGE_ACTOR } from '../events.ts'
import { personOf } from '../person.ts'
import { answer, formatAge, type Gate, type GateQuestion } from './answer.ts'

/** A single worst moment may exceed what a consumer can live with by so much. */
const LAG_MAX_FACTOR = 3

export const lagGate: Gate = ({ manifest: { lag } }) => {
  const against: string[] = []
  const unknown = lag.length === 0 ? ['no consumer is known'] : []
  for (const { consumer, stalenessMs, p99Ms, maxMs, windowMs } of lag) {
    if (p99Ms === null || maxMs === null || windowMs === null || windowMs === 0) {
      unknown.push(`the lag of ${consumer} was not measured`)
      continue
    }
    if (p99Ms > stalenessMs) {
      against.push(`${consumer} lags ${formatAge(p99Ms)} (p99) and can live with ${formatAge(stalenessMs)}`)
    }
    if (maxMs > LAG_MAX_FACTOR * stalenessMs) {
      against.push(
        `${consumer} lagged ${formatAge(maxMs)} once, beyond ${LAG_MAX_FACTOR} times ${formatAge(stalenessMs)}`,
      )
    }
  }
  return answer('lag', { against, unknown, basis: `${plural(lag.length, 'consumer')} would read fresh samples` })
}

export const vitalityGate: Gate = ({ target, manifest: { vitality }, policy, nowMs }) => {
  if (vitality === null) return answer('vitality', { unknown: ['no fault was planted for the verifier'], basis: '' })
  const { at, epoch, planted, found, verifierLagWindows } = vitality
  const ageMs = nowMs - msOf(at)
  const against: string[] = []
  const unknown: string[] = []
  if (found !== planted) against.push(`the verifier found ${found} of ${plural(planted, 'planted fault')}`)
  if (planted === 0) unknown.push('no fault was planted for the verifier')
  if (epoch !== target.epoch) against.push(`faults were planted in epoch ${epoch}, and this is epoch ${target.epoch}`)
  if (ageMs > policy.vitalityMaxAgeMs) against.push(`faults were last planted ${formatAge(ageMs)} ago`)
  if (ageMs < 0) unknown.push(`faults were planted at ${at}, which is in the future`)
  if (verifierLagWindows === null) unknown.push('how far the verifier is behind was not measured')
  else if (verifierLagWindows >= 1) against.push(`the verifier is ${verifierLagWindows} windows behind`)
  return answer('vitality', {
    against,
    unknown,
    basis: `the verifier found all of ${plural(planted, 'planted fault')}`,
  })
}

export const rollbackReadyGate: Gate = (question) => {
  const { historians } = question.manifest
  const unknown = historians.length === 0 ? ['no historian is known'] : []
  const against: string[] = []
  for (const { name, newestAgeMs } of historians) {
    if (newestAgeMs === null) {
      unknown.push(`how fresh ${name} is was not measured`)
      continue
    }
    // The sample has aged since.
    const ageMs = newestAgeMs + Math.max(0, question.nowMs - msOf(question.manifest.at))
    if (ageMs > question.policy.historianMaxAgeMs) {
      against.push(`the newest sample of ${name} is ${formatAge(ageMs)} old: is it still fed?`)
    }
  }
  const drill = drillFindings(question)
  return answer('rollback-ready', {
    against: [...drill.against, ...against],
    unknown: [...drill.unknown, ...unknown],
    basis: `the way back took ${String(question.manifest.drill?.seconds)} s, and the historian is fed`,
  })
}

function drillFindings({ manifest: { drill }, policy, nowMs }: GateQuestion): { against: string[]; unknown: string[] } {
  if (drill === null) return { against: [], unknown: ['the way back was never rehearsed'] }
  const ageMs = nowMs - msOf(drill.at)
  const against: string[] = []
  if (ageMs > policy.drillMaxAgeMs) against.push(`the way back was last rehearsed ${formatAge(ageMs)} ago`)
  if (drill.seconds * 1_000 > policy.drillMaxMs) {
    against.push(`the way back took ${drill.seconds} s, and ${formatAge(policy.drillMaxMs)} are accepted`)
  }
  return { against, unknown: ageMs < 0 ? [`the way back was rehearsed at ${drill.at}, which is in the future`] : [] }
}

export const approvalsGate: Gate = ({ manifest, policy, nowMs }) => {
  const people = new Set(manifest.approvals.map(({ actor }) => personOf(actor)))
  people.delete(personOf(BRIDGE_ACTOR))
  const against = policy.freezes
    .filter(({ from, until }) => msOf(from) <= nowMs && nowMs < msOf(until))
    .map(({ until, reason }) => `the calendar is frozen until ${until}: ${reason}`)
  if (people.size < policy.approvals) {
    against.push(`${people.size} of ${plural(policy.approvals, 'approval')} by different people`)
  }
  return answer('approvals', {
    against,
    basis: people.size === 0 ? 'nobody needs to approve' : `${plural(people.size, 'approval')} by different people`,
  })
}
