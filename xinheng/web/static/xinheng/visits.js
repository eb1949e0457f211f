/* A visit on a phone: where the device is, and sections that are sent again until they are kept.
   Without this script every section has its own button and the address is typed. */
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* where the device is: only when asked, into the forms that want it */
  const button = document.querySelector("[data-locate]");
  const said = document.querySelector("[data-located]");
  function note(position) {
    const { latitude, longitude, accuracy } = position.coords;
    const told = { latitude: latitude.toFixed(6), longitude: longitude.toFixed(6), accuracy_m: Math.round(accuracy) };
    for (const [name, value] of Object.entries(told)) {
      for (const field of all(`input[type=hidden][name=${name}]`)) field.value = value;
    }
    said.textContent = `${told.latitude}, ${told.longitude} ± ${told.accuracy_m} m – ${button.dataset.found}`;
  }
  if (button && navigator.geolocation) {
    button.hidden = false;
    button.addEventListener("click", () => {
      said.textContent = button.dataset.waiting;
      navigator.geolocation.getCurrentPosition(note, () => { said.textContent = button.dataset.lost; },
        { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
    });
  }

  /* sections: what is typed and not kept yet is sent again; leaving the page then is asked about */
  const words = document.querySelector(".visit-sections")?.dataset;
  const forms = all("form[data-section]");
  const waiting = new Set();
  const status = (form) => form.querySelector(".section-status");
  for (const form of forms) {
    form.addEventListener("input", () => waiting.add(form));
    form.addEventListener("change", () => waiting.add(form));
    form.addEventListener("htmx:beforeRequest", () => { form.dataset.sent = snapshot(form); status(form).textContent = words.saving; });
    form.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.xhr.status === 422) event.detail.shouldSwap = true; });
    form.addEventListener("htmx:afterRequest", (event) => {
      const code = event.detail.xhr.status;
      if (event.detail.successful) {
        if (form.dataset.sent === snapshot(form)) waiting.delete(form);
        const nav = document.querySelector(`.section-nav a[href="#${form.closest("section").id}"]`);
        nav?.classList.toggle("has-rating", Boolean(form.querySelector("input[name=rating]:checked")));
      } else if (code !== 422) later(form);
    });
    for (const name of ["htmx:sendError", "htmx:timeout"]) form.addEventListener(name, () => later(form));
  }
  const snapshot = (form) => new URLSearchParams(new FormData(form)).toString();
  function later(form) {
    waiting.add(form);
    const place = status(form);
    place.replaceChildren(Object.assign(document.createElement("span"), { className: "is-act", textContent: words.unsaved }));
  }
  const again = () => { for (const form of waiting) window.htmx?.trigger(form, "again"); };
  document.querySelector("form[data-hand-in]")?.addEventListener("submit", (event) => {
    if (!waiting.size) return;
    event.preventDefault(); /* first what is not kept yet */
    again();
    [...waiting][0].scrollIntoView({ block: "center" });
  });
  addEventListener("online", again);
  setInterval(() => { if (waiting.size && navigator.onLine) again(); }, 10000);
  addEventListener("beforeunload", (event) => { if (waiting.size) event.preventDefault(); });

  /* paper */
  for (const print of all("[data-print]")) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
})();
