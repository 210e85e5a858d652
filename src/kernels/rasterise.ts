// Pose gradients by rasterising: one chunk is one member (a rigid pose of one triangle mesh seen in one crop). Draws it
// into scratch memory, then sums losses, gradients and normal equations of the mask and depth terms in pixel and edge
// order. Readable twin: ops/rasterise/pose-reference.ts. AssemblyScript.

import { scratchAddress } from './mode3-transforms';

/** All fields are doubles, so that the device code can write them as one array; the order is ops/rasterise's. */
@unmanaged
export class PoseJob {
  vertexCount: f64;
  triangleCount: f64;
  edgeCount: f64;
  /** f32 planes x, y, z, each of vertexStride values, relative to the object's centre. */
  positions: f64;
  vertexStride: f64;
  /** i32 [t, 3] */
  triangles: f64;
  /** f32 [t, 4] outward unit normal of the object's triangle, and its plane's distance from the object's centre. */
  planes: f64;
  /** i32 [e, 4]: a, b, first and second triangle as ±(t + 1), + where it runs a to b; 0 none. */
  edges: f64;
  cull: f64;
  width: f64;
  height: f64;
  fx: f64;
  fy: f64;
  cx: f64;
  cy: f64;
  near: f64;
  /** f32 [h, w]: signed distance in pixels to the mask's contour, negative inside. */
  distance: f64;
  /** f32 [h, w]: 1 where the mask is known, 0 where it says nothing. */
  care: f64;
  /** f32 [h, w]: z-depth, 0 unknown; 0: no depth picture. */
  depth: f64;
  /** f32 [n, 4]: x, y and outward normal of the mask's contour. */
  contour: f64;
  contourCount: f64;
  /** f32 [h, w] inverse depth of other objects, or 0. */
  occluder: f64;
  /** Poses f64 [members, 12], row-major [R|t] of the centred object. */
  poses: f64;
  /** f64 [members, OUT] */
  results: f64;
  /** Pixels over which the border force rises to 1. */
  silhouetteScale: f64;
  depthScale: f64;
  occluderDepth: f64;
  scoreDepth: f64;
  maskWeight: f64;
  depthWeight: f64;
  /** Divisors of the terms: mask pixels, pixels with depth, length of the contour. */
  maskArea: f64;
  depthCount: f64;
  contourLength: f64;
  /** Divisor of the score's mask share: mask pixels in every mode. */
  scoreArea: f64;
  /** Weight of contour-to-rim distances in the normal equations, and where they end, in pixels. */
  contourWeight: f64;
  contourReach: f64;
  /** 0 gradient of the descent terms, 1 normal equations, 2 the published antialiased L1 terms, 3 only draw. */
  mode: f64;
  /** With mode 3: where to write ids (i32) and inverse depths (f32) of each member, [h, w]. */
  picture: f64;
  pictureDepth: f64;
  /** f32 [t, 3, 4]: affine functions of the object's points, see ops/rasterise/mesh-colours.ts. */
  colourMaps: f64;
  /** f32 [textureHeight, textureWidth, 4], or 0: the maps are colours themselves. */
  texture: f64;
  textureWidth: f64;
  textureHeight: f64;
  /** f32 [h, w, 4] of the picture, or 0. */
  colours: f64;
  colourWeight: f64;
  /** With mode 1, f64 [members, 2, TILES, TILE]: what mask and depth add in each tile of the crop; 0: not asked for. */
  tiles: f64;
}

/** Doubles per result; see ops/rasterise/pose-results.ts. */
const OUT: i32 = 40;
const LOSS: i32 = 0;
const MASK: i32 = 1;
const DEPTH: i32 = 2;
const SCORE: i32 = 3;
const COVERED: i32 = 4;
const DIFFERENT: i32 = 5;
const DEPTH_SEEN: i32 = 6;
const RIM: i32 = 7;
const GRADIENT: i32 = 8;
const HESSIAN: i32 = 14;
const MASK_SHARE: i32 = 35;
const COLOUR: i32 = 36;

/** Tiles a side of the crop, and doubles of one: gradient, upper triangle of the normal equations. */
const SIDE: i32 = 8;
const TILE: i32 = 27;

const NONE: i32 = -1;
const OTHER: i32 = -2;
const RIM_LIMIT: i32 = 32768;
/** Pixels by which a sample may lie inside the outermost one before the same empty pixel. */
const FOLD: f32 = 0.15;
const EPSILON: f32 = 1e-6;
/** Variance of a picture's noise and shading, so that plain surfaces are not told by them. */
const NOISE: f64 = 0.0025;

let at: usize = 0;
function take(bytes: usize): usize {
  const taken = at;
  at = (at + bytes + 15) & ~(<usize>15);
  return taken;
}

// Pose, camera and buffers of the member at hand.
let r0: f64 = 0, r1: f64 = 0, r2: f64 = 0, r3: f64 = 0, r4: f64 = 0, r5: f64 = 0, r6: f64 = 0, r7: f64 = 0, r8: f64 = 0;
let tx: f64 = 0, ty: f64 = 0, tz: f64 = 0;
let fx: f64 = 0, fy: f64 = 0, cx: f64 = 0, cy: f64 = 0;
let width: i32 = 0, height: i32 = 0, stride: i32 = 0;
// screen: f32 [vertex, 4] pixel x, y, inverse depth (at most 0: before the near plane), nothing. facing: f32 [triangle],
// positive where its outside is turned to the camera.
let screen: usize = 0, facing: usize = 0, zs: usize = 0, ids: usize = 0;
let rimX: usize = 0, rimY: usize = 0, rimZ: usize = 0;
let rimNormalX: usize = 0, rimNormalY: usize = 0, rimPiece: usize = 0, rimOutward: usize = 0, rimPixel: usize = 0, outermost: usize = 0;
let sortedX: usize = 0, sortedY: usize = 0, sortedZ: usize = 0;
let out: usize = 0;
// Of this member, and the tile that rows are added to besides; 0 none.
let tiles: usize = 0, tile: usize = 0, tileRow: usize = 0;

