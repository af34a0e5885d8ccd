// Reports addresses to the suite, by a binding, that a page hints at without requesting them.
(() => {
  const rels = /\b(dns-prefetch|preconnect|prefetch|prerender|preload|modulepreload)\b/;
  const report = () =>
    document.querySelectorAll("link[rel], a[ping]").forEach((element) => {
      const href = element.ping || (rels.test(element.rel) ? element.href : "");
      if (!href || element.__reported) return;
      element.__reported = true;
      window.__hintedElsewhere(href);
    });
  new MutationObserver(report).observe(document, { subtree: true, childList: true, attributes: true });
  addEventListener("DOMContentLoaded", report);
})();
