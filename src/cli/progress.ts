/** Progress on stderr: a bar on a terminal, a line every 30 s elsewhere, nothing with --quiet. */
import { SingleBar } from 'cli-progress'
import type { Output } from './output.ts'
import { printable } from '../util/printable.ts'

const LINE_INTERVAL_MS = 30_000
/** Four pictures a second are smooth enough and cost nothing. */
const BAR_FRAMES_PER_SECOND = 4

export interface Progress {
  /** `fraction` 0 to 1; `detail` is a short text of facts, e.g. samples and rate. */
  update(fraction: number, detail: string): void
  /** Leaves the last state on the terminal. Idempotent. */
  stop(): void
}

export function startProgress(output: Output): Progress {
  const { terminal } = output
  if (terminal !== undefined) return bar(terminal)
  return lines(output)
}

function bar(stream: NodeJS.WriteStream): Progress {
  const view = new SingleBar({
    stream,
    format: '{bar} {percentage}%  {detail}',
    fps: BAR_FRAMES_PER_SECOND,
    barsize: 30,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    // Signals are ours (interrupt.ts).
    gracefulExit: false,
  })
  view.start(1, 0, { detail: '' })
  let stopped = false
  return {
    update: (fraction, detail) => {
      if (!stopped) view.update(fraction, { detail: printable(detail) })
    },
    stop: () => {
      if (!stopped) view.stop()
      stopped = true
    },
  }
}

/** With --quiet, `note` prints none of them. */
function lines(output: Output): Progress {
  let latest: string | undefined
  const timer = setInterval(() => {
    if (latest !== undefined) output.note(latest)
  }, LINE_INTERVAL_MS)
  timer.unref()
  return {
    update: (fraction, detail) => {
      latest = `${String(Math.floor(fraction * 100))}%  ${printable(detail)}`
    },
    stop: () => {
      clearInterval(timer)
    },
  }
}
