/** Kafka's primitive encodings (big-endian), and a request as kafkajs' connections take it. */
import { BanyanError, messageOf } from '../../domain/errors.ts'
import type { ProtocolCall } from './kafkajs-internals.ts'

/** A request with its answer's decoder; what cannot be decoded is corrupt, and said of `what`. */
export function protocolCall<T>(
  api: { apiKey: number; apiVersion: number; apiName: string },
  body: Writer,
  what: string,
  decode: (reader: Reader) => T,
): ProtocolCall<T> {
  return {
    request: {
      ...api,
      encode: async () => {
        const buffer = body.toBuffer()
        return { buf: buffer, buffer }
      },
    },
    response: {
      decode: async (payload) => {
        try {
          return decode(new Reader(payload))
        } catch (cause) {
          throw new BanyanError('BANYAN_LOG_CORRUPT', `${what} cannot be read: ${messageOf(cause)}`, {
            hint: 'The broker answers something Banyan cannot decode: look at its log and its disks.',
            cause,
          })
        }
      },
      parse: async (decoded) => decoded,
    },
  }
}

export class Writer {
  readonly #parts: Buffer[] = []

  int8(value: number): this {
    return this.#add(1, (part) => part.writeInt8(value))
  }
  int16(value: number): this {
    return this.#add(2, (part) => part.writeInt16BE(value))
  }
  int32(value: number): this {
    return this.#add(4, (part) => part.writeInt32BE(value))
  }
  int64(value: bigint): this {
    return this.#add(8, (part) => part.writeBigInt64BE(value))
  }
  /** Length and elements. */
  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length)
    items.forEach(write)
    return this
  }
  string(value: string): this {
    const text = Buffer.from(value, 'utf8')
    this.int16(text.length)
    this.#parts.push(text)
    return this
  }
  toBuffer(): Buffer {
    return Buffer.concat(this.#parts)
  }

  #add(size: number, write: (part: Buffer) => number): this {
    const part = Buffer.alloc(size)
    write(part)
    this.#parts.push(part)
    return this
  }
}

/** No answer Banyan asks for has more elements; a larger count is damage, not data. */
const MAX_ELEMENTS = 1_000_000

/** Every read is bounds-checked: a cut-off answer is a RangeError. */
export class Reader {
  readonly #data: Buffer
  #at = 0

  constructor(data: Buffer) {
    this.#data = data
  }

  int8(): number {
    return this.#data.readInt8(this.#advance(1))
  }
  int16(): number {
    return this.#data.readInt16BE(this.#advance(2))
  }
  int32(): number {
    return this.#data.readInt32BE(this.#advance(4))
  }
  int64(): bigint {
    return this.#data.readBigInt64BE(this.#advance(8))
  }
  /** Null reads as empty: nothing Banyan asks for tells the two apart. */
  string(): string {
    const length = Math.max(0, this.int16())
    const at = this.#advance(length)
    if (this.#at > this.#data.length) throw new RangeError('the answer is cut off')
    return this.#data.toString('utf8', at, at + length)
  }
  array<T>(read: () => T): T[] {
    const count = this.int32()
    if (count > MAX_ELEMENTS) throw new RangeError(`a list of ${count} elements`)
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(read())
    return items
  }
  bytes(): Buffer {
    const length = Math.max(0, this.int32())
    const at = this.#advance(length)
    if (this.#at > this.#data.length) throw new RangeError('the answer is cut off')
    return this.#data.subarray(at, at + length)
  }

  #advance(size: number): number {
    const at = this.#at
    this.#at += size
    return at
  }
}
