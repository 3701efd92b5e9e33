import { expect, it, vi } from 'vitest';
import { NO_EXCEPTIONS } from '../../src/data/exceptions';
import { NOBODY } from '../../src/data/holding';
import { perFrame } from '../../src/overview/per-frame';
import { frame, layout } from '../fleet-of';

it('works once per frame, and again when anything it looks at is another', () => {
  const work = vi.fn(() => ({}));
  const once = perFrame(work);
  const shown = { layout: layout(1), frame: frame(1), exceptions: NO_EXCEPTIONS, holdingOf: NOBODY };
  const first = once(shown);
  expect(once({ ...shown })).toBe(first);
  expect(work).toHaveBeenCalledTimes(1);
  once({ ...shown, frame: frame(1) });
  once({ ...shown, exceptions: { ...NO_EXCEPTIONS } });
  once({ ...shown, layout: layout(1) });
  expect(work).toHaveBeenCalledTimes(4);
});
