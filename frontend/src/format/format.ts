/** Numbers as people read them, in the language of the page. "–" stands for unknown, never 0. */

import { locale } from '../i18n/locale';
import { t } from './format.text';

export const UNKNOWN = '–';

const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 }); // the same in Korean
const ONE = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** 1,024 */
export function count(value: number): string {
  return GROUPED.format(value);
}

/** 88%; with one decimal where it says something: 88.3% */
export function percent(value: number | null, decimals: 0 | 1 = 0): string {
  if (value === null) return UNKNOWN;
  return decimals === 1 && value < 99.95 ? `${ONE.format(value)}%` : `${GROUPED.format(value)}%`;
}

/** 308 W, 4.2 kW, 387 kW */
export function watts(value: number | null): { value: string; unit: string } {
  if (value === null) return { value: UNKNOWN, unit: '' };
  if (value < 1000) return { value: GROUPED.format(value), unit: 'W' };
  const kilo = value / 1000;
  return { value: kilo < 100 ? ONE.format(kilo) : GROUPED.format(kilo), unit: 'kW' };
}

/** 308 W in one text */
export function wattsText(value: number | null): string {
  const { value: number, unit } = watts(value);
  return unit ? `${number} ${unit}` : number;
}

/** 63 °C */
export function celsius(value: number | null): string {
  return value === null ? UNKNOWN : `${GROUPED.format(value)} °C`;
}

/** MiB as GiB without the unit: 31.8; 1,204 from a thousand on */
export function gib(mib: number | null): string {
  if (mib === null) return UNKNOWN;
  const value = mib / 1024;
  return value < 1000 ? ONE.format(value) : GROUPED.format(value);
}

/** 0.4 s, 12 s, 3 min, 2 h 14 min, 31 h, 6 d 4 h; 12초, 3분 */
export function duration(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 0.05) return t('seconds', { n: '0' });
  if (seconds < 9.95) return t('seconds', { n: ONE.format(seconds) });
  if (seconds < 59.5) return t('seconds', { n: Math.round(seconds) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t('minutes', { n: minutes });
  if (minutes < 10 * 60) return joined('hours', Math.floor(minutes / 60), 'minutes', minutes % 60);
  const hours = Math.round(minutes / 60);
  if (hours <= 48) return t('hours', { n: hours });
  return joined('days', Math.floor(hours / 24), 'hours', hours % 24);
}

type Unit = 'seconds' | 'minutes' | 'hours' | 'days';

function joined(majorUnit: Unit, major: number, minorUnit: Unit, minor: number): string {
  const first = t(majorUnit, { n: major });
  return minor ? `${first} ${t(minorUnit, { n: minor })}` : first;
}

/** 10:42:18, 24 hours, in the reader's time zone */
export function clock(date: Date): string {
  return date.toLocaleTimeString('en-GB');
}

/** KST, UTC, GMT+9: the reader's zone as its browser names it */
export function zone(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts(date);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
}

/** 9 Jul, 9 Jul 2025 where it is not this year; 7월 9일 */
export function day(date: Date, now = new Date()): string {
  const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  const language = locale.value === 'ko' ? 'ko-KR' : 'en-GB';
  return date.toLocaleDateString(language, { day: 'numeric', month: 'short', ...(year ? { year } : {}) });
}

/** 10:14 today, else 9 Jun 03:40 */
export function moment(date: Date, now = new Date()): string {
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  return date.toDateString() === now.toDateString() ? time : `${day(date, now)} ${time}`;
}

/** h100-07 · GPU 3: the name of a GPU everywhere */
export function gpuName(device: {
  readonly deviceIndex: number;
  readonly node: { readonly nodeName: string };
}): string {
  return `${device.node.nodeName} · GPU ${device.deviceIndex}`;
}

/** 1a2b3c4d…9f3c: the first 8 and the last 4 of a UUID */
export function shortUuid(uuid: string): string {
  const bare = uuid.replace(/^(GPU|MIG)-/, '');
  return bare.length <= 14 ? bare : `${bare.slice(0, 8)}…${bare.slice(-4)}`;
}

/** The product without the words every row would repeat: NVIDIA A100-SXM4-80GB → A100-SXM4-80GB */
export function shortModel(name: string): string {
  return name.replace(/^NVIDIA\s+/i, '').replace(/^(GeForce|Tesla)\s+/i, '');
}

/** A reason as the server words it, made into a sentence. */
export function sentence(text: string): string {
  const bare = text.replace(/^Forbidden:\s*/, '').trim();
  if (!bare) return '';
  return `${bare.charAt(0).toUpperCase()}${bare.slice(1)}${/[.!?]$/.test(bare) ? '' : '.'}`;
}
