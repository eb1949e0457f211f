/* What the pages do beyond HTML: remembers unit, theme and rail in cookies, keys, charts after first paint.
   Everything works without it; nothing here is inline and nothing evaluates text. */
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const remember = (name, value) => {
    const age = value ? 31536000 : 0;
    document.cookie = `${name}=${value};path=/;max-age=${age};samesite=lax` + (location.protocol === "https:" ? ";secure" : "");
  };

  /* choices that live in a cookie, so that the server draws them */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-unit],[data-theme-set],[data-fold-rail]");
    if (button) {
      if ("unit" in button.dataset) {
        remember("xinheng_unit", button.dataset.unit === "wan" ? "wan" : "");
        location.reload();
      } else if ("themeSet" in button.dataset) {
        setTheme(button.dataset.themeSet);
      } else {
        remember("xinheng_rail", document.body.classList.toggle("rail-folded") ? "folded" : "");
      }
    }
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    if (!event.target.closest(".search")) clearSuggestions();
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a,button,input,select,label,summary") && !String(getSelection())) one("a", row)?.click();
  });
  function setTheme(value) {
    remember("xinheng_theme", value);
    if (value) document.documentElement.dataset.bsTheme = value;
    else delete document.documentElement.dataset.bsTheme;
    for (const button of all("[data-theme-set]")) button.setAttribute("aria-pressed", String(button.dataset.themeSet === value));
    drawCharts();
  }
  function clearSuggestions() {
    const box = one("#suggestions");
    if (box) box.replaceChildren();
  }

  /* keys: / and Ctrl-K find, j and k walk the rows, Enter opens, Escape closes */
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]),textarea,select,[contenteditable]");
    if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing)) {
      event.preventDefault();
      one("#search")?.focus();
      one("#search")?.select();
      return;
    }
    if (event.key === "Escape") {
      clearSuggestions();
      for (const menu of all("details.menu[open]")) { menu.open = false; one("summary", menu).focus(); }
      return;
    }
    if (event.target.closest(".search") && (event.key === "ArrowDown" || event.key === "ArrowUp")) return walkSuggestions(event);
    if (typing || event.ctrlKey || event.metaKey || event.altKey || /xinheng_keys=off/.test(document.cookie)) return;
    if (event.key === "j" || event.key === "k") walkRows(event.key === "j" ? 1 : -1);
    if (event.key === "Enter" && !event.target.closest("a,button,summary")) opener(one("tr.here"))?.click();
  });
  function walkRows(step) {
    const rows = all("table.rows tbody tr:not(.judge-row)");
    if (!rows.length) return;
    const now = rows.findIndex((row) => row.classList.contains("here"));
    const next = rows[Math.min(rows.length - 1, Math.max(0, now + step))];
    rows[now]?.classList.remove("here");
    next.classList.add("here");
    next.scrollIntoView({ block: "nearest" });
    opener(next)?.focus({ preventScroll: true });
  }
  /* what a row opens: the link that says so, else its first */
  const opener = (row) => row && (one("a[data-open]", row) || one("a", row));
  function walkSuggestions(event) {
    const links = all("#suggestions a");
    if (!links.length) return;
    event.preventDefault();
    const now = links.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? Math.min(links.length - 1, now + 1) : now - 1;
    (next < 0 ? one("#search") : links[next]).focus();
  }

  /* charts: <div data-chart="id of a JSON block">, drawn after first paint, redrawn with the theme */
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let library;
  const loadLibrary = () => (library ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = document.body.dataset.echarts;
    script.onload = () => done(window.echarts);
    script.onerror = failed;
    document.head.append(script);
  }));
  async function drawCharts() {
    const places = all("[data-chart]");
    if (!places.length) return;
    const echarts = await loadLibrary();
    for (const place of places) {
      const block = document.getElementById(place.dataset.chart);
      if (!block) continue;
      const chart = echarts.getInstanceByDom(place) || echarts.init(place, null, { renderer: "svg" });
      chart.setOption(dressed(JSON.parse(block.textContent)), true);
      place.classList.add("drawn");
    }
  }
  /* The page sends series and axes; ink, lines and fonts are the theme's. A colour "--xh-…" names a token. */
  function dressed(option) {
    const real = (value) => typeof value === "string" && value.startsWith("--") ? resolved(value)
      : Array.isArray(value) ? value.map(real)
      : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, real(v)])) : value;
    const ink = resolved("--xh-quiet"), line = resolved("--xh-line");
    const axis = (given) => ({ ...given, axisLine: { lineStyle: { color: line }, ...given.axisLine }, axisTick: { show: false },
      axisLabel: { color: ink, fontSize: 12, ...given.axisLabel }, splitLine: { lineStyle: { color: line }, ...given.splitLine },
      nameTextStyle: { color: ink } });
    const axes = (given) => given && (Array.isArray(given) ? given.map(axis) : axis(given));
    return real({ animation: false, aria: { enabled: true }, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 8, top: 24, bottom: 8, containLabel: true },
      tooltip: { trigger: "axis", backgroundColor: resolved("--xh-surface"), borderColor: line,
        textStyle: { color: resolved("--xh-ink"), fontSize: 13 }, confine: true }, ...option,
      xAxis: axes(option.xAxis), yAxis: axes(option.yAxis) });
  }
  /* light-dark() in a custom property is only settled where it is used: ask an element */
  const probe = document.createElement("i");
  probe.hidden = true;
  function resolved(name) {
    if (!probe.isConnected) document.body.append(probe);
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color || colour(name);
  }
  const afterPaint = (work) => requestAnimationFrame(() => setTimeout(work, 0));
  addEventListener("resize", () => {
    if (window.echarts) for (const place of all("[data-chart]")) window.echarts.getInstanceByDom(place)?.resize();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawCharts());
  document.addEventListener("htmx:afterSettle", () => drawCharts());
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => afterPaint(drawCharts));
  else afterPaint(drawCharts);

  /* dialogs: <a data-dialog="id" href="…the page that does the same without script…"> */
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (dialog?.showModal) { event.preventDefault(); dialog.showModal(); }
    }
    if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  });
})();
