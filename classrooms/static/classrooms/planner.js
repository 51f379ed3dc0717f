// The planner and its refusal, made quicker: everything here also works without this module.

import { foldKana } from "./kana.js";

/** Hides the schools that don't match while one types; Enter keeps asking the server. */
function filterSchools() {
  const field = document.querySelector("#picker-q");
  const districts = document.querySelectorAll(".picker-districts fieldset");
  const none = document.querySelector("#picker-none");
  if (!(field instanceof HTMLInputElement) || !(none instanceof HTMLElement)) return;
  const apply = () => {
    const wanted = foldKana(field.value);
    let found = 0;
    for (const district of districts) {
      let shown = 0;
      for (const label of district.querySelectorAll("label")) {
        const box = label.querySelector("input");
        const fits = (label.dataset.reading ?? "").includes(wanted) || box?.checked === true;
        label.hidden = !fits;
        if (fits) shown += 1;
      }
      district.toggleAttribute("hidden", shown === 0);
      found += shown;
    }
    none.hidden = found > 0;
  };
  field.addEventListener("input", apply);
}

/** The button that shows other times appears once something differs from what is shown. */
function offerWhenChanged() {
  const form = document.querySelector("#conditions");
  const button = document.querySelector(".show-times");
  if (!(form instanceof HTMLFormElement) || !(button instanceof HTMLElement)) return;
  button.hidden = true;
  form.addEventListener("input", (event) => {
    if (!(event.target instanceof HTMLElement) || event.target.id === "picker-q") return;
    button.hidden = false;
  });
}

/** The button says which of the times it takes. */
function nameTheChosenTime() {
  const button = document.querySelector("#take");
  if (!button) return;
  const apply = () => {
    const chosen = document.querySelector(".alt input:checked");
    if (chosen instanceof HTMLInputElement) button.textContent = chosen.dataset.words ?? "";
  };
  for (const radio of document.querySelectorAll(".alt input")) radio.addEventListener("change", apply);
  apply();
}

filterSchools();
offerWhenChanged();
nameTheChosenTime();
