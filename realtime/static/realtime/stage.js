/** @import { Member } from "./call.js" */

import { VOICE } from "./names.js";

/**
 * Whose picture is large: whom somebody chose, else who leads, else who speaks, else as it was.
 * Whoever is away gives way to anybody who is present.
 * @param {Member[]} partners
 * @param {{pinned: string, shown: string}} ids
 * @returns {string} an id, or "" when there is nobody
 */
export function onStage(partners, { pinned, shown }) {
  const present = partners.filter(({ awaySince }) => awaySince === 0);
  const eligible = present.length > 0 ? present : partners;
  const ids = eligible.map(({ facts }) => facts.id);
  if (ids.includes(pinned)) return pinned;
  const leader = eligible.find(({ facts }) => facts.role === "host");
  if (leader) return leader.facts.id;
  const speaker = eligible.find(({ facts, measure }) => facts.audio && (measure?.level ?? 0) > VOICE);
  if (speaker) return speaker.facts.id;
  return ids.includes(shown) ? shown : (ids[0] ?? "");
}
