import { type EpochMs, epochMs, type Timestamp } from '../model/instant.ts';
import { instantToWall } from './zone.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * A duration for people: `0.3 s`, `6 s`, `1 min 5 s`, `1 h 50 min`, `3 days 4 h`. At most two units, rounded to the
 * smaller one; tenths of a second below 10 s. Negative ones begin with `-`.
 */
export function formatDuration(ms: number): string {
  if (ms < 0) return ms <= -50 ? `-${formatDuration(-ms)}` : '0 s';
  const tenths = Math.round(ms / 100);
  if (tenths < 100) return ms > 0 && tenths === 0 ? '0.1 s' : `${tenths / 10} s`;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return twoUnits(seconds, 60, 'min', 's');
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 24 * 60) return twoUnits(minutes, 60, 'h', 'min');
  const hours = Math.round(ms / HOUR);
  return twoUnits(hours, 24, hours < 48 ? 'day' : 'days', 'h');
}

function twoUnits(small: number, perLarge: number, largeName: string, smallName: string): string {
  const rest = small % perLarge;
  const large = `${Math.floor(small / perLarge)} ${largeName}`;
  return rest === 0 ? large : `${large} ${rest} ${smallName}`;
}

/** An instant for people, to the minute that has begun: `2026-11-21 09:23 UTC`. */
export function formatInstant(at: EpochMs | Timestamp): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** An instant for people by the clocks of a zone: `2026-11-29 06:00 Europe/Berlin`. */
export function formatInZone(at: Timestamp, zone: string): string {
  const wall = instantToWall(zone, epochMs(at));
  return `${new Date(wall).toISOString().slice(0, 16).replace('T', ' ')} ${zone}`;
}
