import { expect, it } from 'vitest';
import { linkedView, linkToView } from './view-link.ts';

const address = 'http://127.0.0.1:4000/?token=secret#run=old-1';

const plaid = { kind: 'run', run: 'plaid-1' } as const;

it('brings back run, cursor, panels and camera, without the token', () => {
  const cursor = { iteration: 120, frame: 3, member: 1 } as const;
  const eye = { kind: 'outside', position: [0.25, -1e-9, 1234.5], target: [0, 1, -2] } as const;
  const link = linkToView(address, plaid, { cursor, panels: ['traces', 'images'], eye });
  expect(link).not.toContain('secret');
  expect(linkedView(link)).toEqual({ run: 'plaid-1', cursor, panels: ['images', 'traces'], eye });
  const through = linkToView(address, plaid, { cursor, panels: [], eye: { kind: 'camera', camera: 7 } });
  expect(linkedView(through)?.eye).toEqual({ kind: 'camera', camera: 7 });
});

it('follows the newest state and the best member, and passes over what it does not know', () => {
  const cursor = { iteration: 'now', frame: 0, member: 'best' } as const;
  const link = linkToView(address, plaid, { cursor, panels: [], eye: undefined });
  expect(linkedView(link)).toEqual({ run: 'plaid-1', cursor, panels: [], eye: undefined });
  for (const eye of ['', 'nowhere', '1 2 3', '1 2 3 4 5 x', '-1', '1.5']) {
    const query = new URLSearchParams({ run: 'a-1', at: '-3', panels: 'nothing', eye });
    expect(linkedView(`${address.split('#')[0]}#${query}`)).toEqual({ run: 'a-1', cursor, panels: [], eye: undefined });
  }
  expect(linkedView('http://127.0.0.1:4000/')).toBeUndefined();
});
