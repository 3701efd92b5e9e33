/** Numbers as people read them. "–" stands for unknown, never 0. */

export const UNKNOWN = '–';

const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const ONE = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** 1,024 */
export function count(value: number): string {
  return GROUPED.format(value);
}

/** 3 nodes, 1 node */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
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

/** 0.4 s, 12 s, 3 min, 2 h 14 min, 31 h, 6 d 4 h */
export function duration(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 0.05) return '0 s';
  if (seconds < 9.95) return `${ONE.format(seconds)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 10 * 60) return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  if (hours <= 48) return `${hours} h`;
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function joined(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor ? `${major} ${majorUnit} ${minor} ${minorUnit}` : `${major} ${majorUnit}`;
}

/** GPU-1a2b3c4d…9f3c: the first 8 and the last 4 of a UUID */
export function shortUuid(uuid: string): string {
  const bare = uuid.replace(/^(GPU|MIG)-/, '');
  return bare.length <= 14 ? bare : `${bare.slice(0, 8)}…${bare.slice(-4)}`;
}

/** The product without the words every row would repeat: NVIDIA A100-SXM4-80GB → A100-SXM4-80GB */
export function shortModel(name: string): string {
  return name.replace(/^NVIDIA\s+/i, '').replace(/^(GeForce|Tesla)\s+/i, '');
}

/** Step 1 to 8 of the heat ramp; normal training sits in the middle. */
export function heatStep(temperatureC: number): number {
  const edges = [40, 50, 58, 66, 74, 80, 86];
  return 1 + edges.filter((edge) => temperatureC >= edge).length;
}