export function poseChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<PoseJob>(jobAt);
  at = scratchAddress();
  const pose = <usize>job.poses + <usize>chunk * 96;
  r0 = load<f64>(pose);
  r1 = load<f64>(pose, 8);
  r2 = load<f64>(pose, 16);
  tx = load<f64>(pose, 24);
  r3 = load<f64>(pose, 32);
  r4 = load<f64>(pose, 40);
  r5 = load<f64>(pose, 48);
  ty = load<f64>(pose, 56);
  r6 = load<f64>(pose, 64);
  r7 = load<f64>(pose, 72);
  r8 = load<f64>(pose, 80);
  tz = load<f64>(pose, 88);
  fx = job.fx;
  fy = job.fy;
  cx = job.cx;
  cy = job.cy;
  width = <i32>job.width;
  height = <i32>job.height;
  stride = (width + 7) & ~3;
  out = <usize>job.results + <usize>chunk * (OUT * 8);
  memory.fill(out, 0, OUT * 8);
  const tileBytes = 2 * SIDE * SIDE * TILE * 8;
  tiles = job.tiles == 0 ? 0 : <usize>job.tiles + <usize>chunk * tileBytes;
  if (tiles != 0) memory.fill(tiles, 0, tileBytes);
  tile = 0;
  tileRow = take(48);

  screen = take(<usize>job.vertexStride << 4);
  facing = take(<usize>job.triangleCount << 2);
  zs = take(<usize>(stride * height) << 2);
  ids = take(<usize>(stride * height) << 2);
  rimX = take(RIM_LIMIT << 2);
  rimY = take(RIM_LIMIT << 2);
  rimZ = take(RIM_LIMIT << 2);
  rimNormalX = take(RIM_LIMIT << 2);
  rimNormalY = take(RIM_LIMIT << 2);
  rimPiece = take(RIM_LIMIT << 2);
  rimOutward = take(RIM_LIMIT << 2);
  rimPixel = take(RIM_LIMIT << 2);
  outermost = take(<usize>(stride * height) << 2);

  project(job);
  clear(job);
  draw(job);
  const mode = <i32>job.mode;
  if (mode == 3) return keepPicture(job, chunk);
  pixels(job);
  if (mode == 2) {
    antialiased(job);
  } else {
    rim(job);
    if (mode == 1 && job.contourCount > 0 && job.contourWeight > 0) contourToRim(job);
  }
  tile = 0;
  if (mode < 2 && job.colourWeight > 0) colours(job);
  finish(job);
}

function project(job: PoseJob): void {
  const s = <usize>job.vertexStride << 2;
  const p = <usize>job.positions;
  const m0 = f32x4.splat(<f32>r0), m1 = f32x4.splat(<f32>r1), m2 = f32x4.splat(<f32>r2), m3 = f32x4.splat(<f32>tx);
  const m4 = f32x4.splat(<f32>r3), m5 = f32x4.splat(<f32>r4), m6 = f32x4.splat(<f32>r5), m7 = f32x4.splat(<f32>ty);
  const m8 = f32x4.splat(<f32>r6), m9 = f32x4.splat(<f32>r7), mA = f32x4.splat(<f32>r8), mB = f32x4.splat(<f32>tz);
  const vfx = f32x4.splat(<f32>fx), vfy = f32x4.splat(<f32>fy), vcx = f32x4.splat(<f32>cx), vcy = f32x4.splat(<f32>cy);
  const one = f32x4.splat(1), near = f32x4.splat(<f32>job.near), behind = f32x4.splat(-1);
  for (let o: usize = 0; o < s; o += 16) {
    const x = v128.load(p + o), y = v128.load(p + s + o), z = v128.load(p + 2 * s + o);
    const X = f32x4.add(f32x4.add(f32x4.mul(m0, x), f32x4.mul(m1, y)), f32x4.add(f32x4.mul(m2, z), m3));
    const Y = f32x4.add(f32x4.add(f32x4.mul(m4, x), f32x4.mul(m5, y)), f32x4.add(f32x4.mul(m6, z), m7));
    const Z = f32x4.add(f32x4.add(f32x4.mul(m8, x), f32x4.mul(m9, y)), f32x4.add(f32x4.mul(mA, z), mB));
    const i = f32x4.div(one, Z);
    const u = f32x4.add(f32x4.mul(f32x4.mul(X, vfx), i), vcx);
    const v = f32x4.add(f32x4.mul(f32x4.mul(Y, vfy), i), vcy);
    const q = v128.bitselect(i, behind, f32x4.gt(Z, near));
    const uv0 = v128.shuffle<f32>(u, v, 0, 4, 1, 5), uv1 = v128.shuffle<f32>(u, v, 2, 6, 3, 7);
    const q0 = v128.shuffle<f32>(q, q, 0, 0, 1, 1), q1 = v128.shuffle<f32>(q, q, 2, 2, 3, 3);
    const to = screen + (o << 2);
    v128.store(to, v128.shuffle<i64>(uv0, q0, 0, 2));
    v128.store(to, v128.shuffle<i64>(uv0, q0, 1, 3), 16);
    v128.store(to, v128.shuffle<i64>(uv1, q1, 0, 2), 32);
    v128.store(to, v128.shuffle<i64>(uv1, q1, 1, 3), 48);
  }
}

function clear(job: PoseJob): void {
  const bytes = <usize>(stride * height) << 2;
  memory.fill(ids, 0xff, bytes);
  memory.fill(zs, 0, bytes);
  const occluder = <usize>job.occluder;
  if (occluder == 0) return;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const z = load<f32>(occluder + (<usize>(y * width + x) << 2));
      const o = <usize>(y * stride + x) << 2;
      store<f32>(zs + o, z);
      if (z > 0) store<i32>(ids + o, OTHER);
    }
  }
}

function draw(job: PoseJob): void {
  const count = <i32>job.triangleCount;
  const cull = job.cull != 0;
  // The camera in the object's axes tells which triangles face it before any vertex is looked at.
  const camX = <f32>-(r0 * tx + r3 * ty + r6 * tz), camY = <f32>-(r1 * tx + r4 * ty + r7 * tz);
  const camZ = <f32>-(r2 * tx + r5 * ty + r8 * tz);
  const half = f32x4.splat(0.5), zero = f32x4.splat(0), most = f32x4(<f32>(width - 1), <f32>(height - 1), 0, 0);
  let triangle = <usize>job.triangles, plane = <usize>job.planes;
  for (let t = 0; t < count; t++, triangle += 12, plane += 16) {
    const towards = load<f32>(plane) * camX + load<f32>(plane, 4) * camY + load<f32>(plane, 8) * camZ - load<f32>(plane, 12);
    store<f32>(facing + (<usize>t << 2), towards);
    if (cull && towards <= 0) continue;
    const a = <usize>load<i32>(triangle) << 4, b = <usize>load<i32>(triangle, 4) << 4, c = <usize>load<i32>(triangle, 8) << 4;
    const A = v128.load(screen + a), B = v128.load(screen + b), C = v128.load(screen + c);
    const low = f32x4.min(f32x4.min(A, B), C), high = f32x4.max(f32x4.max(A, B), C);
    if (f32x4.extract_lane(low, 2) <= 0) {
      if (f32x4.extract_lane(high, 2) > 0) drawClipped(job, a >> 2, b >> 2, c >> 2, t);
      continue;
    }
    const first = i32x4.trunc_sat_f32x4_s(f32x4.max(f32x4.ceil(f32x4.sub(low, half)), zero));
    const last = i32x4.trunc_sat_f32x4_s(f32x4.min(f32x4.floor(f32x4.sub(high, half)), most));
    const x0 = i32x4.extract_lane(first, 0), y0 = i32x4.extract_lane(first, 1);
    const x1 = i32x4.extract_lane(last, 0), y1 = i32x4.extract_lane(last, 1);
    if (x0 > x1 || y0 > y1) continue;
    fill(
      f32x4.extract_lane(A, 0), f32x4.extract_lane(A, 1), f32x4.extract_lane(A, 2),
      f32x4.extract_lane(B, 0), f32x4.extract_lane(B, 1), f32x4.extract_lane(B, 2),
      f32x4.extract_lane(C, 0), f32x4.extract_lane(C, 1), f32x4.extract_lane(C, 2), x0, y0, x1, y1, t,
    );
  }
}

