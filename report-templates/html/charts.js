// Charts: values by pointer, tap or keyboard, series on and off, and the days that are shown. Values
// come from the table below each chart, so nothing here words a number.
(function () {
  "use strict";
  var doc = document, root = doc.documentElement, tip = doc.getElementById("tip"), GAP = 14;
  // The page moves under what is told: the keyboard's is placed anew, the pointer's is out of date.
  var told_by = null;
  doc.addEventListener("scroll", function () { if (told_by) told_by(); }, true);
  function list(of) { return Array.prototype.slice.call(of); }
  function make(name, parent, text) {
    var node = doc.createElement(name);
    if (text) node.textContent = text;
    if (name === "button") node.type = "button";
    if (parent) parent.appendChild(node);
    return node;
  }
  function mark(name, parent, attributes) {
    var node = doc.createElementNS("http://www.w3.org/2000/svg", name);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    return parent.appendChild(node);
  }

  list(doc.querySelectorAll("figure.chart")).forEach(function (figure) {
    var table = figure.querySelector("table.figures"), plot = figure.querySelector(".plot");
    var svgs = list(figure.querySelectorAll(".drawing svg"));
    if (!table || !svgs.length) return;
    var kind = figure.dataset.plot, title = figure.querySelector("figcaption").textContent;
    var rows = list(table.tBodies[0].rows), heads = table.tHead ? list(table.tHead.rows[0].cells).slice(1) : [];
    var names = heads.map(function (head) { return head.textContent; });
    var shown = names.map(function () { return true; }), from = 0, to = rows.length - 1;
    var unit = table.tBodies[0].dataset.step;
    var wide = kind === "heat" ? names.length : 1, count = rows.length * wide, at = count - 1;
    if (!count) return;

    function visible() { return svgs.filter(function (svg) { return svg.getBoundingClientRect().width; })[0]; }
    function text(cell) {
      var fig = cell.querySelector(".fig") || cell;
      return fig.firstChild.textContent.trim() + (fig.querySelector("abbr") ? " (provisional)" : "");
    }
    function value(row, line) { var raw = rows[row].cells[line + 1].dataset.value; return raw ? parseFloat(raw) : null; }
    function frame(svg) {
      var of = svg.dataset.frame.split(" ").map(Number);
      return {
        x: function (row) { return of[0] + of[1] * (row - from) / Math.max(1, to - from); },
        y: function (value) { return of[2] + (of[5] - value) / (of[5] - of[4]) * (of[3] - of[2]); },
        left: of[0], across: of[1], top: of[2], bottom: of[3]
      };
    }

    // What is told of a point: a heading and a line for each value.
    function told(point) {
      if (kind === "heat") {
        var row = rows[Math.floor(point / wide)], column = point % wide;
        return [row.cells[0].textContent + " " + names[column], row.cells[column + 1].textContent];
      }
      var cells = rows[point].cells, lines = [cells[0].textContent];
      if (kind === "lines") {
        if (unit === "week") lines[0] = table.tHead.rows[0].cells[0].textContent + " " + lines[0];
        // The subject is drawn last and read first.
        names.forEach(function (name, line) { if (shown[line]) lines.splice(1, 0, name + " " + text(cells[line + 1])); });
        return lines;
      }
      lines.push(text(cells[1]) + (cells[2].textContent ? ", " + cells[2].textContent : ""));
      var receipt = cells[1].querySelector("[data-receipt]");
      return receipt ? lines.concat("receipt " + receipt.dataset.receipt) : lines;
    }

    var probe = make("div", plot);
    probe.className = "probe";
    probe.tabIndex = 0;
    probe.setAttribute("role", "slider");
    probe.setAttribute("aria-label", "Values of " + title);
    probe.setAttribute("aria-valuemin", "1");

    function clear() {
      tip.hidden = true;
      told_by = null;
      list(figure.querySelectorAll(".guide,.at")).forEach(function (node) { node.remove(); });
      list(figure.querySelectorAll("rect.on")).forEach(function (node) { node.classList.remove("on"); });
    }
    function tell() {
      probe.setAttribute("aria-valuemax", kind === "lines" ? to - from + 1 : count);
      probe.setAttribute("aria-valuenow", kind === "lines" ? at - from + 1 : at + 1);
      probe.setAttribute("aria-valuetext", told(at).join(", "));
    }
    // The marks of bars and cells, in the order of the figures.
    function block(svg, point) {
      return svg.querySelectorAll(kind === "heat" ? "rect.dbk-heat" : "rect.dbk-accent,rect.dbk-compare")[point];
    }
    function show(point) {
      clear();
      at = Math.min(Math.max(point, kind === "lines" ? from : 0), kind === "lines" ? to : count - 1);
      tell();
      var svg = visible(), box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width, x, y;
      if (kind === "lines") {
        var area = frame(svg);
        x = area.x(at); y = area.top;
        mark("line", svg, { "class": "guide", x1: x, x2: x, y1: area.top, y2: area.bottom });
        names.forEach(function (name, line) {
          var height = value(at, line);
          if (shown[line] && height !== null) mark("circle", svg, { "class": "at", cx: x, cy: area.y(height), r: 4 });
        });
      } else {
        // A rate in large print has no bars: its tip stands in the middle.
        var rect = block(svg, at);
        if (rect) rect.classList.add("on");
        x = rect ? rect.x.baseVal.value + rect.width.baseVal.value / 2 : svg.viewBox.baseVal.width / 2;
        y = rect ? rect.y.baseVal.value : 0;
      }
      told_by = function () { if (doc.activeElement === probe) show(at); else clear(); };
      tip.textContent = "";
      told(at).forEach(function (line, index) { make(index ? "span" : "b", tip, line); });
      tip.hidden = false;
      var own = tip.getBoundingClientRect(), left = box.left + x * scale + 14, top = box.top + y * scale - own.height - 8;
      // Beside the guide, or above the plot where there is little room.
      if (kind === "lines" && box.width > 500) top = box.top + y * scale;
      else left -= own.width / 2 + 14;
      if (kind === "lines" && left + own.width > root.clientWidth - 8) left -= own.width + 28;
      tip.style.left = Math.min(Math.max(8, left), root.clientWidth - own.width - 8) + "px";
      tip.style.top = Math.max(4, top) + "px";
    }
    function under(event) {
      var svg = visible(), box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
      var x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
      if (kind === "lines") {
        var area = frame(svg);
        return from + Math.round((x - area.left) / area.across * (to - from));
      }
      if (kind !== "heat") return Math.floor(y / (svg.viewBox.baseVal.height / rows.length));
      var first = block(svg, 0), last = block(svg, count - 1);
      function step(near, far, length, cells, where) { return Math.min(cells - 1, Math.max(0, Math.floor((where - near) / ((far + length - near) / cells)))); }
      return step(first.y.baseVal.value, last.y.baseVal.value, last.height.baseVal.value, rows.length, y) * wide
        + step(first.x.baseVal.value, last.x.baseVal.value, last.width.baseVal.value, wide, x);
    }
    ["pointermove", "pointerdown"].forEach(function (name) { probe.addEventListener(name, function (event) { show(under(event)); }); });
    probe.addEventListener("pointerleave", function (event) { if (event.pointerType === "mouse") clear(); });
    probe.addEventListener("focus", function () { if (probe.matches(":focus-visible")) show(at); });
    probe.addEventListener("blur", clear);
    probe.addEventListener("keydown", function (event) {
      var step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: kind === "lines" ? -1 : wide, ArrowUp: kind === "lines" ? 1 : -wide, PageDown: -7, PageUp: 7 }[event.key];
      if (event.key === "Escape") return clear();
      if (event.key === "Home") step = -count;
      if (event.key === "End") step = count;
      if (!step) return;
      event.preventDefault();
      show(at + step);
    });
    tell();
    if (kind !== "lines") return;

    // Lines are drawn anew from their values: the axis of values stays, that of days is stretched.
    function redraw() {
      clear();
      at = Math.min(Math.max(at, from), to);
      tell();
      rows.forEach(function (row, index) { row.hidden = index < from || index > to; });
      svgs.forEach(function (svg) {
        var area = frame(svg), ends = [], right = svg.viewBox.baseVal.width;
        list(svg.querySelectorAll("g.series")).forEach(function (group) {
          var line = +/ s(\d+)/.exec(group.getAttribute("class"))[1], old = list(group.querySelectorAll("polyline")), runs = [[]], last = null;
          group.classList.toggle("off", !shown[line]);
          if (!old.length) return;
          for (var row = from; row <= to; row += 1) {
            var height = value(row, line);
            if (height === null) { runs.push([]); continue; }
            last = { x: area.x(row), y: area.y(height) };
            runs[runs.length - 1].push(last);
          }
          runs.filter(function (run) { return run.length; }).forEach(function (run) {
            // A lone value is a short dash.
            if (run.length === 1) run = [{ x: run[0].x - 1, y: run[0].y }, { x: run[0].x + 1, y: run[0].y }];
            group.insertBefore(old[0].cloneNode(), old[0]).setAttribute("points", run.map(function (point) {
              return point.x.toFixed(1) + "," + point.y.toFixed(1);
            }).join(" "));
          });
          // One stays as the pattern of the next drawing.
          old.slice(1).forEach(function (node) { node.remove(); });
          old[0].setAttribute("points", "");
          var dot = group.querySelector("circle"), label = group.querySelector("text");
          if (dot) dot.setAttribute("visibility", last ? "visible" : "hidden");
          if (dot && last) { dot.setAttribute("cx", last.x.toFixed(1)); dot.setAttribute("cy", last.y.toFixed(1)); }
          if (label && +label.getAttribute("x") > area.left + area.across && last && shown[line]) ends.push({ label: label, y: last.y });
        });
        ends.sort(function (a, b) { return a.y - b.y; });
        ends.forEach(function (end, index) { if (index) end.y = Math.max(end.y, ends[index - 1].y + GAP); });
        var over = ends.length ? Math.max(0, ends[ends.length - 1].y - area.bottom) : 0;
        ends.forEach(function (end) { end.label.setAttribute("y", (end.y - over + 4).toFixed(1)); });

        // Marks of events keep their shape and move; those of other days go.
        list(svg.querySelectorAll("g.event")).forEach(function (group) {
          var own = / p(\d+) q(\d+)/.exec(group.getAttribute("class")), all = rows.length - 1;
          var old = area.left + area.across * own[1] / Math.max(1, all), whole = from === 0 && to === all;
          group.setAttribute("visibility", own[1] >= from && own[1] <= to ? "visible" : "hidden");
          group.setAttribute("transform", "translate(" + (area.x(+own[1]) - old).toFixed(1) + ")");
          list(group.querySelectorAll("rect")).forEach(function (bar) { bar.setAttribute("fill-opacity", whole ? 1 : 0); });
        });

        var days = svg.querySelector("g.days"), pattern = days.querySelector("text");
        var letters = Math.max.apply(null, rows.map(function (row) { return row.cells[0].dataset.short.length; })) * 7;
        var most = Math.floor(Math.min(5, Math.max(2, area.across / (letters + 16)))), every = Math.ceil((to - from + 1) / most);
        days.textContent = "";
        for (var day = to; day >= from; day -= every) {
          var name = pattern.cloneNode();
          name.textContent = rows[day].cells[0].dataset.short;
          days.appendChild(name);
          var half = name.textContent.length * 3.2;
          name.setAttribute("x", Math.min(Math.max(area.x(day), half), right - half).toFixed(1));
        }
      });
    }

    var tools = make("div");
    tools.className = "tools";
    plot.parentNode.insertBefore(tools, plot);
    if (names.length > 1) {
      var series = make("fieldset", tools);
      series.className = "group";
      make("legend", series, "Series").className = "sr";
      names.map(function (name, line) {
        var button = make("button", null, name);
        button.className = "series-button " + (svgs[0].querySelector(".s" + line + " polyline") || { getAttribute: String }).getAttribute("class");
        button.setAttribute("aria-pressed", "true");
        button.addEventListener("click", function () {
          shown[line] = !shown[line];
          button.setAttribute("aria-pressed", String(shown[line]));
          redraw();
        });
        return button;
      }).reverse().forEach(function (button) { series.appendChild(button); });
    }

    var range = make("fieldset", tools), buttons = [], begin, finish, said;
    range.className = "group";
    make("legend", range, "Range").className = "sr";
    function choose(first, last) {
      from = Math.min(first, last); to = Math.max(first, last);
      begin.value = from; finish.value = to;
      buttons.forEach(function (button) { button.node.setAttribute("aria-pressed", String(to === rows.length - 1 && from === rows.length - button.points)); });
      said.textContent = from || to < rows.length - 1 ? to - from + 1 + " of " + rows.length + " " + unit + "s shown" : "";
      redraw();
    }
    var sizes = { day: [7, 14, 30, 90], week: [4, 8, 26], month: [3, 6, 12] }[unit];
    sizes.filter(function (size) { return size < rows.length; }).concat(rows.length).forEach(function (points) {
      var node = make("button", range, points === rows.length ? "All " + points + " " + unit + "s" : "Last " + points);
      node.setAttribute("aria-pressed", String(points === rows.length));
      node.addEventListener("click", function () { choose(rows.length - points, rows.length - 1); });
      buttons.push({ node: node, points: points });
    });
    function picker(label) {
      var select = make("select", range);
      select.setAttribute("aria-label", label);
      rows.forEach(function (row, index) { make("option", select, row.cells[0].dataset.short).value = index; });
      select.addEventListener("change", function () { choose(+begin.value, +finish.value); });
      return select;
    }
    begin = picker("First " + unit);
    make("span", range, "to");
    finish = picker("Last " + unit);
    finish.value = to;
    said = make("span", tools);
    said.setAttribute("role", "status");
  });

  // Paper shows everything that can be opened.
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = list(doc.querySelectorAll("details:not([open])"));
    opened.forEach(function (details) { details.open = true; });
  });
  window.addEventListener("afterprint", function () { opened.forEach(function (details) { details.open = false; }); });
})();
