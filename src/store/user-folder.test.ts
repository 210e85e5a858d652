// What the lab remembers of its user: a port that was written is read again, and anything else is as if there were none.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { rememberedPort, rememberPort, userFolder } from './user-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'descent-lab-user-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('remembers a port', () => {
  const own = join(folder, 'data', 'descent-lab');
  expect(rememberedPort(own)).toBeUndefined();
  rememberPort(own, 8123);
  rememberPort(own, 8124);
  expect(rememberedPort(own)).toBe(8124);
});

it.each(['', 'eighty', '0', '-5', '65536', '80.5'])('takes "%s" for no port', text => {
  writeFileSync(join(folder, 'port'), text);
  expect(rememberedPort(folder)).toBeUndefined();
});

it('lies where each system keeps the data of programs', () => {
  expect(userFolder({ XDG_DATA_HOME: '/data' }, 'linux')).toBe('/data/descent-lab');
  expect(userFolder({ XDG_DATA_HOME: '' }, 'linux')).toMatch(/\.local\/share\/descent-lab$/);
  expect(userFolder({}, 'darwin')).toMatch(/Application Support\/Descent Lab$/);
  expect(userFolder({ APPDATA: '/roaming' }, 'win32')).toBe('/roaming/Descent Lab');
});
