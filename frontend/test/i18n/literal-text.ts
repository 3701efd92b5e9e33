/** Finds text for people in `html` and `svg` templates that does not come from a catalogue. */

import ts from 'typescript';

export interface Finding {
  readonly line: number;
  readonly text: string;
}

/** Attributes that are read or heard. */
const SPOKEN = [
  'aria-label',
  'aria-description',
  'aria-roledescription',
  'aria-valuetext',
  'title',
  'placeholder',
  'alt',
  'label',
];

/** Elements whose content is typed or pressed, not read: the same in every language. */
const LITERAL = new Set(['code', 'kbd']);

const LETTER = /\p{L}/u;

/** Every literal text in the templates of one source file. */
export function literalTexts(source: string): Finding[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  const found: Finding[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && ts.isIdentifier(node.tag) && ['html', 'svg'].includes(node.tag.text)) {
      const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push(...textsOf(node.template).map((text) => ({ line, text })));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Walks through a template as an HTML tokenizer does, over its holes. */
function textsOf(template: ts.TemplateLiteral): string[] {
  const walk = new Walk();
  if (ts.isNoSubstitutionTemplateLiteral(template)) {
    walk.read(template.text);
  } else {
    walk.read(template.head.text);
    for (const span of template.templateSpans) {
      walk.hole(span.expression);
      walk.read(span.literal.text);
    }
  }
  return walk.found;
}

class Walk {
  readonly found: string[] = [];
  /** Open elements whose content is literal. */
  #literal = 0;
  #tag = '';
  /** The attribute that is being written, with what has been read of its value. */
  #attribute: { name: string; quote: string } | null = null;
  #where: 'text' | 'tag' | 'value' | 'comment' = 'text';

  /** A stretch of markup. */
  read(markup: string): void {
    let rest = markup;
    while (rest) rest = this.#step(rest);
  }

  /** A hole: literal texts in it are shown where it stands. */
  hole(expression: ts.Expression): void {
    const isShown = this.#where === 'text' && this.#literal === 0;
    const isSpoken = this.#attribute !== null && SPOKEN.includes(this.#attribute.name);
    if (isShown || isSpoken) this.found.push(...literalsIn(expression).filter((text) => LETTER.test(text)));
    if (this.#where === 'value' && this.#attribute?.quote === '') this.#end();
  }

  #end(): void {
    this.#where = 'tag';
    this.#attribute = null;
  }

  #step(rest: string): string {
    switch (this.#where) {
      case 'text':
        return this.#text(rest);
      case 'comment':
        return this.#comment(rest);
      case 'tag':
        return this.#inTag(rest);
      case 'value':
        return this.#value(rest);
    }
  }

  #text(rest: string): string {
    const at = rest.search(/<[!/a-z]/i);
    const text = at < 0 ? rest : rest.slice(0, at);
    if (LETTER.test(text.replace(/&\w+;/g, '')) && this.#literal === 0) this.found.push(text.trim());
    if (at < 0) return '';
    if (rest.startsWith('<!--', at)) {
      this.#where = 'comment';
      return rest.slice(at + 4);
    }
    const [whole = '<', slash = '', name = ''] = /^<(\/?)([\w-]*)/.exec(rest.slice(at)) ?? [];
    this.#tag = name.toLowerCase();
    if (LITERAL.has(this.#tag)) this.#literal += slash ? -1 : 1;
    this.#where = 'tag';
    return rest.slice(at + whole.length);
  }

  #comment(rest: string): string {
    const end = rest.indexOf('-->');
    if (end < 0) return '';
    this.#where = 'text';
    return rest.slice(end + 3);
  }

  #inTag(rest: string): string {
    const attribute = /^\s*([^\s=>"'/]+)\s*=\s*(["']?)/.exec(rest);
    if (attribute) {
      this.#attribute = { name: (attribute[1] ?? '').toLowerCase(), quote: attribute[2] ?? '' };
      this.#where = 'value';
      return rest.slice(attribute[0].length);
    }
    if (rest.startsWith('>')) this.#where = 'text';
    return rest.slice(1);
  }

  #value(rest: string): string {
    const quote = this.#attribute?.quote ?? '';
    const end = quote ? rest.indexOf(quote) : rest.search(/[\s>]/);
    const value = end < 0 ? rest : rest.slice(0, end);
    if (this.#attribute && SPOKEN.includes(this.#attribute.name) && LETTER.test(value)) this.found.push(value.trim());
    if (end < 0) return '';
    this.#end();
    return rest.slice(end + quote.length);
  }
}

/** Strings that an expression can come to as they stand: choices and fallbacks, not arguments of calls. */
function literalsIn(expression: ts.Expression): string[] {
  if (ts.isStringLiteralLike(expression)) return [expression.text];
  if (ts.isParenthesizedExpression(expression)) return literalsIn(expression.expression);
  if (ts.isConditionalExpression(expression)) {
    return [...literalsIn(expression.whenTrue), ...literalsIn(expression.whenFalse)];
  }
  if (ts.isBinaryExpression(expression)) {
    const joins = [ts.SyntaxKind.PlusToken, ts.SyntaxKind.BarBarToken, ts.SyntaxKind.QuestionQuestionToken];
    const isJoin = joins.includes(expression.operatorToken.kind);
    const isGuard = expression.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
    return [...(isJoin ? literalsIn(expression.left) : []), ...(isJoin || isGuard ? literalsIn(expression.right) : [])];
  }
  if (ts.isTemplateExpression(expression)) {
    return [
      expression.head.text,
      ...expression.templateSpans.flatMap((span) => [...literalsIn(span.expression), span.literal.text]),
    ];
  }
  return [];
}
