/** What listening to the historian's notices of change adds to following 10,000 tags; compare with the rounds without. */
import { NO_SWEEPS, Site } from './site.ts'
import { formatCount, formatSeconds, row } from './table.ts'

const TAGS = 10_000
const INTERVAL_SECONDS = 10
const ROUNDS = 12
/** A hundred tags of ten thousand in an interval of ten seconds. */
const NEWS_PER_SECOND = (TAGS * 0.01) / INTERVAL_SECONDS
/** Registering is spread over many polls, half a minute apart: this is longer than two are. */
const LOOK_SECONDS = 70
const REGISTRATION = 'POST streamsets/updates'

export async function benchHints(): Promise<void> {
  const site = await Site.open({
    size: { tags: TAGS, historySamples: 1, historyEverySeconds: 1 },
    log: { kind: 'embedded' },
    sync: [NO_SWEEPS, 'hints: true'],
  })
  try {
    await site.start()
    await site.plant({ do: 'live', perSecond: NEWS_PER_SECOND, rate: 1 })
    while (((await site.watch(LOOK_SECONDS)).byRoute[REGISTRATION] ?? 0) > 0);
    const { requests, rounds, cpuSeconds } = await site.watch(ROUNDS * INTERVAL_SECONDS)
    const name = `${formatCount(TAGS)} tags, hints on: round with news of 1 %`
    row(
      `${name}, requests`,
      (requests / rounds).toFixed(1),
      '≤ 60',
      `${INTERVAL_SECONDS} s, a third of a poll for hints`,
    )
    row(`${name}, CPU`, formatSeconds(cpuSeconds / rounds), '≤ 5 s', `all the daemon does in ${INTERVAL_SECONDS} s`)
  } finally {
    await site.close()
  }
}
