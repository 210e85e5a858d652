// The command line: parses arguments, starts the engine's process, prints progress and results. Exit codes: 0 done,
// 1 defect, 2 wrong arguments or setting, 3 input, 4 run folder, 5 memory or device, 6 diverged (left at the last good state), 130 left (Ctrl-C).

import { runCommandLine } from './command-line.ts';

process.exitCode = await runCommandLine(process.argv.slice(2));
