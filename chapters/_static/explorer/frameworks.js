/* What each framework gives by itself, and the line that makes it give a wanted size: src/transpose_conv/doctor.py and
   framework_rules.py in JavaScript. A test compares the two.

   An operation is known by its windows on the sheet of stamps, { before, size } for each axis. For each framework, `gives`
   says which sizes a padding leads to, `says` writes windows as arguments; each returns null where there is nothing. */

import { SAME, VALID, axisPadding, effectiveSize, reachableSizes, sheetSize, tuple } from "./shapes.js";

const windowsFor = (axes, padding, sizes) =>
  axes.map((axis, at) => ({ before: axisPadding(sizes[at], { ...axis, padding })[0], size: sizes[at] }));

const reaches = (axes, padding, sizes) =>
  axes.every((axis, at) => {
    const { first, last } = reachableSizes({ ...axis, padding: typeof padding === "string" ? padding : padding[at] });
    return first <= sizes[at] && sizes[at] <= last;
  });

const equal = (a, b) => a.every((window, at) => window.before === b[at].before && window.size === b[at].size);
const sizesOf = (windows) => windows.map((window) => window.size);
const stridesAndDilates = (axes) => axes.some((axis) => axis.s > 1) && axes.some((axis) => axis.d > 1);
const scaled = (axes) => axes.map((axis) => axis.i * axis.s);
const sheets = (axes) => axes.map(sheetSize);

/* The words of Python. */
const list = (items) => `[${items.join(", ")}]`;
const short = (numbers) => (numbers.every((n) => n === numbers[0]) ? `${numbers[0]}` : tuple(numbers));
const named = (entries) =>
  entries
    .filter(([, numbers, usual]) => numbers !== null && !numbers.every((n) => n === usual))
    .map(([name, numbers]) => `, ${name}=${short(numbers)}`)
    .join("");
const all = (axes, letter) => axes.map((axis) => axis[letter]);

const keras = {
  channelsLast: true,
  refuses: (axes) => (stridesAndDilates(axes) ? "strides and dilation_rate cannot both be larger than 1" : null),
  gives: (axes) => (typeof axes[0].padding === "string" ? sizesOf(kerasReads(axes, axes[0].padding, null)) : null),
  says(axes, windows) {
    for (const padding of [VALID, SAME]) {
      const added = axes.map((axis, at) => windows[at].size - kerasLeast(axis, padding));
      for (const outputPadding of [null, added]) {
        const read = kerasReads(axes, padding, outputPadding);
        if (read && equal(read, windows)) return { padding, outputPadding };
      }
    }
    return null;
  },
  line(axes, { padding, outputPadding }) {
    const word = padding === VALID ? "" : ', padding="same"';
    const rest = named([["strides", all(axes, "s"), 1], ["dilation_rate", all(axes, "d"), 1], ["output_padding", outputPadding, null]]);
    return `keras.layers.Conv${axes.length}DTranspose(filters, ${short(all(axes, "k"))}${word}${rest})(x)`;
  },
};

/* The size that Keras reckons with output_padding 0; under SAME it is not always a legal one. */
const kerasLeast = (axis, padding) =>
  padding === VALID ? sheetSize(axis) : (axis.i - 1) * axis.s + (effectiveSize(axis) % 2);

function kerasReads(axes, padding, outputPadding) {
  if (outputPadding && axes.some((axis, at) => outputPadding[at] >= axis.s)) return null; // below 0, no size is reached
  const sizes = axes.map((axis, at) => {
    if (outputPadding) return kerasLeast(axis, padding) + outputPadding[at];
    return padding === VALID ? sheetSize(axis) + Math.max(axis.s - effectiveSize(axis), 0) : axis.i * axis.s;
  });
  return reaches(axes, padding, sizes) ? windowsFor(axes, padding, sizes) : null;
}

const tensorflow = {
  channelsLast: true,
  refuses: (axes) =>
    stridesAndDilates(axes) ? "strides and dilations cannot both be larger than 1 (except with oneDNN)" : null,
  gives: () => null, // it has to be told
  says(axes, windows) {
    const sizes = sizesOf(windows);
    for (const padding of [VALID, SAME]) {
      if (reaches(axes, padding, sizes) && equal(windowsFor(axes, padding, sizes), windows)) return { padding, sizes };
    }
    if (axes.length !== 2 || axes.some((axis) => axis.d > 1)) return null;
    const cut = axes.map((axis, at) => [windows[at].before, Math.max(sheetSize(axis) - windows[at].before - sizes[at], 0)]);
    return reaches(axes, cut, sizes) ? { padding: [[0, 0], ...cut, [0, 0]], sizes } : null;
  },
  line(axes, { padding, sizes }) {
    const word = typeof padding === "string" ? `"${padding.toUpperCase()}"` : list(padding.map(list));
    const rest = named([["dilations", all(axes, "d"), 1]]);
    const shape = `(batch, ${sizes.join(", ")}, filters)`;
    return `tf.nn.conv${axes.length}d_transpose(x, kernel, ${shape}, ${short(all(axes, "s"))}, ${word}${rest})`;
  },
};

