// Whom the loopback server lets in, what it serves to them, and that nothing sent to it brings it down. Each case asserts
// that it was refused, that nothing came out, and that the server still answers its own page.

import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { temporaryFolder } from '../../test/lab.ts';
import { openWindow, rawRequest, serveHere, type TestServer, upload } from '../../test/window.ts';
import type { StartEngine } from '../host/engine-pool.ts';
import { startLabServer } from './lab-server.ts';

const UPLOAD_BYTES = 100_000;
const SECRET = 'what nobody may see';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);
let server: TestServer;
let address: URL;
let query: string;

/** Answers what the host asks for by itself, and inspects whatever path it is given. */
const stubEngine: StartEngine = onEvent => ({
  send(command) {
    if (command.kind === 'describe') queueMicrotask(() => onEvent({ kind: 'description', fits: [] }));
    if (command.kind === 'inspect') {
      const report = {
        path: command.input,
        maskPath: command.mask,
        companionPaths: {},
        derived: {},
        name: command.input,
        kind: 'picture',
        shape: [1, 1, 3],
        facts: {},
        warnings: [],
        hasAlpha: false,
      } as const;
      queueMicrotask(() =>
        onEvent({ kind: 'inspected', report: { ...report, input: command.input, picture: undefined } }),
      );
    }
  },
  dispose() {},
  kill() {},
});

const recipe = { schema: 1, fit: 'tubal', input: at('recorded.png'), files: [], members: [{}], planned: [], terms: [] };

beforeAll(async () => {
  mkdirSync(at('library', 'plaid-1', 'exports', 'frames'), { recursive: true });
  mkdirSync(at('page', 'deeper'), { recursive: true });
  mkdirSync(at('root', 'frames'), { recursive: true });
  writeFileSync(at('page', 'index.html'), '<title>Descent Lab</title>');
  writeFileSync(at('page', 'deeper', 'chunk.js'), 'export {};');
  writeFileSync(at('library', 'plaid-1', 'recipe.json'), JSON.stringify(recipe));
  writeFileSync(at('library', 'plaid-1', 'trace.csv'), 'iteration,member\n');
  writeFileSync(at('library', 'plaid-1', 'thumbnail.png'), 'picture');
  writeFileSync(at('library', 'plaid-1', 'exports', 'recovered.npy'), 'numbers');
  writeFileSync(at('library', 'plaid-1', 'exports', 'frames', '0001.png'), 'frame');
  writeFileSync(at('secret.txt'), SECRET);
  writeFileSync(at('library', 'secret.txt'), SECRET);
  symlinkSync(at('secret.txt'), at('library', 'plaid-1', 'exports', 'link.npy'));
  symlinkSync(folder.path, at('library', 'plaid-1', 'exports', 'out'));
  symlinkSync(at(), at('library', 'linked-1'));
  writeFileSync(at('root', 'picture.png'), 'picture');
  writeFileSync(at('recorded.png'), 'picture');
  symlinkSync(at('secret.txt'), at('root', 'link.png'));
  symlinkSync(at('secret.txt'), at('root', 'frames', '0002.png'));
  server = await serveHere(at('library'), {
    startEngine: stubEngine,
    roots: [at('root')],
    uploadBytes: UPLOAD_BYTES,
    page: at('page'),
  });
  address = server.address;
  query = address.search;
});

afterAll(async () => {
  await server.dispose();
  folder.dispose();
});

/** Nothing may bring the server down. */
afterEach(async () => {
  expect((await rawRequest(address, `/${query}`)).body).toContain('Descent Lab');
});

const own = () => ({ Origin: address.origin });
const upgrade = () => ({
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
});

