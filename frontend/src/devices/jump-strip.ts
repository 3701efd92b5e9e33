/** The GPUs of a node as a row of cells; each leads to its page. */

import { css, html, nothing } from 'lit';
import type { App } from '../app/app';
import type { Known } from '../data/fleet';
import type { DeviceState } from '../data/states';
import type { LayoutNode } from '../data/types';
import { percent } from '../format/format';
import { loadStep } from '../format/ramps';
import { STATE_GLYPHS } from '../parts/badges';
import { cssVars } from '../parts/css-vars';
import { PageElement } from '../parts/element';
import { shared } from '../parts/shared';
import { stateWord } from '../parts/states.text';
import { t } from './device.text';

export class JumpStrip extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    node: { attribute: false },
    current: {},
  };
  declare app: App;
  declare snapshot: Known;
  declare node: LayoutNode;
  /** The id of the GPU whose page this is; '' for none. */
  declare current: string;

  static override styles = [
    shared,
    css`
      nav {
        display: flex;
        gap: 2px;
      }
      a {
        display: grid;
        flex: 0 0 24px; /* no narrower: it is a target */
        place-items: center;
        height: 24px;
        border-radius: 2px;
        background: var(--load, transparent);
        color: var(--t2);
      }
      a.out {
        color: var(--t2);
      }
      a.unhealthy {
        background: var(--critbg);
        color: var(--critmark);
      }
      a.retired {
        border: 1px dashed var(--line2);
      }
      a[aria-current='page'] {
        outline: 2px solid var(--acc);
        outline-offset: 1px;
      }
      a:focus-visible {
        outline: 3px solid var(--acc);
      }
      @media (max-width: 759px) {
        a {
          flex: 1 1 40px;
          height: 44px;
        }
      }
    `,
  ];

  override render() {
    const { first, count, nodeName } = this.node;
    const positions = Array.from({ length: count }, (_, at) => first + at);
    return html`<nav aria-label=${t('strip', { node: nodeName })}>${positions.map((at) => this.#cell(at))}</nav>`;
  }

  #cell(at: number) {
    const { layout, frame, judged } = this.snapshot;
    const device = layout.devices[at];
    if (!device) return nothing;
    const state = judged.states[at] ?? null;
    const load = state === 'use' ? (frame.gpuUtilizationPct[at] ?? null) : null;
    const word = stateWord(state ?? 'RETIRED');
    const values = { n: device.deviceIndex, state: word, load: percent(load) };
    const { query } = this.app.router.route.value;
    return html`<a
      class=${state ?? 'retired'}
      href=${this.app.router.href({ page: 'device', id: device.id, query })}
      aria-label=${load === null ? t('cell', values) : t('cellLoad', values)}
      aria-current=${device.id === this.current ? 'page' : nothing}
      title=${load === null ? t('cell', values) : t('cellLoad', values)}
      ${cssVars({ '--load': load === null ? 'transparent' : `var(--load-${loadStep(load)})` })}
      >${load === null ? glyphOf(state) : nothing}</a
    >`;
  }
}

function glyphOf(state: DeviceState | null) {
  return state === null ? nothing : STATE_GLYPHS[state];
}

customElements.define('jump-strip', JumpStrip);
