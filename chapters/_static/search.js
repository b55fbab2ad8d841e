/* The page of the search: the query from its address or its field, and the places that search-ranking.js finds, each
   with the sentence that has the words. It fetches nothing, so that it works from files, too. */

"use strict";

{
  const ALSO = 3; // further places of a page
  const BEFORE = 60, SENTENCE = 220; // characters that are shown of a place: before the first word, and from there on
  const { find, wordsOf } = bookSearch;

  const status = document.getElementById("search-status");
  const list = document.getElementById("search-results");

  const show = (query) => {
    const { pages, terms, unknown } = find(query);
    status.textContent = query.trim() && told(pages.length, unknown);
    list.replaceChildren(...pages.map(({ hits }) => itemOf(hits, terms)));
  };

  const told = (count, unknown) => {
    const missing = unknown.length ? `No page says ${unknown.map((word) => `“${word}”`).join(" or ")}.` : "";
    if (!count) return missing || "No page says that.";
    const found = count === 1 ? "One page" : `${count} pages, the best first`;
    return missing ? `${missing} Nearest: ${found.toLowerCase()}.` : `${found}.`;
  };

  const itemOf = ([{ place, score }, ...others], terms) => {
    const item = document.createElement("li");
    const context = document.createElement("p");
    context.className = "context";
    context.append(...excerpt(place, terms));
    item.append(linkTo(place, place.anchor ? `${place.title} › ${place.heading}` : place.title), context);
    const also = others.filter((hit) => hit.score > score / 2).slice(0, ALSO);
    if (also.length) {
      const line = document.createElement("p");
      line.className = "also";
      line.append(...also.flatMap((hit, k) => [k ? " · " : "Also: ", linkTo(hit.place, hit.place.heading)]));
      item.append(line);
    }
    return item;
  };

  const linkTo = ({ page, anchor }, text) => {
    const link = document.createElement("a");
    link.href = `${document.documentElement.dataset.content_root}${page}.html${anchor && `#${anchor}`}`;
    link.textContent = text;
    return link;
  };

  // The piece of a place's text, or else of its code, that has the most of the terms, with these marked.
  const excerpt = ({ text: prose, code }, terms) => {
    const isSaid = ({ written, terms: own }) => written.length > 2 && own.some((term) => terms.has(term));
    const text = wordsOf(prose).some(isSaid) || !wordsOf(code).some(isSaid) ? prose : code;
    const said = wordsOf(text).filter(isSaid);
    const from = ({ at }) => said.filter((word) => word.at >= at && word.at < at + SENTENCE);
    const variety = (words) => new Set(words.map(({ terms: [whole] }) => whole)).size;
    const marked = said.map(from).reduce((best, words) => (variety(words) > variety(best) ? words : best), []);
    const near = Math.max(0, (marked[0]?.at ?? 0) - BEFORE);
    const start = near && text.indexOf(" ", near) + 1;
    const end = text.lastIndexOf(" ", start + SENTENCE + BEFORE);
    const stop = text.length <= start + SENTENCE + BEFORE || end <= start ? text.length : end;
    const pieces = [start ? "… " : ""];
    let at = start;
    for (const word of marked) {
      if (word.at < at || word.at + word.written.length > stop) continue;
      const mark = document.createElement("mark");
      mark.textContent = word.written;
      pieces.push(text.slice(at, word.at), mark);
      at = word.at + word.written.length;
    }
    return [...pieces, text.slice(at, stop), stop < text.length ? " …" : ""];
  };

  // The address keeps the query, so that a search can be linked to, and the way back from a page leads to it.
  const searchFor = (query) => {
    history.replaceState(null, "", query ? `?q=${encodeURIComponent(query)}` : "?");
    show(query);
  };

  const asked = new URLSearchParams(location.search).get("q") ?? "";
  const field = document.querySelector("article input[name=q]");
  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => searchFor(field.value), 150);
  });
  field.value = asked;
  show(asked);
}
