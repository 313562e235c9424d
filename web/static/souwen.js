// Niceties on pages that work without them: results and titles while typing, keys, dates by dragging, saved
// searches. What is listened for at the document holds for pages that are put in place later, too.
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const box = $("#q");
const form = box.form;
const content = (page) => $(".columns", page) ?? $("main", page);

forgetChoices();
searchWhileTyping();
moveByKeys();
narrowByTimeline();
closeMenus();
hideBrokenPictures();
prepare();

// What a page needs that was loaded, or put in place.
function prepare() {
  const bars = $$(".timeline a");
  if (bars.length) bars.at(-1).setAttribute("tabindex", "0"); // the others by arrow keys
  showSaved();
  if ($(".hits-bar")) $(".hits-bar").hidden = false;
  if ($(".copy") && navigator.clipboard) $(".copy").hidden = false;
}

// A cookie remembers ?lang=en: an address that is shared needs it no more.
function forgetChoices() {
  const address = new URL(location);
  const names = $$(".choices ul").map((list) => list.className);
  if (!names.some((name) => address.searchParams.has(name))) return;
  for (const name of names) address.searchParams.delete(name);
  history.replaceState(null, "", address);
}

// The combobox pattern of the ARIA Authoring Practices, with a list of titles; and the page of results itself.
function searchWhileTyping() {
  const list = $("#found");
  const PAUSE = 150; // ms without typing before the server is asked
  let timer = 0;
  let pending = null; // AbortController of the requests under way
  let composing = false; // an input method is at work: what is in the box isn't typed yet
  let active = -1;
  let pushed = false; // typing on changes the entry in the history that it has begun
  let shown = location.pathname + location.search;

  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");

  box.addEventListener("compositionstart", () => { composing = true; cancel(); });
  box.addEventListener("compositionend", () => { composing = false; schedule(); });
  box.addEventListener("input", (event) => { if (!composing && !event.isComposing) schedule(); });
  box.addEventListener("blur", () => { hide(); pushed = false; });
  box.addEventListener("keydown", onKey);
  form.addEventListener("submit", () => { cancel(); hide(); });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("li");
    if (option) open(option);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) hide(); }); // back from an article
  window.addEventListener("popstate", () => {
    if (location.pathname + location.search === shown) return; // an anchor
    cancel();
    put(location.href, new AbortController().signal, true).catch(() => location.reload());
  });

  function cancel() {
    clearTimeout(timer);
    pending?.abort();
    pending = null;
  }

  function hide() {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    select(-1);
  }

  function schedule() {
    cancel();
    if (box.value.trim()) timer = setTimeout(ask, PAUSE);
    else hide(); // what is shown stays until there is something else to show
  }

  function ask() {
    pending = new AbortController();
    const { signal } = pending;
    const ignore = () => {}; // another request has taken over, or there is no network: typing goes on
    suggest(box.value.trim(), signal).catch(ignore);
    if (!document.body.matches(".home, .listing")) return; // an article is not taken away from its reader
    const typed = new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()));
    const address = new URL(`${form.action}?${typed}`);
    if (address.pathname + address.search !== shown) put(address, signal, false).catch(ignore);
  }

  async function put(address, signal, back) {
    document.body.classList.add("busy");
    let page;
    try {
      const response = await fetch(address, { signal, headers: { "X-Typing": "1" } });
      page = new DOMParser().parseFromString(await response.text(), "text/html");
    } finally {
      if (!signal.aborted) document.body.classList.remove("busy");
    }
    if (signal.aborted || !content(page)) return;
    if (back) box.value = $("#q", page).value;
    else if (pushed) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    pushed = !back;
    shown = location.pathname + location.search;
    document.title = page.title;
    document.body.className = page.body.className;
    content(document).replaceWith(content(page));
    for (const part of ["#kept", ".choices", "link[rel=alternate]"]) {
      const [here, there] = [$(part), $(part, page)];
      if (here && there) here.replaceWith(there);
    }
    if (!back) scrollTo(0, 0);
    $("#said").textContent = $(".summary p")?.textContent.replace(/\s+/g, " ") ?? "";
    prepare();
  }

  async function suggest(typed, signal) {
    const size = document.body.matches(".home, .listing") ? 5 : 8; // results are to be seen below
    const response = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(typed)}&size=${size}`, { signal });
    const titles = response.ok ? (await response.json()).suggestions : [];
    if (signal.aborted || document.activeElement !== box) return;
    list.replaceChildren(...titles.map((title, number) => {
      const option = document.createElement("li");
      option.id = `found-${number}`;
      option.lang = "zh";
      option.setAttribute("role", "option");
      option.dataset.id = title.id;
      option.append(...emphasised(title.text, typed));
      return option;
    }));
    list.hidden = !titles.length;
    box.setAttribute("aria-expanded", String(!list.hidden));
    select(-1);
  }

  function emphasised(text, typed) {
    const at = text.toLowerCase().indexOf(typed.toLowerCase());
    if (at < 0) return [text];
    const part = document.createElement("b");
    part.textContent = text.slice(at, at + typed.length);
    return [text.slice(0, at), part, text.slice(at + typed.length)];
  }

  function select(number) {
    list.children[active]?.removeAttribute("aria-selected");
    active = number;
    const option = list.children[active];
    if (!option) return box.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", option.id);
  }

  function open(option) {
    if (!option.dataset.id) { // words, not a title
      box.value = option.textContent;
      hide();
      form.requestSubmit();
      return;
    }
    location.href = form.dataset.article + encodeURIComponent(option.dataset.id);
  }

  function onKey(event) {
    if (composing || event.isComposing) return; // keys of the input method
    if (event.keyCode === 229) { // its last one, which Safari reports after the composition has ended
      if (event.key === "Enter") event.preventDefault();
      return;
    }
    const count = list.children.length + 1; // one more: nothing selected, the box itself
    if (event.key === "Escape") {
      if (list.hidden) box.blur();
      else hide();
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      open(list.children[active]);
    } else if (event.key === "ArrowDown" && !list.hidden) {
      select(((active + 2) % count) - 1);
    } else if (event.key === "ArrowUp" && !list.hidden) {
      select(((active + count) % count) - 1);
    } else {
      return;
    }
    event.preventDefault();
  }
}

// Single keys, which can be switched off (WCAG 2.1.4); the table of the help page names them.
function moveByKeys() {
  const KEYS = {
    "/": () => { box.focus(); box.select(); },
    j: () => step(1),
    k: () => step(-1),
    n: () => showHit(1),
    N: () => showHit(-1),
    "?": showKeys,
  };
  let hit = location.hash === "#h1" ? 0 : -1;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.body.dataset.keys === "off") return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]") || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) showHit(Number(button.dataset.step));
  });

  function step(by) {
    const links = $$(".hit h2 a, .titles .title");
    const at = links.indexOf(document.activeElement);
    links.at(at < 0 ? (by > 0 ? 0 : -1) : Math.max(at + by, 0))?.focus();
  }

  function showHit(by) {
    const marks = $$(".prose mark:not(.on)");
    if (!marks.length) return;
    hit = hit < 0 && by < 0 ? marks.length - 1 : (hit + by + marks.length) % marks.length;
    $(".prose .now")?.classList.remove("now");
    marks[hit].classList.add("now");
    marks[hit].scrollIntoView({ block: "center" });
    const bar = $(".hits-bar output");
    if (bar) bar.textContent = `${hit + 1} / ${marks.length}`;
  }

  async function showKeys() {
    const dialog = $("#keys-dialog");
    const help = $(".site a").href;
    if (!$("table", dialog)) {
      try {
        const page = new DOMParser().parseFromString(await (await fetch(help)).text(), "text/html");
        dialog.prepend(...$("#keyboard", page).children);
        $("h2", dialog).id = "keys-title";
      } catch {
        location.href = `${help}#keys`;
        return;
      }
    }
    dialog.showModal();
  }
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

