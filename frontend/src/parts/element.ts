/** The base of every element of the page: it speaks the language in force, and speaks it anew when that changes. */

import { LitElement } from 'lit';
import { locale } from '../i18n/locale';
import { Watching } from '../base/store';

export class PageElement extends LitElement {
  constructor() {
    super();
    new Watching(this, locale);
  }
}
