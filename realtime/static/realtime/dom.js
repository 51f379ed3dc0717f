/**
 * Small hands for the room's page. Text from others enters by `textContent` alone.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {{class?: string, text?: string}} [facts]
 * @param {...Node} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, facts = {}, ...children) {
  const element = document.createElement(tag);
  if (facts.class) element.className = facts.class;
  if (facts.text !== undefined) element.textContent = facts.text;
  element.append(...children);
  return element;
}

/**
 * The element of the page with this id, which the template promises.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return element;
}

/**
 * Escape closes what is open, from within it and from its button. One press closes one thing, and
 * none while kana are being converted.
 * @param {HTMLElement[]} places
 * @param {{isOpen: () => boolean, close: () => void}} what
 */
export function closeOnEscape(places, { isOpen, close }) {
  for (const place of places) {
    place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || !isOpen()) return;
      event.stopPropagation();
      close();
    });
  }
}

/**
 * Writes only what differs, so that nothing is announced twice and no selection is lost.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Fills the {places} of a sentence.
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
export const fill = (sentence, values) =>
  sentence.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));

/** A drawn icon from the service's sprite. */
export class Icons {
  /** @param {string} sprite */
  constructor(sprite) {
    this.sprite = sprite;
  }

  /** @param {string} name */
  make(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "ico");
    svg.setAttribute("aria-hidden", "true");
    svg.append(document.createElementNS("http://www.w3.org/2000/svg", "use"));
    this.set(svg, name);
    return svg;
  }

  /**
   * @param {Element | null} svg
   * @param {string} name
   */
  set(svg, name) {
    const use = svg?.querySelector("use");
    const address = `${this.sprite}#${name}`;
    if (use && use.getAttribute("href") !== address) use.setAttribute("href", address);
  }
}

/**
 * Shows a track in a media element; the same track again changes nothing.
 * @param {HTMLMediaElement} element
 * @param {MediaStreamTrack | null} track
 */
export function show(element, track) {
  const shown = element.srcObject instanceof MediaStream ? (element.srcObject.getTracks()[0] ?? null) : null;
  if (shown === track) return false;
  element.srcObject = track ? new MediaStream([track]) : null;
  return track !== null;
}
