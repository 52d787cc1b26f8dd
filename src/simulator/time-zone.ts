/** `timeZone` takes Windows and IANA names; these are the Windows names clients are likely to send. */
const WINDOWS_ZONES: Readonly<Record<string, string>> = {
  'greenwich standard time': 'Atlantic/Reykjavik',
  'gmt standard time': 'Europe/London',
  'w. europe standard time': 'Europe/Berlin',
  'central europe standard time': 'Europe/Budapest',
  'romance standard time': 'Europe/Paris',
  'e. europe standard time': 'Europe/Chisinau',
  'eastern standard time': 'America/New_York',
  'central standard time': 'America/Chicago',
  'mountain standard time': 'America/Denver',
  'pacific standard time': 'America/Los_Angeles',
  'e. south america standard time': 'America/Sao_Paulo',
  'arabian standard time': 'Asia/Dubai',
  'india standard time': 'Asia/Kolkata',
  'china standard time': 'Asia/Shanghai',
  'tokyo standard time': 'Asia/Tokyo',
  'aus eastern standard time': 'Australia/Sydney',
}

/** The IANA name; a name this does not know is given back as it is. UTC when there is none. */
export function ianaZone(name: string | undefined): string {
  if (name === undefined) return 'UTC'
  return WINDOWS_ZONES[name.trim().toLowerCase()] ?? name
}