/**
 * Writes id and inverse depth where the triangle is nearest, among the pixels (x0, y0) to (x1, y1). Four pixels at a time;
 * the buffers' rows are padded.
 */
// @ts-ignore: decorator
@inline
function fill(
  xa: f32, ya: f32, za: f32, xb: f32, yb: f32, zb: f32, xc: f32, yc: f32, zc: f32,
  x0: i32, y0: i32, x1: i32, y1: i32, id: i32,
): void {
  const twice = (xb - xa) * (yc - ya) - (xc - xa) * (yb - ya);
  if (twice == 0) return;
  const k = <f32>1 / twice;
  const ax = (yb - yc) * k, ay = (xc - xb) * k;
  const bx = (yc - ya) * k, by = (xa - xc) * k;
  const px = <f32>x0 + 0.5, py = <f32>y0 + 0.5;
  let u = ax * (px - xc) + ay * (py - yc);
  let v = bx * (px - xc) + by * (py - yc);
  const du = za - zc, dv = zb - zc;
  let z = zc + u * du + v * dv;
  if (x0 == x1 && y0 == y1) {
    // Most triangles of a fine mesh cover one pixel centre at most.
    const o = <usize>(y0 * stride + x0) << 2;
    if (u < -EPSILON || v < -EPSILON || u + v > 1 + EPSILON || z <= load<f32>(zs + o)) return;
    store<f32>(zs + o, z);
    store<i32>(ids + o, id);
    return;
  }
  const zx = ax * du + bx * dv, zy = ay * du + by * dv;
  const ramp = f32x4(0, 1, 2, 3);
  const us = f32x4.mul(f32x4.splat(ax), ramp), vs = f32x4.mul(f32x4.splat(bx), ramp);
  const zsteps = f32x4.mul(f32x4.splat(zx), ramp);
  const ids4 = i32x4.splat(id);
  const low = f32x4.splat(-EPSILON), high = f32x4.splat(1 + EPSILON);
  for (let y = y0; y <= y1; y++) {
    let o = <usize>(y * stride + x0) << 2;
    let uu = u, vv = v, zz = z;
    for (let x = x0; x <= x1; x += 4, o += 16) {
      const u4 = f32x4.add(f32x4.splat(uu), us), v4 = f32x4.add(f32x4.splat(vv), vs);
      const z4 = f32x4.add(f32x4.splat(zz), zsteps);
      const kept = v128.load(zs + o);
      const inside = v128.and(
        v128.and(f32x4.ge(u4, low), f32x4.ge(v4, low)),
        v128.and(f32x4.le(f32x4.add(u4, v4), high), f32x4.gt(z4, kept)),
      );
      if (v128.any_true(inside)) {
        v128.store(zs + o, v128.bitselect(z4, kept, inside));
        v128.store(ids + o, v128.bitselect(ids4, v128.load(ids + o), inside));
      }
      uu += 4 * ax;
      vv += 4 * bx;
      zz += 4 * zx;
    }
    u += ay;
    v += by;
    z += zy;
  }
}

/** A triangle that crosses the near plane: the part before it, as a fan. */
function drawClipped(job: PoseJob, a: usize, b: usize, c: usize, id: i32): void {
  const before = at;
  const corners = take(9 * 8);
  const cut = take(12 * 8);
  const p = <usize>job.positions, s = <usize>job.vertexStride << 2;
  const near = job.near;
  for (let k = 0; k < 3; k++) {
    const o = p + (k == 0 ? a : k == 1 ? b : c);
    const x = <f64>load<f32>(o), y = <f64>load<f32>(o + s), z = <f64>load<f32>(o + 2 * s);
    store<f64>(corners + k * 24, r0 * x + r1 * y + r2 * z + tx);
    store<f64>(corners + k * 24, r3 * x + r4 * y + r5 * z + ty, 8);
    store<f64>(corners + k * 24, r6 * x + r7 * y + r8 * z + tz, 16);
  }
  let n = 0;
  for (let k = 0; k < 3; k++) {
    const from = corners + k * 24, to = corners + ((k + 1) % 3) * 24;
    const zf = load<f64>(from, 16), zt = load<f64>(to, 16);
    if (zf >= near) {
      memory.copy(cut + n * 24, from, 24);
      n++;
    }
    if (zf >= near != zt >= near) {
      const share = (near - zf) / (zt - zf);
      store<f64>(cut + n * 24, load<f64>(from) + share * (load<f64>(to) - load<f64>(from)));
      store<f64>(cut + n * 24, load<f64>(from, 8) + share * (load<f64>(to, 8) - load<f64>(from, 8)), 8);
      store<f64>(cut + n * 24, near, 16);
      n++;
    }
  }
  for (let k = 1; k + 1 < n; k++) {
    const q = cut + k * 24, w = q + 24;
    const za = 1 / load<f64>(cut, 16), zb = 1 / load<f64>(q, 16), zc = 1 / load<f64>(w, 16);
    const xa = <f32>(fx * load<f64>(cut) * za + cx), ya = <f32>(fy * load<f64>(cut, 8) * za + cy);
    const xb = <f32>(fx * load<f64>(q) * zb + cx), yb = <f32>(fy * load<f64>(q, 8) * zb + cy);
    const xc = <f32>(fx * load<f64>(w) * zc + cx), yc = <f32>(fy * load<f64>(w, 8) * zc + cy);
    const x0 = <i32>ceil(max(min(min(xa, xb), xc) - 0.5, <f32>0)), x1 = <i32>floor(min(max(max(xa, xb), xc) - 0.5, <f32>(width - 1)));
    const y0 = <i32>ceil(max(min(min(ya, yb), yc) - 0.5, <f32>0)), y1 = <i32>floor(min(max(max(ya, yb), yc) - 0.5, <f32>(height - 1)));
    if (x0 > x1 || y0 > y1) continue;
    fill(xa, ya, <f32>za, xb, yb, <f32>zb, xc, yc, <f32>zc, x0, y0, x1, y1, id);
  }
  at = before;
}

function keepPicture(job: PoseJob, chunk: i32): void {
  const pixelsPerMember = width * height;
  for (let y = 0; y < height; y++) {
    const to = <usize>(chunk * pixelsPerMember + y * width) << 2;
    const from = <usize>(y * stride) << 2;
    memory.copy(<usize>job.picture + to, ids + from, <usize>width << 2);
    memory.copy(<usize>job.pictureDepth + to, zs + from, <usize>width << 2);
  }
}

// Sums of one member.
let g0: f64 = 0, g1: f64 = 0, g2: f64 = 0, g3: f64 = 0, g4: f64 = 0, g5: f64 = 0;

// @ts-ignore: decorator
@inline
function addGradient(x: f64, y: f64, z: f64, jx: f64, jy: f64, jz: f64): void {
  // X' = X + w x (X - t) + v, with (x, y, z) = X - t.
  g0 += y * jz - z * jy;
  g1 += z * jx - x * jz;
  g2 += x * jy - y * jx;
  g3 += jx;
  g4 += jy;
  g5 += jz;
}

