// JSON files: read against a schema, with errors that name the place inside the file, and written for people to read. Pure, any process.
import * as v from 'valibot';
import { LabError } from '../protocol/lab-error.ts';

/**
 * The value in a UTF-8 JSON file, checked by `schema`. Throws a LabError of code 'input' with `where` = `name`: what is
 * wrong at which path, such as `frames.3.K`. `tip` says what the file should be.
 */
export function decodeJson<Schema extends v.GenericSchema>(
  bytes: Uint8Array,
  name: string,
  schema: Schema,
  tip: string,
): v.InferOutput<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LabError({ code: 'input', message: `The file is not JSON: ${reason}.`, tip, where: name, cause });
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new LabError({
    code: 'input',
    message: `At ${v.getDotPath(issue) ?? 'the top of the file'}: ${issue.message}.`,
    tip,
    where: name,
  });
}

/** Indented JSON with a line end; lists of plain numbers stay in one line, as rows of matrices are read. */
export function encodeJson(value: unknown): Uint8Array {
  // Text never holds a line end of its own, so that only lists match.
  const text = JSON.stringify(value, undefined, 2).replace(
    /\[\n\s*([-+.\deE,\s]+?)\s*\]/g,
    (_, list: string) => `[${list.replace(/\s+/g, ' ')}]`,
  );
  return new TextEncoder().encode(`${text}\n`);
}

const finite = v.pipe(v.number(), v.finite());

/** `length` finite numbers. */
export function numbers(length: number) {
  return v.pipe(v.array(finite), v.length(length, `${length} numbers are needed`));
}

/** A matrix as rows or as one row-major list; the output is the list. */
export function matrix(rows: number, columns: number) {
  return v.union(
    [
      numbers(rows * columns),
      v.pipe(
        v.array(numbers(columns)),
        v.length(rows),
        v.transform(list => list.flat()),
      ),
    ],
    `${rows} × ${columns} numbers are needed, row by row`,
  );
}
