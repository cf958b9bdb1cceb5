"use strict";
/* Tabs, sorting, filters and copying. Without this script the page shows everything, one section after the other. */
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, attributes = {}, text = "") => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };
  const say = (text) => { document.getElementById("status").textContent = text; };

  /* --- tabs --- */
  const tabs = all(".tabs a");
  const panelOf = (tab) => document.getElementById(tab.getAttribute("href").slice(1));
  const choose = (chosen, focus = false) => {
    for (const tab of tabs) {
      const on = tab === chosen;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      panelOf(tab).hidden = !on;
    }
    if (focus) chosen.focus();
  };
  const open = (id) => {
    const target = id ? document.getElementById(id) : null;
    const tab = target && tabs.find((one) => panelOf(one).contains(target));
    if (tab) choose(tab);
    return tab;
  };
  if (tabs.length) {
    tabs[0].parentElement.setAttribute("role", "tablist");
    document.documentElement.classList.add("tabbed");
    tabs.forEach((tab, place) => {
      const panel = panelOf(tab);
      tab.id = `tab-${panel.id}`;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", (event) => {
        event.preventDefault();
        choose(tab);
        history.replaceState(null, "", `#${panel.id}`);
      });
      tab.addEventListener("keydown", (event) => {
        const steps = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: tabs.length - 1 };
        if (event.key === " ") { event.preventDefault(); tab.click(); }
        if (!(event.key in steps)) return;
        event.preventDefault();
        choose(tabs[(steps[event.key] + tabs.length) % tabs.length], true);
      });
    });
    if (!open(location.hash.slice(1))) choose(tabs[0]);
    addEventListener("hashchange", () => {
      const tab = open(location.hash.slice(1));
      if (tab) tab.scrollIntoView();
    });
  }

  /* --- sorting: a number by its value, text by the reader's alphabet, empty cells last --- */
  const compare = (a, b) => {
    const [left, right] = [a.dataset.value, b.dataset.value];
    if (left !== undefined && right !== undefined) return Number(left) - Number(right);
    return a.textContent.trim().localeCompare(b.textContent.trim(), "en", { numeric: true });
  };
  const empty = (cell) => cell.classList.contains("number") ? cell.dataset.value === undefined : !cell.textContent.trim();
  const sort = (table, place, heading) => {
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((one, two) => {
      const [a, b] = [one.cells[place], two.cells[place]];
      if (empty(a) || empty(b)) return empty(a) - empty(b);
      return down ? -compare(a, b) : compare(a, b);
    });
    table.tBodies[0].append(...rows);
    say(`Sorted by ${heading.textContent}, ${down ? "descending" : "ascending"}`);
  };
  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((heading, place) => {
      const button = make("button", { type: "button" }, heading.textContent);
      heading.replaceChildren(button);
      button.addEventListener("click", () => sort(table, place, heading));
    });
  }

  /* --- filters --- */
  for (const table of all("table[data-filter]")) {
    const label = make("label", { class: "filter" }, "Show rows with ");
    const box = make("input", { type: "search", placeholder: "text" });
    label.append(box);
    table.parentElement.before(label);
    box.addEventListener("input", () => {
      const wanted = box.value.toLocaleLowerCase();
      let shown = 0;
      for (const row of table.tBodies[0].rows) {
        row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted);
        shown += !row.hidden;
      }
      say(`${shown} of ${table.tBodies[0].rows.length} rows`);
    });
  }

  /* --- copying; where the clipboard is closed the text is selected for the reader --- */
  for (const block of all(".command")) {
    const button = make("button", { type: "button", class: "copy" }, "Copy");
    const code = block.querySelector("code");
    block.append(button);
    button.addEventListener("click", async () => {
      let done = true;
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch {
        getSelection().selectAllChildren(code);
        done = document.execCommand("copy");
      }
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      say(done ? "Copied to the clipboard" : "The command is selected; press Ctrl+C");
      setTimeout(() => { button.textContent = "Copy"; }, 2500);
    });
  }
})();
