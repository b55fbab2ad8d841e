/* The state of the explorer as the part of an address after "#", and back, with nothing trusted that comes from outside.

   A state is { alike, axes, want, step }: whether all axes share their numbers, one object for each axis as in shapes.js
   (without n), the wanted sizes or null, and how many stamps are down (null: all). */

import { SAME, ShapeError, VALID, requireAtLeast } from "./shapes.js";

export const LARGEST = 4096; // what this page takes; the package takes any number
export const NAMES = { i: "input", k: "kernel", s: "stride", d: "dilation" }; // in the address
export const ARGUMENTS = { i: "input_size", k: "kernel_size", s: "stride", d: "dilation" }; // of the package
export const PUZZLE = "axes=2&input=2&kernel=3&stride=2&dilation=1&padding=valid";

/* Write a state as an address. */
export function write({ alike, axes, want, step }) {
  const shown = alike ? axes.slice(0, 1) : axes;
  const words = [`axes=${axes.length}`];
  for (const [letter, name] of Object.entries(NAMES)) words.push(`${name}=${shown.map((axis) => axis[letter]).join(",")}`);
  const pad = shown.map(({ padding }) => (typeof padding === "string" ? padding : padding.join(":")));
  words.push(`padding=${typeof axes[0].padding === "string" ? pad[0] : pad.join(",")}`);
  if (want !== null) words.push(`want=${want.slice(0, shown.length).join(",")}`);
  if (step !== null) words.push(`step=${step}`);
  return words.join("&");
}

/* Read an address: the state, or a ShapeError that says what is wrong with it. What is not said is as in the puzzle. */
export function read(text) {
  const words = new Map();
  for (const part of [...PUZZLE.split("&"), ...text.split("&")]) words.set(...pair(part));
  const nAxes = integer("axes", words.get("axes"), 1, 2);
  const items = (name) => words.get(name).split(",");
  const own = [...Object.values(NAMES), "padding", "want"].some((name) => words.has(name) && items(name).length > 1);
  const perAxis = (name, parse) => {
    const given = items(name);
    if (given.length !== 1 && given.length !== nAxes) {
      throw new ShapeError(`\`${name}\` must be one number, or one for each of the ${nAxes} axes`);
    }
    return Array.from({ length: nAxes }, (_, at) => parse(given[at] ?? given[0], own ? at : null));
  };
  const numbers = Object.entries(NAMES).map(([letter, name]) => [
    letter,
    perAxis(name, (item, at) => integer(ARGUMENTS[letter], item, 1, LARGEST, at)),
  ]);
  const paddings = perAxis("padding", padding);
  if (new Set(paddings.map((one) => (typeof one === "string" ? one : "pair"))).size > 1) {
    throw new ShapeError("`padding` must be of one kind on all axes");
  }
  const axes = paddings.map((one, at) => ({ ...Object.fromEntries(numbers.map(([letter, all]) => [letter, all[at]])), padding: one }));
  const want = words.has("want") ? perAxis("want", (item, at) => integer("want", item, 1, LARGEST ** 2 * 3, at)) : null;
  const stamps = axes.reduce((product, axis) => product * axis.i, 1);
  const step = words.has("step") ? integer("step", words.get("step"), 0, stamps) : null;
  return { alike: !own, axes, want, step };
}

const KEYS = ["axes", ...Object.values(NAMES), "padding", "want", "step"];

function pair(part) {
  const [key, value, ...more] = part.split("=");
  if (!KEYS.includes(key) || value === undefined || more.length) throw new ShapeError(`it may say only ${KEYS.join(", ")}`);
  return [key, value];
}

/* Read a whole number, or say what is wrong in the package's words. */
export function integer(name, text, smallest, largest, number = null) {
  const place = number === null ? "" : ` on axis ${number}`;
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new ShapeError(`\`${name}\`${place} must be an int, got ${quoted(text)}`);
  const value = Number(text);
  requireAtLeast(smallest, name, value, number);
  if (value > largest) throw new ShapeError(`\`${name}\`${place} is more than ${largest}, the largest that this page takes`);
  return value;
}

function padding(text, number) {
  if (text === VALID || text === SAME) return text;
  const parts = text.split(":");
  if (parts.length !== 2) throw new ShapeError("`padding` must be valid, same, or before:after");
  return parts.map((part) => integer("padding", part, 0, LARGEST, number ?? 0));
}

/* Show a text as Python would, cut short. */
const quoted = (text) => (/^[+-]?\d+\.\d+$/.test(text) ? text : `'${text.slice(0, 40)}'`);
