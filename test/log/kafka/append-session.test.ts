import type { RecordMetadata } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { checkedOffsets } from '../../../src/log/kafka/append-session.ts'

const SLICES = [0, 1].map((partition) => ({ partition, messages: [] }))

function answer(partition: number, baseOffset: string, errorCode = 0): RecordMetadata {
  return { topicName: 't', partition, errorCode, baseOffset }
}

describe('the answer to a send', () => {
  it('gives the offset of every partition asked for', () => {
    expect(checkedOffsets('t', SLICES, [answer(1, '9'), answer(0, '7')])).toEqual(
      new Map([
        [1, 9n],
        [0, 7n],
      ]),
    )
  })

  it.each<[string, RecordMetadata[]]>([
    ['is empty, as for a partition that does not exist', []],
    ['lacks a partition, as after a leader move', [answer(0, '7')]],
    ['has one twice, as after a leader move', [answer(0, '7'), answer(1, '9'), answer(0, '8')]],
    ['is about another partition', [answer(0, '7'), answer(2, '9')]],
    ['has an error', [answer(0, '7'), answer(1, '9', 6)]],
    ['has no offset', [answer(0, '7'), { topicName: 't', partition: 1, errorCode: 0 }]],
    ['has a negative offset', [answer(0, '7'), answer(1, '-1')]],
  ])('proves nothing when it %s', (_, answers) => {
    expect(() => checkedOffsets('t', SLICES, answers)).toThrow(
      expect.objectContaining({ code: 'BANYAN_LOG_UNAVAILABLE', retryable: true }) as Error,
    )
  })
})
