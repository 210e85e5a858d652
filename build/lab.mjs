// `npm start` and `npm run lab -- …`: makes the checkout ready, then hands over to the command line.

import { prepare } from './bootstrap.mjs';

prepare();
await import('../dist/cli.js');
