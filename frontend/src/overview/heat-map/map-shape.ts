/** How large the map was the last time, so that nothing jumps when the fleet is known again. Kept in this browser. */

import { type Group, groupOf } from './groups';

interface GroupShape {
  readonly nodes: number;
  readonly columns: number;
}

export interface MapShape {
  readonly labelWidth: number;
  readonly groups: readonly GroupShape[];
}

const KEY = 'gpu-map-shape';

/** Where nothing was kept. */
export const USUAL: MapShape = { labelWidth: 56, groups: [{ nodes: 16, columns: 8 }] };

const NODES_MOST = 20_000;
const COLUMNS_MOST = 64;
const LABEL_MOST = 200;

export function shapeOf(groups: readonly Group[], labelWidth: number): MapShape {
  return { labelWidth, groups: groups.map(({ nodes, columns }) => ({ nodes: nodes.length, columns })) };
}

/** What was kept, or the usual one where that is no shape. */
export function parsedShape(text: string | null): MapShape {
  try {
    const kept = JSON.parse(text ?? '') as Partial<MapShape>;
    const groups = kept.groups ?? [];
    const fits =
      groups.length > 0 &&
      within(kept.labelWidth, LABEL_MOST) &&
      groups.every(({ nodes, columns }) => within(nodes, NODES_MOST) && within(columns, COLUMNS_MOST)) &&
      groups.reduce((sum, { nodes, columns }) => sum + nodes * columns, 0) <= NODES_MOST;
    return fits ? { labelWidth: kept.labelWidth ?? 0, groups } : USUAL;
  } catch {
    return USUAL;
  }
}

function within(value: unknown, most: number): boolean {
  return typeof value === 'number' && value >= 1 && value <= most;
}

/** Groups of this shape, of nobody's GPUs. */
export function placeholderGroups({ groups }: MapShape): readonly Group[] {
  let at = 0;
  return groups.map((shape, key) => {
    const nodes = Array.from({ length: Math.round(shape.nodes) }, (_, node) => {
      const columns = Array.from({ length: Math.round(shape.columns) }, (_, column) => column);
      return { id: String(node), name: '', cells: columns.map(() => at++), columns };
    });
    return groupOf(String(key), '', nodes);
  });
}

export function keptShape(of: string): MapShape {
  try {
    return parsedShape(localStorage.getItem(`${KEY}:${of}`));
  } catch {
    return USUAL;
  }
}

export function keepShape(of: string, shape: MapShape): void {
  try {
    localStorage.setItem(`${KEY}:${of}`, JSON.stringify(shape));
  } catch {
    // A browser that keeps nothing: the next start has the usual shape.
  }
}
