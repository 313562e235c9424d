// Niceties on pages that work without them: titles while typing, "/" for the box, no broken pictures.
"use strict";

for (const form of document.querySelectorAll("form[data-suggest]")) suggestTitles(form);
focusBoxOnSlash();
hideBrokenPictures();

// The combobox pattern of the ARIA Authoring Practices, with a list of titles.
function suggestTitles(form) {
  const input = form.querySelector("input[type=search]");
  const list = form.appendChild(document.createElement("ul"));
  const PAUSE = 150; // ms without typing before the server is asked
  let timer = 0;
  let pending = null; // AbortController of the request under way
  let composing = false; // an input method is at work: what is in the box isn't typed yet
  let active = -1;

  list.id = input.id + "-titles";
  list.className = "titles-found";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "标题");
  list.hidden = true;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  input.addEventListener("compositionstart", () => { composing = true; cancel(); });
  input.addEventListener("compositionend", () => { composing = false; schedule(); });
  input.addEventListener("input", (event) => { if (!composing && !event.isComposing) schedule(); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", onKey);
  form.addEventListener("submit", close);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("li");
    if (option) open(option);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) close(); }); // back from an article

  function cancel() {
    clearTimeout(timer);
    if (pending) pending.abort();
    pending = null;
  }

  function close() {
    cancel();
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    select(-1);
  }

  function schedule() {
    cancel();
    if (!input.value.trim()) return close();
    timer = setTimeout(ask, PAUSE);
  }

  async function ask() {
    const typed = input.value.trim();
    const asked = (pending = new AbortController());
    try {
      const response = await fetch(form.dataset.suggest + "?q=" + encodeURIComponent(typed), { signal: asked.signal });
      const found = response.ok ? (await response.json()).suggestions : [];
      if (asked === pending && document.activeElement === input) show(found, typed);
    } catch (error) {
      if (error.name !== "AbortError") close(); // offline: typing goes on
    }
  }

  function show(found, typed) {
    list.replaceChildren(...found.map((suggestion, number) => {
      const option = document.createElement("li");
      option.id = list.id + "-" + number;
      option.setAttribute("role", "option");
      option.dataset.id = suggestion.id;
      option.append(...emphasised(suggestion.text, typed));
      return option;
    }));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    select(-1);
  }

  function emphasised(text, typed) {
    const at = text.toLowerCase().indexOf(typed.toLowerCase());
    if (at < 0) return [text];
    const mark = document.createElement("b");
    mark.textContent = text.slice(at, at + typed.length);
    return [text.slice(0, at), mark, text.slice(at + typed.length)];
  }

  function select(number) {
    list.children[active]?.removeAttribute("aria-selected");
    active = number;
    const option = list.children[active];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function open(option) {
    location.href = form.dataset.article + encodeURIComponent(option.dataset.id);
  }

  function onKey(event) {
    if (composing || event.isComposing || event.keyCode === 229) return; // keys of the input method
    const count = list.children.length + 1; // one more: nothing selected, the box itself
    if (event.key === "Escape" && !list.hidden) {
      close();
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

function focusBoxOnSlash() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const input = document.getElementById("q");
    if (!input) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}

function hideBrokenPictures() {
  const hide = (image) => { if (image.closest(".hit, .prose")) image.hidden = true; };
  // An error doesn't bubble, but can be captured.
  document.addEventListener("error", (event) => { if (event.target instanceof HTMLImageElement) hide(event.target); }, true);
  for (const image of document.images) if (image.complete && image.src && !image.naturalWidth) hide(image);
}
