/**
 * Pairs every item of the shorter of two lists with one of the longer: order is kept, and an item of the longer list is
 * passed over while the one behind it lies nearer. Linear; the same pairs whichever side is the longer one.
 *
 * Both ascend by `place`. Lists of one length are paired one by one, which keeps the sum of the distances least.
 */
export function pairNearest<T>(a: readonly T[], b: readonly T[], place: (item: T) => number): [T, T][] {
  if (a.length > b.length) return pairNearest(b, a, place).map(([x, y]) => [y, x])
  let spare = b.length - a.length
  let next = 0
  return a.flatMap((item): [T, T][] => {
    const at = place(item)
    const distance = (i: number): number => {
      const other = b[i]
      return other === undefined ? Infinity : Math.abs(place(other) - at)
    }
    for (; spare > 0 && distance(next + 1) < distance(next); spare--) next += 1
    const partner = b[next++]
    return partner === undefined ? [] : [[item, partner]]
  })
}
