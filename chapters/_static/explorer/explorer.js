/* <shape-explorer>: from a geometry to its legal sizes, each framework's default, the line for the wanted size, and the
   stamps. The state is in the address, after "#"; what cannot be understood there is said, and the puzzle is shown. */

import { ARGUMENTS, LARGEST, PUZZLE, integer, read, write } from "./address.js";
import { FRAMEWORKS, defaultSize, lineFor } from "./frameworks.js";
import { windowsOf } from "./operator.js";
import { by } from "./picture.js";
import { ShapeError, reachableSizes, requireReachable, requireSomeSize } from "./shapes.js";
import { element } from "./stepper.js";

const MANY = 12; // sizes that are shown as buttons, all of them
const TITLES = { keras: "Keras", tensorflow: "TensorFlow", pytorch: "PyTorch", "jax transpose_kernel": "JAX", onnx: "ONNX" };
const LABELS = { i: "Input size", k: "Kernel size", s: "Stride", d: "Dilation", before: "Padding before", after: "Padding after" };

class ShapeExplorer extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    const setUp = element("div", { className: "set-up" });
    this.notice = element("p", { className: "notice", hidden: true });
    this.notice.setAttribute("role", "status");
    this.form = element("form", { className: "geometry", onsubmit: (event) => event.preventDefault() });
    this.problem = element("p", { className: "problem", hidden: true, id: "explorer-problem" });
    this.problem.setAttribute("role", "alert");
    this.sizes = section("Legal sizes");
    this.lines = section("The line to paste");
    this.stamps = section("Watch the stamps");
    this.stepper = document.createElement("stamp-stepper");
    this.stamps.body.append(this.stepper);
    setUp.append(this.notice, this.form, this.problem, this.sizes);
    this.stamps.className = "stamps";
    this.replaceChildren(setUp, this.lines, this.stamps);
    this.stepper.addEventListener("step", (event) => {
      this.state.step = event.detail === this.stepper.stamps ? null : event.detail;
      this.remember();
    });
    window.addEventListener("hashchange", () => this.follow());
    this.follow();
  }

  /* Take the state from the address; a mangled one is said, and never shown as anything but text. */
  follow() {
    const text = window.location.hash.slice(1);
    if (text === this.written) return;
    this.notice.hidden = true;
    try {
      this.state = read(text.includes("=") || text.includes("%") ? decoded(text) : PUZZLE); // else a heading's anchor
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      this.state = read(PUZZLE);
      this.notice.textContent = `The address of this page could not be read: ${error.message}. Here is the puzzle instead.`;
      this.notice.hidden = false;
    }
    this.fill();
    this.answer();
  }

  /* Write the state into the address, without a new entry in the history. */
  remember() {
    this.written = write(this.state);
    window.history.replaceState(null, "", `#${this.written}`);
  }

  /* Make the form from the state. */
  fill() {
    const { alike, axes } = this.state;
    const kind = axes.length === 1 ? "1" : alike ? "2" : "each";
    const padding = typeof axes[0].padding === "string" ? axes[0].padding : "explicit";
    this.form.replaceChildren(
      select("Axes", "axes", { 1: "one", 2: "two, alike", each: "two, each its own" }, kind, () => this.reshape()),
      select("Padding", "padding", { valid: "valid", same: "same", explicit: "explicit" }, padding, () => this.reshape()),
      ...(alike ? axes.slice(0, 1) : axes).map((axis, at) => this.fields(axis, at, alike)),
    );
  }

  fields(axis, at, alike) {
    const letters = typeof axis.padding === "string" ? ["i", "k", "s", "d"] : ["i", "k", "s", "d", "before", "after"];
    const group = element("fieldset");
    group.append(element("legend", { textContent: alike ? "Every axis" : ["Axis 0, rows", "Axis 1, columns"][at] }));
    if (this.state.axes.length === 1) group.firstChild.textContent = "The axis";
    for (const letter of letters) {
      const value = letter === "before" ? axis.padding[0] : letter === "after" ? axis.padding[1] : axis[letter];
      const input = element("input", { type: "number", inputMode: "numeric", name: `${letter}${at}`, value, min: letter.length > 1 ? 0 : 1, max: LARGEST, step: 1, oninput: () => this.change() });
      const label = element("label", { textContent: `${LABELS[letter]} ` });
      label.append(input);
      group.append(label);
    }
    return group;
  }

  /* Another number of axes, or another kind of padding: keep the numbers that there are. */
  reshape() {
    const kind = this.form.elements.axes.value;
    const word = this.form.elements.padding.value;
    const nAxes = kind === "1" ? 1 : 2;
    const old = this.state.axes;
    const pad = (axis) => (word !== "explicit" ? word : typeof axis.padding === "string" ? [0, 0] : axis.padding);
    const axes = Array.from({ length: nAxes }, (_, at) => {
      const axis = kind === "each" ? (old[at] ?? old[0]) : old[0];
      return { ...axis, padding: pad(axis) };
    });
    this.state = { alike: kind !== "each", axes, want: null, step: null };
    const focused = document.activeElement?.name;
    this.fill();
    this.form.elements[focused]?.focus();
    this.answer();
    this.remember();
  }

  /* A number was typed: read the whole form, or say what is wrong with it. */
  change() {
    try {
      const { alike, axes } = this.state;
      const number = (letter, at, name, smallest) =>
        integer(name, this.form.elements[`${letter}${alike ? 0 : at}`].value, smallest, LARGEST, alike ? null : at);
      const numbers = axes.map((axis, at) => {
        const own = Object.fromEntries(Object.entries(ARGUMENTS).map(([letter, name]) => [letter, number(letter, at, name, 1)]));
        const padding = typeof axis.padding === "string" ? axis.padding : [number("before", at, "padding", 0), number("after", at, "padding", 0)];
        return { ...own, padding };
      });
      this.state = { alike, axes: numbers, want: null, step: null };
    } catch (error) {
      this.complain(error);
      return;
    }
    this.notice.hidden = true;
    this.answer();
    this.remember();
  }

  complain(error) {
    if (!(error instanceof ShapeError)) throw error;
    this.problem.textContent = error.message;
    this.problem.hidden = false;
  }

  /* Show everything that follows from the state. */
  answer() {
    this.problem.hidden = true;
    const { axes } = this.state;
    try {
      requireSomeSize(axes);
    } catch (error) {
      this.complain(error);
      for (const part of [this.sizes, this.lines, this.stamps]) part.hidden = true;
      return;
    }
    for (const part of [this.sizes, this.lines, this.stamps]) part.hidden = false;
    const smallest = axes.map((axis) => reachableSizes(axis).first);
    let want = this.state.want ?? smallest;
    try {
      axes.forEach((axis, at) => requireReachable(want[at], axis, at));
    } catch (error) {
      this.complain(error);
      want = smallest;
    }
    const sized = axes.map((axis, at) => ({ ...axis, n: want[at] }));
    this.showSizes(sized);
    this.showLines(sized);
    this.stepper.show(sized, this.state.step);
  }

  wish(want) {
    this.state.want = want;
    this.state.step = null;
    this.answer();
    this.remember();
  }

  showSizes(sized) {
    const defaults = Object.keys(FRAMEWORKS).map((name) => [TITLES[name], defaultSize(name, sized)]);
    const shown = this.state.alike ? sized.slice(0, 1) : sized;
    const focus = document.activeElement?.dataset?.size;
    this.sizes.body.replaceChildren(...shown.flatMap((axis, at) => this.sizesOf(axis, at, defaults)), told(defaults));
    if (focus) this.sizes.querySelector(`[data-size="${focus}"]`)?.focus();
  }

  /* The legal sizes of an axis as buttons, with the frameworks that give each by themselves. */
  sizesOf(axis, at, defaults) {
    const { first, last, count } = reachableSizes(axis);
    const choose = (n) => this.wish(this.state.alike ? this.state.axes.map(() => n) : this.stepper.axes.map((one, other) => (other === at ? n : one.n)));
    const place = this.state.alike ? "" : ` on axis ${at}`;
    const text = element("p", { textContent: count === 1 ? `Only ${first}${place}: nothing is rounded.` : `${first} to ${last}${place}: ${count} sizes that the convolution takes to ${axis.i}.` });
    const marks = defaults.filter(([, sizes]) => sizes !== null).map(([title, sizes]) => [title, sizes[at]]);
    const list = element("ul", { className: "sizes" });
    for (const n of some(first, last, [axis.n, ...marks.map(([, size]) => size)])) {
      const item = element("li");
      if (n === null) {
        item.append("…");
      } else {
        const names = marks.filter(([, size]) => size === n).map(([title]) => title).join(", ");
        const button = element("button", { type: "button", textContent: n, onclick: () => choose(n) });
        button.dataset.size = `${at}-${n}`;
        button.setAttribute("aria-pressed", n === axis.n);
        item.append(button, element("span", { textContent: names }));
      }
      list.append(item);
    }
    return [text, list, this.another(axis, at, choose)];
  }

  another(axis, at, choose) {
    const label = element("label", { className: "another", textContent: "Wanted size " });
    const wrong = this.state.want !== null && this.state.want[at] !== axis.n;
    const ask = ({ target }) => {
      try {
        choose(integer("want", target.value, 1, LARGEST ** 2 * 3, this.state.alike ? 0 : at));
      } catch (error) {
        this.complain(error);
      }
    };
    const input = element("input", { type: "number", inputMode: "numeric", min: 1, value: wrong ? this.state.want[at] : axis.n, onchange: ask });
    input.dataset.size = `${at}-own`;
    if (wrong) {
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", "explorer-problem");
    }
    label.append(input);
    return label;
  }

  showLines(sized) {
    const windows = windowsOf(sized);
    const list = element("dl", { className: "lines" });
    for (const name of Object.keys(FRAMEWORKS)) {
      const line = lineFor(name, sized, windows);
      const sizes = defaultSize(name, sized);
      const own = sizes === null ? "" : ` (by itself: ${by(sizes)})`;
      const title = element("dt", { textContent: `${TITLES[name]}${own}` });
      const box = element("dd");
      const code = element("pre"); // it wraps, and is no stop on the way
      code.append(element("code", { textContent: line }));
      code.setAttribute("role", "region");
      code.setAttribute("aria-label", `Code for ${TITLES[name]}`);
      const copy = element("button", { type: "button", textContent: "Copy", onclick: () => navigator.clipboard?.writeText(line).then(() => (copy.textContent = "Copied")) });
      copy.setAttribute("aria-label", `Copy the line for ${TITLES[name]}`);
      box.append(code, copy);
      list.append(title, box);
    }
    this.lines.heading.textContent = `The line to paste, for ${by(sized.map((axis) => axis.n))}`;
    this.lines.body.replaceChildren(list);
  }
}

