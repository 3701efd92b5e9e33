/** Why the server does not let us in, from what it says. Pure. */

import type { LinkState } from '../data/link';

export type Refusal = 'needed' | 'expired' | 'invalid' | 'other';

/** The server's words are those of `server/tokens.py`; what is not known is shown as it says it. */
export function refusalOf({ reason, hasToken }: Pick<LinkState, 'reason' | 'hasToken'>): Refusal {
  if (!hasToken) return 'needed';
  if (reason.includes('token has expired')) return 'expired';
  return reason.includes('token is not valid') ? 'invalid' : 'other';
}
