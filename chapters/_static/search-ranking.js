/* Which places of the book answer a query. It takes the text of every place (search-places.js, which
   tools/search_index.py writes), makes an index of it, and ranks places by how often they say the rare words of the query,
   headings counting more (BM25). A word that stands nowhere is taken for one that contains it, or for one with a letter
   wrong; a word that the book does not use, for the one that it does. After Sphinx' stemmer and its list of stop words. */

"use strict";

{
  const TITLE = 8, HEADING = 5, ITS_PAGE = 1, KEYWORD = 4, PART = 0.5; // what a word counts there, if 1 in the text
  const SATURATION = 1.2, LENGTH = 0.6; // BM25's k1 and b
  const GUESSED = 0.6, SAID_OTHERWISE = 0.8; // what a word counts that stands for the one that was typed
  const CODE = /_|[a-z][A-Z]/; // what a name of the package has that is no word of a sentence
  const EXACT = 1.6, IN_TITLE = 1.4; // where the whole query is a place's name, or is in a page's title
  const PASTED = 6, MESSAGES = "chapters/errors", MEANT = 1.5; // from so many words on, the page of messages is meant
  const SHOWN = 15, FAINT = 0.25; // pages; the share of the best page's score that is not worth a line

  // A size in any spelling is one word: 6x6, 6×6, 6 by 6. So is what hyphens join: u-net, unet.
  const WORD = /(?<![\p{L}\p{N}_])\d+(?:\s*(?:[x×]|by)\s*\d+)+|[\p{L}\p{N}_]+(?:-[\p{L}\p{N}_]+)*/giu;
  const SIZE = /^\d+\D+\d/;

  const remembered = (make, made = new Map()) => (word) => {
    if (!made.has(word)) made.set(word, make(word));
    return made.get(word);
  };
  const stemmer = new Stemmer();
  const stems = new Map(); // of each word in the book or in a query, what all its forms share
  const stem = remembered((word) => stemmer.stemWord(word), stems);

  // The term that a word is looked up by, and those of its parts, if it has some.
  const termsOf = remembered((written) => {
    const word = written.toLowerCase();
    if (SIZE.test(word)) return [word.replace(/\D+/g, "x")];
    const whole = word.replace(/-/g, "");
    const parts = word === whole && !word.includes("_") ? [] : word.split(/[-_]+/);
    return [whole, ...parts].filter(isTelling).map(stem);
  });
  const isTelling = (word) => word.length > 1 && !/^\d+$/.test(word) && !stopwords.includes(word);
  const wordsOf = (text) =>
    [...text.matchAll(WORD)]
      .map(({ 0: written, index: at }) => ({ written, at, terms: termsOf(written) }))
      .filter(({ terms }) => terms.length);
  const nameOf = (text) => wordsOf(text).map(({ terms }) => terms[0]).sort().join(" ");

  // The index: of each term, how much each place says it.

  const index = new Map();
  const note = (place, term, worth) => {
    if (!index.has(term)) index.set(term, new Map());
    const said = index.get(term);
    said.set(place, (said.get(place) ?? 0) + worth);
  };
  const add = (place, text, worth) => {
    for (const { terms: [whole, ...parts] } of wordsOf(text)) {
      note(place, whole, worth);
      for (const part of parts) note(place, part, worth * PART);
      place.length += 1;
    }
  };
  const placeOf = (page, title, [anchor, heading, text, code, keywords, weight]) => {
    const place = { page, title, weight, anchor, heading, text, code, length: 0 };
    place.names = [heading, ...keywords].map(nameOf);
    add(place, heading, anchor ? HEADING : TITLE);
    if (anchor) add(place, title, ITS_PAGE);
    add(place, text, 1);
    add(place, code, 1);
    for (const keyword of keywords) add(place, keyword, KEYWORD);
    return place;
  };
  const places = PLACES.flatMap(([page, title, all]) => all.map((place) => placeOf(page, title, place)));
  const usual = places.reduce((sum, place) => sum + place.length, 0) / places.length;
  const synonyms = new Map(Object.entries(SYNONYMS).map(([said, meant]) => [nameOf(said), nameOf(meant).split(" ")]));

  // A query: words, each with the terms that may stand for it and their worth. All that were asked for should be there.

  const understood = (query) => {
    const typed = wordsOf(query);
    const pasted = typed.length >= PASTED;
    const wanted = new Map(); // of each term, the word as it was typed
    for (const { written, terms: [whole, ...parts] } of typed) {
      for (const term of index.has(whole) || !parts.length ? [whole] : parts) wanted.set(term, written);
    }
    const words = [];
    const unknown = [];
    for (const [term, written] of wanted) {
      const meant = pasted ? [] : (synonyms.get(term) ?? []);
      const terms = meant.length ? [[term, 1]].filter(() => index.has(term)) : standing(term, written, pasted);
      if (terms.length) words.push({ terms, asked: !meant.length });
      if (!meant.length && !index.has(term) && !terms.some(([other]) => other.includes(term))) unknown.push(written);
      for (const other of meant) words.push({ terms: [[other, SAID_OTHERWISE]], asked: true });
    }
    return { words, unknown, pasted, name: nameOf(query) };
  };

  const standing = (term, written, pasted) => {
    if (index.has(term)) return [[term, 1]];
    if (pasted || term.length < 4 || SIZE.test(term)) return [];
    const longer = [...index.keys()].filter((other) => other.includes(term));
    const near = () => [...stems].filter(([word, other]) => index.has(other) && areNear(word, written.toLowerCase()));
    const found = longer.length ? longer : new Set(near().map(([, other]) => other));
    return [...found].map((other) => [other, GUESSED]);
  };

  // Whether two words are the same but for a letter after the first: one more, one less, two exchanged, another.
  const areNear = (a, b) => {
    if (a[0] !== b[0] || Math.abs(a.length - b.length) > 1 || b.length < 5) return false;
    let same = 0;
    while (same < a.length && a[same] === b[same]) same += 1;
    const [x, y] = [a.slice(same), b.slice(same)];
    const other = b.length > 5 && x.slice(1) === y.slice(1);
    const exchanged = x[0] === y[1] && x[1] === y[0] && x.slice(2) === y.slice(2);
    return other || exchanged || x.slice(1) === y || x === y.slice(1);
  };

  // The ranking.

  const rarity = (term) => Math.log(1 + (places.length - index.get(term).size + 0.5) / (index.get(term).size + 0.5));
  const weight = (said, place) =>
    (said * (SATURATION + 1)) / (said + SATURATION * (1 - LENGTH + (LENGTH * place.length) / usual));

  const find = (query) => {
    const { words, unknown, pasted, name } = understood(query);
    const hits = new Map();
    let all = 0; // how much the whole query says
    for (const { terms, asked } of words) {
      const rare = Math.max(...terms.map(([term]) => rarity(term)));
      if (asked) all += rare;
      for (const [place, score] of bestOf(terms)) {
        const hit = hits.get(place) ?? { place, score: 0, share: 0 };
        hits.set(place, { place, score: hit.score + score, share: hit.share + (asked ? rare : 0) });
      }
    }
    const code = query.trim().replace(/\(.*/s, "");
    for (const hit of hits.values()) hit.score *= (hit.share / all) ** 2 * favour(hit.place, name, pasted, code);
    const terms = new Set(words.flatMap((word) => word.terms.map(([term]) => term)));
    return { pages: byPage([...hits.values()]), terms, unknown: pasted ? [] : unknown };
  };

  const bestOf = (terms) => {
    const best = new Map();
    for (const [term, worth] of terms) {
      for (const [place, said] of index.get(term)) {
        best.set(place, Math.max(best.get(place) ?? 0, worth * rarity(term) * weight(said, place)));
      }
    }
    return best;
  };

  const favour = (place, name, pasted, code) => {
    if (CODE.test(code) && place.anchor.startsWith("transpose_conv.") && place.anchor.endsWith(`.${code}`)) return EXACT;
    if (pasted) return place.page === MESSAGES ? MEANT : place.weight;
    if (place.names.includes(name)) return place.weight * EXACT;
    const title = place.anchor ? [] : place.names[0].split(" ");
    return place.weight * (name.split(" ").every((word) => title.includes(word)) ? IN_TITLE : 1);
  };

  // A page counts by its best place, and a little by its next ones.
  const byPage = (scored) => {
    const pages = new Map();
    for (const hit of scored.sort((a, b) => b.score - a.score)) {
      pages.set(hit.place.page, [...(pages.get(hit.place.page) ?? []), hit]);
    }
    const score = (hits) => hits.slice(0, 3).reduce((sum, hit, k) => sum + hit.score / 2 ** k, 0);
    const found = [...pages.values()].map((hits) => ({ hits, score: score(hits) })).sort((a, b) => b.score - a.score);
    return found.filter((page) => page.score > FAINT * found[0].score).slice(0, SHOWN);
  };

  globalThis.bookSearch = { find, wordsOf };
}
