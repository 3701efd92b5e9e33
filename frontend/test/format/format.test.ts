import { afterEach, expect, test } from 'vitest';
import {
  celsius,
  clock,
  count,
  day,
  duration,
  gib,
  gpuName,
  moment,
  percent,
  sentence,
  shortModel,
  shortUuid,
  watts,
  wattsText,
} from '../../src/format/format';
import { heatStep, loadStep } from '../../src/format/ramps';
import { locale } from '../../src/i18n/locale';

afterEach(() => {
  locale.value = 'en';
});

test.each([
  [400, '0.4 s'],
  [20, '0 s'],
  [9_960, '10 s'],
  [12_000, '12 s'],
  [180_000, '3 min'],
  [8_040_000, '2 h 14 min'],
  [31 * 3_600_000, '31 h'],
  [148 * 3_600_000, '6 d 4 h'],
  [144 * 3_600_000, '6 d'],
  [null, '–'],
  [-5, '0 s'],
])('%s ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('numbers as people read them', () => {
  expect(count(1024)).toBe('1,024');
  expect(percent(88.34, 1)).toBe('88.3%');
  expect(percent(100, 1)).toBe('100%');
  expect(percent(null)).toBe('–');
  expect(celsius(62.6)).toBe('63 °C');
  expect(gib(32_563)).toBe('31.8');
  expect(gib(1_400_000)).toBe('1,367');
  expect(watts(308)).toEqual({ value: '308', unit: 'W' });
  expect(watts(6_940)).toEqual({ value: '6.9', unit: 'kW' });
  expect(watts(387_200)).toEqual({ value: '387', unit: 'kW' });
  expect(wattsText(308)).toBe('308 W');
  expect(wattsText(null)).toBe('–');
});

test('names without what every row repeats', () => {
  expect(shortModel('NVIDIA GeForce RTX 4090')).toBe('RTX 4090');
  expect(shortModel('H100 80GB HBM3')).toBe('H100 80GB HBM3');
  expect(shortUuid('GPU-1a2b3c4d-1111-2222-3333-444455559f3c')).toBe('1a2b3c4d…9f3c');
  expect(shortUuid('GPU-604a')).toBe('604a');
});

test('the heat ramp has normal training in its middle and trouble at its end', () => {
  expect([20, 45, 62, 86, 95].map(heatStep)).toEqual([1, 2, 4, 8, 8]);
});

test('the load ramp has eight equal steps', () => {
  expect([0, 12.4, 12.5, 50, 99, 100].map(loadStep)).toEqual([1, 1, 2, 5, 8, 8]);
});

test('durations and dates are in the language of the page', () => {
  const now = new Date(2026, 6, 9, 12);
  expect(day(new Date(2026, 6, 9), now)).toBe('9 Jul');
  expect(day(new Date(2025, 6, 9), now)).toBe('9 Jul 2025');
  expect(moment(new Date(2026, 6, 9, 3, 40), now)).toBe('03:40');
  expect(moment(new Date(2026, 5, 9, 3, 40), now)).toBe('9 Jun 03:40');
  expect(clock(new Date(2026, 6, 9, 22, 4, 5))).toBe('22:04:05');
  locale.value = 'ko';
  expect(duration(8_040_000)).toBe('2시간 14분');
  expect(day(new Date(2026, 6, 9), now)).toBe('7월 9일');
});

test('a GPU is named by its node and its index', () => {
  expect(gpuName({ deviceIndex: 3, node: { nodeName: 'h100-07' } })).toBe('h100-07 · GPU 3');
});

test('a reason is worded as a sentence', () => {
  expect(sentence('Forbidden: the token has expired')).toBe('The token has expired.');
  expect(sentence('ECC errors!')).toBe('ECC errors!');
  expect(sentence('')).toBe('');
});
