/** Keeps the screen on while the page is seen, where the browser can. */
export async function stayAwake() {
  const ask = async () => {
    if (document.visibilityState !== "visible") return;
    // A low battery or an old browser refuses: then the system's own setting decides.
    await navigator.wakeLock?.request("screen").catch(() => null);
  };
  document.addEventListener("visibilitychange", () => void ask());
  await ask();
}
