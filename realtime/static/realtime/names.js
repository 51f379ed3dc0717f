import { fill } from "./dom.js";

/**
 * @import { Member } from "./member.js"
 * @import { Rung } from "./measures.js"
 * @import { PeerFacts } from "./protocol.js"
 * @typedef {{language: "ja" | "en", words: Record<string, string>,
 *   school: string}} Reader `school`: the Japanese name of the reader's own school, or "".
 * @typedef {Pick<PeerFacts, "name" | "org" | "school" | "observer" | "role">} Named
 */

/** A level above this is a voice; a quiet classroom stays well below. */
export const VOICE = 0.02;
/** A reload and most lost lines are back by then; who is not has gone. */
const GONE_AFTER_MS = 10_000;

/**
 * How somebody is called in the room: a school by its short name, whoever leads by theirs, and whoever
 * only looks on as one who does.
 * @param {Named} who
 * @param {Reader} reader
 */
export function called(who, { language, words }) {
  if (who.school) return who.org[language];
  const name = who.name[language];
  if (who.observer) return fill(words.observer, { name, org: who.org[language] });
  if (who.role !== "host" || words.leader === "{name}") return name;
  return fill(words.leader, { name: name.split(/[ 　]/)[0] });
}

/**
 * As `called`, and told apart from others of the same school, the reader among them, and from another
 * page of the same account.
 * @param {PeerFacts} who
 * @param {PeerFacts[]} others
 * @param {Reader} reader
 */
export function calledAmong(who, others, reader) {
  const isOneOfMany =
    who.org.ja === reader.school ||
    others.some(({ id, school, org }) => id !== who.id && school && org.ja === who.org.ja);
  const name = who.school && isOneOfMany ? introduced(who, reader) : called(who, reader);
  return name + numbered(who, others, reader);
}

/**
 * @param {PeerFacts} who
 * @param {PeerFacts[]} others
 * @param {Reader} reader
 */
function numbered(who, others, { words }) {
  const isSame = (/** @type {PeerFacts} */ other) =>
    other.name.ja === who.name.ja && other.org.ja === who.org.ja;
  const pages = [...new Set([who.id, ...others.filter(isSame).map(({ id }) => id)])].sort();
  return pages.length > 1 ? fill(words.page_number, { n: pages.indexOf(who.id) + 1 }) : "";
}

/**
 * With the organisation beside it, for the list of who is here.
 * @param {Named} who
 * @param {Reader} reader
 */
export function introduced(who, reader) {
  const { language } = reader;
  if (!who.school) return called(who, reader);
  // A device's name begins with its school's; one without an English name has the Japanese one.
  const own = who.name[language].replace(who.org[language], "").replace(who.org.ja, "").trim();
  return `${who.org[language]} ${own}`;
}

/**
 * What is the matter with one member, in words; "" when there is nothing to say.
 * @param {Member} member
 * @param {Reader} reader
 * @param {{hasFloor?: boolean}} [more]
 * @returns {{state: "broken" | "gone" | "speaking" | "plain", text: string}}
 */
export function condition(member, { language, words }, { hasFloor = false } = {}) {
  const since = member.brokenSince || member.awaySince;
  if (since) {
    const passed = Date.now() - since;
    const isGone = member.awaySince > 0 && passed > GONE_AFTER_MS && !member.peer?.isConnected;
    const n = Math.max(1, Math.round(passed / 1000));
    if (isGone) return { state: "gone", text: fill(words.gone, { n }) };
    return { state: "broken", text: fill(words.reconnecting, { n }) };
  }
  const floor = hasFloor ? words.has_floor : "";
  if (member.peer === null || member.duty === "send") {
    return { state: hasFloor ? "speaking" : "plain", text: floor || words.here };
  }
  if (member.measure === null || !member.peer.isConnected) return { state: "plain", text: words.connecting };
  const isSpeaking = member.facts.audio && member.measure.level > VOICE;
  const parts = [
    floor || (isSpeaking ? words.speaking : ""),
    ...picture(member.measure.rung, member.facts, words),
  ];
  const text = parts.filter(Boolean).join(language === "ja" ? "・" : ", ");
  return { state: isSpeaking || hasFloor ? "speaking" : "plain", text };
}

/**
 * What comes from a member, in words. A microphone that is off still sends silence, so what is
 * measured as voice is none.
 * @param {Rung} rung
 * @param {{audio: boolean, video: boolean}} sends
 * @param {Record<string, string>} words
 */
function picture(rung, { audio, video }, words) {
  if (audio) return [words[rung]];
  if (!video || rung === "listening") return [words.listening];
  if (rung === "still") return [words.muted, words.still_silent];
  return rung === "voice" ? [words.muted] : [words.muted, words[rung]];
}
