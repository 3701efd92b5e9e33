/** From a reading to a step of a ramp. Pure. */

import type { Metric } from '../../data/history';
import type { Frame, Layout } from '../../data/types';
import { heatStep, loadStep } from '../../format/ramps';

export type Ramp = 'load' | 'heat';

export function rampOf(metric: Metric): Ramp {
  return metric === 'temperature' ? 'heat' : 'load';
}

/** Watts that fill the ramp where no board of a model says its limit: the top of the power charts. */
const POWER_TOP_W = 800;

/** What is 100% of power for every GPU: its limit, else the biggest known of its model, in W. */
export function powerTops(layout: Layout): Float64Array {
  const biggest = new Map<string, number>();
  for (const { model, powerLimitW } of layout.devices) {
    if (powerLimitW) biggest.set(model.id, Math.max(powerLimitW, biggest.get(model.id) ?? 0));
  }
  return Float64Array.from(
    layout.devices,
    ({ model, powerLimitW }) => powerLimitW || (biggest.get(model.id) ?? POWER_TOP_W),
  );
}

/** The share of the board's memory that is used, in percent. */
export function memoryPct(layout: Layout, frame: Frame, at: number): number | null {
  const used = frame.memoryUsedMb[at] ?? null;
  const size = frame.memoryTotalMb[at] ?? layout.devices[at]?.memoryTotalMb ?? null;
  return used === null || !size ? null : (100 * used) / size;
}

/** Step 1 to 8 of what a GPU shows in this metric; 0: not known. */
export function stepOf(metric: Metric, layout: Layout, frame: Frame, tops: Float64Array, at: number): number {
  switch (metric) {
    case 'utilization':
      return load(frame.gpuUtilizationPct[at] ?? null);
    case 'memory':
      return load(memoryPct(layout, frame, at));
    case 'temperature': {
      const celsius = frame.temperatureC[at] ?? null;
      return celsius === null ? 0 : heatStep(celsius);
    }
    case 'power': {
      const watts = frame.powerDrawW[at] ?? null;
      return watts === null ? 0 : load((100 * watts) / (tops[at] ?? POWER_TOP_W));
    }
  }
}

function load(pct: number | null): number {
  return pct === null ? 0 : loadStep(pct);
}
