/**
 * A register's counts, said from its rows in the server's own words (`register_words.counting_words`).
 *
 * Knows nothing of the page.
 */

/**
 * @typedef {{marks: Record<string, string>, attended: string[], always: string, counted: string,
 *   of: string, comma: string, semicolon: string}} Words Patterns with %(name)s; `marks` in the order of saying.
 */

/**
 * 「出席 4（遅刻 1 を含む）　欠課 1」, and without the part in brackets for a phone's bar.
 * @param {string[]} marks One a pupil. @param {Words} words
 * @returns {{whole: string, short: string}}
 */
export function totals(marks, words) {
  const count = (/** @type {string} */ mark) => marks.filter((each) => each === mark).length;
  const counted = (/** @type {string} */ mark, n = count(mark)) =>
    filled(words.counted, { mark: words.marks[mark] ?? mark, n });
  const [present = "", ...kinds] = words.attended;
  const attended = counted(present, marks.filter((mark) => words.attended.includes(mark)).length);
  const parts = kinds.filter((mark) => count(mark) > 0).map((mark) => counted(mark));
  const others = Object.keys(words.marks)
    .filter((mark) => !words.attended.includes(mark) && (count(mark) > 0 || mark === words.always))
    .map((mark) => counted(mark));
  const of = parts.length > 0 ? filled(words.of, { attended, parts: parts.join(words.comma) }) : attended;
  return {
    whole: [of, ...others].join(words.semicolon),
    short: [attended, ...others].join(words.semicolon),
  };
}

/** @param {string} pattern @param {Record<string, string | number>} facts */
function filled(pattern, facts) {
  return pattern.replace(/%\((\w+)\)[sd]/g, (whole, name) => String(facts[name] ?? whole));
}
