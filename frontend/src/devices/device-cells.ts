/** What stands in the cells of a GPU's row. */

import { html, noChange, nothing, type TemplateResult } from 'lit';
import type { History } from '../data/history';
import {
  celsius,
  count,
  duration,
  gib,
  gpuName,
  percent,
  sentence,
  shortModel,
  shortUuid,
  UNKNOWN,
  watts,
} from '../format/format';
import { statusBadge } from '../parts/badges';
import { check, copy, held, staleClock } from '../parts/icons';
import { heat, meter, share } from '../parts/meter';
import '../parts/spark-line';
import { stateWord } from '../parts/states.text';
import type { DeviceColumn } from './device-columns';
import { t } from './devices.text';
import type { Row } from './rows';

/** What the cells of a row need beside the row. */
export interface CellContext {
  readonly history: History;
  /** Whether the row is near the screen; else its line is left as it was. */
  readonly near: boolean;
  /** Whether the row before is of the same node: then the name steps back. */
  readonly again: boolean;
  readonly deviceHref: string;
  readonly nodeHref: string;
  /** Where Tab stops: the links and buttons of one row only. */
  readonly tabindex: 0 | -1;
  /** Whether the name of the node stands in a column of its own. */
  readonly nodeShown: boolean;
  readonly copied: boolean;
  readonly onCopy: () => void;
}

const PERCENT: readonly [number, number] = [0, 100];

/** How many readings the line of the last minutes shows, one a second. */
const TREND_POINTS = 120;

const CELLS: Readonly<Record<DeviceColumn, (row: Row, context: CellContext) => TemplateResult>> = {
  node: ({ device: { node } }, { again, nodeHref, tabindex }) =>
    html`<td class="node" title=${`${node.clusterName} / ${node.nodeName}`}>
      <a class=${again ? 'again' : ''} href=${nodeHref} tabindex=${tabindex}>${node.nodeName}</a>
    </td>`,
  gpu: ({ device }, { deviceHref, tabindex, nodeShown }) =>
    html`<td class="gpu">
      <a class="name" href=${deviceHref} tabindex=${tabindex} aria-label=${gpuName(device)}
        >${nodeShown ? `GPU ${device.deviceIndex}` : gpuName(device)}</a
      >
    </td>`,
  model: ({ device: { model } }) =>
    html`<td class="model" title=${model.modelName}>${shortModel(model.modelName)}</td>`,
  trend: ({ at }, { history, near }) =>
    html`<td class="trend reading">
      <spark-line
        .values=${near ? history.device(at, 'utilization', TREND_POINTS).values : noChange}
        .domain=${PERCENT}
        .slots=${TREND_POINTS}
      ></spark-line>
    </td>`,
  utilization: ({ utilizationPct }) =>
    html`<td class="utilization reading">${meter(utilizationPct)}<span class="number">${percent(utilizationPct)}</span></td>`,
  memory: ({ memoryUsedMb, memoryTotalMb }) =>
    html`<td class="memory reading">
      ${meter(share(memoryUsedMb, memoryTotalMb))}<span class="value">${gib(memoryUsedMb)}</span
      ><span class="dim">${memoryTotalMb === null ? nothing : t('of', { n: gib(memoryTotalMb) })}</span>
    </td>`,
  temperature: ({ temperatureC }) => html`<td class="temperature reading right">${heat(temperatureC)}</td>`,
  power: ({ powerW, device: { powerLimitW } }) =>
    html`<td class="power reading">
      ${meter(share(powerW, powerLimitW))}<span class="value">${wholeWatts(powerW)}</span
      ><span class="dim">${powerLimitW === null ? (powerW === null ? '' : ' W') : t('of', { n: `${count(powerLimitW)} W` })}</span>
    </td>`,
  status: (row) => html`<td class="status" title=${sentence(row.reason)}>${statusOf(row)}</td>`,
  pci: ({ device }) => html`<td class="pci">${device.pciAddress ?? UNKNOWN}</td>`,
  uuid: ({ device }, { tabindex, copied, onCopy }) =>
    html`<td class="uuid">
      <button
        class="copy"
        tabindex=${tabindex}
        title=${device.gpuUuid}
        aria-label=${`${t('copyUuid')}: ${device.gpuUuid}`}
        @click=${onCopy}
      >
        <span>${shortUuid(device.gpuUuid)}</span>${copied ? check : copy}
      </button>
    </td>`,
};

/** The cell of a column. */
export function cellOf(column: DeviceColumn, row: Row, context: CellContext): TemplateResult {
  return CELLS[column](row, context);
}

/** The badge of a row that is not as it should be; null: all is well. */
export function exceptionOf({ status, stale, ageMs, state }: Row): TemplateResult | null {
  if (status !== 'ACTIVE') return statusBadge(status);
  if (ageMs === null) return html`<span class="badge">${staleClock}${t('noReading')}</span>`;
  if (stale) return html`<span class="badge">${staleClock}${t('staleFor', { age: duration(ageMs) })}</span>`;
  if (state === 'held') return html`<span class="badge warn">${held}${stateWord(state)}</span>`;
  return null;
}

function statusOf(row: Row) {
  const exception = exceptionOf(row);
  if (!exception) return row.state ? stateWord(row.state) : UNKNOWN;
  return html`${exception} <span class="dim">${whyOf(row)}</span>`;
}

/** Why it is not in service, else since when nothing comes from it. */
function whyOf({ status, reason, ageMs, stale }: Row): string {
  if (status === 'ACTIVE') return '';
  if (reason) return sentence(reason).replace(/\.$/, '');
  return stale && ageMs !== null ? t('lastSeen', { age: duration(ageMs) }) : '';
}

/** The second line of a phone's row. */
export function secondLine({ device, memoryUsedMb, memoryTotalMb, temperatureC, powerW }: Row): TemplateResult {
  const memory =
    memoryUsedMb === null || memoryTotalMb === null ? UNKNOWN : `${gib(memoryUsedMb)} / ${gib(memoryTotalMb)} GiB`;
  return html`<span class="name">${shortModel(device.model.modelName)}</span>
    <span>${memory}</span>
    <span class="small">${celsius(temperatureC)}</span>
    <span class="small">${powerW === null ? UNKNOWN : `${wholeWatts(powerW)} W`}</span>`;
}

function wholeWatts(value: number | null): string {
  return value === null ? UNKNOWN : value < 1000 ? watts(value).value : count(value);
}
