import { describe, expect, it } from 'vitest';
import { columnsOf, groupsOf } from '../../src/overview/heat-map/groups';
import { fleet, pool } from './fleet';

const all = () => true;

describe('groups', () => {
  it('are models, the largest boards first, and nodes in the order of their numbers', () => {
    const layout = fleet(
      { name: 'l40s-1', model: 'L40S', memoryMb: 46_068 },
      { name: 'h100-10', memoryMb: 81_559 },
      { name: 'h100-9', memoryMb: 81_559 },
      { name: 'a100-1', model: 'A100', memoryMb: 81_920 },
    );
    const groups = groupsOf(layout, 'pool', all);
    expect(groups.map(({ title }) => title)).toEqual(['H100', 'A100', 'L40S']);
    expect(groups[0]?.nodes.map(({ name }) => name)).toEqual(['h100-9', 'h100-10']);
    expect(groups[0]?.cells).toHaveLength(16);
  });

  it('are clusters, or the whole fleet', () => {
    const layout = fleet({ name: 'one', cluster: 'busan' }, { name: 'two', cluster: 'seoul' });
    expect(groupsOf(layout, 'cluster', all).map(({ title }) => title)).toEqual(['seoul', 'busan']);
    expect(groupsOf(layout, 'node', all).map(({ title, nodes }) => [title, nodes.length])).toEqual([['', 2]]);
  });

  it('share a node that has two models', () => {
    const one = fleet({ name: 'mixed', gpus: 4 });
    const layout = fleet({ name: 'mixed', gpus: 4 });
    const devices = [...one.devices, ...layout.devices].map((device, at) => ({
      ...device,
      id: String(at),
      deviceIndex: at,
      model: at < 4 ? device.model : { id: 'a', modelName: 'NVIDIA A100' },
    }));
    const mixed = { ...layout, devices, nodes: layout.nodes.map((node) => ({ ...node, count: 8 })) };
    const groups = groupsOf(mixed, 'pool', all);
    expect(groups.map(({ nodes }) => nodes[0]?.cells)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect(groups[1]?.nodes[0]?.columns).toEqual([0, 1, 2, 3]);
  });

  it('leave out what is not shown, and nodes without any', () => {
    const layout = fleet(...pool('H100', 2, 2));
    const [group] = groupsOf(layout, 'pool', (at) => at === 1);
    expect(group?.nodes.map(({ name, cells, columns }) => [name, cells, columns])).toEqual([['h100-1', [1], [0]]]);
    expect(groupsOf(layout, 'pool', () => false)).toEqual([]);
  });
});

describe('columns', () => {
  it('are indices, so that a lost GPU leaves a hole', () => {
    expect(columnsOf([0, 1, 3, 4])).toEqual([0, 1, 3, 4]);
  });

  it('close up where indices say nothing', () => {
    expect(columnsOf([4, 5, 6, 7])).toEqual([0, 1, 2, 3]);
    expect(columnsOf([0, 0, 1])).toEqual([0, 1, 2]);
    expect(columnsOf([0, 90])).toEqual([0, 1]);
  });
});
