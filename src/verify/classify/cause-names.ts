/** Causes: the stable names of what probably happened to differing samples, and what to do about it. */
export const CAUSE_TEXTS = {
  'edited-in-historian':
    'The historian was changed after it was copied. Repair the windows; find out who edits without telling.',
  'whole-hour-shift':
    'Samples lie whole hours away from where they belong: a time zone or daylight saving rule was applied. Find out which side is wrong before repairing.',
  'millisecond-truncation':
    'Times were cut to milliseconds on the way. Find the reader or tool that does so, then repair.',
  'time-grid': 'Times were rounded to the 1/65536 s grid on one side only. Find the path that rounds, then repair.',
  'float-widening': 'Numbers went through another float width or a decimal text. Find the path, then repair.',
  'lost-states':
    'System states such as "No Data" or "Shutdown" are not in the log, although numbers are. Repair the windows.',
  'duplicated-segment':
    'A stretch was written to the log twice. Find out what wrote it besides the bridge, then repair.',
  'page-edge':
    'Rows are missing or doubled where pages of an answer begin or end: a paging fault. Report it, then repair.',
  'stale-series': 'One value repeats where the other side moves on: a frozen source or cache.',
  'unit-factor':
    'All numbers differ by one factor or offset: a change of units. Settle which unit is right before repairing.',
  'late-samples': 'Few of the newest samples came to the historian after they were read. The next sweep brings them.',
  'tag-swap': 'Two tags hold each other’s samples. Correct their addresses, then repair both.',
  'truncated-history':
    'Everything before one time is gone from the log: retention, compaction or deleted records. Stop that, then repair.',
} as const satisfies Readonly<Record<string, string>>

export type CauseName = keyof typeof CAUSE_TEXTS

export interface Cause {
  readonly cause: CauseName
  /** What is special about this case, e.g. the factor; a phrase without a full stop. */
  readonly detail?: string
}

/** One or two sentences, and the detail when there is one. */
export function describeCause({ cause, detail }: Cause): string {
  return detail === undefined ? CAUSE_TEXTS[cause] : `${CAUSE_TEXTS[cause]} (${detail})`
}
