import { catalogue } from '../i18n/catalogue';

export const t = catalogue(
  {
    needed: 'This server needs a token',
    expired: 'Your token has expired',
    invalid: 'This server needs a token',
    other: 'The server does not let you in',
    expiredText: 'Sign in again to see the fleet; what was shown is hidden until then.',
    invalidText: 'The token is not valid.',
    howTo: 'An administrator makes one with',
    kept: 'It is kept until you close this tab.',
    token: 'Token',
    signIn: 'Sign in',
    checking: 'Checking',
  },
  {
    needed: '이 서버는 토큰이 필요합니다',
    expired: '토큰이 만료되었습니다',
    invalid: '이 서버는 토큰이 필요합니다',
    other: '서버가 접속을 거부했습니다',
    expiredText: '다시 로그인하면 현황이 보입니다. 그때까지 이전 화면은 숨겨집니다.',
    invalidText: '유효하지 않은 토큰입니다.',
    howTo: '토큰을 발급하는 관리자 명령:',
    kept: '이 탭을 닫을 때까지 보관됩니다.',
    token: '토큰',
    signIn: '로그인',
    checking: '확인 중',
  },
);
