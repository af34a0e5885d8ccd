// Runs before a page's own scripts; leaves window.__focusStart: the calls that may move the place that Tab starts from.
// Whether scrollIntoView() moves it depends on the browser's version; here every call counts.
(() => {
  const moves = [];
  const name = (element) => `${element.localName}${element.id ? `#${element.id}` : ""}`;
  for (const [kind, call] of [
    [Element, "scrollIntoView"],
    [Element, "scrollIntoViewIfNeeded"],
    [HTMLElement, "focus"],
  ]) {
    const real = kind.prototype[call];
    if (!real) continue;
    kind.prototype[call] = function (...given) {
      moves.push(`${name(this)}.${call}()`);
      return real.apply(this, given);
    };
  }

  window.__focusStart = {
    moves,
    focused() {
      const element = document.activeElement;
      const label = element.labels?.[0]?.querySelector("span");
      return (label ?? element).textContent.trim();
    },
  };
})();
