/* The slider of a credit file says the day it stands on before it is let go, and on a phone the tab one is on is
   in sight. Without it the form of days and the strip do the same. */
"use strict";
document.addEventListener("input", (event) => {
  const slider = event.target.closest("input[type=range][data-days]");
  if (!slider) return;
  const day = slider.dataset.days.split(",")[Number(slider.value)] || "";
  slider.setAttribute("aria-valuetext", day);
  const told = document.getElementById("as-of-told");
  if (told) told.textContent = day;
});
function showTab() {
  const tab = document.querySelector(".file-tabs a[aria-current]");
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
}
document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "file-view") showTab(); });
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", showTab);
else showTab();
