/* The slider of a credit file says the day it stands on before it is let go. Without it the form of days does the same. */
"use strict";
document.addEventListener("input", (event) => {
  const slider = event.target.closest("input[type=range][data-days]");
  if (!slider) return;
  const day = slider.dataset.days.split(",")[Number(slider.value)] || "";
  slider.setAttribute("aria-valuetext", day);
  const told = document.getElementById("as-of-told");
  if (told) told.textContent = day;
});
