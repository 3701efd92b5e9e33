/** The GPUs of a node, with those that an answer has chosen. */

import { css, html, nothing } from 'lit';
import type { Known } from '../data/fleet';
import { loadStep } from '../format/ramps';
import { STATE_GLYPHS } from '../parts/badges';
import { cssVars } from '../parts/css-vars';
import { PageElement } from '../parts/element';
import { plus } from '../parts/icons';
import { shared } from '../parts/shared';
import { stateWord } from '../parts/states.text';
import { t } from './request.text';

export class PlaceStrip extends PageElement {
  static override properties = {
    snapshot: { attribute: false },
    node: { attribute: false },
    chosen: { attribute: false },
  };
  declare snapshot: Known;
  /** The name of the node. */
  declare node: string;
  /** Indexes of the chosen GPUs. */
  declare chosen: readonly number[];

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      ol {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        color: var(--t3);
        font: 11px/14px var(--font);
        text-align: center;
      }
      i {
        display: grid;
        place-items: center;
        width: 22px;
        height: 22px;
        border-radius: 2px;
        background: var(--load, transparent);
      }
      .chosen i {
        background: var(--accbg);
        box-shadow: inset 0 0 0 2px var(--acc);
        color: var(--acc);
      }
      .chosen {
        color: var(--acc);
        font-weight: 600;
      }
      svg {
        width: 14px;
        height: 14px;
      }
    `,
  ];

  override render() {
    const { layout } = this.snapshot;
    const node = layout.nodes.find(({ nodeName }) => nodeName === this.node);
    if (!node) return nothing;
    const positions = Array.from({ length: node.count }, (_, at) => node.first + at);
    return html`<ol aria-label=${t('nodeGpus', { node: this.node })}>
      ${positions.map((at) => this.#cell(at))}
    </ol>`;
  }

  #cell(at: number) {
    const { layout, frame, judged } = this.snapshot;
    const device = layout.devices[at];
    const state = judged.states[at] ?? null;
    if (!device || state === null) return nothing;
    const n = device.deviceIndex;
    const chosen = this.chosen.includes(n);
    const load = !chosen && state === 'use' ? (frame.gpuUtilizationPct[at] ?? null) : null;
    const name = chosen ? t('cellChosen', { n }) : t('cell', { n, state: stateWord(state) });
    return html`<li class=${chosen ? 'chosen' : ''} title=${name}>
      <i ${cssVars({ '--load': load === null ? 'transparent' : `var(--load-${loadStep(load)})` })} aria-hidden="true"
        >${chosen ? plus : load === null ? STATE_GLYPHS[state] : nothing}</i
      ><span aria-hidden="true">${n}</span><span class="hidden">${name}</span>
    </li>`;
  }
}

customElements.define('place-strip', PlaceStrip);
