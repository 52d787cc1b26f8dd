/**
 * What of a report goes into the page: all of it, but for the samples of doubtful cells beyond what a page may weigh.
 * The worst come first, so what is left out matters least, and the page counts it.
 */
import type { DoubtfulCell, ParityReport } from '../model.ts'
import { scriptJson } from './markup.ts'

/** A page of 15 MB still opens at once and passes most mail servers; tags and heat map need the rest. */
const DOUBTFUL_CHARACTERS_MAX = 8_000_000

export function pageReport(report: ParityReport, charactersMax = DOUBTFUL_CHARACTERS_MAX): ParityReport {
  const doubtful: DoubtfulCell[] = []
  let characters = 0
  for (const cell of report.doubtful) {
    characters += scriptJson(cell).length
    if (characters > charactersMax) break
    doubtful.push(cell)
  }
  return { ...report, doubtful, doubtfulLeftOut: report.doubtfulLeftOut + report.doubtful.length - doubtful.length }
}
