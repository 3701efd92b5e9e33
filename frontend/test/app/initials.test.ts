import { expect, it } from 'vitest';
import { initials } from '../../src/app/initials';

it.each([
  ['jane.hweber@example.com', 'JH'],
  ['minseo', 'MI'],
  ['Jiwoo Anna Han', 'JH'],
  ['system:agent', 'SA'],
  ['박민서', '민서'],
  ['박 민서', '민서'],
  ['é', 'É'],
  ['', '?'],
  ['@', '?'],
])('%j is %s', (subject, letters) => {
  expect(initials(subject)).toBe(letters);
});
