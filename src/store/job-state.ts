/**
 * What a person may ask of a job in each state, and what comes of it at once. Pure.
 *
 * A job that runs is only *asked*: its runner notices at the next page and ends the run in the state wanted. A job
 * that does not run changes state here.
 */
export type JobState = 'queued' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled' | 'interrupted'
export type JobRequest = 'pause' | 'resume' | 'cancel'

/** What a running job was asked to do and has not done yet. */
export type PendingRequest = 'pause' | 'cancel'

/** How a run may end; `interrupted` by a signal or an outage, to be taken up again. */
export type RunOutcome = 'done' | 'failed' | 'paused' | 'cancelled' | 'interrupted'

type Steering =
  /** The job is in this state from now on; nothing is pending. */
  | { readonly state: JobState }
  /** The runner is asked; undefined takes back what was asked before. */
  | { readonly pending: PendingRequest | undefined }
  /** It makes no sense; the reason completes "job 7 …". */
  | { readonly refused: string }

const CANCELLED: Steering = { state: 'cancelled' }
const QUEUED: Steering = { state: 'queued' }

const STEERING: Readonly<Record<JobState, Readonly<Record<JobRequest, Steering>>>> = {
  queued: { pause: { state: 'paused' }, resume: QUEUED, cancel: CANCELLED },
  running: { pause: { pending: 'pause' }, resume: { pending: undefined }, cancel: { pending: 'cancel' } },
  paused: { pause: { state: 'paused' }, resume: QUEUED, cancel: CANCELLED },
  interrupted: { pause: { state: 'paused' }, resume: QUEUED, cancel: CANCELLED },
  failed: { pause: { refused: 'has already failed' }, resume: QUEUED, cancel: CANCELLED },
  done: {
    pause: { refused: 'is already done' },
    resume: { refused: 'is already done' },
    cancel: { refused: 'is already done' },
  },
  cancelled: {
    pause: { refused: 'was cancelled' },
    resume: { refused: 'was cancelled: start a new one, what it copied is not copied again' },
    cancel: CANCELLED,
  },
}

export function steer(state: JobState, request: JobRequest): Steering {
  return STEERING[state][request]
}
