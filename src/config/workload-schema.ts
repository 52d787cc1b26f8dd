/**
 * The `workloads` and `cutover` keys of banyan.yaml: which tags and consumers move to the log together, and what their
 * evidence must show first. What is left out of `gates` follows from the criticality, and is decided where the gates are.
 */
import { z } from 'zod'
import { CRITICALITIES } from '../domain/workload.ts'
import { count, DAY_MS, duration, HOUR_MS, MINUTE_MS, must, name, SECOND_MS, text, time } from './schema-parts.ts'

/** Longer than any name of a program or a person. */
const MAX_CONSUMER_LENGTH = 200
/** Each is measured in every window. */
const MAX_CONSUMERS = 1_000
/** More people than these do not answer for one move. */
const MAX_APPROVALS = 10
/** Years of holidays and turnarounds. */
const MAX_FREEZES = 1_000
const MAX_REASON_LENGTH = 1_000
/** A step per percent. */
const MAX_CANARY_STEPS = 99
/** Counted between two looks at them; more is a typing error. */
const MAX_COMPARISONS = 1_000_000_000

const YEAR = { maxMs: 365 * DAY_MS }
/** Below a minute a pause of the process looks like an age. */
const AGE = { minMs: MINUTE_MS, ...YEAR, range: '1m and 365d' }
/** What the bridge samples for it is kept for 90 days. */
const STREAK = { minMs: HOUR_MS, maxMs: 60 * DAY_MS, range: '1h and 60d' }

const consumerSchema = z.strictObject({
  name: z
    .string()
    .max(MAX_CONSUMER_LENGTH)
    .regex(/^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u, must('a name without blanks around it or control characters'))
    .meta({ description: 'The name it gives when it asks which side to read.' }),
  staleness: duration('Age of the newest sample that it can live with.', {
    minMs: SECOND_MS,
    ...YEAR,
    range: '1s and 365d',
  }),
})

const shadowSchema = z.strictObject({
  required: z.boolean().optional().meta({ description: 'Must shadow reads have agreed? Default false.' }),
  comparisons: count('Comparisons needed. Default 1000.', MAX_COMPARISONS).optional(),
  fingerprints: z
    .number()
    .positive()
    .max(1)
    .optional()
    .meta({ description: 'Share of the known kinds of queries that must have been compared, 0 to 1. Default 0.99.' }),
  within: duration('Comparisons older than this do not count. Default 7d.', STREAK).optional(),
})

const freezeSchema = z.strictObject({
  from: time('Start, inclusive.'),
  until: time('End, exclusive.'),
  reason: text('Why, for whoever is refused.').max(MAX_REASON_LENGTH),
})

const gatesSchema = z.strictObject({
  streak: duration(
    'How long all cells must have been green without a break. Default 7d (A), 3d (B), 1d (C).',
    STREAK,
  ).optional(),
  consumerCycle: duration('Longest cycle of a consumer; the streak spans one. Default 1d.', STREAK).optional(),
  approvals: z.int().min(0).max(MAX_APPROVALS).optional().meta({
    description: 'Different people who must approve live and retired. Default 2 (A), 1 (B), 0 (C).',
  }),
  maxUpperRate: z.number().positive().max(1).optional().meta({
    description: 'Upper bound of the rate of wrong cells still accepted. Default 1e-6 (A), 1e-5 (B), 1e-4 (C).',
  }),
  requestMaxAge: duration('A request for a move older than this must be made again. Default 24h.', AGE).optional(),
  vitalityMaxAge: duration('Planted faults must have been found within this time. Default 24h.', AGE).optional(),
  drillMaxAge: duration('A rollback must have been rehearsed within this time. Default 30d.', AGE).optional(),
  drillMax: duration('A rehearsed rollback must not have taken longer. Default 60s.', {
    minMs: SECOND_MS,
    maxMs: DAY_MS,
    range: '1s and 1d',
  }).optional(),
  historianMaxAge: duration(
    'Age of the newest sample beyond which a historian is no side to go back to. Default 1h.',
    AGE,
  ).optional(),
  diversity: z.boolean().optional().meta({
    description:
      'Must the streak have seen a restart, an outage, a late batch, a clock change? Default true (A), else false.',
  }),
  shadow: shadowSchema.optional(),
  canary: z
    .array(z.int().min(1).max(99))
    .min(1)
    .max(MAX_CANARY_STEPS)
    .refine((steps) => steps.every((step, i) => i === 0 || step > (steps[i - 1] ?? 0)), 'must ascend, such as [10, 50]')
    .optional()
    .meta({ description: 'Percent of the consumers served from the log, step by step. Default [10, 50], [50] (C).' }),
  soak: duration('How long a live workload soaks before it may be retired. Default 30d (A), 14d (B), 7d (C).', {
    minMs: MINUTE_MS,
    ...YEAR,
    range: '1m and 365d',
  }).optional(),
  freeze: z
    .array(freezeSchema)
    .max(MAX_FREEZES)
    .optional()
    .meta({ description: 'When nothing goes live and nothing is retired. Default never.' }),
})

const workloadSchema = z.strictObject({
  tags: z
    .array(text('A PI name mask.'))
    .min(1)
    .meta({ description: 'PI name masks of its tags: * any run, ? one character.' }),
  historian: text('One of the historians above. Default: tags of all of them.').optional(),
  criticality: z.enum(CRITICALITIES).default('B').meta({
    description: 'What a wrong answer costs. A: people or product; B: money; C: time. Default B.',
  }),
  consumers: z
    .array(consumerSchema)
    .min(1)
    .max(MAX_CONSUMERS)
    .meta({ description: 'Who reads the tags, by name; at least one.' }),
  gates: gatesSchema.prefault({}).meta({ description: 'What differs from the defaults of the criticality.' }),
})

export const workloadsSchema = z
  .record(name, workloadSchema)
  .default({})
  .meta({ description: 'What moves from the historian to the log together, by name. Default nothing.' })

export const cutoverSchema = z
  .strictObject({
    killSwitch: text('File that sends every consumer back to the historian by being there.').optional(),
  })
  .prefault({})
