// Told to the suite by way of a binding: addresses that a page hints at without asking for them.
(() => {
  const rels = /\b(dns-prefetch|preconnect|prefetch|prerender|preload|modulepreload)\b/;
  const look = () =>
    document.querySelectorAll("link[rel], a[ping]").forEach((element) => {
      const href = element.ping || (rels.test(element.rel) ? element.href : "");
      if (!href || element.__told) return;
      element.__told = true;
      window.__hintedElsewhere(href);
    });
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  addEventListener("DOMContentLoaded", look);
})();