/** H += w J J^T (upper triangle by rows) and gradient += w r J. */
// @ts-ignore: decorator
@inline
function addRow(x: f64, y: f64, z: f64, jx: f64, jy: f64, jz: f64, weight: f64, residual: f64): void {
  const a = y * jz - z * jy, b = z * jx - x * jz, c = x * jy - y * jx;
  const wr = weight * residual;
  g0 += wr * a;
  g1 += wr * b;
  g2 += wr * c;
  g3 += wr * jx;
  g4 += wr * jy;
  g5 += wr * jz;
  let h = out + HESSIAN * 8;
  const wa = weight * a, wb = weight * b, wc = weight * c, wx = weight * jx, wy = weight * jy;
  add(h, wa * a);
  add(h + 8, wa * b);
  add(h + 16, wa * c);
  add(h + 24, wa * jx);
  add(h + 32, wa * jy);
  add(h + 40, wa * jz);
  add(h + 48, wb * b);
  add(h + 56, wb * c);
  add(h + 64, wb * jx);
  add(h + 72, wb * jy);
  add(h + 80, wb * jz);
  add(h + 88, wc * c);
  add(h + 96, wc * jx);
  add(h + 104, wc * jy);
  add(h + 112, wc * jz);
  add(h + 120, wx * jx);
  add(h + 128, wx * jy);
  add(h + 136, wx * jz);
  add(h + 144, wy * jy);
  add(h + 152, wy * jz);
  add(h + 160, weight * jz * jz);
  if (tile != 0) addToTile(a, b, c, jx, jy, jz, weight, residual);
}

/** From here on rows count for the tile around (x, y), of the mask (0) or the depth (1). */
// @ts-ignore: decorator
@inline
function enterTile(x: f64, y: f64, term: i32): void {
  if (tiles == 0) return;
  const column = max(0, min(SIDE - 1, <i32>(x * SIDE / <f64>width))), row = max(0, min(SIDE - 1, <i32>(y * SIDE / <f64>height)));
  tile = tiles + <usize>(((term * SIDE + row) * SIDE + column) * TILE * 8);
}

function addToTile(a: f64, b: f64, c: f64, jx: f64, jy: f64, jz: f64, weight: f64, residual: f64): void {
  const row = tileRow;
  store<f64>(row, a);
  store<f64>(row, b, 8);
  store<f64>(row, c, 16);
  store<f64>(row, jx, 24);
  store<f64>(row, jy, 32);
  store<f64>(row, jz, 40);
  let to = tile + 48;
  for (let i: usize = 0; i < 48; i += 8) {
    const weighted = weight * load<f64>(row + i);
    add(tile + i, weighted * residual);
    for (let j = i; j < 48; j += 8, to += 8) add(to, weighted * load<f64>(row + j));
  }
}

// @ts-ignore: decorator
@inline
function add(address: usize, value: f64): void {
  store<f64>(address, load<f64>(address) + value);
}

/** Mask energies and the depth term, over all pixels. */
function pixels(job: PoseJob): void {
  g0 = 0;
  g1 = 0;
  g2 = 0;
  g3 = 0;
  g4 = 0;
  g5 = 0;
  const mode = <i32>job.mode;
  const distance = <usize>job.distance, care = <usize>job.care, depth = <usize>job.depth, planes = <usize>job.planes;
  const inverseScale = <f32>(1 / job.silhouetteScale);
  const depthScale2 = job.depthScale * job.depthScale;
  const perPixel = job.depthCount > 0 ? job.depthWeight / job.depthCount : 0;
  const occluderDepth = job.occluderDepth, scoreDepth = job.scoreDepth;
  const none = i32x4.splat(0), outside = f32x4.splat(0);
  let energy: f64 = 0, depthLoss: f64 = 0, depthScore: f64 = 0;
  let covered = 0, different = 0, seen = 0;
  for (let y = 0; y < height; y++) {
    let o = <usize>(y * width) << 2;
    let q = <usize>(y * stride) << 2;
    const rayY = (<f64>y + 0.5 - cy) / fy;
    for (let x = 0; x < width; x++, o += 4, q += 4) {
      if ((x & 3) == 0 && x + 4 <= width) {
        // Neither model nor mask in four pixels.
        const empty = v128.and(i32x4.lt_s(v128.load(ids + q), none), f32x4.ge(v128.load(distance + o), outside));
        if (i32x4.all_true(empty)) {
          x += 3;
          o += 12;
          q += 12;
          continue;
        }
      }
      const id = load<i32>(ids + q);
      const d = load<f32>(distance + o);
      const inMask = d < 0;
      if (id < 0 && !inMask) continue;
      const known = load<f32>(care + o);
      const zObserved = <f64>load<f32>(depth + o);
      if (id < 0) {
        if (id == NONE) {
          // What the render misses costs as much as a residual without bounds, so that leaving the mask never pays.
          energy += <f64>(known * min(-d * inverseScale, <f32>1));
          if (known > 0.5) different++;
          if (zObserved > 0) depthLoss += 1;
        }
        continue;
      }
      covered++;
      const z = 1 / <f64>load<f32>(zs + q);
      if (!inMask) {
        // Where something stands before the model, the mask cannot show it.
        if (mode != 2 && zObserved > 0 && z - zObserved > occluderDepth) continue;
        energy += <f64>(known * min(d * inverseScale, <f32>1));
        if (known > 0.5) different++;
        continue;
      }
      if (zObserved == 0) continue;
      const rayX = (<f64>x + 0.5 - cx) / fx;
      const gap = z - zObserved;
      if (mode == 2) {
        const n = planes + (<usize>id << 4);
        const nx = <f64>load<f32>(n), ny = <f64>load<f32>(n, 4), nz = <f64>load<f32>(n, 8);
        const mx = r0 * nx + r1 * ny + r2 * nz, my = r3 * nx + r4 * ny + r5 * nz, mz = r6 * nx + r7 * ny + r8 * nz;
        const facing = mx * rayX + my * rayY + mz;
        depthLoss += abs(gap);
        depthScore += min(abs(gap) / scoreDepth, 1.0);
        seen++;
        if (abs(facing) > 1e-3) {
          const w = (gap > 0 ? perPixel : -perPixel) / facing;
          addGradient(rayX * z - tx, rayY * z - ty, z - tz, w * mx, w * my, w * mz);
        }
        continue;
      }
      if (gap > occluderDepth) {
        depthLoss += 1;
        continue;
      }
      const n = planes + (<usize>id << 4);
      const nx = <f64>load<f32>(n), ny = <f64>load<f32>(n, 4), nz = <f64>load<f32>(n, 8);
      const mx = r0 * nx + r1 * ny + r2 * nz, my = r3 * nx + r4 * ny + r5 * nz, mz = r6 * nx + r7 * ny + r8 * nz;
      // Distance of the measured point from the plane of the triangle; its derivative is exact on that triangle.
      const residual = gap * (mx * rayX + my * rayY + mz);
      const square = residual * residual;
      const inverse = 1 / (square + depthScale2);
      depthLoss += square * inverse;
      depthScore += min(abs(gap) / scoreDepth, 1.0);
      seen++;
      const px = rayX * zObserved - tx, py = rayY * zObserved - ty, pz = zObserved - tz;
      const slope = 2 * perPixel * depthScale2 * inverse * inverse;
      if (mode == 1) {
        enterTile(<f64>x + 0.5, <f64>y + 0.5, 1);
        addRow(px, py, pz, mx, my, mz, slope, residual);
      } else {
        const w = slope * residual;
        addGradient(px, py, pz, w * mx, w * my, w * mz);
      }
    }
  }
  store<f64>(out + MASK * 8, energy / job.maskArea);
  store<f64>(out + DEPTH * 8, job.depthCount > 0 ? depthLoss / job.depthCount : 0);
  store<f64>(out + COVERED * 8, <f64>covered);
  store<f64>(out + DIFFERENT * 8, <f64>different);
  store<f64>(out + DEPTH_SEEN * 8, <f64>seen);
  const share = <f64>different / job.scoreArea;
  store<f64>(out + MASK_SHARE * 8, share);
  store<f64>(out + SCORE * 8, share + (seen > 0 ? depthScore / <f64>seen : job.depthCount > 0 ? 1 : 0));
}

