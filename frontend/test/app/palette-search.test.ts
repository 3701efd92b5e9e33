import { describe, expect, it } from 'vitest';
import { commandEntry, deviceEntries, nodeEntries, search, wordsOf } from '../../src/app/palette-search';
import { layoutOf } from '../../src/data/layout';
import type { Device, Layout } from '../../src/data/types';

function gpu(nodeName: string, deviceIndex: number, some: Partial<Device> = {}): Device {
  const hex = [...nodeName].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), deviceIndex).toString(16);
  return {
    id: `${nodeName}/${deviceIndex}`,
    gpuUuid: `GPU-${hex.padStart(8, '0').slice(-8)}-0000-0000-0000-0000000000${deviceIndex}f`,
    pciAddress: `00000000:${deviceIndex}b:00.0`,
    deviceIndex,
    memoryTotalMb: 81_920,
    powerLimitW: 700,
    node: { id: nodeName, nodeName, clusterName: 'seoul' },
    model: { id: 'h100', modelName: 'NVIDIA H100 80GB HBM3' },
    ...some,
  };
}

function fleet(nodes: number, perNode = 8): Layout {
  const devices = [];
  for (let node = 1; node <= nodes; node++) {
    for (let index = 0; index < perNode; index++) devices.push(gpu(`h100-${String(node).padStart(2, '0')}`, index));
  }
  return layoutOf('1', devices);
}

const layout = fleet(12);

function gpus(query: string, most = 8, of = layout) {
  const { best, total } = search(deviceEntries(of), wordsOf(query), most);
  return { names: best.map(({ value }) => of.devices[value]?.id), total };
}

describe('the search for GPUs', () => {
  it('finds one by node and index, however it is written', () => {
    for (const query of ['h100-07 3', 'h100-07 gpu3', 'h100-07 GPU 3', 'h100-07 · GPU 3', 'h100-07/3', '3 h100-07']) {
      expect(gpus(query)).toEqual({ names: ['h100-07/3'], total: 1 });
    }
  });

  it('lists those of a node in their order', () => {
    expect(gpus('h100-07').names).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((index) => `h100-07/${index}`));
  });

  it('finds one by its UUID: whole, its start, as the page shortens it', () => {
    const uuid = layout.devices[20]?.gpuUuid ?? '';
    const id = layout.devices[20]?.id;
    for (const query of [
      uuid,
      uuid.toUpperCase(),
      uuid.slice(0, 12),
      uuid.slice(4, 12),
      `${uuid.slice(4, 12)}…${uuid.slice(-4)}`,
    ]) {
      expect(gpus(query).names[0]).toBe(id);
    }
  });

  it('finds them by PCI address and model', () => {
    expect(gpus('3b:00.0')).toMatchObject({ total: 12 });
    expect(gpus('hbm3 seoul').total).toBe(96);
    expect(gpus('gpu').total).toBe(96);
  });

  it('is not deceived by a digit within a UUID', () => {
    expect(gpus('h100-01 9').total).toBe(0);
  });

  it('finds nothing where one word fails', () => {
    expect(gpus('h100-07 a100')).toEqual({ names: [], total: 0 });
  });

  it('counts all and keeps as many as asked for', () => {
    const { names, total } = gpus('h100', 5);
    expect([names.length, total]).toEqual([5, 96]);
  });

  it('takes an exact name before one that begins so, and that before one inside', () => {
    const named = layoutOf(
      '1',
      ['gpu-h100-1', 'h100-1', 'h100-10', 'xh100-1'].map((name) => gpu(name, 0)),
    );
    expect(gpus('h100-1', 8, named).names).toEqual(['h100-1/0', 'h100-10/0', 'gpu-h100-1/0', 'xh100-1/0']);
  });

  it('answers within a key press over 10,000 GPUs', () => {
    const large = fleet(1250);
    const entries = deviceEntries(large);
    const begun = performance.now();
    for (const query of ['h', 'h1', 'h10', 'h100', 'h100-1', 'h100-12', 'h100-125', 'h100-1250', 'gpu-0', '…9f']) {
      search(entries, wordsOf(query), 8);
    }
    expect((performance.now() - begun) / 10).toBeLessThan(40); // 5 to 10 ms by itself; the machine may be busy
  });
});

describe('the search for nodes', () => {
  it('finds them by name and cluster', () => {
    const found = (query: string) =>
      search(nodeEntries(layout), wordsOf(query), 8).best.map(({ value }) => layout.nodes[value]?.nodeName);
    expect(found('h100-07')).toEqual(['h100-07']);
    expect(found('seoul 12')).toEqual(['h100-12']);
    expect(found('h100')).toHaveLength(8);
  });
});

describe('the search for commands', () => {
  it('finds them by the title of the language and by words of every language', () => {
    const entries = [
      commandEntry('dark', '어두운 테마', 'theme dark'),
      commandEntry('keys', '단축키', 'keyboard shortcuts'),
    ];
    const found = (query: string) => search(entries, wordsOf(query), 8).best.map(({ value }) => value);
    expect(found('어두')).toEqual(['dark']);
    expect(found('dark')).toEqual(['dark']);
    expect(found('shortcut')).toEqual(['keys']);
  });
});
