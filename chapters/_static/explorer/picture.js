/* The pictures of a transposed convolution after some stamps, as SVG, and the same in words.

   A scene is { axes, steps, x, kernel } with axes as in operator.js. Colours are classes of explorer.css; what a cell is can
   be told without them: overlaps have a corner mark, what is cut off is struck out, what no stamp reaches is hatched. */

import { canvasOf, count, indices, inside, place, sheetAfter, stamp, windowsOf } from "./operator.js";
import { sheetSize } from "./shapes.js";

export const LARGEST_PICTURE = { 1: 48, 2: 24 }; // samples along an axis
const NAMESPACE = "http://www.w3.org/2000/svg";

/* Make an SVG element. */
function make(name, attributes, ...children) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/* Whether the picture fits on a page. */
export const fits = (axes) => canvasOf(axes).every((n) => n <= LARGEST_PICTURE[axes.length]);

/* Everything that the pictures and the sentences say about a scene. */
export function facts({ axes, steps, x, kernel }) {
  const samples = axes.map((axis) => axis.i);
  const windows = windowsOf(axes);
  const now = sheetAfter(axes, steps, x, kernel);
  const current = [...indices(samples)][steps - 1] ?? null;
  const landed = current ? stamp(axes, current) : [];
  const before = sheetAfter(axes, steps - 1, x, kernel); // of no use while nothing has landed
  const isSheet = (index) => index.every((at, axis) => at < sheetSize(axes[axis]));
  const cells = [...indices(now.shape)].map((index) => {
    const at = place(index, now.shape);
    const entry = landed.findIndex((one) => one.every((n, axis) => n === index[axis]));
    return {
      index,
      sum: now.sums[at],
      coverage: now.coverage[at],
      inside: inside(windows, index),
      onSheet: isSheet(index),
      product: entry < 0 ? null : x[steps - 1] * kernel[entry],
      added: entry >= 0 && before.coverage[at] > 0,
    };
  });
  return { axes, steps, stamps: count(samples), current, value: current && x[steps - 1], windows, shape: now.shape, cells, x, kernel };
}

/* The classes of a cell of the sheet. */
function looks(cell) {
  const words = ["cell"];
  if (cell.product !== null) words.push("landed");
  words.push(cell.coverage === 0 ? "empty" : cell.coverage > 1 ? "overlap" : "reached");
  if (!cell.inside) words.push("cut");
  return words.join(" ");
}

/* One cell: a box with a text, and the marks that tell what it is. */
function draw(column, row, size, text, look) {
  const [left, top] = [column * size, row * size];
  const group = make("g", { class: look, transform: `translate(${left} ${top})` });
  group.append(make("rect", { x: 1, y: 1, width: size - 2, height: size - 2 }));
  if (/empty/.test(look)) {
    const third = size / 3;
    group.append(make("path", { class: "hatch", d: `M1 ${third}L${third} 1M1 ${2 * third}L${2 * third} 1M1 ${size - 1}L${size - 1} 1M${third} ${size - 1}L${size - 1} ${third}M${2 * third} ${size - 1}L${size - 1} ${2 * third}` }));
  }
  if (/overlap/.test(look)) group.append(make("path", { class: "corner", d: `M1 1H${size / 3}L1 ${size / 3}Z` }));
  if (/cut/.test(look)) group.append(make("path", { class: "strike", d: `M3 3L${size - 3} ${size - 3}M${size - 3} 3L3 ${size - 3}` }));
  const letters = `${text}`.length;
  const font = Math.min(size * 0.42, (size * 1.5) / Math.max(letters, 1));
  if (text !== "") {
    group.append(make("text", { x: size / 2, y: size / 2, "font-size": font.toFixed(1), "text-anchor": "middle", "dominant-baseline": "central" }, `${text}`));
  }
  return group;
}

/* The side of a cell, so that a row fits where there is room for it. */
const cellSize = (columns, room) => Math.max(22, Math.min(40, Math.floor((room - 8) / columns)));

function sheetOfPaper(columns, rows, size, extra = 0) {
  const [width, height] = [columns * size + 2 + extra, rows * size + 2];
  return make("svg", { width, height, viewBox: `-1 -1 ${width} ${height}`, "aria-hidden": "true", focusable: "false" });
}

/* A small array as a picture: the input with the sample that is at work, or the kernel. */
export function arrayPicture(values, shape, role, room = 300, active = -1) {
  const [rows, columns] = shape.length === 1 ? [1, shape[0]] : shape;
  const size = cellSize(columns, room);
  const svg = sheetOfPaper(columns, rows, size);
  values.forEach((value, at) => {
    const cell = draw(at % columns, Math.floor(at / columns), size, value, `cell ${role}${at === active ? " active" : ""}`);
    cell.dataset.sample = at;
    svg.append(cell);
  });
  return svg;
}

/* The sheet of two axes: sums, or how many stamps reach each place; the window of the result is outlined. */
export function planePicture({ shape, cells, windows }, shown, room) {
  const size = cellSize(shape[1], room);
  const svg = sheetOfPaper(shape[1], shape[0], size);
  for (const cell of cells) svg.append(draw(cell.index[1], cell.index[0], size, label(cell, shown), looks(cell)));
  svg.append(outline(windows[1], windows[0], size));
  return svg;
}

const label = (cell, shown) => (shown === "coverage" ? cell.coverage : cell.coverage === 0 && !cell.onSheet && !cell.inside ? "" : cell.sum);

const outline = (across, down, size) =>
  make("rect", {
    class: "window", x: across.before * size, y: down.before * size, width: across.size * size, height: down.size * size,
  });

