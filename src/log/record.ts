/**
 * Sample record: the JSON value of contracts.md §2, and its codec.
 */
import type { Sample, SampleContent } from '../domain/sample.ts'
import type { TagId } from '../domain/tag-id.ts'

export interface SampleRecord {
  readonly tag: TagId
  readonly sample: Sample
  /** 0 when first written; each later record for the same (tag, ticks, ord) has the next number. */
  readonly rev: number
  /** `delete`: the sample's value is `null` and `before` is present. */
  readonly op: 'put' | 'delete'
  readonly source: 'pi-web-api' | 'opcua'
  /** On rev > 0: what it supersedes. */
  readonly before?: SampleContent
}