/* Say who has no default here. */
function told(defaults) {
  const names = defaults.filter(([, sizes]) => sizes === null).map(([title]) => title);
  return element("p", { textContent: names.length ? `No default of their own for this: ${names.join(", ")}.` : "" });
}

/* The sizes to show: all, or where they are many the ends and those that are marked, with null for what is left out. */
function some(first, last, marked) {
  const all = [];
  for (let n = first; n <= last && n - first < MANY; n++) all.push(n);
  if (last - first < MANY) return all;
  const kept = [...new Set([first, first + 1, first + 2, last, ...marked])].sort((a, b) => a - b);
  return kept.flatMap((n, at) => (at > 0 && n > kept[at - 1] + 1 ? [null, n] : [n]));
}

function section(title) {
  const part = element("section");
  part.heading = element("h2", { textContent: title });
  part.body = element("div");
  part.append(part.heading, part.body);
  return part;
}

function select(title, name, options, value, act) {
  const label = element("label", { textContent: `${title} ` });
  const field = element("select", { name, onchange: act });
  for (const [key, text] of Object.entries(options)) field.append(element("option", { value: key, textContent: text, selected: key === value }));
  field.value = value;
  label.append(field);
  return label;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ShapeError("it is not encoded as an address is");
  }
}

customElements.define("shape-explorer", ShapeExplorer);
