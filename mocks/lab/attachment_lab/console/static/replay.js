// Plays a chat's journey again: the server gives each file's stops and each station's beats, this asks "what at t?".

import { byId, calm, getJson, make, setText } from "./base.js";

// More often than this nobody sees a difference, and two hundred rows are drawn each time.
const FRAME_MS = 45;
const GAP_S = 2.5;
const exact = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 1,
});

export function lastBefore(list, at) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].at_s <= at) low = middle + 1;
    else high = middle;
  }
  return list[low - 1];
}

// The picture as it was at that moment of the replay; from the end on, the present one.
export function pictureAt({ picture, journey }, at) {
  if (at >= journey.length_s - 0.001) return picture;
  const beat = lastBefore(journey.sentence, at);
  const share = at / journey.length_s;
  return {
    ...picture,
    tone: beat.tone,
    sentence: beat.headline,
    stations: journey.stations.map((beats) => ({ remedy: "", ...lastBefore(beats, at) })),
    files: picture.files.map((file) => {
      const stop = lastBefore(journey.files[file.id], at);
      if (!stop)
        return {
          ...file,
          station: 0,
          tone: "idle",
          chip: "Not sent yet",
          isUnsent: true,
          reason: "",
          remedy: "",
          object_id: "",
          c4c_sha256: "",
          hops: [],
        };
      const arrived = stop.chip === "Stored";
      return {
        ...file,
        station: stop.station,
        tone: stop.tone,
        chip: stop.chip,
        reason: stop.note,
        remedy: "",
        object_id: arrived ? file.object_id : "",
        c4c_sha256: arrived ? file.c4c_sha256 : "",
        hops: file.hops.filter((hop) => hop.start <= share),
      };
    }),
    violations: [],
    is_proven: false,
    can_retry: false,
  };
}

function waited(seconds) {
  return seconds < 60 ? `${seconds.toFixed(0)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export class Replay {
  // `draw` is given each picture and the speed; `left` is called when the page goes back to live.
  constructor({ draw, left }) {
    Object.assign(this, { draw, left, way: null, at: 0, playing: false, drawnAt: 0, guid: null });
    byId("replay-play").addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    byId("to-live").addEventListener("click", () => this.leave());
    byId("scrub").addEventListener("input", () => this.seek(Number(byId("scrub").value)));
  }

  get on() {
    return this.way !== null;
  }

  get speed() {
    return Number(byId("speed").value);
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
    this.way = await getJson(`api/journey?chat=${encodeURIComponent(this.guid)}`);
    const { journey } = this.way;
    const scrub = byId("scrub");
    scrub.max = journey.length_s;
    scrub.step = Math.max(0.01, journey.length_s / 400);
    byId("gaps").replaceChildren(
      ...journey.gaps.map(({ at_s: at, skipped_s: skipped }) => {
        const mark = make("i");
        mark.style.left = `${(100 * at) / journey.length_s}%`;
        mark.style.width = `${(100 * Math.min(GAP_S, journey.length_s - at)) / journey.length_s}%`;
        mark.title = `${waited(skipped)} left out`;
        return mark;
      }),
    );
    byId("to-live").hidden = false;
    document.body.dataset.replay = "true";
  }

  async play() {
    await this.load();
    if (this.at >= this.way.journey.length_s - 0.01) this.at = 0;
    this.playing = true;
    this.tell();
    let before = performance.now();
    const step = (now) => {
      if (!this.playing) return;
      this.at = Math.min(this.way.journey.length_s, this.at + ((now - before) / 1000) * this.speed);
      before = now;
      if (now - this.drawnAt > FRAME_MS || this.at >= this.way.journey.length_s) this.show(now);
      if (this.at >= this.way.journey.length_s) this.pause();
      else requestAnimationFrame(step);
    };
    this.show(before);
    requestAnimationFrame(step);
  }

  pause() {
    this.playing = false;
    this.tell();
  }

  async seek(share) {
    const scrub = byId("scrub");
    // The slider's last step need not be its end, for its length is no multiple of a step.
    const fraction = share > Number(scrub.max) - Number(scrub.step) ? 1 : share / Number(scrub.max);
    await this.load();
    this.at = fraction * this.way.journey.length_s;
    this.show(performance.now());
  }

  show(now) {
    this.drawnAt = now;
    this.draw(pictureAt(this.way, this.at), this.playing && !calm.matches ? this.speed : 16);
    this.tell();
  }

  leave() {
    this.playing = false;
    this.way = null;
    this.at = 0;
    byId("gaps").replaceChildren();
    byId("to-live").hidden = true;
    delete document.body.dataset.replay;
    this.tell();
    this.left();
  }

  tell() {
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
    const { journey } = this.way;
    scrub.value = this.at;
    const skipped = journey.gaps.filter((gap) => gap.at_s < this.at);
    const left = skipped.reduce(
      (sum, gap) => sum + Math.min(gap.skipped_s, (gap.skipped_s * (this.at - gap.at_s)) / GAP_S),
      0,
    );
    const inGap = skipped.find((gap) => this.at - gap.at_s < GAP_S);
    const words = `${this.at.toFixed(1)} of ${journey.length_s.toFixed(1)} s`;
    const clock = exact.format(new Date((journey.begun + this.at + left) * 1000));
    setText(byId("moment"), `${clock} · ${words}${inGap ? ` · ${waited(inGap.skipped_s)} left out` : ""}`);
    scrub.setAttribute("aria-valuetext", `${words}, ${clock}`);
  }
}
