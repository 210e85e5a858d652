// `flow`: optical flow between two pictures, computed in this process.
import { encodeFlo } from '../formats/flo.ts';
import { confidencePicture, flowBetweenFiles, flowPicture, flowPresetNames } from '../host/flow-files.ts';
import { writeNamedFile } from '../store/files.ts';
import { usage, whole } from './arguments.ts';

export interface FlowArguments {
  readonly out?: string | undefined;
  readonly preset?: string | undefined;
  readonly confidence?: string | undefined;
  readonly picture?: string | undefined;
  readonly threads?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Writes the files asked for and prints how far things moved. */
export async function flow(first: string, second: string, options: FlowArguments): Promise<number> {
  const { out, confidence, picture } = options;
  const wanted = options.preset ?? 'medium';
  const preset = flowPresetNames.find(name => name === wanted);
  if (preset === undefined) throw usage(`--preset ${wanted}: choose ${flowPresetNames.join(', ')}.`);
  if (out === undefined && confidence === undefined && picture === undefined)
    throw usage('flow needs a file to write: --out flow.flo, --picture wheel.png or --confidence c.png.');
  const field = await flowBetweenFiles(first, second, preset, whole(options.threads, 'threads', 1));
  if (out !== undefined) writeNamedFile(out, encodeFlo(field));
  if (picture !== undefined) writeNamedFile(picture, await flowPicture(field));
  if (confidence !== undefined) writeNamedFile(confidence, await confidencePicture(field));

  const { width, height } = field;
  const count = width * height;
  const lengths = new Float64Array(count);
  for (let p = 0; p < count; p++) lengths[p] = Math.hypot(field.flow[2 * p], field.flow[2 * p + 1]);
  const meanPixels = lengths.reduce((sum, length) => sum + length, 0) / count;
  const largestPixels = lengths.sort()[count - 1];
  const meanConfidence = field.confidence.reduce((sum, value) => sum + value, 0) / count;
  const files = [out, picture, confidence].filter(file => file !== undefined);
  if (options.json === true) {
    const document = { width, height, preset, meanPixels, largestPixels, meanConfidence, files };
    process.stdout.write(`${JSON.stringify(document)}\n`);
  } else {
    process.stdout.write(
      `${width} × ${height} pixels: mean flow ${meanPixels.toFixed(2)} px, largest ${largestPixels.toFixed(1)} px, ` +
        `mean confidence ${meanConfidence.toFixed(2)}\n${files.map(file => `${file}\n`).join('')}`,
    );
  }
  return 0;
}
