// Receipts of figures, and tables: sort, filter, rows in portions.
(function () {
  "use strict";
  var doc = document, root = doc.documentElement;
  root.classList.add("js");

  // Receipts: one bubble for all figures, by pointer, tap or keyboard.
  var bubble = doc.getElementById("receipt");
  function place(fig) {
    bubble.hidden = !fig;
    if (!fig) return;
    bubble.textContent = "receipt " + fig.dataset.receipt;
    var box = fig.getBoundingClientRect(), own = bubble.getBoundingClientRect();
    var left = Math.min(Math.max(8, box.left), root.clientWidth - own.width - 8);
    var top = box.top - own.height - 6;
    bubble.style.left = left + "px";
    bubble.style.top = (top < 4 ? box.bottom + 6 : top) + "px";
  }
  // Stepping to a figure may scroll the page below a resting pointer: the keyboard's figure stays told.
  function stepped() { return doc.querySelector("[data-receipt]:focus-visible"); }
  function show(event) { place((event.target.closest && event.target.closest("[data-receipt]")) || stepped()); }
  ["mouseover", "focusin", "click"].forEach(function (name) { doc.addEventListener(name, show); });
  doc.addEventListener("scroll", function () { if (!bubble.hidden) place(stepped()); }, true);
  doc.addEventListener("keydown", function (event) { if (event.key === "Escape") bubble.hidden = true; });

  Array.prototype.forEach.call(doc.querySelectorAll("table.data"), function (table) {
    var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
    var figures = Array.prototype.slice.call(table.querySelectorAll("[data-receipt]"));
    var STEP = window.matchMedia("(max-width:600px)").matches ? 10 : 20, open = rows.length <= STEP + 5, needle = "";

    // One stop of the tab key for a table, arrow keys inside.
    figures.forEach(function (fig, index) { fig.tabIndex = index ? -1 : 0; });
    table.addEventListener("keydown", function (event) {
      var fig = event.target.closest("[data-receipt]"), cell = fig && fig.closest("td"), next = null;
      if (!cell) return;
      var line = cell.parentNode, at = cell.cellIndex, side = event.key === "ArrowRight" ? "nextElementSibling" : "previousElementSibling";
      if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
        while ((cell = cell[side]) && !next) next = cell.querySelector("[data-receipt]");
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        side = event.key === "ArrowDown" ? "nextElementSibling" : "previousElementSibling";
        while ((line = line[side]) && !next) if (!line.hidden) next = line.cells[at].querySelector("[data-receipt]");
      } else return;
      event.preventDefault();
      if (next) { fig.tabIndex = -1; next.tabIndex = 0; next.focus(); }
    });

    var more = null, count = null;
    function refresh() {
      var shown = 0, hits = 0;
      rows.forEach(function (row) {
        var hit = !needle || row.textContent.toLowerCase().indexOf(needle) >= 0;
        if (hit) hits += 1;
        var visible = hit && (open || needle || shown < STEP);
        if (visible) shown += 1;
        row.hidden = !visible;
      });
      if (count) count.textContent = needle ? hits + " of " + rows.length + " rows" : rows.length + " rows";
      if (more) { more.hidden = open || !!needle; }
    }

    if (rows.length > 8) {
      var tools = doc.createElement("div"), input = doc.createElement("input");
      tools.className = "tools";
      input.type = "search";
      input.placeholder = "Filter…";
      input.setAttribute("aria-label", "Filter the rows of this table");
      input.addEventListener("input", function () { needle = input.value.trim().toLowerCase(); refresh(); });
      count = doc.createElement("span");
      count.setAttribute("role", "status");
      tools.appendChild(input);
      tools.appendChild(count);
      table.parentNode.parentNode.insertBefore(tools, table.parentNode);
    }
    if (!open) {
      more = doc.createElement("button");
      more.className = "more";
      more.type = "button";
      more.textContent = "Show all " + rows.length + " rows";
      more.addEventListener("click", function () { open = true; refresh(); });
      table.parentNode.parentNode.insertBefore(more, table.parentNode.nextSibling);
    }
    refresh();

    // Sorting: rows without a value stay last in both directions.
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
      var button = doc.createElement("button"), text = !head.classList.contains("num");
      button.className = "sort";
      button.type = "button";
      button.textContent = head.textContent;
      head.textContent = "";
      head.appendChild(button);
      button.addEventListener("click", function () {
        var was = head.getAttribute("aria-sort");
        var up = was ? was === "descending" : text;
        Array.prototype.forEach.call(head.parentNode.cells, function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        var keyed = rows.map(function (row) {
          var cell = row.cells[column], raw = text ? cell.textContent : cell.dataset.value;
          return { row: row, key: text ? raw.trim().toLowerCase() : raw ? parseFloat(raw) : null };
        });
        keyed.sort(function (a, b) {
          if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
          var order = text ? a.key.localeCompare(b.key) : a.key - b.key;
          return up ? order : -order;
        });
        rows = keyed.map(function (item) { return item.row; });
        rows.forEach(function (row) { body.appendChild(row); });
        refresh();
      });
    });
  });
})();
