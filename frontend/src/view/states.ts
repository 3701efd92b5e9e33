/** The words for states. */

import type { DeviceState } from '../data/totals';
import type { DeviceStatus } from '../data/types';

export const STATE_WORDS: Readonly<Record<DeviceState, string>> = {
  busy: 'Busy',
  quiet: 'Quiet',
  nodata: 'No data',
  out: 'Out of service',
  unhealthy: 'Unhealthy',
};

export const STATUS_WORDS: Readonly<Record<DeviceStatus, string>> = {
  ACTIVE: 'In service',
  CORDONED: 'Cordoned',
  DRAINING: 'Draining',
  MAINTENANCE: 'Maintenance',
  UNHEALTHY: 'Unhealthy',
  OFFLINE: 'Offline',
  RETIRED: 'Retired',
};
