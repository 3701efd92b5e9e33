/** What stands between the strip and the list when not all is well: one message, its reason, one next step. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Snapshot } from '../data/fleet';
import { counted, duration } from '../format/format';
import { chip, cross, flask, lock, staleClock } from './icons';
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
        padding: 8px 20px;
        border-bottom: 1px solid var(--line);
        background: var(--sub);
        color: var(--t2);
      }
      .line svg {
        width: 14px;
        height: 14px;
      }
      @media (max-width: 759px) {
        .notice {
          flex-wrap: wrap;
          margin: 12px 16px 4px;
        }
        .line {
          padding: 8px 16px;
        }
        .line.simulated {
          display: none; /* the badge above says it */
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
    if (link === 'lost') return this.#lost();
    if (totals?.gpus === 0) return this.#empty();
    if (feed === 'stale') return this.#stale();
    const sources = frame?.collectionSources ?? [];
    if (sources.includes('SIMULATED')) return this.#simulated(sources.length > 1);
    return nothing;
  }

  #lost() {
    const { frame, sinceMs, reason, retryAt, now } = this.snapshot;
    const wait =
      retryAt === null || retryAt <= now ? 'Trying now.' : `Next try in ${Math.ceil((retryAt - now) / 1000)} s.`;
    return notice(
      'crit',
      cross,
      frame ? 'Connection lost, reconnecting' : 'The server does not answer',
      html`${frame ? `The values below are from ${duration(sinceMs)} ago. ` : ''}${sentence(reason)} ${wait}`,
      html`<button class="button" @click=${() => this.dispatchEvent(new Event('retry'))}>Try again</button>`,
    );
  }

  #stale() {
    const newest = this.snapshot.totals?.newestAgeMs ?? null;
    return newest === null
      ? notice('', staleClock, 'No readings yet', 'The GPUs are registered, but no reading of them has arrived.')
      : notice(
          '',
          staleClock,
          'No new readings',
          `The newest is ${duration(newest)} old. The server answers; its collector or the node agents are silent.`,
        );
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

  #simulated(partly: boolean) {
    const gpus = counted(this.snapshot.totals?.gpus ?? 0, 'GPU');
    return html`<div class="line simulated">
      ${flask}
      <span
        >${
          partly
            ? 'Some of these GPUs are simulated: their figures are made up.'
            : `Simulated fleet: no GPU is read. These ${gpus} and their figures are made up; everything else is real.`
        }</span
      >
    </div>`;
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

/** A reason as the server words it, made into a sentence. */
export function sentence(text: string): string {
  const bare = text.replace(/^Forbidden:\s*/, '').trim();
  if (!bare) return '';
  return `${bare.charAt(0).toUpperCase()}${bare.slice(1)}${/[.!?]$/.test(bare) ? '' : '.'}`;
}

customElements.define('page-notices', PageNotices);
