import { expect, it } from 'vitest';
import { refusalOf } from '../../src/app/refusal';

it.each([
  [false, 'Forbidden: a token is needed: send `Authorization: Bearer ...` (see `gpuctl token`)', 'needed'],
  [false, '', 'needed'],
  [true, 'Forbidden: the token has expired', 'expired'],
  [true, 'Forbidden: the token is not valid: Signature verification failed', 'invalid'],
  [true, 'Forbidden: closed for repairs', 'other'],
])('with a token %j and %j: %s', (hasToken, reason, refusal) => {
  expect(refusalOf({ hasToken, reason })).toBe(refusal);
});
