import { catalogue } from '../i18n/catalogue';

export const t = catalogue(
  { theme: 'Theme', system: 'System', light: 'Light', dark: 'Dark', language: 'Language' },
  { theme: '테마', system: '시스템', light: '밝게', dark: '어둡게', language: '언어' },
);
