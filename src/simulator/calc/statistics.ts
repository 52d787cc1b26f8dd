/** The statistics of one interval; undefined where there is too little to calculate one from. */
export interface Statistics {
  readonly total: number | undefined
  readonly average: number | undefined
  readonly minimum: Extreme | undefined
  readonly maximum: Extreme | undefined
  readonly stdDev: number | undefined
  readonly populationStdDev: number | undefined
  /** Events, or seconds with a good value, by the calculation basis. */
  readonly count: number
  readonly percentGood: number | undefined
}

export interface Extreme {
  readonly value: number
  readonly ticks: bigint
}

export const NO_STATISTICS: Statistics = {
  total: undefined,
  average: undefined,
  minimum: undefined,
  maximum: undefined,
  stdDev: undefined,
  populationStdDev: undefined,
  count: 0,
  percentGood: undefined,
}