// Searches that the reader has saved; they stay in this browser.
function saved(change) {
  try {
    const kept = JSON.parse(localStorage.getItem("souwen.saved") ?? "[]");
    if (change) localStorage.setItem("souwen.saved", JSON.stringify(change(kept)));
    return change ? saved() : kept;
  } catch {
    return []; // the browser keeps nothing, or something else
  }
}

function showSaved() {
  const button = $(".save");
  const list = $("#saved ul");
  if (button) {
    const query = new URLSearchParams($("link[rel=alternate]").href.split("?")[1]);
    const isIt = (search) => search.query === String(query);
    button.hidden = false;
    button.setAttribute("aria-pressed", String(saved().some(isIt)));
    button.onclick = () => {
      const { label } = button.dataset;
      saved((all) => (all.some(isIt) ? all.filter((one) => !isIt(one)) : [...all, { query: String(query), label }]));
      showSaved();
    };
  }
  if (!list) return;
  const all = saved();
  list.parentNode.hidden = !all.length;
  list.replaceChildren(...all.map(({ query, label }) => {
    const item = document.createElement("li");
    const link = item.appendChild(document.createElement("a"));
    const remove = item.appendChild(document.createElement("button"));
    link.href = `${form.action}?${query}`;
    link.textContent = label;
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", list.dataset.remove.replace("{}", label));
    remove.onclick = () => { saved((kept) => kept.filter((one) => one.query !== query)); showSaved(); };
    return item;
  }));
}

function closeMenus() {
  const menu = $(".menu");
  document.addEventListener("click", async (event) => {
    if (!menu.contains(event.target)) menu.open = false;
    const copy = event.target.closest(".copy");
    if (!copy) return;
    await navigator.clipboard.writeText(new URL(copy.dataset.url, location));
    copy.textContent = copy.dataset.done;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    $("summary", menu).focus();
  });
}

function hideBrokenPictures() {
  const hide = (image) => { if (image.closest(".hit, .prose")) image.hidden = true; };
  // An error doesn't bubble, but can be captured.
  document.addEventListener("error", (event) => { if (event.target instanceof HTMLImageElement) hide(event.target); }, true);
  for (const image of document.images) if (image.complete && image.src && !image.naturalWidth) hide(image);
}
