import { catalogue } from '../i18n/catalogue';

export const t = catalogue(
  { copy: 'Copy {what}', copied: 'Copied', failed: 'Could not be copied' },
  { copy: '{what} 복사', copied: '복사됨', failed: '복사하지 못함' },
);
