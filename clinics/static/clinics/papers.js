// Copying a page's text and printing it. Hidden until this runs: without it the text is selected and
// copied by hand, and the browser's own menu prints.

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (
  document.querySelectorAll("button[data-copies]")
)) {
  const field = document.getElementById(button.dataset.copies ?? "");
  if (!(field instanceof HTMLTextAreaElement) || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      return; // refused by the browser: the text is selected, and copied by hand
    }
    button.textContent = button.dataset.done ?? "";
  });
}

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (
  document.querySelectorAll("button[data-prints]")
)) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
