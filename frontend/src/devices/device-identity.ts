/** What identifies a GPU, in one line; all of it can be copied. */

import { css, html, nothing } from 'lit';
import { count, shortModel, shortUuid, UNKNOWN } from '../format/format';
import '../parts/copy-button';
import { PageElement } from '../parts/element';
import { shared } from '../parts/shared';
import type { DeviceFacts } from './device-model';
import { t } from './device.text';

export class DeviceIdentity extends PageElement {
  static override properties = { facts: { attribute: false } };
  declare facts: DeviceFacts;

  static override styles = [
    shared,
    css`
      dl {
        display: flex;
        flex-wrap: wrap;
        gap: 0 20px;
        margin: 0;
        min-height: 24px;
      }
      div {
        display: flex;
        align-items: center;
        min-height: 24px;
        white-space: nowrap;
      }
      dt {
        margin-right: 6px;
        color: var(--t3);
        font-size: 12px;
      }
      dd {
        margin: 0;
      }
      .mono {
        font: 12px/18px var(--mono);
      }
      .clock {
        min-width: 64px;
      }
      @media (max-width: 759px) {
        dl {
          display: grid;
          grid-template-columns: 1fr 1fr;
          gap: 4px 16px;
        }
        div {
          display: block;
          position: relative;
          min-height: 44px;
        }
        div:first-child {
          grid-column: 1 / -1;
          min-height: 24px;
        }
        dt {
          line-height: 20px;
        }
        copy-button {
          position: absolute;
          top: 0;
          right: 0;
        }
      }
    `,
  ];

  override render() {
    const { details, clocks, modelName, gpuUuid, pciAddress } = this.facts;
    return html`<dl>
      <div><dt class="hidden">${t('model')}</dt><dd>${shortModel(modelName)}</dd></div>
      ${this.#copied(t('uuid'), gpuUuid, shortUuid(gpuUuid))}
      ${this.#copied(t('pci'), pciAddress, pciAddress === null ? UNKNOWN : shortPci(pciAddress))}
      ${this.#copied(t('serial'), details?.serialNumber ?? null, details?.serialNumber ?? UNKNOWN)}
      <div><dt>${t('driver')}</dt><dd>${details?.driverVersion ?? UNKNOWN}</dd></div>
      <div><dt>${t('smClock')}</dt><dd class="clock">${mhz(clocks?.smMhz ?? null)}</dd></div>
      <div><dt>${t('memoryClock')}</dt><dd class="clock">${mhz(clocks?.memoryMhz ?? null)}</dd></div>
    </dl>`;
  }

  #copied(what: string, value: string | null, shown: string) {
    return html`<div>
      <dt>${what}</dt>
      <dd class="mono">
        ${shown}${value === null ? nothing : html`<copy-button .what=${what} .value=${value}></copy-button>`}
      </dd>
    </div>`;
  }
}

/** 0000:5D:00.0: the driver writes the domain with eight digits, the system with four. */
function shortPci(address: string): string {
  return address.replace(/^0000(?=[0-9a-f]{4}:)/i, '');
}

function mhz(value: number | null): string {
  return value === null ? UNKNOWN : t('mhz', { n: count(value) });
}

customElements.define('device-identity', DeviceIdentity);
