const DAY_S = 86_400;
const TWO_DIGITS = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));

/**
 * Seconds since 1970 as an instant. By arithmetic, because `Date` alone would take as long as reading all else of a
 * partition; the calendar's rule is that eras of 400 years are alike (years that begin in March).
 */
export function secondsText(seconds: number): string {
  if (!Number.isSafeInteger(seconds) || seconds < 0 || seconds > 200_000_000_000)
    return new Date(seconds * 1000).toISOString();
  const days = Math.floor(seconds / DAY_S);
  const left = seconds - days * DAY_S;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const minute = Math.floor(left / 60);
  const hour = Math.floor(minute / 60);
  return `${year}-${TWO_DIGITS[month]!}-${TWO_DIGITS[day]!}T${TWO_DIGITS[hour]!}:${TWO_DIGITS[minute - hour * 60]!}:${TWO_DIGITS[left - minute * 60]!}.000Z`;
}
