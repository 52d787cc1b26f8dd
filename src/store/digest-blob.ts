/** Digest sums as the store keeps them: 16 bytes, big-endian. */
const DIGEST_BYTES = 16

/** Any integer; taken modulo 2^128. */
export function encodeSum(sum: bigint): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(DIGEST_BYTES))
  bytes.setBigUint64(0, BigInt.asUintN(64, sum >> 64n))
  bytes.setBigUint64(8, BigInt.asUintN(64, sum))
  return new Uint8Array(bytes.buffer)
}

export function decodeSum(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, DIGEST_BYTES)
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8)
}
