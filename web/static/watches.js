// Buttons of watches and stars. What they do, and the last searches, is in kept.js, which is fetched behind a page of
// results, and behind others where something is kept.
"use strict";

{
  const { says, kept } = $("script[data-says]").dataset;
  const label = JSON.parse(says).star;
  let isReady = Boolean($('script[src*="/kept.js"]'));
  let loading = null;

  function load() {
    return loading ??= new Promise((done) => {
      const script = document.createElement("script");
      script.onload = () => { isReady = true; done(); };
      script.src = kept;
      document.head.append(script);
    });
  }
  function isAnythingKept() {
    try {
      return ["watches", "saved", "stars", "recent"].some((name) => localStorage.getItem(`souwen.${name}`));
    } catch {
      return false; // the browser keeps nothing
    }
  }
  function show() {
    const save = $(".save");
    if (save) save.hidden = false;
    for (const meta of $$(".hit > div > .meta, .reading main > article > header .meta")) {
      if ($(".star", meta)) continue;
      const star = document.createElement("button");
      star.type = "button";
      star.className = "star";
      star.textContent = "☆";
      star.title = label;
      star.setAttribute("aria-label", label);
      star.setAttribute("aria-pressed", "false");
      meta.append(star);
    }
    if (!isReady && (save || isAnythingKept())) load();
  }
  document.addEventListener("souwen:page", show);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.(".save, .star");
    if (!button || isReady) return;
    await load();
    button.click();
  });
  show();
}
