import { fill } from "./dom.js";

/**
 * @import { Member } from "./call.js"
 * @import { Rung } from "./measures.js"
 * @import { PeerFacts } from "./protocol.js"
 * @typedef {{language: "ja" | "en", words: Record<string, string>,
 *   school: string}} Reader `school`: the Japanese name of the reader's own school, or "".
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
 * As `called`, and told apart from others of the same school, the reader among them.
 * @param {PeerFacts} who
 * @param {PeerFacts[]} others
 * @param {Reader} reader
 */
export function calledAmong(who, others, reader) {
  const isOneOfMany =
    who.org.ja === reader.school ||
    others.some(({ id, school, org }) => id !== who.id && school && org.ja === who.org.ja);
  return who.school && isOneOfMany ? introduced(who, reader) : called(who, reader);
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
 * @returns {{state: "broken" | "speaking" | "plain", text: string}}
 */
export function condition(member, { language, words }) {
  const since = member.brokenSince || member.awaySince;
  if (since) {
    const n = Math.max(1, Math.round((Date.now() - since) / 1000));
    return { state: "broken", text: fill(words.reconnecting, { n }) };
  }
  if (member.peer === null) return { state: "plain", text: words.here };
  if (member.measure === null || !member.peer.isConnected) return { state: "plain", text: words.connecting };
  const isSpeaking = member.facts.audio && member.measure.level > VOICE;
  const parts = [isSpeaking ? words.speaking : "", ...picture(member.measure.rung, member.facts, words)];
  const text = parts.filter(Boolean).join(language === "ja" ? "・" : ", ");
  return { state: isSpeaking ? "speaking" : "plain", text };
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
