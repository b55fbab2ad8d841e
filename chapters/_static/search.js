/* Find a pasted error message. The search of Sphinx wants every word of a query on one page, and a pasted message has
   words that stand on none: file names, names of layers. If such a long query finds nothing, take the pages that have
   the most of its words, a rare one counting more. And whoever pastes a long line looks for the page of messages: if it
   is among the results, it comes first. Loaded by the search page alone, after Sphinx's own script. */

const everyWord = Search.performTermsSearch;
const LONG = 6; // words
const MESSAGES = "chapters/errors";
const SCORE = 4; // the place of the score in a result, whose first entry is the page's name

Search.performTermsSearch = (words, excluded) => {
  let found = everyWord(words, excluded);
  if (words.size < LONG) return found;
  if (found.length === 0) found = mostWords(words, excluded);
  const best = Math.max(...found.map((result) => result[SCORE]));
  return found.map((result) => (result[0] === MESSAGES ? result.with(SCORE, best + 1) : result));
};

const mostWords = (words, excluded) => {
  const weights = new Map(); // of a page: its result, and the weights of its words together
  const all = Search._index.docnames.length;
  for (const word of words) {
    const results = everyWord(new Set([word]), excluded);
    for (const result of results) {
      const before = weights.get(result[0])?.[SCORE] ?? 0;
      weights.set(result[0], result.with(SCORE, before + Math.log((1 + all) / results.length)));
    }
  }
  const found = [...weights.values()];
  const most = Math.max(...found.map((result) => result[SCORE]));
  return found.filter((result) => result[SCORE] > most / 2);
};
