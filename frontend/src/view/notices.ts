/** What stands between the strip and the list when not all is well: one message, its reason, one next step. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Snapshot } from '../data/fleet';
import type { Totals } from '../data/totals';
import { counted, duration } from '../format/format';
import { check, chip, cross, flask, lock, staleClock, warning } from './icons';
import { shared } from './shared';

export class PageNotices extends LitElement {
  static override properties = { snapshot: { attribute: false } };
  declare snapshot: Snapshot;

  static override styles = [
    shared,
    css`
      .notice {
        display: flex;
        align-items: flex-start;
        gap: 12px;
        margin: 16px 20px 4px;
        padding: 12px 16px;
        border: 1px solid var(--line2);
        border-radius: 6px;
      }
      .notice > svg {
        margin-top: 1px;
        color: var(--t3);
      }
      .notice.crit > svg {
        color: var(--critmark);
      }
      .text {
        flex: 1;
        min-width: 0;
      }
      strong {
        font-weight: 600;
      }
      p {
        margin: 2px 0 0;
        color: var(--t2);
      }
      code {
        display: inline-block;
        max-width: 100%;
        margin-top: 8px;
        padding: 6px 10px;
        overflow-x: auto;
        border-radius: 5px;
        background: var(--inset);
        color: var(--t1);
        font: 12px/18px var(--mono);
        white-space: nowrap;
      }
      form {
        display: flex;
        gap: 8px;
        max-width: 520px;
        margin-top: 10px;
      }
      input {
        flex: 1;
        min-width: 0;
        height: 28px;
        padding: 0 8px;
        border: 1px solid var(--ctl);
        border-radius: 5px;
        background: var(--bg);
      }
      .line {
        display: flex;
        align-items: center;
        gap: 8px;
        height: 35px;
        padding: 0 20px;
        border-bottom: 1px solid var(--line);
        background: var(--sub);
        color: var(--t2);
      }
      .line span {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .line svg {
        width: 14px;
        height: 14px;
      }
      .line .button {
        height: 24px;
      }
      .line.warn {
        background: var(--warnbg);
        color: var(--warn);
      }
      .line.crit {
        background: var(--critbg);
        color: var(--crit);
      }
      .line.crit .button {
        color: var(--t1);
      }
      @media (max-width: 759px) {
        .notice {
          flex-wrap: wrap;
          margin: 12px 16px 4px;
        }
        .line {
          height: auto;
          min-height: 35px;
          padding: 8px 16px;
        }
        .line span {
          white-space: normal;
        }
        .line.quiet {
          display: none; /* the badge and the figures above say it */
        }
        .button,
        input {
          height: 44px;
          font-size: 16px;
        }
      }
    `,
  ];

  override render() {
    const { link, feed, totals, frame } = this.snapshot;
    if (link === 'refused') return this.#signIn();
    if (link === 'lost') return frame ? this.#lost() : this.#unreachable();
    if (!totals || !frame) return line('', nothing, ' ');
    if (totals.gpus === 0) return this.#empty();
    if (feed === 'stale') return line('warn', staleClock, silence(totals));
    const sources = frame.collectionSources;
    if (sources.includes('SIMULATED')) return line('quiet', flask, simulated(totals, sources.length > 1));
    const exceptions = exceptionsOf(totals);
    return exceptions ? line('warn', warning, exceptions) : line('quiet', check, wellWords(totals));
  }

  #lost() {
    const text = `Connection lost, reconnecting. The values below are from ${duration(this.snapshot.sinceMs)} ago. ${this.#nextTry()}`;
    return line('crit', cross, text, this.#retryButton());
  }

  #unreachable() {
    const reason = `${sentence(this.snapshot.reason)} ${this.#nextTry()}`;
    return notice('crit', cross, 'The server does not answer', reason, this.#retryButton());
  }

  #nextTry(): string {
    const { retryAt, now } = this.snapshot;
    return retryAt === null || retryAt <= now ? 'Trying now.' : `Next try in ${Math.ceil((retryAt - now) / 1000)} s.`;
  }

  #retryButton() {
    return html`<button class="button" @click=${() => this.dispatchEvent(new Event('retry'))}>Try again</button>`;
  }

  #empty() {
    return notice(
      '',
      chip,
      'No GPUs yet',
      html`No node has reported. Run the agent on a machine with GPUs; it appears here by itself.<br /><code
          >gpuctl agent --server ${location.origin}</code
        >`,
    );
  }

  #signIn() {
    return notice(
      '',
      lock,
      'This server needs a token',
      html`${this.snapshot.hasToken ? sentence(this.snapshot.reason) : ''} An administrator makes one with <b>gpuctl token</b>. It is kept until you
        close this tab.
        <form @submit=${this.#onSubmit}>
          <input name="token" type="password" aria-label="Token" placeholder="Token" autocomplete="off" required />
          <button class="button primary">Sign in</button>
        </form>`,
    );
  }

  #onSubmit(event: SubmitEvent): void {
    event.preventDefault();
    const token = new FormData(event.target as HTMLFormElement).get('token');
    if (typeof token === 'string' && token.trim()) {
      this.dispatchEvent(new CustomEvent('sign-in', { detail: token.trim().replace(/^Bearer\s+/i, '') }));
    }
  }
}

