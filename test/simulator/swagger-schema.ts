/**
 * Checks answers against the published Swagger 2.0 specification of PI Web API 2018 SP1: types, formats, and no property
 * it does not know. Where the specification is known to be wrong it is relaxed: values and batch contents are declared
 * as objects but may be anything.
 */
import { readFileSync } from 'node:fs'

interface Schema {
  readonly $ref?: string
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly format?: string
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
}

interface Specification {
  readonly definitions: Readonly<Record<string, Schema>>
  readonly paths: Readonly<Record<string, Record<string, { responses: Record<string, { schema?: Schema }> }>>>
}

const specification = JSON.parse(
  readFileSync(new URL('../../fixtures/pi-web-api/piwebapi-2018sp1-swagger-read-subset.json', import.meta.url), 'utf8'),
) as Specification

const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?Z$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  webid: /^[FIPLD]1[A-Z][A-Za-z][A-Za-z0-9_-]*$/,
  path: /^\\\\[^\\]/,
}

/** Properties of releases after the specification's. */
const ADDED_LATER: ReadonlySet<string> = new Set(['$.Links.InstanceConfiguration'])

/** Every way in which the answer departs from the schema of `operation` (`get /points/{webId}`) and status. */
export function departures(operation: string, status: number, answer: unknown): string[] {
  const [method = '', path = ''] = operation.split(' ')
  const schema = specification.paths[path]?.[method]?.responses[String(status)]?.schema
  return schema === undefined
    ? [`${operation} has no ${String(status)} in the specification`]
    : check(schema, answer, '$')
}

function check(given: Schema, value: unknown, at: string): string[] {
  const schema = given.$ref === undefined ? given : specification.definitions[given.$ref.replace('#/definitions/', '')]
  if (schema === undefined) return [`${at}: no definition ${String(given.$ref)}`]
  const { type } = schema
  switch (type) {
    case 'array':
      if (!Array.isArray(value)) return [`${at}: not an array`]
      return value.flatMap((item, i) => check(schema.items ?? {}, item, `${at}[${String(i)}]`))
    case 'object':
      return checkObject(schema, value, at)
    case 'integer':
      return Number.isInteger(value) ? [] : [`${at}: not an integer`]
    case 'string': {
      if (typeof value !== 'string') return [`${at}: not a string`]
      const format = FORMATS[schema.format ?? '']
      return format === undefined || format.test(value) ? [] : [`${at}: ${value} is no ${String(schema.format)}`]
    }
    case 'number':
    case 'boolean':
      return typeof value === type ? [] : [`${at}: not a ${type}`]
    default:
      return []
  }
}

function checkObject(schema: Schema, value: unknown, at: string): string[] {
  // `type: object` without properties is how the specification says "anything".
  const { properties, additionalProperties } = schema
  if (properties === undefined && additionalProperties === undefined) return []
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: not an object`]
  return Object.entries(value).flatMap(([name, field]) => {
    const known = properties?.[name] ?? additionalProperties
    const where = `${at}.${name}`
    if (known === undefined) return ADDED_LATER.has(where) ? [] : [`${where}: unknown property`]
    return check(known, field, where)
  })
}
