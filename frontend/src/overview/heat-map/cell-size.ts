/** How large the cells of the map are now, px: the legend draws its glyphs as the map does. */

import { Store } from '../../base/store';

export const cellSize = new Store(16);
