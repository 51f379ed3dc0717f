// Readings as the server compares them: widths unified, small letters, katakana as hiragana.

/**
 * @param {string} text
 * @returns {string}
 */
export function foldKana(text) {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .trim()
    .replace(/[ァ-ヶ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60));
}
