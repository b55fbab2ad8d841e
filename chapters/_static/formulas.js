// Lets the keyboard reach, and so scroll, a formula that is wider than its place; one that fits is no stop on the way.
const said = { tabindex: "0", role: "group", "aria-label": "Formula, scrolls sideways" };

function look(box) {
  const scrolls = box.scrollWidth > box.clientWidth;
  for (const [name, value] of Object.entries(said)) {
    if (scrolls) box.setAttribute(name, value);
    else box.removeAttribute(name);
  }
}

const boxes = document.querySelectorAll("div.formula");
const resized = new ResizeObserver((entries) => entries.forEach(({ target }) => look(target)));
boxes.forEach((box) => resized.observe(box));
document.fonts.ready.then(() => boxes.forEach(look)); // the font makes them wider, not their boxes
