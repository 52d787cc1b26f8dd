/**
 * SignIn: one credential of one historian, shared by every connection to it. Directories lock accounts, so a credential
 * that was refused is not offered again until it is another one, or some time has passed.
 *
 * One that has worked before deserves a second try at once (a server that restarts refuses what it accepts a moment
 * later); one that never worked does not.
 */
import { BanyanError } from '../../domain/errors.ts'

/** Secrets are functions: they are asked again when the historian answers 401, so a rotated file is picked up. */
export type PiWebApiAuth =
  | { readonly type: 'basic'; readonly username: string; readonly password: () => string }
  | { readonly type: 'bearer'; readonly token: () => string }
  | { readonly type: 'none' }

/** Rare enough for any lockout policy, soon enough after an administrator unlocked the account. */
const REFUSED_FOR_MS = 5 * 60_000

export class SignIn {
  readonly #auth: PiWebApiAuth
  readonly #now: () => number
  #current: string | undefined
  #hasWorked = false
  #refused: { readonly header: string | undefined; readonly atMs: number } | undefined

  constructor(auth: PiWebApiAuth, now: () => number = Date.now) {
    this.#auth = auth
    this.#now = now
  }

  /** Has the credential in use been accepted since it was read? */
  get hasWorked(): boolean {
    return this.#hasWorked
  }

  /**
   * Value of the `Authorization` header; undefined where there is none. Throws BANYAN_SOURCE_UNAUTHORIZED, without
   * anybody being asked, while the credential is one that was just refused.
   */
  header(): string | undefined {
    if (this.#refused === undefined) return (this.#current ??= authorizationOf(this.#auth))
    const header = authorizationOf(this.#auth)
    if (header === this.#refused.header && this.#now() - this.#refused.atMs < REFUSED_FOR_MS) throw stillRefused()
    this.#refused = undefined
    return (this.#current = header)
  }

  accepted(): void {
    this.#hasWorked = true
  }

  /**
   * The historian answered 401 to `header`. True: try again now, with what `header()` answers. `hadWorked`: as of when
   * the request was made, for another one beside it may have met the same refusal first.
   */
  refused(header: string | undefined, hadWorked: boolean): boolean {
    const fresh = authorizationOf(this.#auth)
    const isWorthATry = fresh !== header || hadWorked
    this.#hasWorked = false
    if (isWorthATry) this.#current = fresh
    else this.#refused = { header, atMs: this.#now() }
    return isWorthATry
  }
}

function stillRefused(): BanyanError {
  return new BanyanError('BANYAN_SOURCE_UNAUTHORIZED', 'the credentials were refused; they are not offered again yet', {
    hint: 'Mend the password or token file: a new one is tried at once, the same one every few minutes.',
  })
}

function authorizationOf(auth: PiWebApiAuth): string | undefined {
  switch (auth.type) {
    case 'basic':
      return `Basic ${Buffer.from(`${auth.username}:${auth.password()}`, 'utf8').toString('base64')}`
    case 'bearer':
      return `Bearer ${auth.token()}`
    case 'none':
      return undefined
  }
}
