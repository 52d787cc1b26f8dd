/**
 * Sample: one archived value of a tag, exactly as the historian holds it.
 *
 * Identity within a tag is (ticks, ord); equality is equality of the canonical encoding (digest.ts). A float16 or
 * float32 value is always float32-exact (`Math.fround(value) === value`): whoever decodes one rounds it.
 */
import type { Ticks } from './ticks.ts'

/** Order fixes the type code of the canonical encoding (position, starting at 1): append only, never reorder. */
export const SAMPLE_TYPES = [
  'float16',
  'float32',
  'float64',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'boolean',
  'string',
  'timestamp',
  'digital',
  'bytes',
  'state',
  'null',
  'other',
] as const
export type SampleType = (typeof SAMPLE_TYPES)[number]

/** A digital or system state. The number decides, the name is carried as the site spells it. */
export interface EnumState {
  readonly code: number
  readonly name: string
}

export type SamplePayload =
  | {
      readonly type: 'float16' | 'float32' | 'float64' | 'int8' | 'int16' | 'int32' | 'uint8' | 'uint16' | 'uint32'
      readonly value: number
    }
  | { readonly type: 'int64' | 'uint64'; readonly value: bigint }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'timestamp'; readonly value: Ticks }
  | { readonly type: 'digital' | 'state'; readonly value: EnumState }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'null'; readonly value: null }
  /** A value of a kind Banyan has no type for, as the JSON text the source sent. */
  | { readonly type: 'other'; readonly value: string }

/** Bit set of the canonical encoding. */
export const FLAG = { questionable: 1, substituted: 2, annotated: 4 } as const
export type FlagName = keyof typeof FLAG
export const FLAG_NAMES = ['questionable', 'substituted', 'annotated'] as const satisfies readonly FlagName[]

/** What a sample says, without its place: the part a revision supersedes. */
export type SampleContent = SamplePayload & {
  /** OPC UA StatusCode, unsigned 32 bit; severity in the top two bits (quality.ts). */
  readonly status: number
  /** Bit set of `FLAG`. */
  readonly flags: number
}

export type Sample = SampleContent & {
  readonly ticks: Ticks
  /** 0-based place among the samples of this tag at this tick, in archive order. */
  readonly ord: number
}