// Bilinear sample at (x, y) of a map [h, w] with pixel centres at one half; outside, the nearest value.
let sampled: f64 = 0, slopeX: f64 = 0, slopeY: f64 = 0;
// @ts-ignore: decorator
@inline
function sample(map: usize, x: f64, y: f64): void {
  const u = min(max(x - 0.5, 0.0), <f64>(width - 1) - 1e-9), v = min(max(y - 0.5, 0.0), <f64>(height - 1) - 1e-9);
  const i = <i32>u, j = <i32>v;
  const a = u - <f64>i, b = v - <f64>j;
  const p = map + (<usize>(j * width + i) << 2);
  const q = p + (<usize>width << 2);
  const m00 = <f64>load<f32>(p), m10 = <f64>load<f32>(p, 4), m01 = <f64>load<f32>(q), m11 = <f64>load<f32>(q, 4);
  slopeX = (1 - b) * (m10 - m00) + b * (m11 - m01);
  slopeY = (1 - a) * (m01 - m00) + a * (m11 - m10);
  sampled = (1 - b) * (m00 + a * (m10 - m00)) + b * (m01 + a * (m11 - m01));
}

/** How an edge's triangle ±(t + 1) faces the camera, turned round where it runs against the edge. */
// @ts-ignore: decorator
@inline
function sideOf(triangle: i32): f32 {
  return triangle > 0 ? load<f32>(facing + (<usize>(triangle - 1) << 2)) : -load<f32>(facing + (<usize>(-triangle - 1) << 2));
}

/**
 * Samples of the mesh's own silhouette edges: those whose triangles lie on one side of them in the picture, with nothing
 * of the object beyond. Returns how many.
 */
function findRim(job: PoseJob): i32 {
  const count = <i32>job.edgeCount;
  // Bytes 0xce are about -1.7e9 as float32.
  memory.fill(outermost, 0xce, <usize>(stride * height) << 2);
  let rims = 0;
  let edge = <usize>job.edges;
  for (let e = 0; e < count; e++, edge += 16) {
    const first = load<i32>(edge, 8), second = load<i32>(edge, 12);
    const side = sideOf(first);
    if (second != 0 ? side * sideOf(second) <= 0 : side == 0) continue;
    const a = screen + (<usize>load<i32>(edge) << 4), b = screen + (<usize>load<i32>(edge, 4) << 4);
    const za = <f64>load<f32>(a, 8), zb = <f64>load<f32>(b, 8);
    if (za <= 0 || zb <= 0) continue;
    const xa = <f64>load<f32>(a), ya = <f64>load<f32>(a, 4);
    const dx = <f64>load<f32>(b) - xa, dy = <f64>load<f32>(b, 4) - ya;
    const length = sqrt(dx * dx + dy * dy);
    if (!(length > 1e-9) || length > 4096) continue;
    const flip: f64 = side < 0 ? 1 / length : -1 / length;
    const nx = dy * flip, ny = -dx * flip;
    const pieces = <i32>ceil(length);
    for (let k = 0; k < pieces && rims < RIM_LIMIT; k++) {
      const s = (<f64>k + 0.5) / <f64>pieces;
      const x = xa + s * dx, y = ya + s * dy;
      const ox = x + 0.75 * nx, oy = y + 0.75 * ny;
      if (!(ox >= 0 && oy >= 0 && ox < <f64>width && oy < <f64>height)) continue;
      const i = <i32>ox, j = <i32>oy;
      const pixel = j * stride + i;
      if (load<i32>(ids + (<usize>pixel << 2)) != NONE) continue;
      const outward = <f32>((x - <f64>i - 0.5) * nx + (y - <f64>j - 0.5) * ny);
      const most = outermost + (<usize>pixel << 2);
      store<f32>(most, max(load<f32>(most), outward));
      const o = <usize>rims << 2;
      store<f32>(rimX + o, <f32>x);
      store<f32>(rimY + o, <f32>y);
      store<f32>(rimZ + o, <f32>(1 / (za + s * (zb - za))));
      store<f32>(rimNormalX + o, <f32>nx);
      store<f32>(rimNormalY + o, <f32>ny);
      store<f32>(rimPiece + o, <f32>(length / <f64>pieces));
      store<f32>(rimOutward + o, outward);
      store<i32>(rimPixel + o, pixel);
      rims++;
    }
  }
  return rims;
}

/** The silhouette term over the rim. Folds just inside it are left out: they would seem to be a rim too small. */
function rim(job: PoseJob): void {
  const found = findRim(job);
  const mode = <i32>job.mode;
  const distance = <usize>job.distance, care = <usize>job.care, depth = <usize>job.depth;
  const scale = job.silhouetteScale;
  const perPixel = 1 / (mode == 1 ? job.contourLength : job.maskArea);
  const maskWeight = job.maskWeight;
  const scale2 = scale * scale;
  let rims = 0;
  let rimLoss: f64 = 0;
  for (let r = 0; r < found; r++) {
    const o = <usize>r << 2;
    const pixel = load<i32>(rimPixel + o);
    if (load<f32>(rimOutward + o) < load<f32>(outermost + (<usize>pixel << 2)) - FOLD) continue;
    const x = <f64>load<f32>(rimX + o), y = <f64>load<f32>(rimY + o), z = <f64>load<f32>(rimZ + o);
    sample(care, x, y);
    const known = sampled;
    if (known <= 0) continue;
    sample(distance, x, y);
    if (sampled > 0) {
      const j = pixel / stride;
      const zObserved = <f64>load<f32>(depth + (<usize>(j * width + pixel - j * stride) << 2));
      if (zObserved > 0 && z - zObserved > job.occluderDepth) continue;
    }
    const iz = 1 / z;
    const X = (x - cx) / fx * z, Y = (y - cy) / fy * z;
    const weight = known * <f64>load<f32>(rimPiece + o) * perPixel;
    if (mode == 1) {
      const square = sampled * sampled;
      const sum = square + scale2;
      rimLoss += weight * square / sum;
      const jx = slopeX * fx * iz, jy = slopeY * fy * iz;
      const curvature = (2 * maskWeight * weight * scale2) / (sum * sum);
      enterTile(x, y, 0);
      addRow(X - tx, Y - ty, z - tz, jx, jy, -(jx * X + jy * Y) * iz, curvature, sampled);
      // Kept ones move up in place for contourToRim.
      const q = <usize>rims << 2;
      store<f32>(rimX + q, <f32>x);
      store<f32>(rimY + q, <f32>y);
      store<f32>(rimZ + q, <f32>z);
    } else {
      const force = min(max(sampled / scale, -1.0), 1.0) * maskWeight * weight;
      const jx = force * <f64>load<f32>(rimNormalX + o) * fx * iz, jy = force * <f64>load<f32>(rimNormalY + o) * fy * iz;
      addGradient(X - tx, Y - ty, z - tz, jx, jy, -(jx * X + jy * Y) * iz);
    }
    rims++;
  }
  store<f64>(out + RIM * 8, <f64>rims);
  if (mode == 1) store<f64>(out + MASK * 8, rimLoss);
}

