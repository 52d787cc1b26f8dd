/** What a historian with two sources fails with, beside what the two fail with. */
import { BanyanError, isBanyanError } from '../domain/errors.ts'
import type { Tag } from '../domain/tag.ts'

export function takenOver(): BanyanError {
  return new BanyanError('BANYAN_SOURCE_UNAVAILABLE', 'PI Web API does not answer; OPC UA has taken over', {
    retryable: true,
  })
}

export function withoutNode({ id, name }: Tag): BanyanError {
  return new BanyanError(
    'BANYAN_SOURCE_UNAVAILABLE',
    `PI Web API does not answer, and tag ${name} has no OPC UA node`,
    { retryable: true, hint: 'Give it one in opcua.nodes of the configuration.', context: { tag: id } },
  )
}

export function closed(): BanyanError {
  return new BanyanError('BANYAN_INTERNAL', 'the source is closed')
}

/** As one that is away: the primary's code decides what is done about it. */
export function bothFailed(primary: unknown, fallback: unknown): unknown {
  if (!isBanyanError(primary) || !isBanyanError(fallback)) return primary
  const { code, retryable, context } = primary
  const hint = fallback.hint ?? primary.hint
  const message = `${primary.message}; nor through OPC UA: ${fallback.message}`
  return new BanyanError(code, message, {
    retryable,
    context,
    cause: fallback,
    ...(hint === undefined ? {} : { hint }),
  })
}
