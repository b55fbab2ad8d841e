/* <stamp-stepper>: a transposed convolution, stamp by stamp, with buttons, a slider and the keyboard.

   <stamp-stepper geometry="axes=1&input=2&kernel=3&stride=2&step=0" x="10,100" kernel="1,2,3" shown="sums"></stamp-stepper>
   shows one case, written as the explorer's address is; without x and kernel the numbers are 1, 2, 3, and so on. The explorer
   calls show() instead. */

import { counting } from "./operator.js";
import { LARGEST_PICTURE, arrayPicture, by, facts, fits, linePicture, planePicture, sentence, table } from "./picture.js";
import { read } from "./address.js";
import { smallestSize } from "./shapes.js";

const PACE = 1200; // milliseconds from one stamp to the next
let made = 0; // steppers, so that each has ids of its own

class StampStepper extends HTMLElement {
  connectedCallback() {
    if (this.controls) return;
    this.number = made++;
    this.build();
    const geometry = this.getAttribute("geometry");
    if (geometry) {
      const { axes, want, step } = read(geometry);
      this.show(axes.map((axis, at) => ({ ...axis, n: want ? want[at] : Math.max(smallestSize(axis), 1) })), step);
    }
  }

  disconnectedCallback() {
    this.pause();
  }

  /* Show other axes, each with the wanted size n, after some stamps; null: all. */
  show(axes, step = null) {
    this.pause();
    this.axes = axes;
    this.drawable = fits(axes);
    this.x = this.drawable ? this.numbersOf("x", axes.map((axis) => axis.i)) : [];
    this.kernel = this.drawable ? this.numbersOf("kernel", axes.map((axis) => axis.k)) : [];
    this.stamps = axes.reduce((product, axis) => product * axis.i, 1);
    this.slider.max = this.stamps;
    this.steps = Math.min(step ?? this.stamps, this.stamps);
    this.render();
  }

  numbersOf(name, shape) {
    return this.getAttribute(name)?.split(",").map(Number) ?? counting(shape);
  }

  build() {
    this.stage = element("div", { className: "stage", tabIndex: 0 });
    this.stage.setAttribute("role", "group");
    this.stage.setAttribute("aria-label", "Picture of the stamps");
    this.words = element("p", { className: "words", id: `words-${this.number}` });
    this.words.setAttribute("aria-live", "polite");
    this.controls = element("div", { className: "controls" });
    this.controls.setAttribute("role", "group");
    this.controls.setAttribute("aria-label", "Steps");
    const button = (text, act) => {
      const one = element("button", { type: "button", textContent: text, onclick: act });
      this.controls.append(one);
      return one;
    };
    this.first = button("Empty", () => this.go(0));
    this.back = button("Back", () => this.go(this.steps - 1));
    this.player = button("Play", () => (this.timer ? this.pause() : this.play()));
    this.next = button("Next", () => this.go(this.steps + 1));
    this.last = button("All", () => this.go(this.stamps));
    const label = element("label", { textContent: "Stamps " });
    this.slider = element("input", { type: "range", min: 0, oninput: () => this.go(Number(this.slider.value)) });
    label.append(this.slider);
    this.controls.append(label);
    this.choice = element("fieldset", { className: "choice" });
    this.choice.append(element("legend", { textContent: "In the cells" }));
    for (const [value, text] of [["sums", "sums"], ["coverage", "number of stamps"]]) {
      const option = element("label");
      option.append(element("input", { type: "radio", name: `shown-${this.number}`, value, checked: value === (this.getAttribute("shown") ?? "sums"), onchange: () => this.render() }), ` ${text}`);
      this.choice.append(option);
    }
    this.numbers = element("details", { className: "numbers", ontoggle: () => this.tabulate() });
    this.numbers.append(element("summary", { textContent: "The result as a table" }), element("div", { className: "scroll" }));
    this.key = legend();
    this.replaceChildren(this.controls, this.stage, this.key, this.words, this.choice, this.numbers);
    this.addEventListener("keydown", (event) => this.press(event));
    window.addEventListener("resize", () => this.render());
    this.stage.addEventListener("click", (event) => {
      const sample = event.target.closest?.("[data-sample]");
      if (sample?.closest(".input-array")) this.go(Number(sample.dataset.sample) + 1);
    });
  }