describe('who is let in', () => {
  it('shows the page to the address it printed, with headers that lock it in', async () => {
    const { status, headers, body } = await rawRequest(address, `/${query}`);
    expect(status).toBe(200);
    expect(body).toContain('Descent Lab');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self';/);
    expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'/);
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const [cookie] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^descent-lab-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    const again = await rawRequest(address, '/deeper/chunk.js', { headers: { Cookie: cookie.split(';')[0] } });
    expect(again).toMatchObject({ status: 200, body: 'export {};' });
  });

  it('takes the cookie, which every port of this machine gets, for the page alone', async () => {
    const { headers } = await rawRequest(address, `/${query}`);
    const Cookie = (headers['set-cookie'] ?? [])[0].split(';')[0];
    expect(query).not.toContain(Cookie.split('=')[1]);
    const origin = { Cookie, Origin: address.origin };
    for (const path of ['/runs/plaid-1/thumbnail.png', '/runs/plaid-1/trace.csv', '/socket'])
      expect((await rawRequest(address, path, { headers: origin })).status).toBe(403);
    const sent = await rawRequest(address, '/uploads?name=a.png', { method: 'PUT', headers: origin, body: 'a' });
    expect(sent.status).toBe(403);
  });

  const token = 'x'.repeat(43);
  it.each([
    ['no token', '/', {}],
    ['no token, a file of the page', '/deeper/chunk.js', {}],
    ['a wrong token', `/?token=${token}`, {}],
    ['a token of another length', '/?token=x', {}],
    ['a wrong cookie', '/', { Cookie: `descent-lab-1=${token}` }],
    ['a picture without token', '/runs/plaid-1/thumbnail.png', {}],
  ])('refuses %s', async (_, path, headers) => {
    const answer = await rawRequest(address, path, { headers });
    expect(answer.status).toBe(403);
    expect(answer.body).toMatch(/token/);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it.each([
    ['a foreign Host (DNS rebinding)', () => ({ Host: `evil.example:${address.port}` })],
    ['a Host without the port', () => ({ Host: '127.0.0.1' })],
    ['a Host of another port', () => ({ Host: '127.0.0.1:1' })],
    ['a Host that only begins like ours', () => ({ Host: `127.0.0.1:${address.port}.evil.example` })],
    ['a foreign Origin', () => ({ Origin: 'http://evil.example' })],
    ['the Origin of another port', () => ({ Origin: 'http://127.0.0.1:1' })],
    ['a null Origin', () => ({ Origin: 'null' })],
  ])('refuses %s, even with the token', async (_, headers) => {
    for (const path of [`/${query}`, `/runs/plaid-1/trace.csv${query}`]) {
      const { status, body } = await rawRequest(address, path, { headers: headers() });
      expect(status).toBe(403);
      expect(body).not.toContain('title');
    }
    const socket = await rawRequest(address, `/socket${query}`, { headers: { ...upgrade(), ...own(), ...headers() } });
    expect(socket.status).toBe(403);
    const put = await rawRequest(address, `/uploads${query}&name=a.png`, {
      method: 'PUT',
      headers: { ...own(), ...headers() },
    });
    expect(put.status).toBe(403);
  });

  it('lets localhost in, as one of its own two names', async () => {
    const headers = { Host: `localhost:${address.port}`, Origin: `http://localhost:${address.port}` };
    expect((await rawRequest(address, `/${query}`, { headers })).status).toBe(200);
    const mixed = { Host: `localhost:${address.port}`, Origin: address.origin };
    expect((await rawRequest(address, `/${query}`, { headers: mixed })).status).toBe(403);
  });

  it.each([
    ['without token', '/socket', () => own()],
    ['with a wrong token', '/socket?token=x', () => own()],
    ['without Origin', '/socket', () => ({})],
  ])('refuses a web socket %s', async (_, path, headers) => {
    const whole = path === '/socket' && !('Origin' in headers()) ? `${path}${query}` : path;
    expect((await rawRequest(address, whole, { headers: { ...upgrade(), ...headers() } })).status).toBe(403);
  });

  it('refuses a web socket at another path', async () => {
    const { status } = await rawRequest(address, `/${query}`, { headers: { ...upgrade(), ...own() } });
    expect(status).toBe(404);
  });

  it('refuses an upload without Origin', async () => {
    const { status } = await rawRequest(address, `/uploads${query}&name=a.png`, { method: 'PUT', body: 'x' });
    expect(status).toBe(403);
  });

  it('listens on the loopback address only', async () => {
    await expect(
      new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.2', port: Number(address.port) }, () => resolve('connected'));
        socket.on('error', reject);
      }),
    ).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('what is served', () => {
  it.each([
    ['/runs/plaid-1/thumbnail.png', 'picture', undefined],
    ['/runs/plaid-1/exports/recovered.npy', 'numbers', 'recovered.npy'],
    ['/runs/plaid-1/exports/frames/0001.png', 'frame', '0001.png'],
    ['/runs/plaid-1/trace.csv', 'iteration,member\n', 'trace.csv'],
    ['/runs/plaid-1/exports/trace.csv', 'iteration,member\n', 'trace.csv'],
  ])('%s', async (path, content, download) => {
    const { status, headers, body } = await rawRequest(address, `${path}${query}`);
    expect({ status, body }).toEqual({ status: 200, body: content });
    if (download !== undefined) expect(headers['content-disposition']).toBe(`attachment; filename*=UTF-8''${download}`);
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/deeper/..%2f..%2fsecret.txt',
    '/runs/../secret.txt',
    '/runs/%2e%2e/secret.txt',
    '/runs/plaid-1/../../secret.txt',
    '/runs/plaid-1/exports/..%2f..%2f..%2fsecret.txt',
    '/runs/plaid-1/exports/%2e%2e/%2e%2e/secret.txt',
    '/runs/plaid-1/exports/..\\..\\secret.txt',
    '/runs/plaid-1/exports/..%5c..%5csecret.txt',
    '/runs/plaid-1/exports/recovered.npy%00.png',
    '/runs/plaid-1/exports/%ff',
    '/runs/plaid-1/exports//secret.txt',
    '/runs/..%2f..%2f/trace.csv',
    '/runs/.bin/trace.csv',
    '/runs/plaid-1/labels.json',
    '/runs/plaid-1/exports',
    '/runs/plaid-1/exports/',
    '/secret.txt',
    '//secret.txt',
    '//[',
    '/index.html/',
    '/samples/tubal/none.png',
    '/samples/tubal/..%2f..%2fsecret.txt.png',
  ])('nothing at %s', async path => {
    const { status, body } = await rawRequest(address, `${path}${query}`);
    expect(status).toBe(404);
    expect(body).not.toContain(SECRET);
  });

  it.each([
    '/runs/plaid-1/exports/link.npy',
    '/runs/plaid-1/exports/out/secret.txt',
    '/runs/linked-1/exports/secret.txt',
    '/runs/linked-1/trace.csv',
  ])('nothing behind the symbolic link %s', async path => {
    const { status, body } = await rawRequest(address, `${path}${query}`);
    expect(status).toBe(404);
    expect(body).not.toContain(SECRET);
  });

  it('refuses what is no path, and methods it does not know', async () => {
    expect((await rawRequest(address, `http://evil.example/${query}`)).status).toBe(400);
    expect((await rawRequest(address, '*', { method: 'OPTIONS', headers: own() })).status).toBe(400);
    expect((await rawRequest(address, `/${query}`, { method: 'DELETE', headers: own() })).status).toBe(405);
    expect((await rawRequest(address, `/${query}`, { method: 'POST', headers: own() })).status).toBe(405);
  });

  it('survives what is no HTTP', async () => {
    const socket = connect({ host: '127.0.0.1', port: Number(address.port) });
    socket.on('error', () => {});
    const closed = new Promise(resolve => socket.once('close', resolve));
    socket.write('\0\x01 nonsense\r\n\r\n');
    await closed;
  });
});

describe('inputs', () => {
  it('opens a file inside an opened folder, and one that a run was made from', async () => {
    const window = await openWindow(address);
    for (const input of [at('root', 'picture.png'), at('recorded.png')]) {
      const report = await window.call('inspect', { fit: 'tubal', input });
      expect(report.name).toBe(input);
    }
    window.close();
  });

  it.each([
    ['a path outside', () => at('secret.txt')],
    ['a path that leads out', () => at('root', '..', 'secret.txt')],
    ['a path that leads out as text', () => `${at('root')}/../secret.txt`],
    ['a folder that only begins like an opened one', () => `${at('root')}-other/picture.png`],
    ['a symbolic link out of the folder', () => at('root', 'link.png')],
    ['a folder with such a link in it', () => at('root', 'frames')],
    ['a relative path', () => 'root/picture.png'],
    ['an upload that is a path', () => 'upload:../../secret.txt'],
    ['an upload that is none', () => 'upload:nothing'],
    ['a file of the system', () => '/etc/passwd'],
    ['a path with a null byte', () => `${at('root', 'picture.png')}\0`],
  ])('refuses %s', async (_, input) => {
    const window = await openWindow(address);
    await expect(window.call('inspect', { fit: 'tubal', input: input() })).rejects.toMatchObject({
      code: 'input',
      tip: expect.stringMatching(/\w/),
    });
    for (const call of [
      window.call('start', { fit: 'tubal', input: input(), settings: {}, race: {}, members: 1, seed: 0, first: 'run' }),
      window.call('inspect', { fit: 'tubal', input: 'sample:plaid', mask: input() }),
      window.frame('inputPicture', { fit: 'tubal', input: input(), frame: 0 }),
    ])
      await expect(call).rejects.toMatchObject({ code: 'input' });
    window.close();
  });
});

describe('uploads', () => {
  const uploads = () => readdirSync(at('library', '.uploads'), { recursive: true });

  it('takes a file, and several of one group as a folder', async () => {
    const { status, input } = await upload(address, 'a photo.png', new Uint8Array(1000));
    expect({ status, input }).toEqual({ status: 200, input: expect.stringMatching(/^upload:[\w-]+$/) });
    const first = await upload(address, '1.png', new Uint8Array(10), 'frames');
    const second = await upload(address, '2.png', new Uint8Array(10), 'frames');
    expect([first.input, second.input]).toEqual(['upload:frames', 'upload:frames']);
    expect(uploads()).toEqual(expect.arrayContaining([join('frames', '1.png'), join('frames', '2.png')]));
    // A folder that people have named keeps its name, and nothing leads out of it.
    for (const name of ['1.png', '2.png']) await upload(address, name, new Uint8Array(10), 'named', 'our holiday');
    expect(uploads()).toEqual(expect.arrayContaining([join('named', 'our holiday', '1.png')]));
    for (const name of ['..', '../out', '.hidden', '']) {
      const refused = await upload(address, '1.png', new Uint8Array(10), 'named-2', name);
      expect(refused).toMatchObject({ status: 400, error: { code: 'setting' } });
    }
    const inner = await upload(address, 'rgb/000001.png', new Uint8Array(10), 'scene');
    expect(inner).toMatchObject({ status: 200, input: 'upload:scene' });
    expect(uploads()).toContain(join('scene', 'rgb', '000001.png'));
    for (const name of ['../1.png', 'a/../../1.png', 'a//1.png', '.hidden/1.png', 'a/b/c/d/e/1.png'])
      expect((await upload(address, name, new Uint8Array(10), 'scene')).status, name).toBe(400);
    expect((await upload(address, 'a/1.png', new Uint8Array(10))).status).toBe(400);
    const window = await openWindow(address);
    const namedReport = await window.call('inspect', { fit: 'tubal', input: 'upload:named' });
    expect(namedReport.name).toBe(at('library', '.uploads', 'named', 'our holiday'));
    const folderReport = await window.call('inspect', { fit: 'tubal', input: 'upload:frames' });
    expect(folderReport.name).toBe(at('library', '.uploads', 'frames'));
    const fileReport = await window.call('inspect', { fit: 'tubal', input: input ?? '' });
    expect(fileReport.name).toMatch(/a photo\.png$/);
    // One file of an upload, by its name in it.
    for (const one of [`${input}/a photo.png`, 'upload:named/2.png', 'upload:scene/rgb/000001.png']) {
      const { name } = await window.call('inspect', { fit: 'tubal', input: one });
      expect(name.endsWith(one.slice(one.indexOf('/') + 1)), one).toBe(true);
    }
    for (const none of [
      'upload:named/3.png',
      'upload:named/../named/1.png',
      'upload:named/',
      'upload:frames/1.png/x',
    ]) {
      const refused = window.call('inspect', { fit: 'tubal', input: none });
      await expect(refused, none).rejects.toThrow('This upload is not there any more.');
    }
    window.close();
  });

  it('refuses one that is announced as too large', async () => {
    const before = uploads();
    const { status, error } = await upload(address, 'large.png', new Uint8Array(UPLOAD_BYTES + 1));
    expect({ status, code: error?.code }).toEqual({ status: 413, code: 'input' });
    expect(uploads()).toEqual(before);
  });

  it('stops one that becomes too large, and keeps nothing of it', async () => {
    const before = uploads();
    const answer = await rawRequest(address, `/uploads${query}&name=large.png`, {
      method: 'PUT',
      headers: { ...own(), 'Transfer-Encoding': 'chunked' },
      body: new Uint8Array(UPLOAD_BYTES + 1),
    });
    expect(answer.status).toBe(413);
    expect(uploads()).toEqual(before);
  });

  it('refuses a group that becomes too large', async () => {
    expect((await upload(address, '1.png', new Uint8Array(UPLOAD_BYTES / 2), 'full')).status).toBe(200);
    expect((await upload(address, '2.png', new Uint8Array(UPLOAD_BYTES / 2 + 1), 'full')).status).toBe(413);
  });

  it('keeps nothing of one that breaks off', async () => {
    const before = uploads();
    const socket = connect({ host: '127.0.0.1', port: Number(address.port) });
    socket.write(
      `PUT /uploads${query}&name=half.png HTTP/1.1\r\nHost: ${address.host}\r\nOrigin: ${address.origin}\r\nContent-Length: 5000\r\n\r\nhalf`,
    );
    await expect.poll(() => uploads().some(name => String(name).includes('half.png'))).toBe(true);
    socket.destroy();
    await expect.poll(uploads).toEqual(before);
  });

  it.each(['../out.png', '..', '.hidden', 'a/b.png', 'a\\b.png', '', 'a\0.png', `${'x'.repeat(300)}.png`])(
    'refuses the name %j',
    async name => {
      const { status, error } = await upload(address, name, new Uint8Array(10));
      expect({ status, code: error?.code }).toEqual({ status: 400, code: 'setting' });
      expect(existsSync(at('library', 'out.png'))).toBe(false);
    },
  );

  it('refuses a group that is a path', async () => {
    expect((await upload(address, 'a.png', new Uint8Array(10), '../..')).status).toBe(400);
  });
});

describe('messages', () => {
  const closing = (socket: WebSocket): Promise<number> => new Promise(resolve => socket.once('close', resolve));

  it('refuses what is no call, and lets go of a window that sends nothing else', async () => {
    const window = await openWindow(address);
    const closed = closing(window.socket);
    const nonsense = [
      'no JSON',
      '{}',
      '[]',
      'null',
      '{"call":1,"kind":"launch","arguments":{}}',
      '{"call":2,"kind":"constructor","arguments":{}}',
      '{"call":3,"kind":"open","arguments":{"run":"../secret"}}',
      '{"call":4,"kind":"open","arguments":{"run":"plaid-1","more":1}}',
      '{"call":5,"kind":"change","arguments":{"run":"plaid-1","path":"learningRate","value":"1"}}',
      '{"call":-1,"kind":"listRuns","arguments":{}}',
    ];
    for (const text of nonsense) window.socket.send(text);
    expect(await closed).toBe(1008);
    const refusals = window.messages.filter(message => message.kind === 'refusal');
    expect(refusals.map(({ call }) => call)).toEqual([-1, -1, -1, -1, 1, 2, 3, 4, 5, -1]);
    for (const { error } of refusals)
      expect(error).toMatchObject({ code: 'setting', message: expect.stringMatching(/\w/) });
  });

  it('forgives a single mistake', async () => {
    const window = await openWindow(address);
    window.socket.send('no JSON');
    await window.until(message => (message.kind === 'refusal' ? message : undefined));
    expect((await window.call('listRuns', {})).map(({ run }) => run)).toEqual(['plaid-1']);
    window.close();
  });

  it('lets go of a window that floods it', async () => {
    const window = await openWindow(address);
    const closed = closing(window.socket);
    for (let call = 0; call < 20_000 && window.socket.readyState === WebSocket.OPEN; call++)
      window.socket.send(JSON.stringify({ call, kind: 'listRuns', arguments: {} }));
    expect(await closed).toBe(1008);
  });

  it('lets go of a window that sends a message above 1 MiB, or a binary one', async () => {
    for (const [data, code] of [
      ['x'.repeat((1 << 20) + 1), 1009],
      [new Uint8Array(8), 1003],
    ] as const) {
      const window = await openWindow(address);
      const closed = closing(window.socket);
      window.socket.send(data);
      expect(await closed).toBe(code);
    }
  });
});

it('says that a port is in use, unless there are others to take', async () => {
  const port = Number(address.port);
  await expect(startLabServer(server.host, { port })).rejects.toMatchObject({
    code: 'setting',
    message: `Port ${port} is in use.`,
  });
  const beside = await startLabServer(server.host, { port, otherPorts: [port, 0] });
  expect(beside.port).not.toBe(port);
  expect(new URL(beside.address).port).toBe(String(beside.port));
  await beside.close();
});