/* One axis: a row for each stamp that is down, then the sums, then how many stamps reach each place. */
export function linePicture({ axes: [axis], steps, shape, cells, windows, x, kernel }, room) {
  const names = 12 + 8 * Math.max(...x.map((value) => `${value} × kernel`.length));
  const [columns, size, rows] = [shape[0], cellSize(shape[0], room - names), axis.i + 2];
  const svg = sheetOfPaper(columns, rows, size, names);
  const grid = make("g", { transform: `translate(${names} 0)` });
  const name = (row, text) => svg.append(make("text", { class: "name", x: names - 8, y: (row + 0.5) * size, "text-anchor": "end", "dominant-baseline": "central" }, text));
  for (let p = 0; p < axis.i; p++) {
    name(p, `${x[p]} × kernel`);
    if (p >= steps) continue;
    for (let t = 0; t < axis.k; t++) {
      grid.append(draw(p * axis.s + t * axis.d, p, size, x[p] * kernel[t], `cell kernel${p === steps - 1 ? " landed" : ""}`));
    }
  }
  name(axis.i, "sum");
  name(axis.i + 1, "stamps");
  for (const cell of cells) {
    grid.append(draw(cell.index[0], axis.i, size, label(cell, "sums"), looks(cell)));
    grid.append(draw(cell.index[0], axis.i + 1, size, cell.coverage, "cell count"));
  }
  grid.append(outline(windows[0], { before: axis.i, size: 1 }, size));
  svg.append(grid);
  return svg;
}

/* What a step does, in a sentence or two. */
export function sentence({ axes, steps, stamps, current, value, windows, shape, cells }) {
  const kept = windows.map((window, axis) => `${along(axes, axis)} ${span(window.before, window.before + window.size - 1)}`).join(" and ");
  if (steps === 0) {
    return `No stamp is down. The sheet has ${by(shape)} places; the result will be ${kept}.`;
  }
  const landed = cells.filter((cell) => cell.product !== null);
  const where = axes.map((axis, at) => `${along(axes, at)} ${reach(landed.map((cell) => cell.index[at]))}`).join(", ");
  const added = landed.filter((cell) => cell.added).length;
  const cut = landed.filter((cell) => !cell.inside).length;
  const sample = axes.length === 1 ? `sample ${current[0]}` : `the sample in row ${current[0]}, column ${current[1]}`;
  const parts = [`Stamp ${steps} of ${stamps}: ${sample} is ${value}. Times the kernel, it lands on ${where}.`];
  if (added) parts.push(`${places(added)} already ${added === 1 ? "holds" : "hold"} something, and the numbers are added.`);
  if (cut) parts.push(`${places(cut)} ${cut === 1 ? "lies" : "lie"} outside of the result and will be cut off.`);
  if (steps === stamps) parts.push(ending(cells, windows, kept));
  return parts.join(" ");
}

/* What there is to say when all stamps are down. */
function ending(cells, windows, kept) {
  const result = cells.filter((cell) => cell.inside);
  const zero = result.filter((cell) => cell.coverage === 0).length;
  const cut = cells.filter((cell) => !cell.inside && cell.coverage > 0).length;
  const most = Math.max(...result.map((cell) => cell.coverage));
  return (
    `That was the last. The result is ${kept}: ${by(windows.map((window) => window.size))}. ` +
    `${cut ? `${places(cut)} of the sheet ${cut === 1 ? "is" : "are"} cut off` : "Nothing is cut off"}; ` +
    `${zero ? `${places(zero)} of the result ${zero === 1 ? "is" : "are"} reached by no stamp and ${zero === 1 ? "stays" : "stay"} zero` : "every place is reached"}. ` +
    `No place is reached by more than ${most} ${most === 1 ? "stamp" : "stamps"}.`
  );
}

export const by = (sizes) => sizes.join("×");
const along = (axes, at) => (axes.length === 1 ? "places" : ["rows", "columns"][at]);
const span = (first, last) => (first === last ? `${first}` : `${first} to ${last}`);
const places = (n) => (n === 1 ? "1 place" : `${n} places`);

/* Write the places along an axis: "4 to 6", or "4, 6 and 8" where a dilation leaves some out. */
function reach(all) {
  const each = [...new Set(all)].sort((a, b) => a - b);
  const [first, last] = [each[0], each.at(-1)];
  if (last - first === each.length - 1) return span(first, last);
  return each.length > 6 ? `${first} to ${last}, every ${each[1] - each[0]}` : `${each.slice(0, -1).join(", ")} and ${last}`;
}

/* The same numbers as a table, for readers who do not see the picture. */
export function table({ axes, shape, cells, windows }, shown) {
  const result = cells.filter((cell) => cell.inside);
  const [rows, columns] = axes.length === 1 ? [{ before: 0, size: 1 }, windows[0]] : windows;
  const element = document.createElement("table");
  element.className = "table";
  const head = element.createTHead().insertRow();
  const body = element.createTBody();
  element.createCaption().textContent = shown === "coverage" ? "How many stamps reach each place of the result" : "The result so far";
  const header = (row, text, scope) => {
    const cell = document.createElement("th");
    cell.scope = scope;
    cell.textContent = text;
    row.append(cell);
  };
  header(head, axes.length === 1 ? "place" : "row", "col");
  for (let n = 0; n < columns.size; n++) header(head, axes.length === 1 ? `${n}` : `column ${n}`, "col");
  for (let m = 0; m < rows.size; m++) {
    const row = body.insertRow();
    header(row, axes.length === 1 ? "value" : `${m}`, "row");
    for (const cell of result.slice(m * columns.size, (m + 1) * columns.size)) {
      row.insertCell().textContent = shown === "coverage" ? cell.coverage : cell.sum;
    }
  }
  return element;
}
