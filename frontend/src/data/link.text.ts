import { catalogue } from '../i18n/catalogue';

/** Why the link is lost, where neither the server nor the browser says so. */
export const t = catalogue(
  {
    closed: 'the connection was closed',
    ended: 'the server ended the stream',
    refused: 'the server refused the subscription',
    silent: 'no answer in time',
    unreachable: 'the server cannot be reached',
  },
  {
    closed: '연결이 닫혔습니다',
    ended: '서버가 스트림을 종료했습니다',
    refused: '서버가 구독을 거부했습니다',
    silent: '제시간에 응답이 없습니다',
    unreachable: '서버에 연결할 수 없습니다',
  },
);
