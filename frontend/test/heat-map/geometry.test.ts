import { describe, expect, it } from 'vitest';
import { cellsIn, geometryOf, hitAt, scaleOf } from '../../src/overview/heat-map/geometry';
import { groupsOf } from '../../src/overview/heat-map/groups';
import { moved } from '../../src/overview/heat-map/moves';
import { drawnSpan } from '../../src/overview/heat-map/view-window';
import { fleet, pool } from './fleet';

const LABEL = 48;

function map(layout = fleet(...pool('H100', 16)), width = 995, zoomed: string | null = null) {
  const groups = groupsOf(layout, 'pool', () => true);
  return geometryOf(groups, width, LABEL, zoomed);
}

describe('scale', () => {
  it('shrinks with the fleet and on a phone', () => {
    expect([20, 2000, 2001, 6000, 6001, 10_000].map((gpus) => scaleOf(gpus, 1000).cell)).toEqual([
      16, 16, 10, 10, 5, 5,
    ]);
    expect(scaleOf(1024, 390).cell).toBe(7);
    expect(scaleOf(10_000, 390).cell).toBe(5);
    expect(scaleOf(6001, 1000).labels).toBe(false);
  });
});

describe('geometry', () => {
  it('runs the nodes of a group down in columns of equal height', () => {
    const { x, y, height, boxes } = map();
    expect(boxes[0]?.nodesPerColumn).toBe(4); // 16 nodes in as many columns as fit: 5, of which 4 are needed
    expect([x[0], y[0]]).toEqual([48, 22]);
    expect([x[1], y[1]]).toEqual([66, 22]);
    expect([x[8], y[8]]).toEqual([48, 42]); // the next node, one row further down
    expect([x[32], y[32]]).toEqual([48 + 198, 22]); // the fifth, in the second column
    expect(height).toBe(22 + 3 * 20 + 16);
  });

  it('puts groups below one another', () => {
    const { boxes } = map(fleet(...pool('H100', 2), ...pool('A100', 2)));
    expect(boxes.map(({ top, bodyTop }) => bodyTop - top)).toEqual([22, 22]);
    expect(boxes[1]?.top).toBe((boxes[0]?.bottom ?? 0) + 14);
  });

  it('goes on in the next line where a node is wider than the map', () => {
    const { boxes, x, y } = map(fleet({ name: 'rack', gpus: 72 }), 600);
    expect(boxes[0]?.perLine).toBe(30);
    expect(boxes[0]?.linesPerNode).toBe(3);
    expect([x[30], y[30]]).toEqual([x[0], 42]);
  });

  it('shows 10,000 GPUs on one screen', () => {
    const { height, x } = map(fleet(...pool('H100', 1250)));
    expect(height).toBeLessThan(600);
    expect([...x].every((value) => value + 5 <= 995)).toBe(true);
  });

  it('has rows for a finger in the group that is zoomed, and only there', () => {
    const layout = fleet(...pool('H100', 4), ...pool('A100', 4));
    const geometry = map(layout, 358, 'model H100');
    const { boxes, x, y, size } = geometry;
    expect(boxes.map(({ scale }) => scale.row)).toEqual([44, 9]);
    expect(boxes[0]?.nodesPerColumn).toBe(4);
    const right = LABEL + 8 * ((boxes[0]?.scale.cell ?? 0) + 2) - 2;
    expect(right).toBeLessThanOrEqual(358);
    expect((y[8] ?? 0) - (y[0] ?? 0)).toBe(44);
    const below = (y[0] ?? 0) + (size[0] ?? 0) + 3; // beside the cell, but in its row
    expect(hitAt(geometry, (x[0] ?? 0) + 5, below)).toMatchObject({ kind: 'cell', at: 0 });
  });

  it('of nothing is empty', () => {
    expect(geometryOf([], 995, 0)).toMatchObject({ height: 0, boxes: [] });
  });
});

