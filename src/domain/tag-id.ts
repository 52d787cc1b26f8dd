/**
 * TagId: `<historian name>/<native id>`. The native id is what the historian never changes (PI: the point's integer
 * id); names and WebIDs change and are addresses, not identities.
 */
declare const tagIdBrand: unique symbol
export type TagId = string & { readonly [tagIdBrand]: true }

const HISTORIAN_NAME = /^[a-z0-9-]+$/

export function tagId(historian: string, nativeId: string | number): TagId {
  return parseTagId(`${historian}/${String(nativeId)}`)
}

/** Throws RangeError unless the text is `<[a-z0-9-]+>/<something>`. */
export function parseTagId(text: string): TagId {
  const slash = text.indexOf('/')
  if (slash < 1 || slash === text.length - 1 || !HISTORIAN_NAME.test(text.slice(0, slash))) {
    throw new RangeError(`not a tag id "<historian>/<native id>": ${JSON.stringify(text.slice(0, 128))}`)
  }
  return text as TagId
}

export function historianOf(id: TagId): string {
  return id.slice(0, id.indexOf('/'))
}

export function nativeIdOf(id: TagId): string {
  return id.slice(id.indexOf('/') + 1)
}
