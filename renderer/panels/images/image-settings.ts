// How the images panel shows pictures: what is remembered from one day to the next, and what holds for the moment (pan and
// zoom, which side of a blink is on).

import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { standingChanged } from '../../state/standing.ts';
import { fitted, type Look } from './look.ts';

export const compareModes = ['tiles', 'wipe', 'difference', 'blink', 'overlay'] as const;
export type CompareMode = (typeof compareModes)[number];

export interface ImageSettings {
  /** Ids of views that the user took off the board. */
  readonly hidden: readonly string[];
  /** Difference of every picture from its reference, in a tile beside it. */
  readonly errorMap: 'absolute' | 'signed' | 'none';
  /** Times that differences are made stronger than the pictures. */
  readonly gain: number;
  readonly greyPictures: 'grey' | 'mapped';
  readonly mode: CompareMode;
  /** Views to compare; undefined: the first picture that changes and its reference. */
  readonly first: string | undefined;
  readonly second: string | undefined;
  /** Where the wipe stands, 0…1 of the tile. */
  readonly wipe: number;
  /** Of the second picture over the first. */
  readonly opacity: number;
  /** Changes of side per second. */
  readonly blinkRate: number;
  /** Frames of a video per second while they play. */
  readonly frameRate: number;
}

export const useImageSettings = create<ImageSettings>()(
  persist(
    (): ImageSettings => ({
      hidden: [],
      errorMap: 'absolute',
      gain: 4,
      greyPictures: 'grey',
      mode: 'tiles',
      first: undefined,
      second: undefined,
      wipe: 0.5,
      opacity: 0.5,
      blinkRate: 1.5,
      frameRate: 8,
    }),
    { name: 'descent-lab-images', version: 1 },
  ),
);

export function setImageSettings(change: Partial<ImageSettings>): void {
  useImageSettings.setState(change);
}

interface Moment {
  /** By group of tiles that pan and zoom together. */
  readonly looks: Readonly<Record<string, Look>>;
  readonly side: 'first' | 'second';
  readonly playing: boolean;
}

export const useImageMoment = create<Moment>(() => ({ looks: {}, side: 'first', playing: false }));

export function lookOf(group: string): Look {
  return useImageMoment.getState().looks[group] ?? fitted;
}

export function setLook(group: string, look: Look): void {
  useImageMoment.setState(({ looks }) => ({ looks: { ...looks, [group]: look } }));
}

/** All pictures fit their tiles again. */
export function fitPictures(): void {
  useImageMoment.setState({ looks: {} });
}

export function swapSides(): void {
  useImageMoment.setState(({ side }) => ({ side: side === 'first' ? 'second' : 'first' }));
}

export function setPlaying(playing: boolean): void {
  useImageMoment.setState({ playing });
}

/** The board on show, for actions that need to know how large its tiles are. */
interface Board {
  showPixelByPixel(): void;
}

let board: Board | undefined;

export function registerBoard(standing: Board | undefined): void {
  board = standing;
  standingChanged();
}

export function theBoard(): Board | undefined {
  return board;
}
