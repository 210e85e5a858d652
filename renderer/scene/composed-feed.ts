// A view of the scene that is made of more than what is pulled for it: its feed puts the rest beside the newest data.

import type { ViewData } from '../../src/protocol/views.ts';

export interface ComposedFeed {
  pulled(data: ViewData): void;
  switchTo(on: boolean): void;
  dispose(): void;
}
