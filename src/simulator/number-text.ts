/**
 * Numbers as a .NET Framework server writes them into JSON: `ToString("R")` (7 significant digits for a Single when
 * they round-trip, else 9; 15 else 17 for a Double), scientific from the precision on and below 1E-04, and `.0` after
 * whole numbers. NaN and the infinities are quoted, since JSON has no number for them.
 *
 * Written for every value served, so the common case avoids `toPrecision`. The fast path relies on this: a decimal of
 * at most 9 (15) digits and a power of ten up to 10^22 are exact doubles, so their quotient is the correctly rounded
 * double, and JavaScript prints its shortest form, which is that decimal again.
 *
 * The sign of zero is kept (`-0.0`). .NET Framework drops it, later .NET keeps it; kept here so that a reader which
 * loses it is found out.
 */

/** Exact powers of ten: 10^0 .. 10^22. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)

/** How near to a tie (x.5) a scaled value may be before its rounding is left to exact arithmetic. */
const TIE_GUARD = 1e-6

/** A JSON token. `value` must be float32-exact (`Math.fround(value) === value`). */
export function float32Text(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e-4 && size < 1e7) {
    if (size === Math.floor(size)) return `${String(value)}.0`
    const exponent = decimalExponent(size)
    const seven = rounded(value, exponent, 7)
    if (Math.fround(seven) === value) {
      // 9999999.6 rounds up to 1E+07, which is no longer written in the fixed form.
      if (Math.abs(seven) < 1e7 && seven !== Math.floor(seven)) return String(seven)
    } else {
      const nine = rounded(value, exponent, 9)
      if (nine !== Math.floor(nine)) return String(nine)
    }
  }
  return general(value, 7, 9, Math.fround)
}

/** A JSON token. */
export function float64Text(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e-4 && size < 1e15) {
    const shortest = String(value)
    if (size === Math.floor(size)) return `${shortest}.0`
    // The point, or `0.` and the zeros after it.
    const leading = size >= 1 ? 1 : 1 - decimalExponent(size)
    const digits = shortest.length - leading - (value < 0 ? 1 : 0)
    // 16 digits are one too many for .NET's first try. Where 17 are needed both print the same, except for ties,
    // which only numbers with few binary places have.
    return digits < 16 || (digits === 17 && size < 1e9) ? shortest : trimZeros(value.toPrecision(17))
  }
  return general(value, 15, 17, Number)
}

/** `value` to `digits` significant digits; NaN when the fast arithmetic cannot tell which way to round. */
function rounded(value: number, exponent: number, digits: number): number {
  const power = POWERS[digits - 1 - exponent] ?? NaN
  const scaled = value * power
  const whole = Math.round(scaled)
  if (0.5 - Math.abs(scaled - whole) < TIE_GUARD) return Number(value.toPrecision(digits))
  return whole / power
}

/** Decimal exponent of a number between 1e-4 and 1e7. */
function decimalExponent(size: number): number {
  if (size >= 1) {
    if (size < 1000) return size < 10 ? 0 : size < 100 ? 1 : 2
    return size < 1e4 ? 3 : size < 1e5 ? 4 : size < 1e6 ? 5 : 6
  }
  return size >= 0.1 ? -1 : size >= 0.01 ? -2 : size >= 0.001 ? -3 : -4
}

function trimZeros(text: string): string {
  let end = text.length
  while (text.charCodeAt(end - 1) === 48) end--
  return text.slice(0, end)
}

/** Exact, for every value. */
function general(value: number, short: number, long: number, narrow: (text: number) => number): string {
  if (!Number.isFinite(value)) return `"${String(value)}"`
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const precision = narrow(Number(value.toPrecision(short))) === value ? short : long
  const [mantissa = '', exponentText = ''] = value.toExponential(precision - 1).split('e')
  const exponent = Number(exponentText)
  const negative = mantissa.startsWith('-')
  const digits = mantissa.replace(/[-.]/g, '').replace(/0+$/, '')
  return (
    (negative ? '-' : '') +
    (exponent > -5 && exponent < precision ? fixed(digits, exponent) : scientific(digits, exponent))
  )
}

function fixed(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${whole}.${digits.slice(exponent + 1) || '0'}`
}

function scientific(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  const sign = exponent < 0 ? '-' : '+'
  return `${digits.slice(0, 1)}${fraction}E${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}
