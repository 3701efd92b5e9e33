import { describe, expect, it } from 'vitest';
import { stored } from '../../src/app/stored';

describe('preferences', () => {
  it('on the first visit follow the system and the languages of the browser', () => {
    expect(stored(null, ['ko-KR', 'en'])).toEqual({ theme: 'system', locale: 'ko', singleKeys: true });
    expect(stored(null, ['de', 'fr-FR', 'ko'])).toMatchObject({ locale: 'ko' });
    expect(stored(null, ['EN-gb', 'ko'])).toMatchObject({ locale: 'en' });
    expect(stored(null, ['de'])).toMatchObject({ locale: 'en' });
    expect(stored(null, [])).toMatchObject({ locale: 'en' });
  });

  it('are what was kept, whatever the browser speaks', () => {
    const kept = { theme: 'dark', locale: 'en', singleKeys: false };
    expect(stored(JSON.stringify(kept), ['ko'])).toEqual(kept);
  });

  it('leave out what cannot be', () => {
    expect(stored('{"theme":"pink","locale":"tlh","singleKeys":"no","more":1}', ['ko'])).toEqual({
      theme: 'system',
      locale: 'ko',
      singleKeys: true,
    });
    expect(stored('{"theme":"light"}', ['ko'])).toEqual({ theme: 'light', locale: 'ko', singleKeys: true });
  });

  it.each(['', 'not JSON', 'null', '[]', '3', '"dark"'])('survive %j', (text) => {
    expect(stored(text, [])).toEqual({ theme: 'system', locale: 'en', singleKeys: true });
  });
});
