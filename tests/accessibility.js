// What tests ask of a page, from within it. `accessibility.py` puts this into the page and calls it as `asked.NAME()`.
window.asked = (() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  // A long page has ten thousand coloured words of code, over which axe takes seconds. Blocks whose kinds of words have
  // all been seen in blocks before become plain text.
  function lighten() {
    const kinds = new Set();
    for (const block of all(".highlight pre")) {
      const fresh = all("span", block).map((word) => word.className).filter((kind) => !kinds.has(kind));
      if (fresh.length) fresh.forEach((kind) => kinds.add(kind));
      else block.textContent = block.textContent;
    }
  }

  function ground(element) {
    for (let e = element; e; e = e.parentElement) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(e);
      if (backgroundImage !== "none" || opacity !== "1" || backgroundColor !== "rgba(0, 0, 0, 0)") {
        return [backgroundColor, backgroundImage, opacity].join();
      }
    }
    return "";
  }

  // Marks one text for each look: of many that have the same colours, sizes and backgrounds, axe looks at the first. What
  // stands in a drawing is left to `drawn`, since axe cannot tell what is drawn below it.
  function mark() {
    all("[data-look]").forEach((element) => element.removeAttribute("data-look"));
    const looks = new Set();
    for (const element of all("body *")) {
      const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
      if (!(text || element.placeholder) || element.closest("svg, math") || !seen(element)) continue;
      const { color, fontSize, fontWeight, textDecorationLine } = getComputedStyle(element);
      const around = element.matches("a") ? getComputedStyle(element.parentElement).color : "";
      const look = [color, fontSize, fontWeight, textDecorationLine, around, ground(element)].join();
      if (!looks.has(look)) element.dataset.look = looks.add(look).size;
    }
  }

  // Takes the blocks of the text away in which nothing is marked, for a second look at the colours.
  function prune() {
    const blocks = all("article section > *").filter((block) => !block.matches("section, [data-look]"));
    blocks.filter((block) => !block.querySelector("[data-look]")).forEach((block) => block.remove());
  }

  // The texts of drawings whose contrast with the shape below them, or with the page, is too low
  function drawn() {
    const parts = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const opaque = (colour) => { const [, , b, a = 1] = parts(colour); return b !== undefined && a === 1; };
    const below = (text) => {
      text.scrollIntoView({ block: "center", inline: "center" });
      const box = text.getBoundingClientRect();
      const under = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      const paint = (e) => getComputedStyle(e)[e instanceof SVGGeometryElement ? "fill" : "backgroundColor"];
      return under.filter((e) => e.tagName !== "text").map(paint).find(opaque) ?? "rgb(255, 255, 255)";
    };
    const low = (text) => {
      const lights = [getComputedStyle(text).fill, below(text)].map((colour) => light(parts(colour))).sort((a, b) => a - b);
      return (lights[1] + 0.05) / (lights[0] + 0.05) < 4.5;
    };
    return all("svg text").filter((text) => text.checkVisibility() && low(text)).map((text) => text.textContent);
  }

  async function axeSays(options) {
    const { violations, incomplete } = await axe.run(document, { ...options, resultTypes: ["violations", "incomplete"], preload: false });
    return [...violations, ...incomplete].flatMap(({ id, nodes }) => nodes.map(({ target, any }) =>
      [id, target.flat().join(" "), any.map(({ message }) => message).join("; ")]));
  }

  function tables() {
    return all("article table:not([role=presentation])").flatMap((table, number) => {
      const faults = [], heads = all("th", table);
      if (!table.rows[0]?.querySelector("th")) faults.push("no headers");
      if (heads.some((head) => !head.innerText.trim())) faults.push("an empty header");
      if (heads.some((head) => !["row", "col"].includes(head.scope))) faults.push("a header of nothing");
      return faults.map((fault) => `table ${number}: ${fault}`);
    });
  }

  // Links that say the same and lead to different pages, or that say nothing; in a table, the row says more.
  function links() {
    const pages = new Map(), faults = [];
    for (const link of all("article a[href]:not(.headerlink)")) {
      const [page] = link.href.split("#"), here = page === location.href.split("#")[0];
      const said = link.innerText.trim().toLowerCase(), isCode = link.matches(".highlight a, :has(code)");
      const text = isCode && said ? `code ${said}` : said;  // `phases` is a function, and phases are a term
      if (["here", "this", "link", "more", "source"].includes(said)) faults.push(`"${text}" says nothing`);
      if (!text || here || link.closest("tr")?.querySelector("th")) continue;
      if ((pages.get(text) ?? page) !== page) faults.push(`"${text}" leads to ${page} and to ${pages.get(text)}`);
      pages.set(text, page);
    }
    return faults;
  }

  const sideways = () => Math.max(document.documentElement.scrollWidth - document.documentElement.clientWidth, 0);

  // Boxes that hide a part of their own text
  function cut() {
    const hides = (overflow) => ["hidden", "clip"].includes(overflow);
    return all("main *, aside *, nav *, footer *").filter((box) => {
      const { overflowX, overflowY } = getComputedStyle(box);
      const wider = hides(overflowX) && box.scrollWidth > box.clientWidth + 1;
      const higher = hides(overflowY) && box.scrollHeight > box.clientHeight + 1;
      if (!(wider || higher) || box.clientWidth < 2 || box.matches(".reveal") || box.closest("svg, math")) return false;
      return seen(box) && box.innerText?.trim();
    }).map((box) => `${box.tagName} ${box.className} hides a part of "${box.innerText.slice(0, 40)}"`);
  }

  return { lighten, mark, prune, drawn, axeSays, tables, links, sideways, cut };
})();
