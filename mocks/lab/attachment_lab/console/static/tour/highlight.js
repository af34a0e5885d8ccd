// The frame of light around what a step is about. A page builds itself from its stream: the element may come later, be
// hidden, or not be there at all.

import { byId, reducedMotion } from "../shared/dom.js";
import { reveal } from "../shared/reveal.js";

const SETTLING_MS = 4000;
const PADDING_PX = 8;
const frame = byId("tour-light");

class Highlight {
  #begunAt = 0;
  #hasScrolled = false;
  #isTouched = false; // a person has scrolled: nothing scrolls by itself any more

  constructor() {
    for (const name of ["wheel", "touchmove", "pointerdown"]) {
      addEventListener(name, () => this.#touch(), { passive: true });
    }
  }

  begin() {
    this.#begunAt = performance.now();
    this.#hasScrolled = false;
    this.#isTouched = false;
  }

  hide() {
    frame.hidden = true;
  }

  // Frames the element of that name; whether it is there.
  draw(name) {
    const anchor = find(name);
    frame.hidden = !anchor;
    if (!anchor) return false;
    this.#scrollTo(anchor);
    const { left, top, width, height } = anchor.getBoundingClientRect();
    frame.style.left = `${left + scrollX - PADDING_PX}px`;
    frame.style.top = `${top + scrollY - PADDING_PX}px`;
    frame.style.width = `${width + 2 * PADDING_PX}px`;
    frame.style.height = `${height + 2 * PADDING_PX}px`;
    return true;
  }

  #touch() {
    this.#isTouched = true;
  }

  // A page that is still being built pushes its lower parts down: follow, until the person scrolls.
  #scrollTo(anchor) {
    const isSettling = !this.#isTouched && performance.now() - this.#begunAt < SETTLING_MS;
    const hasDrifted = isSettling && anchor.getBoundingClientRect().top > innerHeight / 3;
    if (this.#hasScrolled && !hasDrifted) return;
    this.#hasScrolled = true;
    reveal(anchor, { block: "start", behavior: reducedMotion.matches ? "instant" : "smooth" });
  }
}

function find(name) {
  const found = name ? document.querySelector(`[data-tour="${CSS.escape(name)}"]`) : null;
  return found?.getClientRects().length ? found : null;
}

export const highlight = new Highlight();
