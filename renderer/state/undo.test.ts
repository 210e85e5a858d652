import { beforeEach, expect, test } from 'vitest';
import { canUndo, redo, remember, undo, undoEdit, useUndo } from './undo.ts';

beforeEach(() => useUndo.setState({ past: [], future: [] }));

const edit = (to: number, log: string[], more: object = {}) => ({
  label: `set ${to}`,
  undo: () => void log.push(`undo ${to}`),
  redo: () => void log.push(`redo ${to}`),
  ...more,
});

test('edits of one gesture are undone as one, however long it takes', async () => {
  const log: string[] = [];
  for (let n = 0; n < 10; n++) remember(edit(n, log, { gesture: 'drag 1' }), n * 5000);
  remember(edit(10, log, { gesture: 'drag 2' }), 50001);
  expect(useUndo.getState().past).toHaveLength(2);
  await undo();
  await undo();
  expect(log).toEqual(['undo 10', 'undo 0']);
});

test('presses of a button are undone one by one', () => {
  const log: string[] = [];
  remember(edit(1, log), 0);
  remember(edit(2, log), 10);
  expect(useUndo.getState().past).toHaveLength(2);
});

test('typing into one field is one step while it goes on', () => {
  const log: string[] = [];
  remember(edit(1, log, { key: 'rank' }), 0);
  remember(edit(2, log, { key: 'rank' }), 900);
  remember(edit(3, log, { key: 'rank' }), 2000);
  expect(useUndo.getState().past).toHaveLength(2);
});

test('an edit of what is over is passed over', async () => {
  const log: string[] = [];
  let over = false;
  remember(edit(1, log), 0);
  remember(edit(2, log, { lapsed: () => over }), 10);
  over = true;
  await undo();
  expect(log).toEqual(['undo 1']);
  expect(canUndo()).toBe(false);
  await redo();
  expect(log).toEqual(['undo 1', 'redo 1']);
});

test('an edit can be undone out of turn', async () => {
  const log: string[] = [];
  const first = edit(1, log);
  remember(first, 0);
  remember(edit(2, log), 10);
  await undoEdit(first);
  await undoEdit(first);
  expect(log).toEqual(['undo 1']);
  await undo();
  expect(log).toEqual(['undo 1', 'undo 2']);
});
