/** The historian is not there, not the one that was meant, or does not have what was asked for. */
import { describe, expect, it } from 'vitest'
import { openSite, toldBy } from './site.ts'

const LIMIT_MS = 120_000

type Case = readonly [
  what: string,
  wrong: (url: string) => readonly [right: string, mistake: string],
  code: number,
  error: RegExp,
  hint: RegExp,
]

describe.concurrent('a historian that cannot be used', { timeout: LIMIT_MS }, () => {
  it.for<Case>([
    ['a path that is not PI Web API', (url) => [url, url.replace('piwebapi', 'wrong')], 1, /404/, /base of PI Web API/],
    [
      'a port where nobody listens',
      (url) => [url, 'http://127.0.0.1:1/piwebapi'],
      1,
      /127\.0\.0\.1:1 .*ECONNREFUSED/,
      /url/,
    ],
    [
      'a host that does not exist',
      (url) => [url, 'http://pi.invalid/piwebapi'],
      1,
      /pi\.invalid .*(ENOTFOUND|EAI_AGAIN)/,
      /url/,
    ],
    ['a server that speaks no TLS', (url) => [url, url.replace('http:', 'https:')], 1, /127\.0\.0\.1/, /url|tls/i],
    ['another data server', () => ['BANYANSIM', 'PISRV99'], 1, /PISRV99/, /BANYANSIM/],
    ['a data server that is not connected', () => ['BANYANSIM', 'OFFLINE'], 1, /OFFLINE/, /Data Archive/],
    ['a mask that matches nothing', () => ['"*"', '"NOTHING*"'], 2, /NOTHING\*/, /banyan tags/],
  ])('%s', async ([, wrong, code, error, hint], context) => {
    const site = await openSite(context, { historian: { scenario: 'conformance', scale: 0.05 } })
    const [right, mistake] = wrong(site.url)
    site.edit(right, mistake)
    expect(toldBy(await site.run('backfill', '--quiet'))).toMatchObject({
      code,
      error: expect.stringMatching(error) as string,
      hint: expect.stringMatching(hint) as string,
    })
    site.edit(mistake, right)
    await site.completes()
  })
})
