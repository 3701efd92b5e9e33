import { catalogue } from '../i18n/catalogue';

export const t = catalogue(
  { reason: 'Reason, optional', type: 'Type {word} to confirm', cancel: 'Cancel' },
  { reason: '사유 (선택)', type: '확인을 위해 {word} 입력', cancel: '취소' },
);
