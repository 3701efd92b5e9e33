import { expect, test } from 'vitest';
import { devicesCsv } from '../../src/devices/device-csv';
import { nodesCsv } from '../../src/nodes/node-csv';
import { entriesOf } from '../../src/nodes/node-rows';
import { csvName, csvOf } from '../../src/parts/csv';
import { known } from './known';

/** The lines without the mark in front and the break at the end. */
function lines(csv: string): string[] {
  expect(csv.startsWith('\uFEFF')).toBe(true);
  expect(csv.endsWith('\r\n')).toBe(true);
  return csv.slice(1, -2).split('\r\n');
}

test('commas, quotes and breaks are quoted, unknown is empty', () => {
  expect(
    lines(
      csvOf(
        ['a', 'b'],
        [
          ['x,y', 'say "no"'],
          [null, 1.5],
        ],
      ),
    ),
  ).toEqual(['a,b', '"x,y","say ""no"""', ',1.5']);
  expect(csvOf(['a'], [['one\ntwo']])).toContain('"one\ntwo"');
});

test('no text is run as a formula; numbers stay numbers', () => {
  const cells = ['=1+1', '+1', '-1', '@x', '\t=1', '\r=1', -1] as const;
  const [, ...rows] = lines(
    csvOf(
      ['a'],
      [...cells].map((cell) => [cell]),
    ).replaceAll('"\'\r', '"\''),
  );
  expect(rows).toEqual(["'=1+1", "'+1", "'-1", "'@x", "'\t=1", '"\'=1"', '-1']);
});

test('a file is named for what it holds and when', () => {
  expect(csvName('gpu-devices', new Date('2026-11-24T10:42:18Z'))).toBe('gpu-devices-2026-11-24T1042.csv');
});

test('the device list names its units, and holds the rows that are shown', () => {
  const fleet = known(3, { powerDrawW: [200, null, 300] });
  const [head, first, ...rest] = lines(devicesCsv(fleet, [1, 2]));
  expect(head?.split(',').slice(7, 11)).toEqual([
    'utilization_pct',
    'memory_used_mib',
    'memory_total_mib',
    'temperature_c',
  ]);
  expect(first).toBe(
    'seoul,node-a,1,A100 80GB SXM4,ACTIVE,,use,50,40960,81920,60,,400,0.4,00000000:01:00.0,GPU-1a2b3c4d-0000-0000-0000-000000000001',
  );
  expect(rest).toHaveLength(1);
});

test('the node list likewise', () => {
  const fleet = known(3, { deviceStatuses: ['ACTIVE', 'ACTIVE', 'UNHEALTHY'] });
  const [head, , second] = lines(nodesCsv(fleet, entriesOf(fleet.layout, null)));
  expect(head?.split(',').length).toBe(second?.split(',').length);
  expect(second).toBe('seoul,node-b,,A100 80GB SXM4,1,0,0,0,1,0,50,40960,81920,200,,,,0.4');
});
