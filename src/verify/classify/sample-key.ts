/** Keys of samples: texts that are equal exactly when canonical encodings are. */
import { canonicalBytes } from '../../domain/digest.ts'
import type { Sample, SampleContent } from '../../domain/sample.ts'
import { ticks } from '../../domain/ticks.ts'

const EPOCH = ticks(0n)

/** Equal for equal samples: time, payload, status and flags. */
export function sampleKey(sample: Sample): string {
  return textOf(canonicalBytes(sample))
}

/** Equal for equal contents, whatever their time. */
export function contentKey(content: SampleContent): string {
  return textOf(canonicalBytes({ ...content, ticks: EPOCH }))
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
