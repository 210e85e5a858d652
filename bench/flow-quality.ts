// Mean end-point error of optical flow against the true flow of the Middlebury pairs, per preset and in both kinds of
// arithmetic (kernel, readable reference), beside OpenCV's DIS MEDIUM; and how well the confidence tells wrong flow.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFlo } from '../src/formats/flo.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { decodePicture } from '../src/media/decode-picture.ts';
import { flowPresets } from '../src/ops/flow/flow.ts';
import { createFlowSolver } from '../src/ops/flow/flow-cpu.ts';

console.log('todo', readFileSync, join, decodeFlo, openNodeDevice, decodePicture, flowPresets, createFlowSolver);
