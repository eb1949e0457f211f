/* A queue beyond HTML: x picks the row, a opens its yes, r its no where there is one, ? tells the keys; ticks are counted.
   Single keys can be switched off (a cookie), and do nothing while somebody types. */
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const off = () => /xinheng_keys=off/.test(document.cookie);
  const here = () => one("tr.here");

  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input:not([type=checkbox]),textarea,select,dialog") || event.ctrlKey || event.metaKey || event.altKey || off()) return;
    if (event.key === "x") {
      const box = here() && one("input[name=pick]", here());
      if (box) { box.checked = !box.checked; count(); event.preventDefault(); }
    } else if (event.key === "a" || event.key === "r") {
      const link = here() && one(`[data-key=${event.key}]`, here());
      if (link) { link.click(); event.preventDefault(); }
    } else if (event.key === "?") {
      one("#keys")?.showModal();
      event.preventDefault();
    }
  });

  /* how many are ticked, told beside the buttons */
  function count() {
    const boxes = all("input[name=pick]"), picked = boxes.filter((box) => box.checked).length;
    const told = one("[data-picked-count]"), every = one("[data-pick-all]");
    if (told) {
      const text = document.documentElement.lang === "en" ? told.dataset.en : told.dataset.zh;
      told.textContent = picked ? text.replace("{n}", picked) : "";
    }
    if (every) { every.checked = picked > 0 && picked === boxes.length; every.indeterminate = picked > 0 && picked < boxes.length; }
    one("[data-picked-line]")?.classList.toggle("some", picked > 0);
    for (const box of boxes) box.closest("tr").classList.toggle("picked", box.checked);
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) for (const box of all("input[name=pick]")) box.checked = event.target.checked;
    if (event.target.matches("[data-pick-all],input[name=pick]")) count();
  });

  const told = () => { const button = one("[data-keys-switch]"); if (button) button.setAttribute("aria-pressed", String(off())); };
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-keys-switch]")) return;
    document.cookie = `xinheng_keys=${off() ? "" : "off"};path=/;max-age=${off() ? 0 : 31536000};samesite=lax`;
    told();
  });
  document.addEventListener("htmx:afterSettle", count);
  told();
  count();
})();
