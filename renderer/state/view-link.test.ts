import { expect, it } from 'vitest';
import { linkedView, linkToView } from './view-link.ts';

const address = 'http://127.0.0.1:4000/?token=secret#run=old-1';

it('brings back run, cursor and panels, without the token', () => {
  const cursor = { iteration: 120, frame: 3, member: 1 } as const;
  const link = linkToView(address, { kind: 'run', run: 'plaid-1' }, cursor, ['traces', 'images']);
  expect(link).not.toContain('secret');
  expect(linkedView(link)).toEqual({ run: 'plaid-1', cursor, panels: ['images', 'traces'] });
});

it('follows the newest state and the best member, and passes over what it does not know', () => {
  const cursor = { iteration: 'now', frame: 0, member: 'best' } as const;
  const link = linkToView(address, { kind: 'run', run: 'plaid-1' }, cursor, []);
  expect(linkedView(link)).toEqual({ run: 'plaid-1', cursor, panels: [] });
  expect(linkedView(`${address.split('#')[0]}#run=a-1&at=-3&panels=nothing`)).toEqual({
    run: 'a-1',
    cursor,
    panels: [],
  });
  expect(linkedView('http://127.0.0.1:4000/')).toBeUndefined();
});
