// The network as a picture that follows the tables: units and edges light up as cells do.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};
  var most = 8; // units of a layer that are shown
  var width = 760, top = 34, gap = 34;

  function svg(tag, attributes, text) {
    var node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.keys(attributes || {}).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function short(text, most) { return text.length > most ? text.slice(0, most - 1) + "\u2026" : text; }

  // What a matrix is about: the units of a layer, or the weights or biases between it and the layer before.
  nn.subjectOf = function (model, key) {
    var keys = model.data.layers.keys;
    var layers = keys.z.length;
    if (key === "X") return { units: 0 };
    if (key === "Y") return { units: layers };
    for (var l = 0; l < layers; l++) {
      if ([keys.z[l], keys.a[l], keys.slope[l], keys.error[l], keys.delta[l]].indexOf(key) >= 0) return { units: l + 1 };
      // Gradients and what an optimizer keeps end in the name of what they belong to.
      if (key === keys.weights[l] || endsWith(key, "_" + keys.weights[l])) return { weights: l + 1 };
      if (key === keys.biases[l] || endsWith(key, "_" + keys.biases[l])) return { biases: l + 1 };
    }
    return {};
  };

  function endsWith(text, end) { return text.slice(-end.length) === end; }

  nn.diagram = function (model, id) {
    var layers = model.data.layers;
    var sizes = layers.sizes;
    var shown = sizes.map(function (size) { return Math.min(size, most); });
    var height = top + Math.max.apply(null, shown) * gap + 22;
    var figure = nn.make("figure", { "class": "nn-diagram" });
    var picture = svg("svg", { viewBox: "0 0 " + width + " " + height, role: "img", "aria-labelledby": id + "-network" });
    picture.style.maxHeight = Math.round(height * 1.15) + "px";
    picture.appendChild(svg("title", { id: id + "-network" }, "The network: a " + sizes.join("-") + " network"));
    var canvas = picture.appendChild(svg("g"));
    figure.appendChild(picture);
    var caption = figure.appendChild(nn.make("figcaption", {}, ""));

    function xOf(l) { return 110 + l * (width - 270) / Math.max(1, sizes.length - 1); }
    function yOf(l, place) { return top + (Math.max.apply(null, shown) - shown[l]) * gap / 2 + place * gap + gap / 2; }

    // The first unit of a layer that is shown, so that unit `j` is among them.
    function firstOf(l, j) { return sizes[l] <= most ? 0 : Math.max(0, Math.min(sizes[l] - most, j - 3)); }

    function largest(values) { return values.reduce(function (most, x) { return isFinite(x) ? Math.max(most, Math.abs(x)) : most; }, 0) || 1; }

    // `at`: row; `units(l)`: { key, x } of the layer or null; `weights(l)` and `biases(l)`: matrices or null; `seen(key, x, i, j)`; `target`: Y or null;
    // `marks`: { "u:l:j": "current" or "read", "w:l:i:j", "b:l:j" }; `focus`: a unit for each layer that is at hand.
    function draw(at) {
      while (canvas.firstChild) canvas.removeChild(canvas.firstChild);
      var first = sizes.map(function (_, l) { return firstOf(l, at.focus[l] || 0); });
      for (var l = 1; l < sizes.length; l++) drawEdges(l, first, at);
      for (l = 0; l < sizes.length; l++) drawUnits(l, first, at);
      var wide = sizes.some(function (size) { return size > most; });
      caption.textContent = "Row " + at.rowName + ". Blue is positive, orange and dashed negative; size is the size of the number; the short line below a unit is its bias." +
        (wide ? " Of wide layers the units around the current one are shown." : "") +
        (layers.dense.every(Boolean) ? "" : " Layers that are not dense are drawn without edges.");
    }

    function drawEdges(l, first, at) {
      var w = at.weights(l);
      if (!layers.dense[l - 1] || !w || w.x.n !== sizes[l - 1]) return;
      var values = [], lines = [];
      for (var i = 0; i < shown[l - 1]; i++) {
        for (var j = 0; j < shown[l]; j++) {
          var from = first[l - 1] + i, to = first[l] + j;
          var value = at.seen(w.key, w.x, from, to) ? w.x.get(from, to) : undefined;
          if (value !== undefined) values.push(value);
          lines.push({
            value: value, mark: at.marks["w:" + l + ":" + from + ":" + to], name: value === undefined ? "" : nn.cellName(w.key, w.x, from, to),
            ends: { x1: xOf(l - 1), y1: yOf(l - 1, i), x2: xOf(l), y2: yOf(l, j) }
          });
        }
      }
      var size = largest(values);
      // Lit edges last, above the others.
      lines.sort(function (a, b) { return (a.mark ? 1 : 0) - (b.mark ? 1 : 0); });
      lines.forEach(function (line) { edge(line, size, "nn-edge"); });
    }

    function edge(line, size, kind) {
      var known = line.value !== undefined && isFinite(line.value);
      if (line.mark) canvas.appendChild(svg("line", Object.assign({ "class": "nn-halo nn-halo-" + line.mark, "stroke-width": 9 }, line.ends)));
      var drawn = svg("line", Object.assign({
        "class": kind + (known && line.value < 0 ? " nn-minus" : known ? " nn-plus" : " nn-unknown"),
        "stroke-width": known ? (0.7 + 4 * Math.abs(line.value) / size).toFixed(2) : 1
      }, line.ends));
      if (known) drawn.appendChild(svg("title", {}, line.name + " = " + nn.format(line.value, model.data.digits)));
      canvas.appendChild(drawn);
    }

    function drawUnits(l, first, at) {
      var has = at.units(l);
      var biases = l > 0 ? at.biases(l) : null;
      var x = xOf(l), last = l === sizes.length - 1;
      canvas.appendChild(svg("text", { "class": "nn-layer", x: x, y: 15, "text-anchor": "middle" }, has ? short(has.key, 26) : ""));
      var values = [], inRange = has && at.row < has.x.n;
      for (var k = 0; k < shown[l]; k++) values.push(inRange && at.seen(has.key, has.x, at.row, first[l] + k) ? has.x.get(at.row, first[l] + k) : undefined);
      var size = largest(values.filter(function (value) { return value !== undefined; }));
      var bias = biases ? largest(Array.prototype.slice.call(biases.x.v)) : 1;
      for (k = 0; k < shown[l]; k++) {
        var j = first[l] + k, y = yOf(l, k), value = values[k];
        var known = value !== undefined && isFinite(value);
        var mark = at.marks["u:" + l + ":" + j];
        if (biases && biases.x.m === sizes[l]) {
          var seen = at.seen(biases.key, biases.x, 0, j);
          edge({
            value: seen ? biases.x.get(0, j) : undefined, mark: at.marks["b:" + l + ":" + j], name: nn.cellName(biases.key, biases.x, 0, j),
            ends: { x1: x - 16, y1: y + 15, x2: x, y2: y }
          }, bias, "nn-edge nn-bias");
        }
        var radius = known ? 5 + 8 * Math.abs(value) / size : 6;
        if (mark) canvas.appendChild(svg("circle", { "class": "nn-halo nn-halo-" + mark, cx: x, cy: y, r: radius + 4 }));
        var unit = svg("circle", { "class": "nn-unit" + (known && value < 0 ? " nn-minus" : known && value > 0 ? " nn-plus" : ""), cx: x, cy: y, r: radius.toFixed(1) });
        var name = has && inRange ? has.x.columnName(j) : layers.units[l][j] || String(j + 1);
        canvas.appendChild(unit);
        var text = short(name, 14) + (known ? " " + nn.format(value, 3).replace(/^-/, "\u2212") : "");
        if (last && at.target && at.row < at.target.n && at.target.m === sizes[l]) text += "  (Y " + nn.format(at.target.get(at.row, j), 3) + ")";
        var label = svg("text", { "class": "nn-unit-name", x: l === 0 ? x - 18 : x + 18, y: y + 4, "text-anchor": l === 0 ? "end" : "start" }, text);
        label.appendChild(svg("title", {}, name));
        canvas.appendChild(label);
      }
      if (sizes[l] > most) {
        canvas.appendChild(svg("text", { "class": "nn-layer", x: x, y: height - 6, "text-anchor": "middle" },
          "units " + (first[l] + 1) + "\u2013" + (first[l] + most) + " of " + sizes[l]));
      }
    }

    return { node: figure, draw: draw };
  };
})(typeof window === "undefined" ? globalThis : window);
