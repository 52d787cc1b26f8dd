/**
 * Workload: tags and the consumers that read them, which move from the historian to the log together, and back. A tag
 * may belong to several workloads; where a workload stands is said by its phase.
 */

/** `A`: a wrong answer hurts people or product. `B`: it costs money. `C`: it costs time. */
export const CRITICALITIES = ['A', 'B', 'C'] as const
export type Criticality = (typeof CRITICALITIES)[number]

/** A program or person that reads the tags. */
export interface Consumer {
  readonly name: string
  /** Age of the newest sample that it can live with, milliseconds. */
  readonly stalenessMs: number
}

export interface Workload {
  readonly name: string
  readonly criticality: Criticality
  /** At least one. */
  readonly consumers: readonly Consumer[]
}

/** In order; a workload goes one step forward at a time. */
export const PHASES = [
  /** Known, and nothing copied for it. */
  'registered',
  /** Its history is being copied. */
  'backfilling',
  /** Its history is copied and its live tail followed. */
  'mirroring',
  /** Parity is being proven. */
  'verifying',
  /** Consumers may read the log beside the historian, and compare. */
  'shadowing',
  /** A share of the consumers is served from the log. */
  'canary',
  /** All consumers are served from the log. */
  'live',
  /** As live, on probation before the historian is let go. */
  'soaking',
  /** The historian may stop being fed. There is no way back. */
  'retired',
] as const
export type Phase = (typeof PHASES)[number]

/** Phases in which some consumer is served from the log and which can be rolled back. */
export const SERVING_PHASES = ['canary', 'live', 'soaking'] as const satisfies readonly Phase[]
export type ServingPhase = (typeof SERVING_PHASES)[number]

export function isServing(phase: Phase): phase is ServingPhase {
  return (SERVING_PHASES as readonly Phase[]).includes(phase)
}

/** Which side a consumer is told to read. */
export type Side = 'historian' | 'log'
