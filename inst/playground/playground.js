// The playground's page: draws what the server sends, and tells it what is touched. Nothing is computed here but colours and places.
(function () {
  "use strict";

  const steps = 90; // numbers from -1 to 1 come as characters, in so many steps
  const edge = { large: 60, small: 20 };
  const most = 10; // inputs that the diagram has room for
  let scene = null, frame = null, looked = null; // `looked`: the unit whose picture is shown at large
  let colours = null;

  const byId = (id) => document.getElementById(id);
  const level = (text, k) => (text.charCodeAt(k) - 35) / (steps / 2) - 1;
  const short = (x) => (x === null || x === undefined ? "" : String(Number(Number(x).toPrecision(3))));

  // ---- colours ---------------------------------------------------------------------------------------

  function rgb(text) {
    const digits = text.trim().replace("#", "");
    return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
  }
  const mixed = (from, to, share) => from.map((value, k) => Math.round(value + (to[k] - value) * share));
  const css = (colour) => "rgb(" + colour.join(",") + ")";

  function readColours() {
    const style = getComputedStyle(byId("nn-play"));
    const of = (name) => rgb(style.getPropertyValue("--" + name));
    colours = { negative: of("negative"), positive: of("positive"), zero: of("zero"), ink: of("ink"), muted: of("muted"), paper: of("paper") };
  }
  // From orange through nothing to blue; areas are paler than points.
  const signed = (value, strength) =>
    mixed(colours.zero, value < 0 ? colours.negative : colours.positive, Math.min(1, Math.abs(value)) * strength);
  const classColour = (k) =>
    scene.kind === "many" ? rgb(scene.colours[k % scene.colours.length]) : k === 0 ? colours.negative : colours.positive;

  // ---- pictures --------------------------------------------------------------------------------------

  // A canvas as sharp as the screen; gives its context, in CSS pixels.
  function sized(canvas) {
    const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    const width = Math.round(box.width * ratio), height = Math.round(box.height * ratio);
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, box.width, box.height);
    return { context, width: box.width, height: box.height };
  }

  const small = document.createElement("canvas");
  // A square of n x n places in the given colours, the first row at the bottom.
  function raster(n, colourAt) {
    small.width = n;
    small.height = n;
    const context = small.getContext("2d"), image = context.createImageData(n, n);
    for (let row = 0; row < n; row++) {
      for (let column = 0; column < n; column++) {
        const colour = colourAt(row * n + column), at = 4 * ((n - 1 - row) * n + column);
        image.data[at] = colour[0];
        image.data[at + 1] = colour[1];
        image.data[at + 2] = colour[2];
        image.data[at + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
    return small;
  }

  function drawUnit(canvas, text) {
    const n = edge.small;
    canvas.width = n;
    canvas.height = n;
    canvas.getContext("2d").drawImage(raster(n, (k) => signed(level(text, k), 0.9)), 0, 0);
  }

  const margin = { left: 44, right: 8, top: 8, bottom: 34 };

  function drawBoundary() {
    const { context, width, height } = sized(byId("nn-boundary"));
    const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
    const unit = looked && pictureOf(looked);
    let picture;
    if (unit) {
      picture = raster(edge.small, (k) => signed(level(unit, k), 0.6));
    } else if (frame.grid.class) {
      picture = raster(edge.large, (k) => mixed(colours.zero, classColour(frame.grid.class.charCodeAt(k) - 35), 0.1 + 0.45 * (level(frame.grid.value, k) + 1) / 2));
    } else {
      picture = raster(edge.large, (k) => signed(level(frame.grid.value, k), 0.6));
    }
    context.imageSmoothingEnabled = true;
    context.drawImage(picture, margin.left, margin.top, inner.width, inner.height);
    const place = [scene.axes[0], scene.axes[1]].map((axis, k) => (value) => {
      const share = (value - axis.from) / (axis.to - axis.from);
      return k === 0 ? margin.left + share * inner.width : margin.top + (1 - share) * inner.height;
    });
    drawAxes(context, place, inner, height);
    drawPoints(context, place);
  }

  function drawAxes(context, place, inner, height) {
    context.fillStyle = css(colours.muted);
    context.strokeStyle = css(colours.muted);
    context.font = "12px system-ui, sans-serif";
    scene.axes.forEach((axis, k) => {
      const marks = axis.levels ? axis.levels.map((name, j) => [j + 1, name]) : ticks(axis.from, axis.to).map((value) => [value, short(value)]);
      marks.forEach(([value, name]) => {
        const at = place[k](value);
        const text = String(name).length > 7 && axis.levels ? String(name).slice(0, 6) + "…" : String(name);
        context.textAlign = k === 0 ? "center" : "right";
        context.textBaseline = k === 0 ? "top" : "middle";
        if (k === 0) context.fillText(text, at, margin.top + inner.height + 4); else context.fillText(text, margin.left - 5, at);
      });
    });
    context.fillStyle = css(colours.ink);
    context.textAlign = "center";
    context.textBaseline = "bottom";
    context.fillText(scene.axes[0].label, margin.left + inner.width / 2, height - 1);
    context.save();
    context.translate(10, margin.top + inner.height / 2);
    context.rotate(-Math.PI / 2);
    context.textBaseline = "middle";
    context.fillText(scene.axes[1].label, 0, 0);
    context.restore();
  }

  function ticks(from, to) {
    const width = (to - from) / 5, power = Math.pow(10, Math.floor(Math.log10(width)));
    const by = [1, 2, 5, 10].map((k) => k * power).find((step) => step >= width);
    const found = [];
    for (let k = Math.ceil(from / by); k * by <= to; k++) found.push(k * by);
    return found;
  }

  // Classes differ in shape as well; rows that validate are hollow.
  function drawPoints(context, place) {
    const points = scene.points;
    points.x.forEach((x, k) => {
      const code = scene.kind === "number" ? 0 : points.value[k];
      const colour = scene.kind === "number" ? signed(level(points.value, k), 1) : classColour(code);
      shape(context, code, place[0](x), place[1](points.y[k]), 3.6);
      context.lineWidth = points.held[k] ? 1.8 : 1;
      context.fillStyle = points.held[k] ? css(colours.paper) : css(colour);
      context.strokeStyle = points.held[k] ? css(scene.kind === "number" ? mixed(colour, colours.ink, 0.4) : colour) : css(scene.kind === "number" ? colours.ink : colours.paper);
      context.fill();
      context.stroke();
    });
  }

  function shape(context, code, x, y, r) {
    context.beginPath();
    switch (code % 4) {
      case 0: context.arc(x, y, r, 0, 2 * Math.PI); break;
      case 1: context.rect(x - r * 0.9, y - r * 0.9, 1.8 * r, 1.8 * r); break;
      case 2: context.moveTo(x, y - 1.3 * r); context.lineTo(x + 1.2 * r, y + r); context.lineTo(x - 1.2 * r, y + r); context.closePath(); break;
      default: context.moveTo(x, y - 1.4 * r); context.lineTo(x + 1.4 * r, y); context.lineTo(x, y + 1.4 * r); context.lineTo(x - 1.4 * r, y); context.closePath();
    }
  }

  function drawCurve() {
    const { context, width, height } = sized(byId("nn-loss-curve"));
    const curve = frame.curve, left = 44, right = 8, top = 8, bottom = 20;
    const all = curve.training.concat(curve.validation || []).filter((x) => x !== null && isFinite(x));
    const high = Math.max(...all, 1e-12), last = Math.max(curve.epoch[curve.epoch.length - 1], 1);
    const x = (epoch) => left + (epoch / last) * (width - left - right);
    const y = (loss) => top + (1 - loss / high) * (height - top - bottom);
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = css(colours.muted);
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(short(high), left - 5, top + 4);
    context.fillText("0", left - 5, height - bottom);
    context.textBaseline = "top";
    context.fillText("epoch " + last, width - right, height - bottom + 4);
    context.strokeStyle = css(mixed(colours.muted, colours.paper, 0.6));
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(left, top);
    context.lineTo(left, height - bottom);
    context.lineTo(width - right, height - bottom);
    context.stroke();
    const line = (values, colour, dash) => {
      context.beginPath();
      values.forEach((value, k) => { if (value !== null) context.lineTo(x(curve.epoch[k]), y(value)); });
      context.strokeStyle = css(colour);
      context.lineWidth = 2;
      context.setLineDash(dash);
      context.stroke();
      context.setLineDash([]);
    };
    line(curve.training, colours.ink, []);
    if (curve.validation) line(curve.validation, colours.negative, [5, 3]);
    // Where the weights shown are, when the slider went back.
    if (frame.epoch < frame.furthest) {
      context.strokeStyle = css(colours.muted);
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x(frame.epoch), top);
      context.lineTo(x(frame.epoch), height - bottom);
      context.stroke();
    }
  }

  // ---- the network -----------------------------------------------------------------------------------

  const svg = (name, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.keys(attributes).forEach((key) => node.setAttribute(key, attributes[key]));
    return node;
  };
  const shownUnits = (layer) => (layer === 0 ? Math.min(scene.sizes[0], most) : scene.sizes[layer]);
  const isOutput = (layer) => layer === scene.sizes.length - 1;
  const nameOf = (layer, unit) =>
    layer === 0 ? scene.inputs.names[unit] : isOutput(layer) ? String(scene.outputs[unit]) : "h" + layer + "." + (unit + 1);
  const pictureOf = (at) => {
    if (at.layer === 0) return scene.inputs.pictures[at.unit];
    const layer = frame.units[at.layer - 1];
    return layer && layer[at.unit];
  };

  // Units as buttons in columns, over lines of an image that has the same size.
  function buildDiagram() {
    const diagram = byId("nn-diagram");
    diagram.textContent = "";
    const layers = scene.sizes.length, tallest = Math.max(...scene.sizes.map((size, layer) => shownUnits(layer)));
    const foot = scene.sizes[0] > most ? 18 : 0, height = Math.max(300, 54 * tallest + 34) + foot, width = 100;
    diagram.style.height = height + "px";
    const image = svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    diagram.appendChild(image);
    const place = (layer, unit) => {
      const count = shownUnits(layer), gap = (height - foot - 34) / count;
      return { x: 9 + (82 * layer) / (layers - 1), y: 24 + gap * (unit + 0.5) };
    };
    scene.lines = [];
    for (let layer = 1; layer < layers; layer++) {
      const from = shownUnits(layer - 1);
      for (let i = 0; i < from; i++) {
        for (let j = 0; j < shownUnits(layer); j++) {
          const a = place(layer - 1, i), b = place(layer, j), middle = (a.x + b.x) / 2;
          const path = svg("path", { d: `M${a.x},${a.y} C${middle},${a.y} ${middle},${b.y} ${b.x},${b.y}`, fill: "none", "vector-effect": "non-scaling-stroke" });
          image.appendChild(path);
          scene.lines.push({ path, layer, i, j });
        }
      }
    }
    scene.buttons = [];
    for (let layer = 0; layer < layers; layer++) {
      const head = document.createElement("span");
      head.className = "nn-layer";
      head.textContent = layer === 0 ? "inputs" : scene.activations[layer - 1];
      head.style.left = place(layer, 0).x + "%";
      diagram.appendChild(head);
      for (let unit = 0; unit < shownUnits(layer); unit++) {
        const at = place(layer, unit), button = document.createElement("button"), canvas = document.createElement("canvas"), label = document.createElement("span");
        button.type = "button";
        button.className = "nn-unit";
        button.style.left = at.x + "%";
        button.style.top = at.y + "px";
        button.setAttribute("aria-label", (layer === 0 ? "input " : isOutput(layer) ? "output " : "hidden unit ") + nameOf(layer, unit));
        button.title = nameOf(layer, unit);
        label.textContent = nameOf(layer, unit);
        button.append(canvas, label);
        const look = () => { looked = { layer, unit }; drawLooked(); };
        const leave = () => { looked = null; drawLooked(); };
        button.addEventListener("mouseenter", look);
        button.addEventListener("focus", look);
        button.addEventListener("mouseleave", leave);
        button.addEventListener("blur", leave);
        diagram.appendChild(button);
        scene.buttons.push({ canvas, layer, unit });
        if (layer === 0) drawUnit(canvas, scene.inputs.pictures[unit]);
      }
    }
    if (scene.sizes[0] > most) {
      const more = document.createElement("span");
      more.className = "nn-layer nn-more";
      more.textContent = "and " + (scene.sizes[0] - most) + " more";
      more.style.left = "9%";
      diagram.appendChild(more);
    }
  }

  function drawNetwork() {
    scene.buttons.forEach((button) => { if (button.layer > 0) drawUnit(button.canvas, pictureOf(button)); });
    const largest = frame.weights.map((w) => Math.max(1e-12, ...w.map((row) => Math.max(...row.map((x) => Math.abs(x))))));
    scene.lines.forEach(({ path, layer, i, j }) => {
      const weight = frame.weights[layer - 1][i][j], share = Math.abs(weight) / largest[layer - 1];
      const touched = looked && ((looked.layer === layer && looked.unit === j) || (looked.layer === layer - 1 && looked.unit === i));
      path.setAttribute("stroke", css(weight < 0 ? colours.negative : colours.positive));
      path.setAttribute("stroke-width", 0.4 + 5 * share);
      path.setAttribute("stroke-dasharray", weight < 0 ? "7 4" : "none");
      path.setAttribute("stroke-opacity", looked ? (touched ? 1 : 0.15) : 0.35 + 0.6 * share);
    });
  }

  // The unit looked at, in words: what leads to it.
  function drawLooked() {
    if (!frame) return;
    const text = byId("nn-unit-text");
    if (!looked || looked.unit >= scene.sizes[looked.layer]) {
      looked = null;
      text.textContent = "Point at a unit to see its picture at large and its weights.";
    } else if (looked.layer === 0) {
      text.textContent = nameOf(0, looked.unit) + " is an input; the large picture shows it.";
    } else {
      const weights = frame.weights[looked.layer - 1].map((row, i) => short(row[looked.unit]) + " · " + nameOf(looked.layer - 1, i));
      text.textContent = nameOf(looked.layer, looked.unit) + " = " + scene.activations[looked.layer - 1] + "(" +
        (weights.slice(0, most).join(" + ") + (weights.length > most ? " + …" : "") + " + " + short(frame.biases[looked.layer - 1][looked.unit])).replace(/\+ -/g, "− ") + ")";
    }
    drawNetwork();
    drawBoundary();
  }

  // ---- words -----------------------------------------------------------------------------------------

  function drawLegend() {
    const legend = byId("nn-legend");
    legend.textContent = "";
    const entry = (text, colour, code, hollow) => {
      const item = document.createElement("span"), mark = document.createElement("canvas");
      mark.width = 28;
      mark.height = 28;
      const context = mark.getContext("2d");
      context.scale(2, 2);
      shape(context, code, 7, 7, 4.2);
      context.fillStyle = css(hollow ? colours.paper : colour);
      context.strokeStyle = css(colour);
      context.lineWidth = 1.6;
      context.fill();
      context.stroke();
      mark.setAttribute("aria-hidden", "true");
      item.append(mark, text);
      legend.appendChild(item);
    };
    if (scene.kind === "number") {
      entry(short(scene.range[0]), colours.negative, 0, false);
      entry(short(scene.range[1]), colours.positive, 0, false);
    } else {
      scene.classes.forEach((name, k) => entry(name, classColour(k), k, false));
    }
    if (scene.points.held.some((held) => held === 1)) entry("validates", colours.muted, 0, true);
    byId("nn-held").textContent = scene.held || "";
  }

  const percent = (x) => (x === null || x === undefined ? "" : frame.measures.name === "accuracy" ? (100 * x).toFixed(1) + " %" : short(x));

  function tell() {
    const measures = frame.measures;
    byId("nn-epoch").textContent = frame.epoch + (frame.epoch < frame.furthest ? " of " + frame.furthest : "");
    const scrub = byId("scrub");
    scrub.max = frame.furthest;
    if (!scrub.dataset.dragged) scrub.value = frame.epoch;
    byId("nn-loss").textContent = short(measures.loss);
    byId("nn-validation-loss").textContent = short(measures.validation_loss);
    byId("nn-measure").textContent = measures.name;
    byId("nn-value").textContent = percent(measures.value);
    byId("nn-validation-value").textContent = percent(measures.validation_value);
    byId("nn-code").textContent = frame.code;
    byId("play").textContent = frame.playing ? "Pause" : "Play";
    byId("play").disabled = frame.ended;
    byId("step").disabled = frame.ended;
    const problem = document.querySelector(".nn-problem");
    problem.hidden = !frame.problem;
    if (problem.textContent !== (frame.problem || "")) problem.textContent = frame.problem || "";
    // Said when it rests: nobody could listen to every epoch.
    if (!frame.playing) {
      byId("nn-said").textContent = "Epoch " + frame.epoch + ": loss " + short(measures.loss) + ", " + measures.name + " " + percent(measures.value) +
        (frame.ended ? ". The training has ended." : "");
    }
  }

  function drawAll() {
    if (!frame || !colours) return;
    drawLooked();
    drawCurve();
    tell();
  }

  // ---- with the server -------------------------------------------------------------------------------

  // jQuery is Shiny's: its events are not the browser's own.
  window.jQuery(document).on("shiny:connected", () => {
    readColours();
    window.Shiny.setInputValue("ready", Date.now());
  });
  window.Shiny.addCustomMessageHandler("nn-scene", (message) => {
    scene = message;
    frame = null;
    if (scene.trace) byId("nn-trace").href = scene.trace;
    ["lr", "batch_size"].forEach((id) => { byId(id).disabled = scene.idle.includes(id); });
    buildDiagram();
    drawLegend();
  });
  window.Shiny.addCustomMessageHandler("nn-frame", (message) => {
    frame = message;
    drawAll();
    // The server goes on when this is known to be drawn.
    setTimeout(() => window.Shiny.setInputValue("drawn", message.number), 15);
  });

  // Sliders tell their value when they are let go.
  const range = new window.Shiny.InputBinding();
  Object.assign(range, {
    find: (scope) => window.jQuery(scope).find("input.nn-range"),
    getValue: (node) => Number(node.value),
    setValue: (node, value) => { node.value = value; },
    subscribe: (node, callback) => {
      node.addEventListener("input", () => { node.parentNode.querySelector("output").textContent = node.value + " " + node.dataset.unit; });
      node.addEventListener("change", () => callback(false));
    },
    unsubscribe: () => {},
  });
  window.Shiny.inputBindings.register(range, "backprop.range");

  document.addEventListener("DOMContentLoaded", () => {
    const scrub = byId("scrub");
    let asked = 0;
    scrub.addEventListener("input", () => {
      scrub.dataset.dragged = "yes";
      // The slider moves faster than pictures come.
      clearTimeout(asked);
      asked = setTimeout(() => window.Shiny.setInputValue("scrub", Number(scrub.value), { priority: "event" }), 40);
    });
    scrub.addEventListener("change", () => { delete scrub.dataset.dragged; });
    byId("nn-copy").addEventListener("click", () => {
      const text = byId("nn-code").textContent, said = () => { byId("nn-copy").textContent = "Copied"; setTimeout(() => { byId("nn-copy").textContent = "Copy"; }, 1500); };
      if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(said, () => {});
      else { const selection = getSelection(); selection.selectAllChildren(byId("nn-code")); if (document.execCommand("copy")) said(); }
    });
    window.addEventListener("resize", drawAll);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      readColours();
      if (!scene) return;
      buildDiagram();
      drawLegend();
      drawAll();
    });
  });
})();
