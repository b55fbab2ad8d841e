/* The arithmetic of one axis: src/transpose_conv/shapes.py in JavaScript, with its sentences. A test compares the two.

   An axis is an object { i, k, s, d, padding }: input size, kernel size, stride, dilation, and the padding of the
   convolution, which is "valid", "same" or a pair [before, after]. n is the size on the large side. */

export const VALID = "valid";
export const SAME = "same";

/* What the package would answer with a ValueError: the message is the package's own. */
export class ShapeError extends Error {}

/* How far a kernel of k entries reaches when there are d samples from one to the next. */
export const effectiveSize = ({ k, d }) => (k - 1) * d + 1;

/* The size of the sheet on which all stamps lie, before anything is cut off. */
export const sheetSize = (axis) => (axis.i - 1) * axis.s + effectiveSize(axis);

/* The zeros before and after an axis of size n, whichever way the padding is written. */
export function axisPadding(n, axis) {
  if (axis.padding === VALID) return [0, 0];
  if (axis.padding !== SAME) return axis.padding;
  const total = Math.max((Math.ceil(n / axis.s) - 1) * axis.s + effectiveSize(axis) - n, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/* The size of the convolution's output: ceil((n + before + after - e + 1) / s). */
export function convOutputSize(n, axis) {
  const [before, after] = axisPadding(n, axis);
  return Math.ceil((n + before + after - effectiveSize(axis) + 1) / axis.s);
}

/* The smallest size that the convolution takes to i; below 1 where a padding leaves nothing. */
export function smallestSize(axis) {
  if (axis.padding === SAME) return (axis.i - 1) * axis.s + 1; // ceil(n / s) = i  <=>  (i-1)s < n <= is
  const [before, after] = axis.padding === VALID ? [0, 0] : axis.padding;
  return sheetSize(axis) - before - after;
}

/* All sizes of at least 1 that the convolution takes to i: { first, last, count }, an unbroken range. */
export function reachableSizes(axis) {
  const smallest = smallestSize(axis);
  const first = Math.max(smallest, 1);
  const last = Math.max(smallest + axis.s, 1) - 1;
  return { first, last, count: last - first + 1 };
}

/* Throw what the package raises where the convolution does not take n to i. */
export function requireReachable(n, axis, number, name = "want") {
  const { first, last, count } = reachableSizes(axis);
  if (first <= n && n <= last) return;
  const legal = count === 1 ? `only ${first}` : `${first} to ${last}`;
  throw new ShapeError(
    `\`${name}\` ${n} on axis ${number} is not reachable: ` +
      `a convolution with ${describe(axis)} takes ${legal} to input_size ${axis.i}`,
  );
}

/* Throw what the package raises where the padding cuts off everything on some axis. */
export function requireSomeSize(axes) {
  if (axes.some((axis) => reachableSizes(axis).count === 0)) {
    const padding = tuple(axes.map((axis) => word(axis.padding)));
    throw new ShapeError(`\`padding\` ${padding} cuts off everything: no size is legal`);
  }
}

/* Throw what the package raises where a number is too small. */
export function requireAtLeast(minimum, name, value, number = null) {
  const place = number === null ? "" : ` on axis ${number}`;
  if (value < minimum) throw new ShapeError(`\`${name}\`${place} must be at least ${minimum}, got ${value}`);
}

/* Write the padding of one axis as Python shows it: 'valid' or (1, 0). */
const word = (padding) => (typeof padding === "string" ? `'${padding}'` : tuple(padding));

/* Write a Python tuple. */
export const tuple = (items) => (items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`);

function describe({ k, s, padding, d }) {
  const text = `kernel_size=${k}, stride=${s}, padding=${word(padding)}`;
  return d === 1 ? text : `${text}, dilation=${d}`;
}
