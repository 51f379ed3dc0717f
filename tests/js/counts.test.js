import assert from "node:assert/strict";
import { test } from "node:test";

import { totals } from "../../classrooms/static/classrooms/counts.js";

const WORDS = {
  marks: { present: "出席", absent: "欠課", late: "遅刻", remote: "遠隔参加", official: "公欠" },
  attended: ["present", "late", "remote"],
  always: "absent",
  counted: "%(mark)s %(n)d",
  of: "%(attended)s（%(parts)s を含む）",
  comma: "・",
  semicolon: "　",
};

test("absences are always named, and who came late or remotely is among those present", () => {
  assert.deepEqual(totals(["present", "late", "present", "remote", "absent"], WORDS), {
    whole: "出席 4（遅刻 1・遠隔参加 1 を含む）　欠課 1",
    short: "出席 4　欠課 1",
  });
});

test("nobody is absent, and somebody is away for the school", () => {
  assert.deepEqual(totals(["present", "official"], WORDS), {
    whole: "出席 1　欠課 0　公欠 1",
    short: "出席 1　欠課 0　公欠 1",
  });
});
