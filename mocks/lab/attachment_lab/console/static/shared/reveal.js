// Brings an element into view and leaves the keyboard where it is.
// Element.scrollIntoView() moves the place that the Tab key goes on from (the sequential focus navigation starting
// point) in some browsers: in Chromium 150 it does, in 156 not. Scrolling a container moves it in none.

const SCROLLS = /auto|scroll/;

// What scrolls around the element, from the inside out. The last one is the page.
function containers(element) {
  const found = [];
  for (let box = element.parentElement; box && box !== document.body; box = box.parentElement) {
    const { overflowX, overflowY } = getComputedStyle(box);
    if (SCROLLS.test(`${overflowX} ${overflowY}`)) found.push(box);
  }
  return [...found, document.scrollingElement];
}

// How far to scroll for one axis; `from` and `to` are the element's edges, `start` and `end` those of the visible part.
function distance(where, from, to, start, end) {
  if (where === "start") return from - start;
  if (where === "center") return (from + to - start - end) / 2;
  const [first, last] = [from - start, to - end];
  if (first * last <= 0) return 0; // all of it is seen, or nothing else is
  return Math.abs(first) < Math.abs(last) ? first : last;
}

const within = (wanted, at, most) => Math.min(Math.max(wanted, -at), Math.max(0, most) - at);

function view(box) {
  if (box === document.scrollingElement) return { left: 0, top: 0 };
  const { left, top } = box.getBoundingClientRect();
  return { left: left + box.clientLeft, top: top + box.clientTop };
}

// `block` and `inline` as for scrollIntoView: "start", "center" or "nearest". The element's scroll-margin-top is kept
// free.
export function reveal(element, { block = "nearest", inline = "nearest", behavior = "instant" } = {}) {
  const margin = parseFloat(getComputedStyle(element).scrollMarginTop) || 0;
  let { left, right, top, bottom } = element.getBoundingClientRect();
  top -= margin;
  for (const box of containers(element)) {
    const seen = view(box);
    const across = within(
      distance(inline, left, right, seen.left, seen.left + box.clientWidth),
      box.scrollLeft,
      box.scrollWidth - box.clientWidth,
    );
    const down = within(
      distance(block, top, bottom, seen.top, seen.top + box.clientHeight),
      box.scrollTop,
      box.scrollHeight - box.clientHeight,
    );
    if (across || down) box.scrollBy({ left: across, top: down, behavior });
    [left, right, top, bottom] = [left - across, right - across, top - down, bottom - down];
  }
}
