// The plain preview's own two tools: light or dark, and a search over titles.
(function () {
  "use strict";
  const root = document.documentElement;
  const up = document.currentScript.dataset.up;
  const store = {
    // A page opened as a file may be refused its storage; then nothing is remembered.
    get() { try { return localStorage.getItem("fieldnotes-theme"); } catch { return null; } },
    set(value) { try { localStorage.setItem("fieldnotes-theme", value); } catch { /* as said */ } },
  };
  if (store.get()) root.dataset.theme = store.get();

  function startTheme() {
    document.getElementById("theme").addEventListener("click", () => {
      const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      const next = (root.dataset.theme || system) === "dark" ? "light" : "dark";
      root.dataset.theme = next;
      store.set(next);
    });
  }

  function load(ready) {
    if (window.fieldnotesPages) return ready();
    const script = document.createElement("script");
    script.src = `${up}assets/search.js`;
    script.onload = ready;
    document.head.append(script);
  }

  function show(list, words) {
    const hits = window.fieldnotesPages.filter((page) => {
      const text = `${page.title} ${page.more}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    list.replaceChildren(
      ...hits.slice(0, 12).map((page) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = up + page.href;
        link.textContent = page.title;
        item.append(link);
        return item;
      })
    );
    list.hidden = hits.length === 0;
  }

  function startSearch() {
    const input = document.getElementById("search");
    const list = document.getElementById("found");
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (!words.length) list.hidden = true;
      else load(() => show(list, words));
    });
    document.addEventListener("click", (event) => {
      if (!event.target.closest(".search")) list.hidden = true;
      for (const menu of document.querySelectorAll("details.menu[open]")) {
        if (!menu.contains(event.target)) menu.open = false;
      }
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    startTheme();
    startSearch();
  });
})();
