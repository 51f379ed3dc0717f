import assert from "node:assert/strict";
import { test } from "node:test";

import { foldKana } from "../../classrooms/static/classrooms/kana.js";

for (const [typed, folded] of [
  ["リシリ", "りしり"],
  ["りしり", "りしり"],
  ["ﾘｼﾘ", "りしり"],
  [" 利尻 ", "利尻"],
  ["Rishiri", "rishiri"],
  ["ＲＥＢＵＮ", "rebun"],
]) {
  test(`${typed} is looked for as ${folded}`, () => {
    assert.equal(foldKana(typed), folded);
  });
}
