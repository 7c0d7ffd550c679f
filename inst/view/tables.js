// Matrices as tables of cells that can be pressed.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};

  nn.make = root.nnPage.make;
  nn.all = root.nnPage.all;

  function values(x, rows, columns) {
    var all = [];
    for (var i = 0; i < rows; i++) for (var j = 0; j < columns; j++) all.push(x.get(i, j));
    return all;
  }

  nn.count = function (n, noun) { return n + " " + noun + (n === 1 ? "" : "s"); };

  // `about`: key, caption, role ("operand" or "result"), digits, rows and columns (the most that are shown), `before` (what an update
  // changed), `cell(i, j)`: for each cell { text, classes, label, title, tab, content }, all of them optional.
  nn.table = function (x, about) {
    var make = nn.make;
    var rows = Math.min(x.n, about.rows), columns = Math.min(x.m, about.columns);
    var decimals = nn.decimals(values(x, rows, columns), about.digits);
    var table = make("table", { "class": "nn-matrix nn-" + about.role, "data-key": about.key });
    var caption = make("caption", { title: about.caption });
    caption.appendChild(make("span", { "class": "nn-name" }, about.caption));
    caption.appendChild(make("small", {}, " " + x.n + " \u00d7 " + x.m));
    table.appendChild(caption);
    var head = make("tr");
    head.appendChild(make("td"));
    for (var j = 0; j < columns; j++) head.appendChild(make("th", { scope: "col", title: x.columnName(j) }, x.columnName(j)));
    table.appendChild(make("thead")).appendChild(head);
    var body = table.appendChild(make("tbody"));
    for (var i = 0; i < rows; i++) {
      var line = body.appendChild(make("tr"));
      line.appendChild(make("th", { scope: "row", title: x.rowName(i) }, x.rowName(i)));
      for (j = 0; j < columns; j++) line.appendChild(cell(x, i, j, about, decimals));
    }
    var more = [];
    if (x.n > rows) more.push(nn.count(x.n - rows, "more row"));
    if (x.m > columns) more.push(nn.count(x.m - columns, "more column"));
    if (more.length > 0) {
      var foot = table.appendChild(make("tfoot")).appendChild(make("tr", { "class": "nn-more" }));
      foot.appendChild(make("td", { colspan: columns + 1 }, "\u2026 " + more.join(" and ")));
    }
    return table;
  };

  function cell(x, i, j, about, decimals) {
    var own = about.cell ? about.cell(i, j, decimals) : {};
    var td = nn.make("td", { "class": ["nn-pick"].concat(own.classes || []).join(" "), "data-i": i + 1, "data-j": j + 1 });
    if (own.title) td.title = own.title;
    if (about.before) {
      var moved = x.get(i, j) - about.before.get(i, j);
      if (moved > 0) td.classList.add("nn-up");
      if (moved < 0) td.classList.add("nn-down");
    }
    var text = own.text === undefined ? nn.aligned(x.get(i, j), decimals, about.digits) : own.text;
    var content = own.content;
    if (!content) {
      content = nn.make("button", { type: "button" }, text);
      if (own.label) content.setAttribute("aria-label", own.label.replace("%", text));
      if (!own.tab) content.tabIndex = -1;
    }
    td.appendChild(content);
    return td;
  }

  // The operands with the signs between them, and the result. Each sign stays with the table after it when the row is broken.
  nn.row = function (tables, signs) {
    var row = nn.make("div", { "class": "nn-tables" });
    tables.forEach(function (table, k) {
      var part = row.appendChild(nn.make("div", { "class": "nn-part" }));
      if (signs[k]) part.appendChild(nn.make("span", { "class": "nn-sign" }, signs[k]));
      part.appendChild(table);
    });
    return row;
  };
})(typeof window === "undefined" ? globalThis : window);
