import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_PAGE, MIN_CEILING, PageSize } from '../../../src/source/pi-web-api/page-size.ts'

/** Asks like the reader does; returns the size accepted in the end. */
function ask(sizes: PageSize, wanted: number, ceiling: number): number {
  let asked = wanted
  let refused: number | undefined
  while (asked > ceiling) {
    refused = asked
    asked = sizes.shrunk(asked)!
  }
  sizes.learn(asked, refused)
  return asked
}

describe('PageSize', () => {
  it('starts at what is wanted, within the documented ceiling', () => {
    expect(new PageSize().base(10_000)).toBe(10_000)
    expect(new PageSize().base(1_000_000)).toBe(MAX_PAGE)
  })

  it('remembers a refusal, so that the next page is not refused again', () => {
    const sizes = new PageSize()
    expect(ask(sizes, sizes.base(10_000), 1_500)).toBeLessThanOrEqual(1_500)
    expect(sizes.base(10_000)).toBeLessThanOrEqual(1_500)
  })

  it('grows to exactly the ceiling, whatever it is, in a bounded number of calls', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: MIN_CEILING, max: 200_000 }),
        fc.integer({ min: 1, max: 200_000 }),
        (ceiling, wanted) => {
          const sizes = new PageSize()
          let size = ask(sizes, sizes.base(wanted), ceiling)
          let calls = 0
          for (let next = sizes.grown(size); next !== undefined; next = sizes.grown(size)) {
            size = ask(sizes, next, ceiling)
            calls += 1
          }
          expect(size).toBe(Math.min(ceiling, MAX_PAGE))
          expect(calls).toBeLessThan(60)
        },
      ),
    )
  })

  it('stops where no ceiling is: a request refused there is refused for another reason', () => {
    const sizes = new PageSize()
    const tried: number[] = []
    for (let size: number | undefined = 10_000; size !== undefined; size = sizes.shrunk(size)) tried.push(size)
    expect(tried.at(-1)).toBe(MIN_CEILING)
    expect(tried.length).toBeLessThan(10)
    expect(sizes.base(10_000)).toBe(10_000)
  })

  it('follows a ceiling that is lowered, and one that is raised', () => {
    const sizes = new PageSize()
    ask(sizes, 8_000, 10_000)
    expect(ask(sizes, sizes.base(8_000), 500)).toBeLessThanOrEqual(500)
    let size = sizes.base(8_000)
    for (let next = sizes.grown(size); next !== undefined && size < 8_000; next = sizes.grown(size)) {
      size = ask(sizes, next, 10_000)
    }
    expect(size).toBeGreaterThan(490)
  })

  it('tries a ceiling again once in a while: the refusal may have passed', () => {
    const sizes = new PageSize()
    ask(sizes, 10_000, 100)
    let pages = 0
    for (; sizes.base(10_000) < 10_000; pages++) ask(sizes, sizes.base(10_000), 10_000)
    expect(pages).toBeGreaterThan(50)
    expect(pages).toBeLessThan(200)
    expect(ask(sizes, sizes.base(10_000), 100)).toBe(100)
    expect(sizes.base(10_000)).toBe(100)
  })
})
