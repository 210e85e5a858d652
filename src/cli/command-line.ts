// One call of the command line: finds the command, runs it, and turns what it throws into a message and an exit code.

import { asLabError, LabError, nearestName } from '../protocol/lab-error.ts';
import { commands } from './commands.ts';
import { exitCodeOf, printError } from './output.ts';

const asksForHelp: ReadonlySet<string> = new Set(['--help', '-h']);

/** `words` as behind the name of the program. Resolves with the exit code; never rejects. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const [first = 'help', ...rest] = words;
  const name = asksForHelp.has(first) ? 'help' : first;
  const command = commands[name];
  try {
    if (command === undefined) {
      const near = nearestName(name, Object.keys(commands));
      throw new LabError({
        code: 'setting',
        message: `There is no command "${name}".`,
        where: 'command line',
        tip: near === undefined ? 'Run `npm run lab -- help`.' : `Did you mean "${near}"?`,
      });
    }
    if (rest.some(word => asksForHelp.has(word)))
      return await commands.help(words.filter(word => !word.startsWith('-')));
    return await command(rest);
  } catch (thrown) {
    const error = asLabError(thrown);
    // As the engine tells its errors, so that a program reads one kind only.
    if (rest.includes('--json'))
      process.stdout.write(`${JSON.stringify({ kind: 'error', of: name, error: error.toDetails() })}\n`);
    else printError(error.toDetails());
    return exitCodeOf(error.code);
  }
}
