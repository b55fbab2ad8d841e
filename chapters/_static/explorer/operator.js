/* The transposed convolution, stamp by stamp: every input sample lays a copy of the kernel, times its value, onto a
   sheet; the result is a window of the sheet. One or two axes, one channel; values are exact integers.

   An axis is as in shapes.js, with the size n that is wanted. Arrays are flat, row by row, with a shape beside them. */

import { axisPadding, sheetSize } from "./shapes.js";

/* Every index of an array of this shape, in order. */
export function* indices(shape) {
  if (shape.length === 0) {
    yield [];
    return;
  }
  for (let first = 0; first < shape[0]; first++) {
    for (const rest of indices(shape.slice(1))) yield [first, ...rest];
  }
}

/* The place of an index in a flat array. */
export const place = (index, shape) => index.reduce((sum, at, axis) => sum * shape[axis] + at, 0);

export const count = (shape) => shape.reduce((product, n) => product * n, 1);

/* Where the window of the result lies on the sheet, for each axis: { before, size }. */
export const windowsOf = (axes) => axes.map((axis) => ({ before: axisPadding(axis.n, axis)[0], size: axis.n }));

/* How large the picture of the sheet is: it holds all stamps and the window, which may stand out at the end. */
export const canvasOf = (axes) =>
  axes.map((axis, at) => Math.max(sheetSize(axis), windowsOf(axes)[at].before + axis.n));

/* The indices on the sheet that the stamp of one input sample writes to, one for each kernel entry, in order. */
export function stamp(axes, sample) {
  const kernel = axes.map((axis) => axis.k);
  return [...indices(kernel)].map((entry) => entry.map((t, at) => sample[at] * axes[at].s + t * axes[at].d));
}

/* The sheet after the stamps of the first `steps` input samples: sums, and how many stamps wrote to each place. */
export function sheetAfter(axes, steps, x, kernel) {
  const shape = canvasOf(axes);
  const sums = new Array(count(shape)).fill(0);
  const coverage = new Array(count(shape)).fill(0);
  const samples = axes.map((axis) => axis.i);
  let step = 0;
  for (const sample of indices(samples)) {
    if (step === steps) break;
    stamp(axes, sample).forEach((index, entry) => {
      sums[place(index, shape)] += x[step] * kernel[entry];
      coverage[place(index, shape)] += 1;
    });
    step += 1;
  }
  return { shape, sums, coverage };
}

/* Whether an index of the sheet is in the window. */
export const inside = (windows, index) =>
  index.every((at, axis) => windows[axis].before <= at && at < windows[axis].before + windows[axis].size);

/* The result: the window of the finished sheet. `coverage` is that of the same places. */
export function convTranspose(axes, x, kernel) {
  const { shape, sums, coverage } = sheetAfter(axes, Infinity, x, kernel);
  const windows = windowsOf(axes);
  const kept = [...indices(axes.map((axis) => axis.n))].map((index) =>
    place(index.map((at, axis) => at + windows[axis].before), shape),
  );
  return { sums: kept.map((at) => sums[at]), coverage: kept.map((at) => coverage[at]) };
}

/* The numbers that the pictures use: 1, 2, 3, ... so that each product can be followed. */
export const counting = (shape) => Array.from({ length: count(shape) }, (_, at) => at + 1);
