import { fill } from "./dom.js";

/**
 * @import { Member } from "./call.js"
 * @import { PeerFacts } from "./protocol.js"
 * @typedef {{language: "ja" | "en", words: Record<string, string>}} Reader
 * @typedef {Pick<PeerFacts, "name" | "org" | "school" | "role">} Named
 */

/** A level above this is a voice; a quiet classroom stays well below. */
export const VOICE = 0.02;

/**
 * How somebody is called in the room: a school by its short name, whoever leads by theirs.
 * @param {Named} who
 * @param {Reader} reader
 */
export function called(who, { language, words }) {
  if (who.school) return who.org[language];
  const name = who.name[language];
  if (who.role !== "host" || words.leader === "{name}") return name;
  return fill(words.leader, { name: name.split(/[ 　]/)[0] });
}

/**
 * With the organisation beside it, for the list of who is here.
 * @param {Named} who
 * @param {Reader} reader
 */
export function introduced(who, reader) {
  const { language } = reader;
  return who.school
    ? `${who.org[language]} ${who.name[language].replace(who.org[language], "").trim()}`
    : called(who, reader);
}

/**
 * What is the matter with one member, in words; "" when there is nothing to say.
 * @param {Member} member
 * @param {Reader} reader
 * @returns {{state: "broken" | "speaking" | "plain", text: string}}
 */
export function condition(member, { words }) {
  const since = member.brokenSince || member.awaySince;
  if (since) {
    const n = Math.max(1, Math.round((Date.now() - since) / 1000));
    return { state: "broken", text: fill(words.reconnecting, { n }) };
  }
  if (member.peer === null) return { state: "plain", text: words.here };
  if (member.measure === null || !member.peer.isConnected) return { state: "plain", text: words.connecting };
  const parts = [words[member.measure.rung]];
  const isSpeaking = member.facts.audio && member.measure.level > VOICE;
  if (isSpeaking) parts.unshift(words.speaking);
  else if (!member.facts.audio && member.measure.rung !== "listening") parts.unshift(words.muted);
  return { state: isSpeaking ? "speaking" : "plain", text: parts.join("・") };
}
