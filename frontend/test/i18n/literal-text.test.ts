import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { literalTexts } from './literal-text';

const SRC = join(import.meta.dirname, '../../src');

/** Names and units that are the same in every language. */
const SAME = /\b(GPUs?|UUID|PCI|MIG|XID|NVML|DCGM|GiB|MiB|kW|W|CSV)\b|°C/g;

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.text.ts') && !name.includes('generated'),
);

describe('text for people comes from catalogues', () => {
  it('looks at the whole page', () => {
    expect(sources.length).toBeGreaterThan(40);
  });

  it.each(sources)('%s', (name) => {
    const texts = literalTexts(readFileSync(join(SRC, name), 'utf8'));
    expect(texts.filter(({ text }) => /\p{L}/u.test(text.replace(SAME, '')))).toEqual([]);
  });
});

const found = (markup: string) => literalTexts(`const x = html\`${markup}\`;`).map(({ text }) => text);

describe('the search for literal text', () => {
  it('finds text between tags, around holes too', () => {
    expect(found('<p>Hello</p>')).toEqual(['Hello']);
    expect(found('<p>${n} nodes</p>')).toEqual(['nodes']);
    expect(found('<p class=${c} id="x">of ${n}</p>')).toEqual(['of']);
  });

  it('finds attributes that are read or heard', () => {
    expect(found('<button aria-label="Close" class="icon">×</button>')).toEqual(['Close']);
    expect(found('<input placeholder="Filter by ${x}" />')).toEqual(['Filter by']);
    expect(found('<i title=Busy></i>')).toEqual(['Busy']);
  });

  it('finds strings in holes where they are shown', () => {
    expect(found("<i aria-label=${dark ? 'light' : 'dark'}></i>")).toEqual(['light', 'dark']);
    expect(found("<p>${name ?? 'nobody'}</p>")).toEqual(['nobody']);
    expect(literalTexts('html`<p>${`${n} left`}</p>`').map(({ text }) => text.trim())).toEqual(['left']);
  });

  it('leaves alone what is not for people', () => {
    expect(found("<p class=${dark ? 'light' : 'dark'}>${t('title')}</p>")).toEqual([]);
    expect(found('<kbd>Enter</kbd><code>gpuctl agent</code> · ${x}&nbsp;–')).toEqual([]);
    expect(found('<!-- a remark --><path d="M2 4h12" />')).toEqual([]);
    expect(found("<button @click=${() => act('CORDONED')}>${label}</button>")).toEqual([]);
    expect(literalTexts("const word = 'text'; css`p { color: red }`")).toEqual([]);
  });

  it('says in which line', () => {
    expect(literalTexts('\n\nhtml`<p>Hello</p>`')).toEqual([{ line: 3, text: 'Hello' }]);
  });
});
