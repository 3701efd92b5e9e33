/** How dialogs look and close. */

import { css } from 'lit';

export const dialogStyles = css`
  dialog {
    box-sizing: border-box;
    max-width: calc(100vw - 32px);
    padding: 16px 20px 20px;
    border: 1px solid var(--line2);
    border-radius: 6px;
    background: var(--raise);
    color: var(--t1);
    box-shadow: var(--shadow);
  }
  dialog::backdrop {
    background: rgb(20 23 29 / 30%);
  }
`;

/** Closes a dialog by a click beside it. */
export function closeBeside(event: MouseEvent): void {
  const dialog = event.currentTarget as HTMLDialogElement;
  if (event.target === dialog) dialog.close();
}
