// For readers with a keyboard or a screen reader: what scrolls sideways can be reached and has a name, what was copied
// is said, and the switch says which colours are on; and for paper, which is white. Two buttons of the theme are worked
// from here too. Nothing here is needed to read a page.

const SCROLLERS = {
  pre: "Code",
  "div.formula": "Formula",
  ".pst-scrollable-table-container": "Table",
  ".cell_output > .output": "Output",
};

// What fits is no stop on the way. All boxes are measured before one is changed, so that the page is laid out once.
function nameThoseThatScroll(boxes, kinds) {
  const wide = boxes.filter((box) => box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== "visible");
  const scrolls = new Set(wide);
  for (const box of boxes) {
    const said = { tabindex: "0", role: "group", "aria-label": `${kinds.get(box)}, scrolls sideways` };
    for (const [name, value] of Object.entries(said)) {
      if (scrolls.has(box)) box.setAttribute(name, value);
      else box.removeAttribute(name);
    }
  }
}

function nameScrollers() {
  const kinds = new Map();
  for (const [selector, kind] of Object.entries(SCROLLERS)) {
    document.querySelectorAll(`.bd-article ${selector}`).forEach((box) => kinds.set(box, kind));
  }
  const resized = new ResizeObserver((entries) => nameThoseThatScroll(entries.map(({ target }) => target), kinds));
  kinds.forEach((_, box) => resized.observe(box)); // which also tells when something folded is opened
  document.fonts.ready.then(() => nameThoseThatScroll([...kinds.keys()], kinds)); // a font widens the text, not its box
}

function sayWhatWasCopied() {
  const voice = Object.assign(document.createElement("div"), { className: "visually-hidden", role: "status" });
  document.querySelector("main")?.append(voice);
  const say = (changes) => changes.forEach(({ target }) => {
    voice.textContent = target.dataset.tooltip.endsWith("!") ? target.dataset.tooltip : ""; // "Copied!", and later "Copy"
  });
  new MutationObserver(say).observe(document.body, { subtree: true, attributeFilter: ["data-tooltip"] });
}

function nameTheSwitch() {
  const name = () => document.querySelectorAll(".theme-switch-button").forEach((button) => {
    button.setAttribute("aria-label", `Colours: ${document.documentElement.dataset.mode ?? "auto"}`);
  });
  new MutationObserver(name).observe(document.documentElement, { attributeFilter: ["data-mode"] });
  name();
}

// The theme takes the focus from some buttons when they are pressed; whoever pressed one with a key goes on from there.
function keepTheFocus() {
  const buttons = document.querySelectorAll(".theme-switch-button, .search-button, .primary-toggle, .secondary-toggle");
  buttons.forEach((button) => button.addEventListener("click", ({ detail }) => { if (detail === 0) button.focus(); }, true));
}

function printOnWhite() {
  const { dataset } = document.documentElement;
  let theme;
  addEventListener("beforeprint", () => { theme = dataset.theme; dataset.theme = "light"; });
  addEventListener("afterprint", () => { dataset.theme = theme; });
}

// The theme says it in attributes, which the pages' security policy does not allow.
function workTheButtons() {
  const work = (selector, run) => document.querySelectorAll(selector).forEach((button) => button.addEventListener("click", run));
  work(".btn-fullscreen-button", () => toggleFullScreen());
  work(".btn-download-pdf-button", () => print());
}

nameScrollers();
workTheButtons();
sayWhatWasCopied();
nameTheSwitch();
printOnWhite();
addEventListener("load", keepTheFocus); // after the theme's own listeners, which take it
