import { describe, expect, it } from 'vitest';
import type { PictureView } from './raster.ts';
import { pairOf, tilesOf } from './tile-plan.ts';

const image = (id: string, change: object = {}): PictureView => ({
  id,
  title: id[0].toUpperCase() + id.slice(1),
  kind: 'image',
  changes: 'never',
  frames: 1,
  height: 3,
  width: 4,
  channels: 3,
  range: [0, 1],
  ...change,
});
const heat: PictureView = {
  id: 'ranks',
  title: 'Ranks',
  kind: 'heat-map',
  changes: 'with-iterations',
  rowLabel: 'index',
  columnLabel: 'slice',
  scale: 'linear',
};
const views = [
  image('recovered', { changes: 'with-iterations', reference: 'truth' }),
  heat,
  image('observed'),
  image('truth'),
];
const plain = { hidden: [], errorMap: 'absolute', mode: 'tiles', first: undefined, second: undefined } as const;
const titles = (settings: Partial<Parameters<typeof tilesOf>[1]>) =>
  tilesOf(views, { ...plain, ...settings }).map(({ title }) => title);

describe('plan of tiles', () => {
  it('shows given pictures, changing ones, their errors, and heat maps', () => {
    expect(titles({})).toEqual(['Truth', 'Observed', 'Recovered', 'Absolute error', 'Ranks']);
    expect(titles({ errorMap: 'signed' })).toEqual(['Truth', 'Observed', 'Recovered', 'Signed error', 'Ranks']);
    expect(titles({ errorMap: 'none' })).toEqual(['Truth', 'Observed', 'Recovered', 'Ranks']);
  });

  it('leaves out what the user does not want, and still compares with it', () => {
    expect(titles({ hidden: ['truth', 'ranks'] })).toEqual(['Observed', 'Recovered', 'Absolute error']);
    expect(titles({ hidden: ['recovered'] })).toEqual(['Truth', 'Observed', 'Ranks']);
  });

  it('says whose error it is where there are several', () => {
    const more = [...views, image('baseline', { reference: 'truth' })];
    expect(tilesOf(more, plain).map(({ title }) => title)).toContain('Absolute error of baseline');
  });

  it('has no error tile for a picture without a reference', () => {
    expect(tilesOf([image('truth'), image('observed')], plain)).toHaveLength(2);
    expect(tilesOf([image('recovered', { reference: 'gone' })], plain)).toHaveLength(1);
    expect(tilesOf([], plain)).toEqual([]);
  });

  it('has no error tile for a picture that is drawn over another, and wipes the two', () => {
    const drawn = [image('photo'), image('overlay', { changes: 'with-iterations', over: 'photo' })];
    expect(tilesOf(drawn, plain).map(({ title }) => title)).toEqual(['Photo', 'Overlay']);
    expect(tilesOf(drawn, { ...plain, mode: 'wipe' })[0].title).toBe('Photo | overlay');
  });

  it('compares a picture with its reference until two are chosen', () => {
    const ids = (first?: string, second?: string) => pairOf(views, { first, second })?.map(({ id }) => id);
    expect(ids()).toEqual(['truth', 'recovered']);
    expect(ids('observed', 'recovered')).toEqual(['observed', 'recovered']);
    expect(ids('no longer there', 'observed')).toEqual(['truth', 'observed']);
    expect(pairOf([image('only')], { first: undefined, second: undefined })).toBeUndefined();
    expect(tilesOf(views, { ...plain, mode: 'wipe' })).toMatchObject([{ kind: 'pair', how: 'wipe' }]);
    expect(tilesOf([image('only')], { ...plain, mode: 'wipe' })).toEqual([]);
  });
});
