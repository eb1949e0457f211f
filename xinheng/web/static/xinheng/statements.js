/* The form of a statement: Enter and the arrows walk the lines, so that a column is typed as it is read. */
"use strict";
(() => {
  document.addEventListener("keydown", (event) => {
    const input = event.target.closest(".line-input");
    if (!input || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.key === "Enter" || event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const lines = [...document.querySelectorAll(".entry-part[open] .line-input")];
    const next = lines[lines.indexOf(input) + step];
    if (next) { next.focus(); next.select(); }
  });
})();
