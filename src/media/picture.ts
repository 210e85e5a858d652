// A decoded still picture as the laboratory holds it: values between 0 and 1, exactly as stored in the file. Plain data,
// any process.

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [height, width, channels], 0 to 1, not multiplied with alpha. */
  readonly values: Float32Array;
  /** Bits per value that hold everything the file has: 8, or 16 for anything finer (10-bit AVIF and float TIFF too). */
  readonly bitDepth: 8 | 16;
  /** [height, width], 0 to 1; undefined where the file has none. */
  readonly alpha: Float32Array | undefined;
  /** One phrase for the user: what the values are, and what was or was not done to them. */
  readonly colourSpace: string;
  /** Pages or animation frames in the file; `values` holds the first. */
  readonly pages: number;
  /** From the 35 mm equivalent in EXIF; undefined where the camera wrote none. */
  readonly focalLengthPixels: number | undefined;
}

/** What an encoder needs of a picture. */
export interface PictureValues {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [height, width, channels], 0 to 1. */
  readonly values: Float32Array;
}
