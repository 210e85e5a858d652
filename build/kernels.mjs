// Compiles src/kernels to WebAssembly twice: plain SIMD, and with relaxed SIMD (fused multiply-add).

import { mkdirSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const twins = [
  { out: 'dist/kernels/simd.wasm', features: [] },
  { out: 'dist/kernels/relaxed.wasm', features: ['--enable', 'relaxed-simd'] },
];

mkdirSync('dist/kernels', { recursive: true });
for (const { out, features } of twins) {
  const { error, stderr } = await asc.main([
    'src/kernels/index.ts',
    '--outFile',
    out,
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--importMemory',
    '--sharedMemory',
    '--initialMemory',
    '16',
    '--maximumMemory',
    '65536',
    '--memoryBase',
    '16384',
    '--enable',
    'simd',
    '--enable',
    'threads',
    ...features,
  ]);
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
}
