// The command line: parses arguments, starts the engine's process, prints progress and results. Exit codes: 0 done,
// 1 defect, 2 wrong arguments or setting, 3 input, 4 run folder, 5 memory or device, 6 diverged (left at the last good state), 130 left (Ctrl-C).

import { asLabError, LabError, nearestName } from '../protocol/lab-error.ts';
import { commands } from './commands.ts';
import { exitCodeOf, printError } from './output.ts';

const [name = 'help', ...rest] = process.argv.slice(2);
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
  process.exitCode = await command(rest);
} catch (thrown) {
  const error = asLabError(thrown);
  // As the engine tells its errors, so that a program reads one kind only.
  if (rest.includes('--json'))
    process.stdout.write(`${JSON.stringify({ kind: 'error', of: name, error: error.toDetails() })}\n`);
  else printError(error.toDetails());
  process.exitCode = exitCodeOf(error.code);
}