/** Copies the kept rim points, sorted by the pixel row they lie in; returns where rows begin. */
function rimByRows(rims: i32): usize {
  const starts = take(<usize>(height + 1) << 2);
  memory.fill(starts, 0, <usize>(height + 1) << 2);
  for (let k = 0; k < rims; k++) {
    const row = starts + (<usize>(rowOf(load<f32>(rimY + (<usize>k << 2))) + 1) << 2);
    store<i32>(row, load<i32>(row) + 1);
  }
  for (let y = 0; y < height; y++) {
    const row = starts + (<usize>y << 2);
    store<i32>(row, load<i32>(row) + load<i32>(row, 4), 4);
  }
  const next = take(<usize>height << 2);
  memory.copy(next, starts, <usize>height << 2);
  for (let k = 0; k < rims; k++) {
    const from = <usize>k << 2;
    const row = next + (<usize>rowOf(load<f32>(rimY + from)) << 2);
    const to = <usize>load<i32>(row) << 2;
    store<i32>(row, load<i32>(row) + 1);
    store<f32>(sortedX + to, load<f32>(rimX + from));
    store<f32>(sortedY + to, load<f32>(rimY + from));
    store<f32>(sortedZ + to, load<f32>(rimZ + from));
  }
  return starts;
}

// @ts-ignore: decorator
@inline
function rowOf(y: f32): i32 {
  return max(0, min(height - 1, <i32>y));
}

/** From each point of the mask's contour to the nearest point of the rim, along the contour's normal. */
function contourToRim(job: PoseJob): void {
  const rims = min(<i32>load<f64>(out + RIM * 8), RIM_LIMIT);
  const count = <i32>job.contourCount;
  const scale2 = job.silhouetteScale * job.silhouetteScale;
  const reach2 = <f32>(job.contourReach * job.contourReach);
  const perPoint = job.contourWeight / <f64>count;
  const maskWeight = job.maskWeight;
  // What was beside the points of the rim is needed no more.
  sortedX = rimNormalX;
  sortedY = rimNormalY;
  sortedZ = rimPiece;
  const starts = rimByRows(rims);
  let loss: f64 = 0;
  let contour = <usize>job.contour;
  for (let c = 0; c < count; c++, contour += 16) {
    const x = load<f32>(contour), y = load<f32>(contour, 4);
    const nx = <f64>load<f32>(contour, 8), ny = <f64>load<f32>(contour, 12);
    // Where the mask ends at a known object that stands before this one, the rim is elsewhere.
    const beyondX = <i32>(<f64>x + nx), beyondY = <i32>(<f64>y + ny);
    if (beyondX >= 0 && beyondY >= 0 && beyondX < width && beyondY < height) {
      if (load<i32>(ids + (<usize>(beyondY * stride + beyondX) << 2)) == OTHER) continue;
    }
    let best = reach2;
    let index = -1;
    const middle = rowOf(y);
    for (let step = 0; step < height; step++) {
      // No point of the rows from here on can be nearer than these.
      const above = y - <f32>(middle - step + 1), below = <f32>(middle + step) - y;
      const isAbove = middle - step >= 0 && (step == 0 || above * above <= best);
      const isBelow = step > 0 && middle + step < height && below * below <= best;
      if (!isAbove && !isBelow) break;
      for (let side = 0; side < 2; side++) {
        if (!(side == 0 ? isAbove : isBelow)) continue;
        const row = starts + (<usize>(side == 0 ? middle - step : middle + step) << 2);
        const end = load<i32>(row, 4);
        for (let k = load<i32>(row); k < end; k++) {
          const dx = load<f32>(sortedX + (<usize>k << 2)) - x, dy = load<f32>(sortedY + (<usize>k << 2)) - y;
          const d = dx * dx + dy * dy;
          if (d > best || (d == best && index >= 0)) continue;
          best = d;
          index = k;
        }
      }
    }
    if (index < 0) {
      loss += perPoint;
      continue;
    }
    const o = <usize>index << 2;
    const rx = <f64>load<f32>(sortedX + o), ry = <f64>load<f32>(sortedY + o), z = <f64>load<f32>(sortedZ + o);
    const residual = nx * (rx - <f64>x) + ny * (ry - <f64>y);
    const square = residual * residual;
    const sum = square + scale2;
    loss += perPoint * square / sum;
    const iz = 1 / z;
    const X = (rx - cx) / fx * z, Y = (ry - cy) / fy * z;
    const jx = nx * fx * iz, jy = ny * fy * iz;
    const curvature = (2 * maskWeight * perPoint * scale2) / (sum * sum);
    enterTile(<f64>x, <f64>y, 0);
    addRow(X - tx, Y - ty, z - tz, jx, jy, -(jx * X + jy * Y) * iz, curvature, residual);
  }
  add(out + MASK * 8, loss);
}

/**
 * The published silhouette: coverage of a pixel is blended across an edge only if the edge belongs to the very triangle
 * that the covered pixel shows (Laine et al. 2020). Mean absolute difference from the mask.
 */
