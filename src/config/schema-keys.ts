/** The JSON Schema of banyan.yaml, and the keys it allows: for editors, and for "did you mean". */
import { z } from 'zod'
import type { ConfigPath } from './problem.ts'
import { configSchema } from './schema.ts'

type SchemaNode = z.core.JSONSchema.BaseSchema

/** The published schema (docs/banyan.schema.json, `banyan config schema`). */
export function configJsonSchema(): SchemaNode {
  return z.toJSONSchema(configSchema, { io: 'input' })
}

/** Keys allowed in the map at `path`; of all kinds where a map may be of several. */
export function keysAt(path: ConfigPath): string[] {
  let nodes = alternatives([configJsonSchema()])
  for (const part of path) nodes = alternatives(nodes.flatMap((node) => childrenOf(node, part)))
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))]
}

/** Every place where `key` would be allowed, as dotted paths with `<name>` for free names. */
export function pathsOfKey(key: string): string[] {
  const found = new Set<string>()
  collect(configJsonSchema(), '', key, found)
  return [...found]
}

function collect(node: SchemaNode, path: string, key: string, found: Set<string>): void {
  for (const alternative of alternatives([node])) {
    for (const [name, child] of Object.entries(alternative.properties ?? {})) {
      const childPath = path === '' ? name : `${path}.${name}`
      if (name === key) found.add(childPath)
      if (typeof child === 'object') collect(child, childPath, key, found)
    }
    const { additionalProperties, items } = alternative
    if (typeof additionalProperties === 'object') collect(additionalProperties, `${path}.<name>`, key, found)
    if (typeof items === 'object' && !Array.isArray(items)) collect(items, `${path}[]`, key, found)
  }
}

function childrenOf(node: SchemaNode, part: string | number): SchemaNode[] {
  const child = typeof part === 'number' ? node.items : (node.properties?.[part] ?? node.additionalProperties)
  return typeof child === 'object' && !Array.isArray(child) ? [child] : []
}

function alternatives(nodes: readonly SchemaNode[]): SchemaNode[] {
  return nodes.flatMap((node) => [node, ...(node.oneOf ?? []), ...(node.anyOf ?? [])])
}
