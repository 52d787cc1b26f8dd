/** What listening to the historian's notices of change adds to following 10,000 tags. */
import { NO_SWEEPS, Site } from './site.ts'
import { formatCount, formatSeconds, row } from './table.ts'

const TAGS = 10_000
const INTERVAL_SECONDS = 10
const ROUNDS = 12
const NEWS_PER_SECOND = 10
/** Registering is spread over many polls, half a minute apart: this is longer than two are. */
const LOOK_SECONDS = 70
const REGISTRATION = 'POST /streamsets/updates'

export async function benchHints(): Promise<void> {
  for (const hints of [false, true]) {
    const site = await Site.open({
      size: { tags: TAGS, historySamples: 1, historyEverySeconds: 1 },
      log: { kind: 'embedded' },
      sync: [NO_SWEEPS, `hints: ${hints}`],
    })
    try {
      await site.start()
      await site.plant({ do: 'live', perSecond: NEWS_PER_SECOND, rate: 1 })
      while (((await site.watch(LOOK_SECONDS)).byRoute[REGISTRATION] ?? 0) > 0);
      const { requests, rounds, cpuSeconds } = await site.watch(ROUNDS * INTERVAL_SECONDS)
      row(
        `${formatCount(TAGS)} tags, hints ${hints ? 'on' : 'off'}: round with news of 1 %, requests`,
        (requests / rounds).toFixed(1),
        '≤ 60',
        `${formatSeconds(cpuSeconds / rounds)} of CPU`,
      )
    } finally {
      await site.close()
    }
  }
}
