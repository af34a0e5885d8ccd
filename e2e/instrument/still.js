// Brings a page to rest for its picture, and levels what no two runs share. Leaves window.__still.
(() => {
  const QUIET_MS = 750;
  // Each figure keeps its shape, and with tabular digits its width, so that nothing moves.
  const LEVEL = [
    [/\b\d\d:\d\d(:\d\d)?(\.\d+)?\b/g, (found) => "10:20:30.456".slice(0, found.length)],
    [/\b\d{1,2} [A-Z][a-z]{2,8} 20\d\d\b/g, () => "28 Nov 2026"],
    [/\b20\d\d-\d\d-\d\d\b/g, () => "2026-11-28"],
    [/\b[0-9a-fA-F]{8,64}\b/g, (found) => "0".repeat(found.length)],
    [/\b\d+(\.\d+)? (ms|s|min)\b/g, () => "100 ms"],
    [/\b(\d+) (B|KiB)\b/g, () => "500 B"],
    [/127\.0\.0\.1:\d+/g, () => "127.0.0.1:8100"],
    [/\b\d+ (exchanges|assumptions|events)\b/g, (_, what) => `30 ${what}`],
  ];

  function levelled(text) {
    return LEVEL.reduce((done, [pattern, as]) => done.replace(pattern, as), text);
  }

  function levelText(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const fresh = levelled(walker.currentNode.data);
      if (fresh !== walker.currentNode.data) walker.currentNode.data = fresh;
    }
  }

  // When each hop of a file was: its bar keeps the pieces, in their order.
  function levelBars(root) {
    for (const bar of root.querySelectorAll(".bar")) {
      [...bar.children].forEach((piece, place, all) => {
        piece.style.left = `${(100 * place) / all.length}%`;
        piece.style.width = `${50 / all.length}%`;
      });
    }
  }

  function level() {
    levelText(document.body);
    levelBars(document.body);
  }

  function isThere() {
    return !document.querySelector("[aria-busy=true]") && [...document.images].every((image) => image.complete);
  }

  window.__still = {
    // Resolves once nothing has changed for a while, nothing is being looked up and every picture is there.
    quiet: () =>
      new Promise((done) => {
        let timer = null;
        const again = () => {
          clearTimeout(timer);
          timer = setTimeout(() => (isThere() ? done() : again()), QUIET_MS);
        };
        new MutationObserver(again).observe(document.body, { subtree: true, childList: true, characterData: true });
        again();
      }),
    // Now, and for whatever the page's stream brings until the picture is taken.
    level() {
      // How many tenants there are, and so how wide their list is, depends on what ran before.
      for (const option of document.querySelectorAll("#tenant option:not(:checked)")) option.remove();
      level();
      new MutationObserver(level).observe(document.body, { subtree: true, childList: true, characterData: true });
    },
  };
})();
