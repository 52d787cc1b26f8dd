/** Act three, and again after act four: through canary to live. Everything is compared anew for each step. */
import type { Outcome } from '../../app/cutover/outcome.ts'
import { formatCount, plural } from '../../util/format.ts'
import { checklistOf } from '../decision-answer.ts'
import { CONSUMERS, GREEN_WINDOWS, OPERATOR, SECOND, WORKLOAD } from './demo-config.ts'
import type { DemoSite } from './demo-site.ts'
import { answerOf, isRefusedBy, type Scene } from './scene.ts'

/** `suffix`: tells the scenes apart by name where they are told twice. */
export async function* moved(site: DemoSite, suffix: '' | '-again'): AsyncGenerator<Scene> {
  const { desk, signal } = site
  await site.passWindows(GREEN_WINDOWS)
  const canary = await site.step(OPERATOR)
  yield await served(site, `canary${suffix}`, `${OPERATOR}: the first consumers to the log`, canary.outcome)

  await site.passWindows(1)
  const { outcome: early } = await site.step(OPERATOR)
  const manifest = early.assessment?.manifestHash ?? ''
  const approvals = [
    await desk.approve(WORKLOAD, { actor: OPERATOR, manifest }, signal),
    await desk.approve(WORKLOAD, { actor: SECOND, manifest }, signal),
  ]
  const approved = approvals.filter(({ kind }) => kind === 'decided').length
  yield {
    scene: `approve${suffix}`,
    asked: `${OPERATOR}: all consumers to the log`,
    answered: answerOf(early),
    detail: `All of it is equal, and nobody answers for it yet. Of ${OPERATOR} and ${SECOND}, ${approved} approve evidence ${manifest.slice(0, 12)}.`,
    asTold: isRefusedBy(early, 'approvals') && approved === approvals.length,
    numbers: { approvals: approved },
    checklist: checklistOf(early.assessment),
  }

  const live = await desk.advance(WORKLOAD, { actor: SECOND }, signal)
  yield await served(site, `live${suffix}`, `${SECOND}: all consumers to the log`, live)
}

/** What consumers find in the log after a step. */
async function served(site: DemoSite, scene: string, asked: string, outcome: Outcome): Promise<Scene> {
  const onLog = await site.consumersOnLog()
  const { cells = 0, verifiedSince = 0 } = outcome.assessment?.manifest?.cells ?? {}
  const percent = outcome.kind === 'decided' ? outcome.event.percent : 0
  const isShare = percent === 100 ? onLog === CONSUMERS.length : onLog > 0 && onLog < CONSUMERS.length
  return {
    scene,
    asked,
    answered: answerOf(outcome),
    detail:
      `${formatCount(verifiedSince)} of ${plural(cells, 'window')} verified since the step was asked for. ` +
      `${onLog} of ${plural(CONSUMERS.length, 'consumer')} now read the log.`,
    asTold: outcome.kind === 'decided' && cells > 0 && verifiedSince === cells && isShare,
    numbers: { windows: cells, verified: verifiedSince, percent, consumers: onLog },
    checklist: checklistOf(outcome.assessment),
  }
}
