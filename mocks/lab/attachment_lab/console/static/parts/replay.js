// Plays a chat's journey again: the controls, and the clock that runs while it plays.

import { GAP_S, momentAt, pictureAt, shareOf } from "../logic/journey.js";
import { waitTime } from "../logic/text.js";
import { getJson } from "../shared/calls.js";
import { byId, make, reducedMotion, setText } from "../shared/dom.js";

// More often than this makes no visible difference, and two hundred rows are drawn each time.
const FRAME_MS = 45;
// At this speed the tokens jump.
const NO_GLIDE = 16;
const STEPS = 400;
const exact = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 1,
});

export class Replay {
  // `draw` is given each picture and the speed; `left` is called when the page goes back to live.
  constructor({ draw, left }) {
    Object.assign(this, { draw, left, data: null, at: 0, playing: false, drawnAt: 0, guid: null });
    byId("replay-play").addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    byId("to-live").addEventListener("click", () => this.leave());
    byId("scrub").addEventListener("input", () => this.seek(Number(byId("scrub").value)));
  }

  get on() {
    return this.data !== null;
  }

  get speed() {
    return Number(byId("speed").value);
  }

  get lengthS() {
    return this.data.journey.length_s;
  }

  // The chat that a replay would be of; another one ends the running replay.
  follow(guid) {
    if (guid === this.guid) return;
    if (this.on) this.leave();
    this.guid = guid;
    byId("replay").hidden = !guid;
  }

  async load() {
    if (this.on) return;
    this.data = await getJson(`api/journey?chat=${encodeURIComponent(this.guid)}`);
    const scrub = byId("scrub");
    scrub.max = this.lengthS;
    scrub.step = Math.max(0.01, this.lengthS / STEPS);
    byId("gaps").replaceChildren(...this.data.journey.gaps.map((gap) => gapMark(gap, this.lengthS)));
    byId("to-live").hidden = false;
    document.body.dataset.replay = "true";
  }

  async play() {
    await this.load();
    if (this.at >= this.lengthS - 0.01) this.at = 0;
    this.playing = true;
    this.drawControls();
    let before = performance.now();
    const step = (now) => {
      if (!this.playing) return;
      this.at = Math.min(this.lengthS, this.at + ((now - before) / 1000) * this.speed);
      before = now;
      if (now - this.drawnAt > FRAME_MS || this.at >= this.lengthS) this.show(now);
      if (this.at >= this.lengthS) this.pause();
      else requestAnimationFrame(step);
    };
    this.show(before);
    requestAnimationFrame(step);
  }

  pause() {
    this.playing = false;
    this.drawControls();
  }

  async seek(value) {
    const scrub = byId("scrub");
    const share = shareOf(value, Number(scrub.step), Number(scrub.max));
    await this.load();
    this.at = share * this.lengthS;
    this.show(performance.now());
  }

  show(now) {
    this.drawnAt = now;
    this.draw(pictureAt(this.data, this.at), this.playing && !reducedMotion.matches ? this.speed : NO_GLIDE);
    this.drawControls();
  }

  leave() {
    this.playing = false;
    this.data = null;
    this.at = 0;
    byId("gaps").replaceChildren();
    byId("to-live").hidden = true;
    delete document.body.dataset.replay;
    this.drawControls();
    this.left();
  }

  drawControls() {
    const button = byId("replay-play");
    button.setAttribute("aria-pressed", String(this.playing));
    button.querySelector("use").setAttribute("href", this.playing ? "#i-pause" : "#i-play");
    setText(button.querySelector("span"), this.playing ? "Pause" : this.on ? "Play" : "Replay");
    const scrub = byId("scrub");
    if (!this.on) {
      scrub.value = scrub.max;
      setText(byId("moment"), "");
      scrub.setAttribute("aria-valuetext", "now");
      return;
    }
    scrub.value = this.at;
    const { words, clockMs, note } = momentAt(this.data.journey, this.at);
    const time = exact.format(new Date(clockMs));
    setText(byId("moment"), [time, words, note].filter(Boolean).join(" · "));
    scrub.setAttribute("aria-valuetext", `${words}, ${time}`);
  }
}

function gapMark({ at_s: at, skipped_s: skipped }, lengthS) {
  const mark = make("i");
  mark.style.left = `${(100 * at) / lengthS}%`;
  mark.style.width = `${(100 * Math.min(GAP_S, lengthS - at)) / lengthS}%`;
  mark.title = `${waitTime(skipped)} left out`;
  return mark;
}
