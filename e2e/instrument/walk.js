// The page's half of a walk with the Tab key; leaves window.__walk. Elements are known by number.
(() => {
  const numbers = new Map();
  const elements = [];
  const CANDIDATES = "a[href], button, input, select, textarea, summary, iframe, [tabindex], [contenteditable]";
  const POINTS = [
    [0.5, 0.5],
    [0.1, 0.5],
    [0.9, 0.5],
    [0.5, 0.15],
    [0.5, 0.85],
    [0.1, 0.15],
    [0.9, 0.85],
  ];

  function number(element) {
    if (!numbers.has(element)) numbers.set(element, elements.push(element) - 1);
    return numbers.get(element);
  }

  function name(element) {
    // biome-ignore lint/performance/useDomNodeTextContent: what a person sees, without hidden text
    const words = element.getAttribute("aria-label") || element.labels?.[0]?.innerText || element.innerText;
    const label = (words || element.title || element.id || "?").trim().replace(/\s+/g, " ");
    return `${element.localName} “${label.slice(0, 60)}”`;
  }

  const shown = (element) => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });

  function isStop(element) {
    if (element.tabIndex < 0 || element.disabled || element.type === "hidden") return false;
    if (!shown(element) || element.closest("[inert]")) return false;
    if (element.type !== "radio" || element.checked) return true;
    return !document.querySelector(`input[name="${CSS.escape(element.name)}"]:checked`);
  }

  // A field that is drawn by its label alone is where its label is.
  function face(element) {
    const { width, height } = element.getBoundingClientRect();
    return width * height < 9 && element.labels?.length ? element.labels[0] : element;
  }

  // Nothing of it can be seen: WCAG 2.4.11.
  function isCovered(element) {
    const box = element.getBoundingClientRect();
    return !POINTS.some(([x, y]) => {
      const hit = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
      const isPage = hit === document.body || hit === document.documentElement;
      return hit && (element.contains(hit) || (hit.contains(element) && !isPage));
    });
  }

  // An outline shows where one is: WCAG 2.4.7.
  function isMarked(element) {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  }

  window.__walk = {
    wanted: () => [...document.querySelectorAll(CANDIDATES)].filter(isStop).map((each) => [number(each), name(each)]),
    isGone: (one) => !elements[one].isConnected || !isStop(elements[one]),
    reached() {
      const element = document.activeElement;
      if (!element || element === document.body || element === document.documentElement) return null;
      const around = [element, face(element), element.parentElement, element.closest("label")];
      const marked = around.some((each) => each && isMarked(each));
      return { number: number(element), name: name(element), covered: isCovered(face(element)), marked };
    },
  };
})();