function notice(
  kind: string,
  icon: TemplateResult,
  title: string,
  text: string | TemplateResult,
  action: TemplateResult | typeof nothing = nothing,
) {
  return html`<div class="notice ${kind}" role=${kind ? 'alert' : 'status'}>
    ${icon}
    <div class="text">
      <strong>${title}</strong>
      <p>${text}</p>
    </div>
    ${action}
  </div>`;
}

/** The one line that is always there: it keeps its height, whatever it says. */
function line(
  kind: 'quiet' | 'warn' | 'crit' | '',
  icon: TemplateResult | typeof nothing,
  text: string,
  action: TemplateResult | typeof nothing = nothing,
) {
  return html`<div class="line ${kind}" role=${kind === 'crit' ? 'alert' : nothing}>${icon}<span>${text}</span>${action}</div>`;
}

function simulated(totals: Totals, partly: boolean): string {
  if (partly) return 'Some of these GPUs are simulated: their figures are made up.';
  return `Simulated fleet: no GPU is read. These ${counted(totals.gpus, 'GPU')} and their figures are made up; everything else is real.`;
}

/** Why no reading is new. */
export function silence({ newestAgeMs }: Totals): string {
  if (newestAgeMs === null) return 'No readings yet: the GPUs are registered, but nothing has sent a reading of them.';
  return `No new readings for ${duration(newestAgeMs)}. The server answers; its collector or the node agents are silent.`;
}

/** What is not as it should be, in one line; empty where all is well. */
export function exceptionsOf({ states, stale, silent, gpus }: Totals): string {
  const parts = [];
  if (states.unhealthy) parts.push(`${counted(states.unhealthy, 'GPU')} unhealthy or offline`);
  if (stale) parts.push(`${counted(stale, 'GPU')} with old readings`);
  if (silent) parts.push(`${counted(silent, 'GPU')} without a reading`);
  return parts.length ? `${parts.join(', ')}, of ${gpus}. Totals leave them out.` : '';
}

function wellWords({ gpus, states }: Totals): string {
  const out = states.out ? `; ${states.out} out of service` : '';
  return gpus === 1 ? `The GPU reports and is healthy${out}.` : `All ${gpus} GPUs report, none is unhealthy${out}.`;
}

/** A reason as the server words it, made into a sentence. */
export function sentence(text: string): string {
  const bare = text.replace(/^Forbidden:\s*/, '').trim();
  if (!bare) return '';
  return `${bare.charAt(0).toUpperCase()}${bare.slice(1)}${/[.!?]$/.test(bare) ? '' : '.'}`;
}

customElements.define('page-notices', PageNotices);