describe('what is at a point', () => {
  const geometry = map();

  it('is found again for every cell, its gap included', () => {
    for (let at = 0; at < 128; at++) {
      const [x, y] = [geometry.x[at] ?? 0, geometry.y[at] ?? 0];
      expect(hitAt(geometry, x, y)).toMatchObject({ kind: 'cell', at });
      expect(hitAt(geometry, x + 17, y + 15)).toMatchObject({ kind: 'cell', at });
    }
  });

  it('is a node at its name, and nothing beside the cells', () => {
    expect(hitAt(geometry, 10, 45)).toMatchObject({ kind: 'label', node: { name: 'h100-2' } });
    expect(hitAt(geometry, 48 + 146, 45)).toMatchObject({ kind: 'space' });
    expect(hitAt(geometry, 48 + 5, 22 + 19)).toMatchObject({ kind: 'space' });
    expect(hitAt(geometry, 990, 45)).toMatchObject({ kind: 'space' });
    expect(hitAt(geometry, 10, 10)).toBeNull(); // the head
    expect(hitAt(geometry, 10, 5000)).toBeNull();
  });

  it('is nothing where a GPU is missing', () => {
    const layout = fleet({ name: 'h100-1' });
    const hole = geometryOf(
      groupsOf(layout, 'pool', (at) => at !== 2),
      995,
      LABEL,
    );
    expect(hitAt(hole, 48 + 2 * 18, 25)).toMatchObject({ kind: 'space' });
    expect(hitAt(hole, 48 + 3 * 18, 25)).toMatchObject({ kind: 'cell', at: 3 });
  });
});

describe('cells in a rectangle', () => {
  it('are those that it touches', () => {
    const geometry = map();
    expect(cellsIn(geometry, { left: 0, top: 0, right: 48 + 18, bottom: 60 })).toEqual([0, 8]);
    expect(cellsIn(geometry, { left: 48 + 16, top: 22, right: 48 + 19, bottom: 23 })).toEqual([1]);
    expect(cellsIn(geometry, { left: 0, top: 0, right: 995, bottom: 500 })).toHaveLength(128);
    expect(cellsIn(geometry, { left: 0, top: 0, right: 995, bottom: 20 })).toEqual([]);
  });
});

describe('arrow keys', () => {
  const geometry = map(fleet(...pool('H100', 16), ...pool('A100', 9)));

  it('go along the row into the next column of nodes', () => {
    expect(moved(geometry, 0, 'ArrowRight')).toBe(1);
    expect(moved(geometry, 7, 'ArrowRight')).toBe(32);
    expect(moved(geometry, 32, 'ArrowLeft')).toBe(7);
    expect(moved(geometry, 0, 'ArrowLeft')).toBeNull();
  });

  it('go down the column, over holes at its end, into the next group', () => {
    expect(moved(geometry, 3, 'ArrowDown')).toBe(11);
    expect(moved(geometry, 3 * 8 + 3, 'ArrowDown')).toBe(128 + 3);
    expect(moved(geometry, 128 + 3, 'ArrowUp')).toBe(3 * 8 + 3);
    // Nine nodes in columns of two: the fifth column has one node, below which nothing comes.
    expect(moved(geometry, 128 + 8 * 8, 'ArrowDown')).toBe(128 + 8 * 7 + 7);
    expect(moved(geometry, 0, 'ArrowUp')).toBeNull();
  });

  it('go to the ends of the row and to other groups', () => {
    expect(moved(geometry, 8, 'End')).toBe(8 + 3 * 32 + 7);
    expect(moved(geometry, 8 + 3 * 32 + 7, 'Home')).toBe(8);
    expect(moved(geometry, 20, 'PageDown')).toBe(128);
    expect(moved(geometry, 130, 'PageUp')).toBe(0);
    expect(moved(geometry, 130, 'PageDown')).toBeNull();
    expect(moved(geometry, 130, 'q')).toBeNull();
  });
});

describe('the drawn part', () => {
  it('is all of a map that fits a canvas', () => {
    const span = drawnSpan(900, { top: 0, height: 600 }, null);
    expect(span).toEqual({ top: 0, height: 900 });
    expect(drawnSpan(900, { top: 500, height: 600 }, span)).toBe(span);
  });

  it('of a taller one covers the screen, and stays until the screen leaves it', () => {
    const first = drawnSpan(50_000, { top: -100, height: 800 }, null);
    expect(first).toEqual({ top: 0, height: 2400 });
    expect(drawnSpan(50_000, { top: 1500, height: 800 }, first)).toBe(first);
    const next = drawnSpan(50_000, { top: 1700, height: 800 }, first);
    expect(next).toEqual({ top: 900, height: 2400 });
    expect(drawnSpan(50_000, { top: 49_900, height: 800 }, next)).toEqual({ top: 47_600, height: 2400 });
  });
});
