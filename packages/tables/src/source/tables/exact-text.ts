/** A decimal with its digits: 1999n of scale 2 is `19.99`. */
export function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled);
  if (scale <= 0) return `${sign}${digits}${'0'.repeat(digits === '0' ? 0 : -scale)}`;
  const padded = digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** `12:30:00.5` of so many units since midnight, to the nanosecond. */
export function timeOfDayText(units: bigint, perSecond: bigint): string {
  const seconds = units / perSecond;
  const two = (value: bigint): string => String(value).padStart(2, '0');
  const clock = `${two(seconds / 3_600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return clock + fractionText(units % perSecond, perSecond);
}

/** `2020-01-01 12:30:00.123456` (UTC) of so many units since 1970; what is finer than a microsecond is cut off. */
export function momentText(units: bigint, perSecond: bigint): string {
  const inDay = ((units % (86_400n * perSecond)) + 86_400n * perSecond) % (86_400n * perSecond);
  const days = Number((units - inDay) / (86_400n * perSecond));
  const micros = perSecond > 1_000_000n ? inDay / (perSecond / 1_000_000n) : inDay * (1_000_000n / perSecond);
  return `${dayText(days)} ${timeOfDayText(micros, 1_000_000n)}`;
}

function fractionText(units: bigint, perSecond: bigint): string {
  const digits = String(perSecond).length - 1;
  return units === 0n ? '' : `.${String(units).padStart(digits, '0').replace(/0+$/, '')}`;
}

/** The proleptic Gregorian day, also where a Date of JavaScript has none (Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days). */
function dayText(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const shown = year > 0 ? String(year).padStart(4, '0') : `${String(1 - year).padStart(4, '0')}`;
  return `${shown}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}${year > 0 ? '' : ' (BC)'}`;
}
