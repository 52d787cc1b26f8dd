/** The daemon proves by itself what it has copied, and tells of it over HTTP and to other processes. */
import { expect, it } from 'vitest'
import { countVerdicts } from '../../src/domain/verdict.ts'
import type { ParityReport } from '../../src/report/model.ts'
import { HOUR_MS } from '../harness/sync-site.ts'
import { BAD_DAY, endsWell, liveOn, openRunning } from './bad-days/bad-day.ts'

it('compares what is sealed, and says so in status, metrics and report', BAD_DAY, async (context) => {
  const site = await openRunning(context)
  await liveOn(site, 3 * HOUR_MS)
  await site.complete()
  await site.daemon.until('proving', async () => {
    const { parity, verified } = (await site.daemon.status()).historians[0]!
    return parity !== undefined && parity.verdicts.match > 0 && verified.cells > 0
  })

  const report = JSON.parse((await site.daemon.get('/api/report/parity')).text) as ParityReport
  const { verdicts, cells, samplesProven } = report.totals
  expect(verdicts).toMatchObject({ mismatch: 0, inconclusive: 0 })
  expect(countVerdicts(verdicts)).toBe(cells)
  expect(samplesProven).toBeGreaterThan(0)
  expect(report.spend.requests).toBeGreaterThan(0)

  const page = await site.daemon.get('/report/parity')
  expect(page.status).toBe(200)
  expect(page.text).toContain('<title>')
  const metrics = (await site.daemon.get('/metrics')).text
  expect(metrics).toMatch(/^banyan_parity_cells\{historian="sim",verdict="match"\} [1-9]/m)
  const { stdout } = await site.bench.run(['status'])
  expect(stdout).toMatch(/PARITY +MATCH +EXPLAINED/)
  expect(stdout).toMatch(/ago .*samples?, .*requests?/)
  await endsWell(site)
})
