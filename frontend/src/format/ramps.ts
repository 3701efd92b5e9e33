/** The steps of the colour ramps: 1 to 8, further from the page is more. */

/** From which temperature each step after the first begins, °C: normal training sits in the middle. */
export const HEAT_EDGES_C: readonly number[] = [40, 50, 58, 66, 74, 80, 86];

/** Step 1 to 8 of the heat ramp. */
export function heatStep(temperatureC: number): number {
  return 1 + HEAT_EDGES_C.filter((edge) => temperatureC >= edge).length;
}

/** Step 1 to 8 of the load ramp, for 0 to 100%. */
export function loadStep(pct: number): number {
  return Math.min(8, 1 + Math.floor(Math.max(0, pct) / 12.5));
}