const pytorch = {
  channelsLast: false,
  refuses: () => null,
  gives(axes) {
    const cut = axes.map((axis) => (axis.padding === VALID ? [0, 0] : axis.padding));
    if (axes[0].padding === SAME || cut.some(([before, after]) => before !== after)) return null;
    return axes.map((axis, at) => sheetSize(axis) - 2 * cut[at][0]);
  },
  says(axes, windows) {
    const added = axes.map((axis, at) => windows[at].size - sheetSize(axis) + 2 * windows[at].before);
    const legal = axes.every((axis, at) => 0 <= added[at] && added[at] < Math.max(axis.s, axis.d));
    return legal ? { padding: windows.map((window) => window.before), added } : null;
  },
  line(axes, { padding, added }) {
    const rest = named([["stride", all(axes, "s"), 1], ["dilation", all(axes, "d"), 1], ["padding", padding, 0], ["output_padding", added, 0]]);
    return `torch.nn.ConvTranspose${axes.length}d(in_channels, filters, ${short(all(axes, "k"))}${rest})(x)`;
  },
};

const jax = {
  channelsLast: true,
  refuses: () => null,
  gives(axes) {
    if (axes[0].padding === SAME) return scaled(axes);
    return axes[0].padding === VALID ? axes.map((axis) => Math.max(sheetSize(axis), axis.i * axis.s)) : null;
  },
  says: (axes, windows) => ({
    padding: axes.map((axis, at) => [
      effectiveSize(axis) - 1 - windows[at].before,
      windows[at].before + windows[at].size - (axis.i - 1) * axis.s - 1,
    ]),
  }),
  line(axes, { padding }) {
    const dilations = all(axes, "d");
    const dilation = dilations.every((d) => d === 1) ? "" : `, rhs_dilation=${tuple(dilations)}`;
    const pairs = list(padding.map(tuple));
    return `jax.lax.conv_transpose(x, kernel, ${tuple(all(axes, "s"))}, ${pairs}${dilation}, transpose_kernel=True)`;
  },
};

const onnx = {
  channelsLast: false,
  refuses: () => null,
  gives(axes) {
    if (axes[0].padding === SAME) {
      const sizes = scaled(axes);
      return sheets(axes).some((sheet, at) => sheet < sizes[at]) ? null : sizes;
    }
    const cut = axes.map((axis) => (axis.padding === VALID ? [0, 0] : axis.padding));
    return axes.map((axis, at) => sheetSize(axis) - cut[at][0] - cut[at][1]);
  },
  says(axes, windows) {
    const beyond = axes.map((axis, at) => windows[at].before + windows[at].size - sheetSize(axis));
    const ends = beyond.map((n) => Math.max(-n, 0));
    return { pads: [...windows.map((window) => window.before), ...ends], added: beyond.map((n) => Math.max(n, 0)) };
  },
  line(axes, { pads, added }) {
    const said = [["strides", all(axes, "s"), 1], ["dilations", all(axes, "d"), 1], ["pads", pads, 0], ["output_padding", added, 0]];
    const rest = said.filter(([, numbers, usual]) => numbers.some((n) => n !== usual));
    return `ConvTranspose(${rest.map(([name, numbers]) => `${name}=${list(numbers)}`).join(", ")})`;
  },
};

export const FRAMEWORKS = { keras, tensorflow, pytorch, "jax transpose_kernel": jax, onnx };

/* The size that a framework gives where it is told the padding and nothing else; null if that is not enough. */
export function defaultSize(name, axes) {
  if (FRAMEWORKS[name].refuses(axes)) return null;
  const sizes = FRAMEWORKS[name].gives(axes);
  return sizes && sizes.every((size) => size >= 1) ? sizes : null;
}

/* The code that makes a framework return these windows, or a comment that says why there is none. */
export function lineFor(name, axes, windows) {
  const framework = FRAMEWORKS[name];
  const reason = framework.refuses(axes);
  if (reason) return `# ${name} cannot say this: ${reason}`;
  const said = framework.says(axes, windows);
  if (said) return framework.line(axes, said);
  const whole = axes.map((axis, at) => ({ before: 0, size: Math.max(sheetSize(axis), windows[at].before + windows[at].size) }));
  const kept = windows.map(({ before, size }, at) => `${before}:${Math.min(before + size, whole[at].size)}`);
  const crop = [...(framework.channelsLast ? [":"] : [":", ":"]), ...kept].join(",");
  return `${framework.line(axes, framework.says(axes, whole))}[${crop}]`;
}
