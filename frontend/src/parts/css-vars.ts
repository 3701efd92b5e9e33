/** Sets style properties through the object model: the content security policy forbids style attributes. */

import { type ElementPart, noChange } from 'lit';
import { Directive, directive, type PartInfo, PartType } from 'lit/directive.js';

type Properties = Readonly<Record<`--${string}`, string>>;

class CssVars extends Directive {
  #set: Record<string, string> = {};

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error('cssVars belongs into a tag, not into an attribute');
  }

  override render(_properties: Properties): unknown {
    return noChange;
  }

  override update(part: ElementPart, [properties]: [Properties]): unknown {
    const { style } = part.element as HTMLElement;
    for (const [name, value] of Object.entries(properties)) {
      if (this.#set[name] === value) continue;
      style.setProperty(name, value);
      this.#set[name] = value;
    }
    return noChange;
  }
}

/** `<i ${cssVars({ '--share': '53%' })}></i>` */
export const cssVars = directive(CssVars);
