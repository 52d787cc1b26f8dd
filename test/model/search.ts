/**
 * Exhaustive breadth-first search: every state that any sequence of moves can reach, and the shortest way to the first
 * that breaks an invariant.
 */
export interface Move<S> {
  readonly name: string
  readonly to: S
}

export interface Space<S> {
  readonly start: S
  readonly movesFrom: (state: S) => Iterable<Move<S>>
  /** States with the same key behave the same. */
  readonly keyOf: (state: S) => string
  /** What a state or the move into it breaks; undefined: nothing. */
  readonly broken: (from: S, move: Move<S>) => string | undefined
}

export interface Found<S> {
  readonly states: number
  readonly transitions: number
  /** Names of all moves that happened somewhere. */
  readonly moves: ReadonlySet<string>
  readonly reached: readonly S[]
  readonly violation: { readonly broken: string; readonly trace: readonly string[] } | undefined
}

/** Above what a run of the tests can afford; whoever reaches it must make the model smaller. */
const STATES_MAX = 1_000_000

export function search<S>({ start, movesFrom, keyOf, broken }: Space<S>): Found<S> {
  const reached: S[] = [start]
  const cameBy: { from: number; name: string }[] = [{ from: -1, name: '' }]
  const known = new Set([keyOf(start)])
  const moves = new Set<string>()
  let transitions = 0
  const found = (violation: Found<S>['violation']): Found<S> => ({
    states: reached.length,
    transitions,
    moves,
    reached,
    violation,
  })
  for (let at = 0; at < reached.length; at++) {
    const from = reached[at]!
    for (const move of movesFrom(from)) {
      transitions += 1
      moves.add(move.name)
      const what = broken(from, move)
      if (what !== undefined) return found({ broken: what, trace: [...wayTo(cameBy, at), move.name] })
      const key = keyOf(move.to)
      if (known.has(key)) continue
      known.add(key)
      reached.push(move.to)
      cameBy.push({ from: at, name: move.name })
      if (reached.length > STATES_MAX) throw new Error(`more than ${STATES_MAX} states`)
    }
  }
  return found(undefined)
}

function wayTo(cameBy: readonly { from: number; name: string }[], state: number): string[] {
  const names: string[] = []
  for (let at = state; at > 0; at = cameBy[at]!.from) names.unshift(cameBy[at]!.name)
  return names
}
