/**
 * Where a key lives: murmur2 of its UTF-8 bytes, exactly as the Java producer's default partitioner computes it, so
 * that consumers and stream processors co-partition with Banyan's topics. Both log adapters use it; it must never
 * change, because a tag that moved would be in two partitions.
 */
const SEED = 0x9747b28c
const M = 0x5bd1e995

/** Kafka's murmur2, signed 32 bit (org.apache.kafka.common.utils.Utils.murmur2). */
export function murmur2(data: Uint8Array): number {
  const length = data.length
  const whole = length & ~3
  let h = SEED ^ length
  for (let i = 0; i < whole; i += 4) {
    let k = byte(data, i) | (byte(data, i + 1) << 8) | (byte(data, i + 2) << 16) | (byte(data, i + 3) << 24)
    k = Math.imul(k, M)
    k ^= k >>> 24
    h = Math.imul(h, M) ^ Math.imul(k, M)
  }
  const left = length - whole
  if (left === 3) h ^= byte(data, whole + 2) << 16
  if (left >= 2) h ^= byte(data, whole + 1) << 8
  if (left >= 1) h = Math.imul(h ^ byte(data, whole), M)
  h = Math.imul(h ^ (h >>> 13), M)
  return h ^ (h >>> 15)
}

/** The partition of a key, 0 .. partitionCount-1. */
export function partitionOf(key: string, partitionCount: number): number {
  return (murmur2(Buffer.from(key, 'utf8')) & 0x7fffffff) % partitionCount
}

function byte(data: Uint8Array, at: number): number {
  return data[at] ?? 0
}
