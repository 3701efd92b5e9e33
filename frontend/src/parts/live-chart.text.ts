import { catalogue } from '../i18n/catalogue';

export const t = catalogue(
  {
    gap: 'no data {time}',
    stale: 'stale {time}',
    summary: '{name}: newest {newest}, lowest {lowest}, highest {highest}',
    nothing: '{name}: no reading',
    at: '{time}, {value}',
  },
  {
    gap: '데이터 없음 {time}',
    stale: '데이터 지연 {time}',
    summary: '{name}: 최근 {newest}, 최저 {lowest}, 최고 {highest}',
    nothing: '{name}: 측정값 없음',
    at: '{time}, {value}',
  },
);
