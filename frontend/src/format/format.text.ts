import { catalogue } from '../i18n/catalogue';

export const t = catalogue(
  { seconds: '{n} s', minutes: '{n} min', hours: '{n} h', days: '{n} d' },
  { seconds: '{n}초', minutes: '{n}분', hours: '{n}시간', days: '{n}일' },
);
