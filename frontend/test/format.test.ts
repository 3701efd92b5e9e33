import { expect, test } from 'vitest';
import {
  celsius,
  count,
  counted,
  duration,
  gib,
  heatStep,
  percent,
  shortModel,
  shortUuid,
  watts,
} from '../src/format/format';

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
  expect(counted(1, 'node')).toBe('1 node');
  expect(counted(3, 'node')).toBe('3 nodes');
  expect(percent(88.34, 1)).toBe('88.3%');
  expect(percent(100, 1)).toBe('100%');
  expect(percent(null)).toBe('–');
  expect(celsius(62.6)).toBe('63 °C');
  expect(gib(32_563)).toBe('31.8');
  expect(gib(1_400_000)).toBe('1,367');
  expect(watts(308)).toEqual({ value: '308', unit: 'W' });
  expect(watts(6_940)).toEqual({ value: '6.9', unit: 'kW' });
  expect(watts(387_200)).toEqual({ value: '387', unit: 'kW' });
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
