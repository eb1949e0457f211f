/* Copying an address, and how far an upload is. Everything works without it. */
"use strict";
(() => {
  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent.trim());
      button.classList.add("is-within");
      button.querySelector("use")?.setAttribute("href", button.querySelector("use").getAttribute("href").replace(/#.*$/, "#check"));
    });
  }
  for (const form of document.querySelectorAll("form[data-progress]")) {
    form.addEventListener("submit", (event) => {
      const bar = form.querySelector("progress"), send = new XMLHttpRequest();
      event.preventDefault();
      form.querySelector("[type=submit]").disabled = true;
      bar.hidden = false;
      send.upload.addEventListener("progress", (now) => { if (now.lengthComputable) bar.value = Math.round(now.loaded * 100 / now.total); });
      send.addEventListener("load", () => {
        if (send.responseURL && send.status === 200) return location.assign(send.responseURL);
        const page = new DOMParser().parseFromString(send.responseText, "text/html");
        const main = page.querySelector("main");
        if (!main) return location.reload();
        document.querySelector("main").replaceWith(main);
        main.querySelector("[role=alert]")?.focus();
      });
      send.addEventListener("error", () => location.reload());
      send.open("POST", form.action || location.href);
      send.send(new FormData(form));
    });
  }
})();