function antialiased(job: PoseJob): void {
  const distance = <usize>job.distance;
  const blends = take(<usize>(stride * height) << 2);
  memory.fill(blends, 0, <usize>(stride * height) << 2);
  const triangles = <usize>job.triangles;
  const perPixel = job.maskWeight / job.maskArea;
  const care = <usize>job.care;
  for (let pass = 0; pass < 2; pass++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let axis = 0; axis < 2; axis++) {
          const x2 = axis == 0 ? x + 1 : x, y2 = axis == 0 ? y : y + 1;
          if (x2 >= width || y2 >= height) continue;
          const one = load<i32>(ids + (<usize>(y * stride + x) << 2)), two = load<i32>(ids + (<usize>(y2 * stride + x2) << 2));
          if (one >= 0 == two >= 0) continue;
          const forward = one >= 0;
          const id = forward ? one : two;
          const xi = forward ? x : x2, yi = forward ? y : y2;
          const way: f64 = forward ? 1 : -1;
          const t = triangles + <usize>id * 12;
          for (let k = 0; k < 3; k++) {
            const a = screen + (<usize>load<i32>(t + <usize>k * 4) << 4), b = screen + (<usize>load<i32>(t + <usize>((k + 1) % 3) * 4) << 4);
            // Across the pair: p. Along the pair's line: q, measured from the covered pixel towards the empty one.
            const ax = <f64>load<f32>(a) - (<f64>xi + 0.5), ay = <f64>load<f32>(a, 4) - (<f64>yi + 0.5);
            const bx = <f64>load<f32>(b) - (<f64>xi + 0.5), by = <f64>load<f32>(b, 4) - (<f64>yi + 0.5);
            const pa = axis == 0 ? ay : ax, pb = axis == 0 ? by : bx;
            const qa = (axis == 0 ? ax : ay) * way, qb = (axis == 0 ? bx : by) * way;
            if (pa * pb > 0 || abs(pb - pa) < abs(qb - qa) || pa == pb) continue;
            const share = pa / (pa - pb);
            const crossing = qa + share * (qb - qa);
            if (crossing < 0 || crossing > 1 || !isSilhouette(job, id, k)) continue;
            const xb = crossing < 0.5 ? xi : axis == 0 ? (forward ? x2 : x) : x;
            const yb = crossing < 0.5 ? yi : axis == 0 ? y : (forward ? y2 : y);
            const o = <usize>(yb * stride + xb) << 2;
            if (pass == 0) {
              store<f32>(blends + o, load<f32>(blends + o) + <f32>(crossing - 0.5));
              break;
            }
            const base: f32 = load<i32>(ids + o) >= 0 ? 1 : 0;
            const m = <usize>(yb * width + xb) << 2;
            const target: f32 = load<f32>(distance + m) < 0 ? 1 : 0;
            const difference = base + load<f32>(blends + o) - target;
            const force = (difference > 0 ? perPixel : -perPixel) * <f64>load<f32>(care + m);
            // c = qa + (qb - qa) pa / (pa - pb): its slopes by the ends of the edge.
            const slope = (qb - qa) / (pa - pb);
            pushScreen(a, axis, force * way * (1 - share), force * slope * (1 - share));
            pushScreen(b, axis, force * way * share, force * slope * share);
            break;
          }
        }
      }
    }
  }
  let loss: f64 = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const o = <usize>(y * stride + x) << 2, m = <usize>(y * width + x) << 2;
      const base: f32 = load<i32>(ids + o) >= 0 ? 1 : 0;
      const target: f32 = load<f32>(distance + m) < 0 ? 1 : 0;
      loss += <f64>(load<f32>(care + m) * abs(base + load<f32>(blends + o) - target));
    }
  }
  store<f64>(out + MASK * 8, loss / job.maskArea);
}

/** Adds dL/d(screen position) of one vertex, given along and across the axis of a pair of pixels. */
function pushScreen(vertex: usize, axis: i32, along: f64, across: f64): void {
  const jxScreen = axis == 0 ? along : across, jyScreen = axis == 0 ? across : along;
  const iz = <f64>load<f32>(vertex, 8);
  if (iz <= 0) return;
  const z = 1 / iz;
  const X = (<f64>load<f32>(vertex) - cx) / fx * z, Y = (<f64>load<f32>(vertex, 4) - cy) / fy * z;
  const jx = jxScreen * fx * iz, jy = jyScreen * fy * iz;
  addGradient(X - tx, Y - ty, z - tz, jx, jy, -(jx * X + jy * Y) * iz);
}

function isSilhouette(job: PoseJob, triangle: i32, corner: i32): bool {
  const t = <usize>job.triangles + <usize>triangle * 12;
  const a = load<i32>(t + <usize>corner * 4), b = load<i32>(t + <usize>((corner + 1) % 3) * 4);
  const edges = <usize>job.edges;
  const count = <i32>job.edgeCount;
  const low = min(a, b), high = max(a, b);
  // Edges are sorted by their ends.
  let from = 0, to = count;
  while (from < to) {
    const middle = (from + to) >> 1;
    const e = edges + (<usize>middle << 4);
    const p = load<i32>(e), q = load<i32>(e, 4);
    if (p < low || (p == low && q < high)) from = middle + 1;
    else to = middle;
  }
  if (from >= count) return false;
  const e = edges + (<usize>from << 4);
  if (load<i32>(e) != low || load<i32>(e, 4) != high) return false;
  const first = load<i32>(e, 8), second = load<i32>(e, 12);
  if (second == 0) return true;
  return sideOf(first) * sideOf(second) > 0;
}

function finish(job: PoseJob): void {
  store<f64>(out + GRADIENT * 8, g0);
  store<f64>(out + GRADIENT * 8 + 8, g1);
  store<f64>(out + GRADIENT * 8 + 16, g2);
  store<f64>(out + GRADIENT * 8 + 24, g3);
  store<f64>(out + GRADIENT * 8 + 32, g4);
  store<f64>(out + GRADIENT * 8 + 40, g5);
  const loss = job.maskWeight * load<f64>(out + MASK * 8) + job.depthWeight * load<f64>(out + DEPTH * 8);
  store<f64>(out + LOSS * 8, loss + job.colourWeight * load<f64>(out + COLOUR * 8));
}

// Colour of the model at a point of the object, and its slopes by the three functions of colourMaps.
let colour: v128 = f32x4.splat(0), colourByU: v128 = f32x4.splat(0), colourByV: v128 = f32x4.splat(0);

/** Bilinear between texel centres; outside, the nearest value. */
function readTexture(job: PoseJob, u: f32, v: f32): void {
  const w = <i32>job.textureWidth, h = <i32>job.textureHeight;
  const x = min(max(u * <f32>w - 0.5, <f32>0), <f32>(w - 1)), y = min(max(v * <f32>h - 0.5, <f32>0), <f32>(h - 1));
  const i = min(<i32>x, max(w - 2, 0)), j = min(<i32>y, max(h - 2, 0));
  const a = f32x4.splat(x - <f32>i), b = f32x4.splat(y - <f32>j);
  const right: usize = w > 1 ? 16 : 0, down: usize = h > 1 ? <usize>w << 4 : 0;
  const at = <usize>job.texture + (<usize>(j * w + i) << 4);
  const c00 = v128.load(at), c10 = v128.load(at + right), c01 = v128.load(at + down), c11 = v128.load(at + down + right);
  const upper = f32x4.sub(c10, c00), lower = f32x4.sub(c11, c01);
  const top = f32x4.add(c00, f32x4.mul(a, upper)), bottom = f32x4.add(c01, f32x4.mul(a, lower));
  const between = f32x4.sub(bottom, top);
  colour = f32x4.add(top, f32x4.mul(b, between));
  colourByU = f32x4.mul(f32x4.splat(<f32>w), f32x4.add(upper, f32x4.mul(b, f32x4.sub(lower, upper))));
  colourByV = f32x4.mul(f32x4.splat(<f32>h), between);
}

// @ts-ignore: decorator
@inline
function affine(map: usize, x: f32, y: f32, z: f32): f32 {
  return load<f32>(map) * x + load<f32>(map, 4) * y + load<f32>(map, 8) * z + load<f32>(map, 12);
}

