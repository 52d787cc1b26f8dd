/**
 * Headline of a cutover: the one sentence the report comes down to, for the bridge and for each workload, and what to do
 * next. Pure; table and page both begin with it. What needs somebody comes before what goes well.
 */
import { isServing } from '../domain/workload.ts'
import { plural } from '../util/format.ts'
import type { Checklist, CutoverReport, StepReport, WorkloadStanding } from './cutover-model.ts'
import { stepText } from './cutover-words.ts'
import { formatTime } from './phrases.ts'

export type CutoverMood =
  /** Somebody has to find out why a workload went back by itself. */
  | 'quarantined'
  /** Stopped by somebody. */
  | 'frozen'
  /** The gates were asked, and do not let it go on. */
  | 'held'
  /** The gates were asked, and let it go on. */
  | 'ready'
  /** On its way, and nobody asked what is next. */
  | 'underway'
  /** At the end. */
  | 'retired'

export interface CutoverHeadline {
  readonly mood: CutoverMood
  /** Never colour alone. */
  readonly glyph: string
  readonly title: string
  readonly sentence: string
  readonly next: string
}

const TITLES: Readonly<Record<CutoverMood, Pick<CutoverHeadline, 'glyph' | 'title'>>> = {
  quarantined: { glyph: '!', title: 'Quarantined' },
  frozen: { glyph: '‖', title: 'Frozen' },
  held: { glyph: '✕', title: 'Held by its gates' },
  ready: { glyph: '✓', title: 'May go on' },
  underway: { glyph: '▶', title: 'Under way' },
  retired: { glyph: '●', title: 'Done' },
}

/** Worst first. */
const MOODS = ['quarantined', 'frozen', 'held', 'ready', 'underway', 'retired'] as const satisfies CutoverMood[]

/** `checklist`: what the gates before the next step answered. */
export function workloadHeadline(standing: WorkloadStanding, checklist: Checklist | undefined): CutoverHeadline {
  const mood = moodOf(standing, checklist)
  return { mood, ...TITLES[mood], sentence: sentenceOf(standing), next: nextOf(mood, standing, checklist) }
}

export function cutoverHeadline({ workloads }: CutoverReport): CutoverHeadline {
  const moods = workloads.map((workload) => moodOf(workload, workload.checklist))
  const mood = MOODS.find((one) => moods.includes(one))
  if (mood === undefined) {
    return {
      mood: 'underway',
      glyph: '·',
      title: 'No workload',
      sentence: 'Nothing is to be moved: the configuration names no workload.',
      next: 'Describe one under `workloads` in the configuration.',
    }
  }
  const served = workloads.filter(({ serve }) => serve === 'log').length
  const worst = workloads.filter((_, i) => moods[i] === mood)
  const names = worst.length === 1 ? (worst[0]?.workload ?? '') : plural(worst.length, 'workload')
  return {
    mood,
    glyph: TITLES[mood].glyph,
    title: `${names}: ${TITLES[mood].title.toLowerCase()}`,
    sentence: `${plural(workloads.length, 'workload')}; the log serves consumers of ${served === 0 ? 'none' : String(served)} of them.`,
    next: worst[0] === undefined ? '' : nextOf(mood, worst[0], worst[0].checklist),
  }
}

function moodOf({ phase, quarantine, frozen }: WorkloadStanding, checklist: Checklist | undefined): CutoverMood {
  if (phase === 'retired') return 'retired'
  if (quarantine !== undefined) return 'quarantined'
  if (frozen !== undefined) return 'frozen'
  if (checklist?.about !== 'next') return 'underway'
  return isOpen(checklist) ? 'ready' : 'held'
}

/** Whether nothing stands in the way of the step. */
export function isOpen({ outcome, obstacles }: Checklist): boolean {
  return outcome === 'pass' && obstacles.length === 0
}

/** What the gates come to, without a full stop. */
export function checklistSentence(checklist: Checklist): string {
  const { about, step, askedAt, outcome, obstacles } = checklist
  const [to, when] = [stepText(step), formatTime(askedAt)]
  if (about === 'last') return `The step to ${to} was taken at ${when}, on these answers`
  if (isOpen(checklist)) return `The step to ${to} may be taken, as of ${when}`
  if (outcome === 'unknown' && obstacles.length === 0) return `The step to ${to} is not known to be safe, as of ${when}`
  return `The step to ${to} is refused, as of ${when}`
}

function sentenceOf({ workload, phase, percent, epoch, serve }: WorkloadStanding): string {
  if (epoch === 0) return `${workload} is not registered yet; its consumers read the historian.`
  const reads =
    serve === 'historian'
      ? 'all its consumers read the historian'
      : percent === 100
        ? 'all its consumers read the log'
        : `${percent} % of its consumers read the log, the others the historian`
  return `${workload} is in ${stepText({ phase, percent })}: ${reads}.`
}

function nextOf(
  mood: CutoverMood,
  { workload, next, request }: WorkloadStanding,
  checklist: Checklist | undefined,
): string {
  const step = next === undefined ? '' : stepText(next)
  const isToBeRequested = next !== undefined && request === undefined && isAskedFor(next)
  switch (mood) {
    case 'quarantined':
      return `Find the root cause, then name it: banyan cutover lift-quarantine ${workload} --reason TEXT`
    case 'frozen':
      return `When it may go on: banyan cutover thaw ${workload}`
    case 'ready':
      return `Take the step to ${step}: banyan cutover advance ${workload}`
    case 'retired':
      return 'Keep the evidence: it outlives the data.'
    case 'held':
      if (isToBeRequested) return `Ask for the step to ${step}: banyan cutover request ${workload}`
      return `${checklist === undefined ? '' : mendText(workload, checklist)}; then ask again: banyan cutover plan ${workload}`
    case 'underway':
      if (isToBeRequested) return `Ask for the step to ${step}: banyan cutover request ${workload}`
      return `See what stands before the step to ${step}: banyan cutover plan ${workload}`
  }
}

/** Where consumers are moved, or the way back ends, evidence counts from the request on. */
function isAskedFor({ phase }: StepReport): boolean {
  return isServing(phase) || phase === 'retired'
}

function mendText(workload: string, { obstacles, gates, manifestHash }: Checklist): string {
  const [obstacle] = obstacles
  if (obstacle !== undefined) return obstacle.hint.replace(/\.$/, '')
  const closed = gates.filter(({ outcome }) => outcome !== 'pass').map(({ gate }) => gate)
  if (closed.length === 1 && closed[0] === 'approvals' && manifestHash !== undefined) {
    return `Let somebody read the evidence and answer for it, with banyan cutover approve ${workload} --manifest ${manifestHash}`
  }
  return `Mend what these gates name: ${closed.join(', ')}`
}
