/**
 * Statistics: what a share of cells that was looked at says about those that were not. Pure.
 *
 * The unit is the cell: samples of one cell share their fate (a lost page, a wrong zone), so a million samples in a
 * thousand cells are a thousand observations. Draws must not depend on what is suspected there. All bounds hold with
 * the stated confidence whatever the truth is.
 */

/** How often a bound may be wrong. */
export const ERROR_RATE = 0.05
/** The mixture is sharpest where rates around one in so many matter. */
const SHARPEST_AT = 1_000_000
/** Halvings of an interval of probabilities: far beyond what a double tells apart. */
const HALVINGS = 200

/**
 * Upper bound of the rate of bad cells after `drawn` cells of which `bad` were, valid at every moment: one may look
 * after each draw and stop whenever one likes. 1 before anything was drawn. A mixture over Beta(1, 1e6), by Ville's
 * inequality.
 *
 * The draws may come from strata of different rates; the bound is then one of their mean. Of all such strata those of
 * one rate leave bad cells out most often (Hoeffding 1956), and what is drawn without replacement misses less still.
 */
export function alwaysValidUpperBound(drawn: number, bad: number, errorRate = ERROR_RATE): number {
  if (drawn === 0 || bad >= drawn) return 1
  let mixture = Math.log(SHARPEST_AT) - Math.log(SHARPEST_AT + drawn)
  for (let i = 1; i <= bad; i++) mixture += Math.log(i) - Math.log(SHARPEST_AT + drawn - i)
  const logWealth = (rate: number): number =>
    mixture - (bad === 0 ? 0 : bad * Math.log(rate)) - (drawn - bad) * Math.log1p(-rate)
  // Above the rate that was seen, the wealth of who bets against a rate grows with it.
  return bisect(bad / drawn, 1, (rate) => logWealth(rate) >= -Math.log(errorRate))
}

/** Where between two numbers a statement becomes true and stays so. */
function bisect(low: number, high: number, holds: (at: number) => boolean): number {
  let [from, until] = [low, high]
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (from + until) / 2
    if (holds(middle)) until = middle
    else from = middle
  }
  return until
}