/** The model's colour at a point of triangle `id`, object axes about the centre. */
// @ts-ignore: decorator
@inline
function colourAt(job: PoseJob, id: i32, x: f32, y: f32, z: f32): void {
  const map = <usize>job.colourMaps + <usize>id * 48;
  const u = affine(map, x, y, z), v = affine(map + 16, x, y, z);
  if (job.texture != 0) readTexture(job, u, v);
  else colour = f32x4(u, v, affine(map + 32, x, y, z), 0);
}

/**
 * What the model's colours leave unexplained inside the mask, for each channel after the gain and offset that fit best
 * (linear regression, so that the loss has no slope by them): residuals over the picture's standard deviation.
 */
function colours(job: PoseJob): void {
  const distance = <usize>job.distance, care = <usize>job.care, depth = <usize>job.depth;
  const planes = <usize>job.planes, picture = <usize>job.colours;
  const mode = <i32>job.mode;
  // Sums in float64, by channel: model, picture, model², model · picture, picture².
  let n: f64 = 0;
  const sums = take(3 * 5 * 8);
  memory.fill(sums, 0, 3 * 5 * 8);
  const fitted = take(3 * 4 * 8);
  for (let pass = 0; pass < 2; pass++) {
    for (let y = 0; y < height; y++) {
      const rayY = (<f64>y + 0.5 - cy) / fy;
      for (let x = 0; x < width; x++) {
        const q = <usize>(y * stride + x) << 2, o = <usize>(y * width + x) << 2;
        const id = load<i32>(ids + q);
        if (id < 0 || load<f32>(distance + o) >= 0 || load<f32>(care + o) < 0.5) continue;
        const z = 1 / <f64>load<f32>(zs + q);
        const zObserved = <f64>load<f32>(depth + o);
        if (zObserved > 0 && z - zObserved > job.occluderDepth) continue;
        const rayX = (<f64>x + 0.5 - cx) / fx;
        const plane = planes + (<usize>id << 4);
        const nx = <f64>load<f32>(plane), ny = <f64>load<f32>(plane, 4), nz = <f64>load<f32>(plane, 8);
        const mx = r0 * nx + r1 * ny + r2 * nz, my = r3 * nx + r4 * ny + r5 * nz, mz = r6 * nx + r7 * ny + r8 * nz;
        const facing = mx * rayX + my * rayY + mz;
        // Seen edge-on a pixel is a long stretch of surface.
        if (abs(facing) < 0.1) continue;
        const ax = rayX * z - tx, ay = rayY * z - ty, az = z - tz;
        colourAt(
          job, id, <f32>(r0 * ax + r3 * ay + r6 * az), <f32>(r1 * ax + r4 * ay + r7 * az), <f32>(r2 * ax + r5 * ay + r8 * az),
        );
        const seen = v128.load(picture + (o << 2));
        if (pass == 0) {
          n += 1;
          addSums(sums, <f64>f32x4.extract_lane(colour, 0), <f64>f32x4.extract_lane(seen, 0));
          addSums(sums + 40, <f64>f32x4.extract_lane(colour, 1), <f64>f32x4.extract_lane(seen, 1));
          addSums(sums + 80, <f64>f32x4.extract_lane(colour, 2), <f64>f32x4.extract_lane(seen, 2));
          continue;
        }
        const map = <usize>job.colourMaps + <usize>id * 48;
        const isPainted = job.texture != 0;
        for (let k: i32 = 0; k < 3; k++) {
          const fit = fitted + <usize>k * 32;
          const weight = load<f64>(fit, 16);
          if (weight == 0) continue;
          const model = <f64>(k == 0 ? f32x4.extract_lane(colour, 0) : k == 1 ? f32x4.extract_lane(colour, 1) : f32x4.extract_lane(colour, 2));
          const target = <f64>(k == 0 ? f32x4.extract_lane(seen, 0) : k == 1 ? f32x4.extract_lane(seen, 1) : f32x4.extract_lane(seen, 2));
          let gx: f64, gy: f64, gz: f64;
          if (isPainted) {
            const byU = <f64>(k == 0 ? f32x4.extract_lane(colourByU, 0) : k == 1 ? f32x4.extract_lane(colourByU, 1) : f32x4.extract_lane(colourByU, 2));
            const byV = <f64>(k == 0 ? f32x4.extract_lane(colourByV, 0) : k == 1 ? f32x4.extract_lane(colourByV, 1) : f32x4.extract_lane(colourByV, 2));
            gx = byU * <f64>load<f32>(map) + byV * <f64>load<f32>(map, 16);
            gy = byU * <f64>load<f32>(map, 4) + byV * <f64>load<f32>(map, 20);
            gz = byU * <f64>load<f32>(map, 8) + byV * <f64>load<f32>(map, 24);
          } else {
            const own = map + <usize>k * 16;
            gx = <f64>load<f32>(own);
            gy = <f64>load<f32>(own, 4);
            gz = <f64>load<f32>(own, 8);
          }
          const gain = load<f64>(fit);
          const residual = gain * model + load<f64>(fit, 8) - target;
          // The slope in camera axes; a point that moves by d takes the surface's colour with it, and the pixel sees
          // what lies further along its ray.
          const qx = gain * (r0 * gx + r1 * gy + r2 * gz), qy = gain * (r3 * gx + r4 * gy + r5 * gz), qz = gain * (r6 * gx + r7 * gy + r8 * gz);
          const along = (qx * rayX + qy * rayY + qz) / facing;
          const jx = along * mx - qx, jy = along * my - qy, jz = along * mz - qz;
          if (mode == 1) addRow(ax, ay, az, jx, jy, jz, 2 * weight, residual);
          else {
            const w = 2 * weight * residual;
            addGradient(ax, ay, az, w * jx, w * jy, w * jz);
          }
        }
      }
    }
    if (pass == 0) {
      let loss: f64 = 0;
      for (let k: i32 = 0; k < 3; k++) {
        const sum = sums + <usize>k * 40, fit = fitted + <usize>k * 32;
        const inverse = n > 0 ? 1 / n : 0;
        const model = load<f64>(sum) * inverse, seen = load<f64>(sum, 8) * inverse;
        const modelVariance = load<f64>(sum, 16) * inverse - model * model;
        const covariance = load<f64>(sum, 24) * inverse - model * seen;
        const variance = load<f64>(sum, 32) * inverse - seen * seen;
        // Colours that hardly vary, or vary the other way, tell nothing.
        const tells = n > 12 && modelVariance > 1e-4 && covariance > 0;
        const gain = tells ? covariance / modelVariance : 0;
        const scale = variance + NOISE;
        store<f64>(fit, gain);
        store<f64>(fit, seen - gain * model, 8);
        store<f64>(fit, tells ? (job.colourWeight * inverse) / (3 * scale) : 0, 16);
        loss += n > 0 ? (variance - gain * covariance) / (3 * scale) : 1.0 / 3;
      }
      store<f64>(out + COLOUR * 8, loss);
    }
  }
}

// @ts-ignore: decorator
@inline
function addSums(sums: usize, model: f64, seen: f64): void {
  add(sums, model);
  add(sums + 8, seen);
  add(sums + 16, model * model);
  add(sums + 24, model * seen);
  add(sums + 32, seen * seen);
}
