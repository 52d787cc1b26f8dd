/**
 * The query language of points/search, as far as clients use it: `tag:=sin* AND PointType:Float32`, joined by AND or a
 * blank, alternatives by OR. Comparisons of values and dates are refused with 400.
 */
import type { DataServer } from './data-server.ts'
import { ApiError } from './http/answer.ts'
import { nameMask } from './name-mask.ts'
import type { HistorianPoint } from './point.ts'

const TEXT_FIELDS: Readonly<Record<string, (point: HistorianPoint) => string>> = {
  tag: (point) => point.name,
  name: (point) => point.name,
  descriptor: (point) => point.descriptor,
  pointsource: (point) => point.pointSource,
  pointtype: (point) => point.pointType,
  pointclass: (point) => point.pointClass,
  engunits: (point) => point.engineeringUnits,
  digitalset: (point) => point.digitalSet,
}

/** `field:=mask`, `field:mask`, `field:<>mask`; the mask may be quoted. */
const TERM = /^([a-z]+):(=|<>|[<>]=?)?("([^"]*)"|\S*)$/i

export function searchPoints(server: DataServer, query: string): HistorianPoint[] {
  const alternatives = query
    .split(/\s+OR\s+/i)
    .map((part) => part.match(/[a-z]+:(?:[<>=]*)(?:"[^"]*"|\S*)|\S+/gi) ?? [])
  const tests = alternatives.map((terms) => terms.filter((term) => !/^and$/i.test(term)).map(parseTerm))
  return server.points.filter((point) => tests.some((all) => all.every((test) => test(point))))
}

function parseTerm(term: string): (point: HistorianPoint) => boolean {
  const match = TERM.exec(term)
  // A bare word is a name mask.
  if (match === null) return nameTest(term)
  const [, name = '', operator = '', raw = '', quoted] = match
  const field = TEXT_FIELDS[name.toLowerCase()]
  if (field === undefined || (operator !== '' && operator !== '=' && operator !== '<>')) {
    throw ApiError.badRequest(`The query term '${term.slice(0, 128)}' is not valid.`)
  }
  const mask = nameMask(quoted ?? raw)
  return (point) => mask(field(point)) !== (operator === '<>')
}

function nameTest(mask: string): (point: HistorianPoint) => boolean {
  const test = nameMask(mask)
  return (point) => test(point.name)
}
