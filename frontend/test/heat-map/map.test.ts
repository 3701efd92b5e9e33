import { afterEach, describe, expect, it, vi } from 'vitest';
import { NO_ALLOCATIONS } from '../../src/data/allocations';
import type { Known } from '../../src/data/fleet';
import { NO_EXCEPTIONS } from '../../src/data/exceptions';
import { NOBODY } from '../../src/data/holding';
import { History } from '../../src/data/history';
import { LoadSeen } from '../../src/data/load-seen';
import { totalsOf } from '../../src/data/totals';
import type { Frame, Layout } from '../../src/data/types';
import { locale } from '../../src/i18n/locale';
import { groupsOf } from '../../src/overview/heat-map/groups';
import { parsedShape, placeholderGroups, shapeOf, USUAL } from '../../src/overview/heat-map/map-shape';
import { type Choice, Picture } from '../../src/overview/heat-map/picture';
import { joined, kept, NOTHING, toggled } from '../../src/overview/heat-map/selection';
import { cellWords, groupWords } from '../../src/overview/heat-map/words';
import { fleet, pool, shown } from './fleet';

function known(layout: Layout, changes: Partial<Frame> = {}): Known {
  const { frame, judged } = shown(layout, changes);
  return {
    now: 0,
    link: { phase: 'open', reason: '', retryAt: null, hasToken: false },
    feed: 'live',
    pausedAt: null,
    viewer: null,
    clusters: [],
    cluster: null,
    layout,
    frame,
    judged,
    totals: totalsOf(layout, frame, judged),
    sinceMs: 0,
    gapsMs: [],
    history: new History(),
    exceptions: NO_EXCEPTIONS,
    allocations: NO_ALLOCATIONS,
    holdingOf: NOBODY,
    loadSeen: new LoadSeen(),
  };
}

const CHOICE: Choice = { metric: 'utilization', group: 'pool', stateFilter: '', selection: NOTHING, zoomed: null };

describe('picture', () => {
  const layout = fleet(...pool('H100', 3));

  it('keeps its geometry from tick to tick and through a change of metric', () => {
    const picture = new Picture(() => 40);
    picture.show(known(layout), CHOICE, 900);
    const { geometry, looks } = picture;
    picture.show(known(layout, { gpuUtilizationPct: layout.devices.map(() => 99) }), CHOICE, 900);
    expect(picture.looks).not.toEqual(looks);
    picture.show(known(layout), { ...CHOICE, metric: 'temperature' }, 900);
    expect(picture.geometry).toBe(geometry);
    picture.show(known(layout), CHOICE, 700);
    expect(picture.geometry).not.toBe(geometry);
  });

  it('draws a placeholder of some size until the fleet is known', () => {
    const picture = new Picture(() => 40);
    const waiting = { ...known(layout), layout: null, frame: null, judged: null, totals: null };
    picture.show(waiting, CHOICE, 900);
    expect(picture.looks).toHaveLength(128);
    expect(picture.totals.size).toBe(0);
    picture.show(known(layout), CHOICE, 900);
    expect(picture.looks).toHaveLength(24);
    expect(picture.totals.size).toBe(1);
  });

  it('lets the name of a node stand out that is wholly out of service or silent', () => {
    const statuses = layout.devices.map((_, at) => (at < 8 || at === 9 ? ('CORDONED' as const) : ('ACTIVE' as const)));
    const ages = layout.devices.map((_, at) => (at >= 16 ? 60_000 : 400));
    const picture = new Picture(() => 40);
    picture.show(known(layout, { deviceStatuses: statuses, ageMs: ages }), CHOICE, 900);
    expect([...picture.dark]).toEqual(['node h100-1', 'node h100-3']);
  });

  it('leaves out what is retired', () => {
    const statuses = layout.devices.map((_, at) => (at < 8 ? ('RETIRED' as const) : ('ACTIVE' as const)));
    const picture = new Picture(() => 40);
    picture.show(known(layout, { deviceStatuses: statuses }), CHOICE, 900);
    expect(picture.groups[0]?.nodes).toHaveLength(2);
    expect(picture.geometry.x[0]).toBeNaN();
  });
});

