import { IntlMessageFormat } from 'intl-messageformat';
import { afterEach, describe, expect, it } from 'vitest';
import { catalogue, catalogues } from '../../src/i18n/catalogue';
import { locale } from '../../src/i18n/locale';

const files = import.meta.glob('../../src/**/*.text.ts', { eager: true });
const loaded = [...catalogues]; // before the tests make some of their own

/** Names and units that Korean writes in Latin letters. */
const LATIN = [
  'K8s GPU Management',
  'GraphQL API',
  ...[
    'GPU',
    'UUID',
    'PCI',
    'MIG',
    'XID',
    'NVML',
    'DCGM',
    'CSV',
    'GiB',
    'MiB',
    'MHz',
    'kW',
    'kWh',
    'W',
    '°C',
    'ECC',
    'NVLink',
    'PCIe',
  ],
];

/** Of the parser of the messages. */
const TYPE = { literal: 0, pound: 7 } as const;

type Element = ReturnType<IntlMessageFormat['getAst']>[number];

const messages = loaded.flatMap(({ en, ko }) =>
  Object.keys({ ...en, ...ko }).map((key) => ({ key, en: en[key] ?? '', ko: ko[key] ?? '' })),
);

/** What is filled in, by name. A number that only picks the plural is not: Korean has none. */
function placeholders(text: string): string[] {
  const names = new Set<string>();
  const visit = (elements: readonly Element[], counted: string): void => {
    for (const element of elements) {
      if (Number(element.type) === TYPE.pound) names.add(counted);
      else if ('options' in element)
        for (const { value } of Object.values(element.options)) visit(value, element.value);
      else if ('value' in element && Number(element.type) !== TYPE.literal) names.add(element.value);
    }
  };
  visit(astOf(text), '');
  return [...names].sort();
}

/** The words that stand in a message, without what is filled in. */
function wordsIn(text: string): string {
  const words: string[] = [];
  const visit = (elements: readonly Element[]): void => {
    for (const element of elements) {
      if ('value' in element && Number(element.type) === TYPE.literal) words.push(element.value);
      if ('options' in element) for (const option of Object.values(element.options)) visit(option.value);
    }
  };
  visit(astOf(text));
  return words.join(' ');
}

function astOf(text: string): Element[] {
  return new IntlMessageFormat(text, 'en', undefined, { ignoreTag: true }).getAst();
}

describe('the catalogues', () => {
  it('are all there', () => {
    expect(loaded.length).toBe(Object.keys(files).length);
    expect(messages.length).toBeGreaterThan(150);
  });

  it('say everything in both languages', () => {
    expect(messages.filter(({ en, ko }) => !en.trim() || !ko.trim())).toEqual([]);
  });

  it('fill in the same in both languages', () => {
    const differ = messages.filter(({ en, ko }) => placeholders(en).join() !== placeholders(ko).join());
    expect(differ).toEqual([]);
  });

  it('are Korean in Korean', () => {
    const isLatin = ({ ko }: { ko: string }) => {
      const rest = LATIN.reduce((text, name) => text.replaceAll(name, ''), wordsIn(ko));
      return !/\p{Script=Hangul}/u.test(ko) && /\p{L}/u.test(rest);
    };
    expect(messages.filter(isLatin)).toEqual([]);
  });

  it('are not Korean in English', () => {
    expect(messages.filter(({ en }) => /\p{Script=Hangul}/u.test(en))).toEqual([]);
  });

  it('have a plural for every language in which they count', () => {
    const counts = messages.filter(({ en }) => en.includes('plural'));
    const wrong = counts.filter(
      ({ en, ko }) => !/\bother \{/.test(en) || (ko.includes('plural') && !/\bother \{/.test(ko)),
    );
    expect(wrong).toEqual([]);
  });
});

describe('a catalogue', () => {
  afterEach(() => {
    locale.value = 'en';
  });

  const t = catalogue(
    { nodes: '{n, plural, one {# node} other {# nodes}}', of: '{a} of {b}', plain: 'Plain' },
    { nodes: '노드 {n, plural, other {#대}}', of: '{b} 중 {a}', plain: '보통' },
  );

  it('speaks the language in force', () => {
    expect(t('plain')).toBe('Plain');
    locale.value = 'ko';
    expect(t('plain')).toBe('보통');
    expect(t('of', { a: 1, b: 2 })).toBe('2 중 1');
  });

  it('counts', () => {
    expect(t('nodes', { n: 1 })).toBe('1 node');
    expect(t('nodes', { n: 1024 })).toBe('1,024 nodes');
    locale.value = 'ko';
    expect(t('nodes', { n: 1024 })).toBe('노드 1,024대');
  });
});
