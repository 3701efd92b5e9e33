import { catalogue } from '../i18n/catalogue';

export const t = catalogue(
  {
    range: 'Range',
    at: 'At {time}',
    zoomed: '{from} to {to}',
    reset: 'Show the whole range',
    kept: 'This page has seen the last {time}',
    loading: 'Loading',
    hint: 'Drag to zoom, double click to reset',
  },
  {
    range: '범위',
    at: '{time} 기준',
    zoomed: '{from}부터 {to}까지',
    reset: '전체 범위 보기',
    kept: '이 페이지가 수집한 최근 {time}',
    loading: '불러오는 중',
    hint: '드래그하여 확대, 두 번 클릭하여 초기화',
  },
);
