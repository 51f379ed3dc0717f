// Buttons that copy what stands in a field. Hidden until this runs: without it the field is selected
// and copied by hand.

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (
  document.querySelectorAll("button[data-copies]")
)) {
  const field = document.getElementById(button.dataset.copies ?? "");
  if (!(field instanceof HTMLInputElement) || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      return; // refused by the browser: the field is selected, and copied by hand
    }
    button.textContent = button.dataset.done ?? "";
  });
}
