// Niceties on pages that work without them: dates by dragging, and what the others share: typing.js
// has results and titles while typing, reading.js keys, the pane beside the results, and what is done with a text.
// What is listened for at the document holds for pages that are put in place later, too.
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const box = $("#q");
const form = box.form;
const content = (page) => $(".columns", page) ?? $("main", page);

forgetChoices();
narrowByTimeline();
closeMenus();
hideBrokenPictures();
prepare();

// What a page needs that was loaded, or put in place.
function prepare() {
  const bars = $$(".timeline a");
  if (bars.length) bars.at(-1).setAttribute("tabindex", "0"); // the others by arrow keys
  showCopies(document);
  document.dispatchEvent(new Event("souwen:page"));
}

// Buttons that need the script, in a page or a part of one.
function showCopies(within) {
  for (const bar of $$(".hits-bar", within)) bar.hidden = false;
  for (const button of $$(".copy", within)) button.hidden = !navigator.clipboard;
}

// A cookie remembers ?lang=en: an address that is shared needs it no more.
function forgetChoices() {
  const address = new URL(location);
  const names = $$(".choices ul").map((list) => list.className);
  if (!names.some((name) => address.searchParams.has(name))) return;
  for (const name of names) address.searchParams.delete(name);
  history.replaceState(null, "", address);
}

// A drag over bars, or arrow keys with Shift, choose several; a bar alone is a link of its own.
function narrowByTimeline() {
  let first = null; // the label of the bar where a drag or a choice by keys began
  let last = null;
  let dragged = null; // the <svg> in which the pointer is down
  let moved = false;

  const bar = (event) => event.target.closest?.(".timeline a");
  const label = (link) => new URL(link.href.baseVal, location).searchParams.get("from");
  const output = (svg, text) => { $("output", svg.parentNode).textContent = text; };

  document.addEventListener("pointerover", (event) => {
    if (bar(event) && !moved) output(bar(event).ownerSVGElement, $("title", bar(event)).textContent);
  });
  document.addEventListener("dragstart", (event) => { if (bar(event)) event.preventDefault(); });
  document.addEventListener("pointerdown", (event) => {
    dragged = event.button ? null : event.target.closest?.(".timeline svg");
    moved = false;
    if (dragged) first = labelAt(event);
  });
  document.addEventListener("pointermove", (event) => {
    if (!dragged || (!moved && labelAt(event) === first)) return;
    moved = true;
    last = labelAt(event);
    choose(dragged);
  });
  document.addEventListener("pointerup", () => {
    if (dragged && moved) go(dragged);
    dragged = null;
  });
  document.addEventListener("pointercancel", () => { dragged = null; }); // it was a scroll
  document.addEventListener("click", (event) => {
    if (moved && event.target.closest(".timeline")) event.preventDefault(); // the end of a drag
    moved = false;
  });
  document.addEventListener("keydown", (event) => {
    const link = bar(event);
    if (!link) return;
    const svg = link.ownerSVGElement;
    const bars = $$("a", svg);
    const at = bars.indexOf(link);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: bars.length - 1 }[event.key];
    if (event.key === "Enter" && $(".in", svg)) {
      event.preventDefault();
      go(svg);
    } else if (next !== undefined) {
      event.preventDefault();
      const target = bars[Math.max(0, Math.min(next, bars.length - 1))];
      link.setAttribute("tabindex", "-1");
      target.setAttribute("tabindex", "0");
      target.focus();
      first = event.shiftKey ? first ?? label(link) : null;
      last = label(target);
      if (event.shiftKey) choose(svg);
      else clear(svg, $("title", target).textContent);
    }
  });

  function labelAt(event) {
    const { left, width } = dragged.getBoundingClientRect();
    const count = dragged.viewBox.baseVal.width / 10;
    const number = Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - left) / width) * count)));
    const [year, month] = dragged.dataset.first.split("-").map(Number);
    if (!month) return String(year + number).padStart(4, "0");
    return new Date(Date.UTC(year, month - 1 + number)).toISOString().slice(0, 7);
  }

  function ends() {
    return first < last ? [first, last] : [last, first];
  }

  function choose(svg) {
    const [start, end] = ends();
    for (const link of $$("a", svg)) link.classList.toggle("in", start <= label(link) && label(link) <= end);
    output(svg, `${start} – ${end}`);
  }

  function clear(svg, text) {
    for (const link of $$(".in", svg)) link.classList.remove("in");
    output(svg, text);
  }

  function go(svg) {
    const address = new URL($("a", svg).href.baseVal, location);
    const [start, end] = ends();
    address.searchParams.set("from", start);
    address.searchParams.set("to", end);
    location.href = address;
  }
}

function closeMenus() {
  const menu = $(".menu");
  document.addEventListener("click", async (event) => {
    if (!menu.contains(event.target)) menu.open = false;
    const button = event.target.closest(".copy");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.text ?? new URL(button.dataset.url, location));
    const { label = button.textContent } = button.dataset;
    Object.assign(button.dataset, { label });
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    $("summary", menu).focus();
  });
}

// Those of results keep their room: nothing else moves.
function hideBrokenPictures() {
  const hide = (image) => {
    if (image.closest(".hit")) image.classList.add("broken");
    else if (image.closest(".prose")) image.hidden = true;
  };
  // An error doesn't bubble, but can be captured.
  document.addEventListener("error", (event) => { if (event.target instanceof HTMLImageElement) hide(event.target); }, true);
  for (const image of document.images) if (image.complete && image.src && !image.naturalWidth) hide(image);
}
