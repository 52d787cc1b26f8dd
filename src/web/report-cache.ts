/**
 * Report cache: a report as text, made at most once in some seconds however many ask. Making one reads the
 * store from end to end; who reloads a page in a loop must not keep the daemon from its work. Between readers nothing is
 * kept: a report of many tags is tens of megabytes.
 */
import { reportJson } from '../report/json.ts'

/** As fresh as a person looks. */
const FRESH_MS = 10_000

type Form = 'json' | 'html'

interface Made<Report> {
  readonly report: Promise<Report>
  readonly texts: Map<Form, Promise<string>>
}

export class ReportCache<Report> {
  readonly #make: () => Promise<Report>
  readonly #render: Readonly<Record<Form, (report: Report) => string>>
  #made: Made<Report> | undefined

  constructor(make: () => Promise<Report>, renderPage: (report: Report) => string) {
    this.#make = make
    this.#render = { json: (report) => reportJson(report), html: renderPage }
  }

  /** Rejects with what kept the report from being made; the next call tries again. */
  text(form: Form): Promise<string> {
    this.#made ??= this.#begin()
    const { report, texts } = this.#made
    const text = texts.get(form) ?? report.then((made) => this.#render[form](made))
    texts.set(form, text)
    return text
  }

  #begin(): Made<Report> {
    const made: Made<Report> = { report: this.#make(), texts: new Map() }
    const forget = (): void => {
      if (this.#made === made) this.#made = undefined
    }
    made.report.then(() => setTimeout(forget, FRESH_MS).unref(), forget)
    return made
  }
}