describe('shape of the map that is kept', () => {
  const groups = groupsOf(fleet(...pool('H100', 3), ...pool('A100', 2, 4)), 'pool', () => true);

  it('makes a placeholder as large as the map', () => {
    const again = placeholderGroups(parsedShape(JSON.stringify(shapeOf(groups, 50))));
    expect(again.map(({ nodes, columns }) => [nodes.length, columns])).toEqual([
      [3, 8],
      [2, 4],
    ]);
    expect(again.flatMap(({ cells }) => cells)).toEqual(Array.from({ length: 32 }, (_, at) => at));
  });

  it('is the usual one where what was kept cannot be', () => {
    const texts = [null, '', '[]', '{"groups":[]}', '{"labelWidth":50,"groups":[{"nodes":1e9,"columns":8}]}'];
    for (const text of texts) expect(parsedShape(text)).toBe(USUAL);
  });
});

describe('words', () => {
  afterEach(() => {
    locale.value = 'en';
    vi.restoreAllMocks();
  });
  const layout = fleet(...pool('H100', 2, 4));
  const [group] = groupsOf(layout, 'pool', () => true);
  const fleetNow = known(layout, {
    gpuUtilizationPct: [53, 50, 50, 50, 50, 0, 50, 50],
    memoryUsedMb: [40_960, 0, 0, 0, 0, 0, 0, 0],
    temperatureC: [60, 60, 88, 60, null, 60, 60, 60],
    ageMs: [400, 400, 400, 400, 400, 400, 42_000, null],
  });

  function head(metric: 'utilization' | 'memory' | 'temperature' | 'power', narrow = false): string {
    return group ? groupWords(group, totalsOf(layout, fleetNow.frame, fleetNow.judged), fleetNow, metric, narrow) : '';
  }

  it('of a group count it and say what is measured', () => {
    expect(head('utilization')).toBe('2 nodes · 8 GPUs · 63% allocated · 1 free · 42% mean utilisation');
    expect(head('temperature')).toMatch(/mean 66 °C · hottest 88 °C, h100-1 · GPU 2$/);
    expect(head('power')).toMatch(/1\.2 kW, 50% of the limit$/);
    expect(head('memory')).toMatch(/8% of memory used$/);
    expect(head('power', true)).toBe('63% allocated · 1 free');
  });

  it('of a cell name it, its state, value and age', () => {
    expect(cellWords(fleetNow, 0, 'utilization')).toBe('h100-1 GPU 0, in use, 53 percent, live');
    expect(cellWords(fleetNow, 4, 'temperature')).toBe('h100-2 GPU 0, in use, no value, live');
    expect(cellWords(fleetNow, 6, 'utilization')).toBe('h100-2 GPU 2, no data, 50 percent, stale, 42 s old');
    expect(cellWords(fleetNow, 7, 'power')).toBe('h100-2 GPU 3, no data, 200 watts, never read');
  });

  it('are in the language of the page', () => {
    locale.value = 'ko';
    expect(head('utilization')).toBe('노드 2대 · GPU 8개 · 할당 63% · 여유 1개 · 평균 사용률 42%');
    expect(cellWords(fleetNow, 0, 'memory')).toBe('h100-1 GPU 0, 사용 중, 메모리 50퍼센트, 실시간');
  });
});

describe('selection', () => {
  it('toggles, grows, and forgets what is gone', () => {
    const one = toggled(NOTHING, 'a');
    expect([...one]).toEqual(['a']);
    expect(toggled(one, 'a').size).toBe(0);
    expect([...joined(one, ['b', 'a'])]).toEqual(['a', 'b']);
    const layout = fleet({ name: 'n', gpus: 2 });
    const both = new Set(['n/0', 'n/1']);
    expect(kept(both, layout)).toBe(both);
    expect([...kept(new Set(['n/0', 'gone']), layout)]).toEqual(['n/0']);
  });
});
