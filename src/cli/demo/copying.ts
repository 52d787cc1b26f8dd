/** Act one: history is copied, compared and followed. No person acts: nothing is moved by it. */
import type { BackfillReport } from '../../app/backfill-job.ts'
import { formatCount, formatSeconds, plural } from '../../util/format.ts'
import { GREEN_WINDOWS, WORKLOAD } from './demo-config.ts'
import type { DemoSite } from './demo-site.ts'
import type { Scene } from './scene.ts'

export function copied({ tags, samples, requests, seconds, state, failures }: BackfillReport, writes: number): Scene {
  return {
    scene: 'copy',
    asked: `Copy 90 days of ${plural(tags.total, 'tag')}`,
    answered: failures.length === 0 ? state : `${plural(failures.length, 'tag')} failed`,
    detail: `${formatCount(samples)} samples in ${formatSeconds(seconds)}, ${plural(requests, 'request')}, ${plural(writes, 'write')}.`,
    asTold: state === 'done' && failures.length === 0 && writes === 0,
    numbers: { samples, requests, writes },
  }
}

/** From registered to verifying. */
export async function* followed(site: DemoSite): AsyncGenerator<Scene> {
  await site.sync()
  const { totals } = await site.verify()
  const { cells, tags, verdicts, samplesProven } = totals
  yield {
    scene: 'compare',
    asked: `Read what ${WORKLOAD} needs again, and compare`,
    answered: verdicts.match === cells ? 'equal' : 'not equal',
    detail: `${formatCount(verdicts.match)} of ${plural(cells, 'window')} of ${plural(tags, 'tag')} are identical, sample by sample.`,
    asTold: cells > 0 && verdicts.match === cells,
    numbers: { windows: cells, mismatches: verdicts.mismatch, samples: samplesProven },
  }

  await site.register()
  const samples = await site.passWindows(GREEN_WINDOWS)
  const { phase } = site.desk.standing(WORKLOAD).state
  yield {
    scene: 'follow',
    asked: 'Follow the plant for an hour',
    answered: phase,
    detail: `${plural(samples, 'new sample')} copied. ${WORKLOAD} has come to ${phase} by what is so, without anybody's word.`,
    asTold: samples > 0 && phase === 'verifying',
    numbers: { samples },
  }
}