  get shown() {
    return this.choice.querySelector(":checked").value;
  }

  press(event) {
    if (event.target.matches("input, summary") || event.altKey || event.ctrlKey || event.metaKey) return;
    const scrolls = event.target === this.stage && this.stage.scrollWidth > this.stage.clientWidth;
    const to = { ArrowRight: this.steps + 1, ArrowLeft: this.steps - 1, Home: 0, End: this.stamps }[event.key];
    if (to === undefined || scrolls) return;
    event.preventDefault();
    this.go(to);
  }

  /* Show the state after some stamps, because the reader asked for it. */
  go(steps) {
    this.pause();
    this.set(steps);
  }

  set(steps) {
    const before = this.steps;
    this.steps = Math.max(0, Math.min(steps, this.stamps));
    this.render();
    if (this.steps !== before) this.dispatchEvent(new CustomEvent("step", { detail: this.steps }));
  }

  play() {
    if (this.steps === this.stamps) this.set(0);
    this.words.setAttribute("aria-live", "off"); // else every stamp would be read over the one before
    this.timer = setInterval(() => {
      this.set(this.steps + 1);
      if (this.steps === this.stamps) this.pause();
    }, PACE);
    this.label();
  }

  pause() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    this.words.setAttribute("aria-live", "polite");
    this.label();
    if (this.drawable) this.render();
  }

  label() {
    this.player.textContent = this.timer ? "Pause" : "Play";
  }

  render() {
    for (const part of [this.controls, this.stage, this.key, this.numbers]) part.hidden = !this.drawable;
    this.choice.hidden = !this.drawable || this.axes.length === 1;
    if (!this.drawable) {
      const most = LARGEST_PICTURE[this.axes.length];
      this.words.textContent = `No picture: the sheet is larger than ${by(this.axes.map(() => most))}. The sizes and the lines hold all the same.`;
      return;
    }
    this.facts = facts(this);
    this.slider.value = this.steps;
    this.slider.setAttribute("aria-valuetext", `${this.steps} of ${this.stamps}`);
    this.first.disabled = this.back.disabled = this.steps === 0;
    this.last.disabled = this.next.disabled = this.steps === this.stamps;
    this.words.textContent = sentence(this.facts);
    this.stage.replaceChildren(...this.pictures());
    this.tabulate();
  }

  pictures() {
    const room = this.stage.clientWidth;
    if (this.axes.length === 1) return [frame("", linePicture(this.facts, room), "line")];
    const samples = this.axes.map((axis) => axis.i);
    return [
      frame("input", arrayPicture(this.x, samples, "input", room, this.steps - 1), "input-array"),
      frame("kernel", arrayPicture(this.kernel, this.axes.map((axis) => axis.k), "kernel", room), "kernel-array"),
      frame(`sheet, and the ${by(this.axes.map((axis) => axis.n))} that are returned`, planePicture(this.facts, this.shown, room), "sheet"),
    ];
  }

  tabulate() {
    if (this.numbers.open) this.numbers.lastChild.replaceChildren(table(this.facts, this.shown));
  }
}

/* Make an HTML element with properties. */
export function element(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}

function frame(title, picture, name) {
  const box = element("div", { className: `frame ${name}` });
  if (title) box.append(element("p", { className: "title", textContent: title }));
  box.append(picture);
  return box;
}

/* What the looks of the cells mean. */
function legend() {
  const list = element("ul", { className: "legend" });
  for (const [look, text] of [
    ["cell landed reached", "this stamp"],
    ["cell overlap", "two or more stamps"],
    ["cell empty", "no stamp"],
    ["cell reached cut", "cut off"],
  ]) {
    const item = element("li");
    item.append(arrayPicture([""], [1], look.replace(/^cell /, "")), ` ${text}`);
    list.append(item);
  }
  const item = element("li");
  const box = element("span", { className: "window-sample" });
  item.append(box, " the result");
  list.append(item);
  return list;
}

customElements.define("stamp-stepper", StampStepper);
