/** The words for states, the same wherever they stand. */

import type { DeviceState } from '../data/states';
import type { DeviceStatus, NodeStatus, Role } from '../data/types';
import { catalogue } from '../i18n/catalogue';

const EN: Readonly<Record<DeviceState | DeviceStatus | NodeStatus | Role, string>> = {
  use: 'In use',
  held: 'Held idle',
  free: 'Free',
  nodata: 'No data',
  out: 'Out of service',
  unhealthy: 'Unhealthy',
  ACTIVE: 'In service',
  CORDONED: 'Cordoned',
  DRAINING: 'Draining',
  MAINTENANCE: 'Maintenance',
  UNHEALTHY: 'Unhealthy',
  OFFLINE: 'Offline',
  RETIRED: 'Retired',
  READY: 'Ready',
  ADMIN: 'Admin',
  OPERATOR: 'Operator',
  USER: 'User',
  VIEWER: 'Viewer',
  SERVICE: 'Service',
};

/** `stateWord('held')`, `stateWord('CORDONED')`, `stateWord('ADMIN')` */
export const stateWord = catalogue(EN, {
  use: '사용 중',
  held: '유휴 점유',
  free: '사용 가능',
  nodata: '데이터 없음',
  out: '서비스 제외',
  unhealthy: '비정상',
  ACTIVE: '서비스 중',
  CORDONED: '스케줄 제외',
  DRAINING: '비우는 중',
  MAINTENANCE: '점검 중',
  UNHEALTHY: '비정상',
  OFFLINE: '오프라인',
  RETIRED: '폐기됨',
  READY: '준비됨',
  ADMIN: '관리자',
  OPERATOR: '운영자',
  USER: '사용자',
  VIEWER: '조회자',
  SERVICE: '서비스',
});
