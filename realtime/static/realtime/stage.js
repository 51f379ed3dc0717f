/**
 * @import { Member } from "./member.js"
 * @typedef {{id: string, source: "video" | "screen"}} Shown
 */

import { VOICE } from "./names.js";

/**
 * Whose picture is large: whom somebody chose, else a shared screen, else who has the floor, else
 * who leads, else who speaks, else as it was. Whoever is away gives way to anybody who is present, and
 * whoever looks on is large only when chosen or given the floor.
 * @param {Member[]} partners
 * @param {{pinned: Shown | null, shown: string, floor?: string | null}} facts
 * @returns {Shown} with the id "" when there is nobody
 */
export function onStage(partners, { pinned, shown, floor = null }) {
  const shownAtAll = partners.filter(
    ({ facts: { id, observer } }) => !observer || id === floor || id === pinned?.id,
  );
  const present = shownAtAll.filter(({ awaySince }) => awaySince === 0);
  const eligible = present.length > 0 ? present : shownAtAll;
  const here = (/** @type {string | null | undefined} */ id) => eligible.find(({ facts }) => facts.id === id);
  const chosen = here(pinned?.id);
  if (pinned && chosen) return { id: pinned.id, source: chosen.facts.screen ? pinned.source : "video" };
  const sharing = eligible.find(({ facts, tracks }) => facts.screen && tracks.screen);
  if (sharing) return { id: sharing.facts.id, source: "screen" };
  const hasPicture = (/** @type {Member | undefined} */ one) =>
    one?.duty !== "send" && one?.facts.video ? one : undefined;
  const leader = eligible.find(({ facts }) => facts.role === "host");
  const speaker = eligible.find(({ facts, measure }) => facts.audio && (measure?.level ?? 0) > VOICE);
  const found = hasPicture(here(floor)) ?? leader ?? speaker ?? here(shown) ?? eligible[0];
  return { id: found?.facts.id ?? "", source: "video" };
}
