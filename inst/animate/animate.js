// Plays the pages of nn_animate(). Frames are in the page as pictures, of which one is shown; paths are drawn up to a place by the numbers beside them.
(function () {
  "use strict";

  var all = window.nnPage.all;

  function several(count, noun) { return count + " " + noun + (count === 1 ? "" : "s"); }

  // Four digits, as the table has them from R.
  function short(value) {
    if (value === null) return "";
    var size = Math.abs(value);
    return size !== 0 && (size < 1e-4 || size >= 1e6) ? value.toExponential(3) : String(Number(value.toPrecision(4)));
  }

  // What a page shows: `last`, the number of its last place; `show(place)`, which answers in words where that is.
  function frames(box) {
    var pictures = all(box, ".nn-frames img");
    return {
      last: pictures.length - 1,
      show: function (place) {
        pictures.forEach(function (picture, k) { picture.hidden = k !== place; });
        return pictures[place].alt;
      }
    };
  }

  function paths(box) {
    var ways = JSON.parse(box.querySelector(".nn-data").textContent);
    var by = box.querySelector(".nn-by select");
    var ends = { iteration: 0, epoch: 0 };
    ways.forEach(function (way) {
      Object.keys(ends).forEach(function (what) { ends[what] = Math.max(ends[what], way[what][way[what].length - 1]); });
    });
    // In either count there are as many places as the longest path has updates.
    var last = Math.round(ends.iteration);

    function upTo(way, what, bound) {
      var low = 0, high = way[what].length - 1;
      while (low < high) {
        var middle = Math.ceil((low + high) / 2);
        if (way[what][middle] <= bound + 1e-9) low = middle; else high = middle - 1;
      }
      return low;
    }

    function draw(k, way, at) {
      var group = box.querySelector('.nn-way[data-way="' + k + '"]');
      var points = [];
      for (var i = 0; i <= at; i++) points.push(way.px[i] + " " + way.py[i]);
      group.querySelector("polyline").setAttribute("points", points.join(" "));
      group.querySelector(".nn-head").setAttribute("transform", "translate(" + way.px[at] + " " + way.py[at] + ")");
      var row = box.querySelector('input[data-way="' + k + '"]').closest("tr");
      var cells = { iteration: way.iteration[at], epoch: Math.round(way.epoch[at] * 10) / 10, x: way.x[at], y: way.y[at], loss: way.loss[at] };
      Object.keys(cells).forEach(function (name) {
        row.querySelector("td.nn-" + name).textContent = name === "iteration" ? String(cells[name]) : short(cells[name]);
      });
    }

    all(box, "input[data-way]").forEach(function (tick) {
      tick.addEventListener("change", function () {
        box.querySelector('.nn-way[data-way="' + tick.getAttribute("data-way") + '"]').style.display = tick.checked ? "" : "none";
      });
    });

    return {
      last: last,
      by: by,
      show: function (place) {
        var what = by.value;
        var bound = what === "iteration" || last === 0 ? place : place / last * ends.epoch;
        ways.forEach(function (way, k) { draw(k, way, upTo(way, what, bound)); });
        return several(what === "iteration" ? place : Math.round(bound * 10) / 10, what === "iteration" ? "update" : "epoch");
      }
    };
  }

  function start(box) {
    var shown = box.querySelector(".nn-frames") ? frames(box) : paths(box);
    var play = box.querySelector(".nn-play");
    var slider = box.querySelector(".nn-slider");
    var where = box.querySelector(".nn-where");
    var fps = Number(box.getAttribute("data-fps")) || 5;
    // So that many small steps take no longer than a reader has.
    var each = Math.max(1, Math.ceil(shown.last / (fps * 20)));
    var at = shown.last;
    var timer = null;

    box.querySelector(".nn-controls").hidden = false;
    box.querySelector(".nn-keys").hidden = false;
    slider.max = shown.last;

    function show(place) {
      at = Math.max(0, Math.min(shown.last, place));
      slider.value = at;
      var text = shown.show(at);
      where.textContent = text;
      slider.setAttribute("aria-valuetext", text);
    }

    function pause() {
      if (timer !== null) window.clearInterval(timer);
      timer = null;
      play.textContent = "Play";
      where.setAttribute("aria-live", "polite");
    }

    function run() {
      // From the end it begins anew.
      if (at >= shown.last) show(0);
      play.textContent = "Pause";
      // What runs by is not read out.
      where.setAttribute("aria-live", "off");
      timer = window.setInterval(function () {
        // A page that was taken out of its document.
        if (!document.documentElement.contains(box)) { pause(); return; }
        show(at + each);
        if (at >= shown.last) pause();
      }, 1000 / fps);
    }

    function toggle() { if (timer === null) run(); else pause(); }

    function press(event) {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      var target = event.target;
      var own = { " ": ["BUTTON", "INPUT", "SELECT"], ArrowLeft: ["SELECT"], ArrowRight: ["SELECT"], Home: ["SELECT"], End: ["SELECT"] }[event.key];
      if (!own) return;
      // What the key does to a button, a box or a list, it does; on the slider it means the same as everywhere.
      if (own.indexOf(target.tagName) >= 0 && target !== slider) { event.stopPropagation(); return; }
      event.preventDefault();
      event.stopPropagation();
      if (event.key === " ") { toggle(); return; }
      pause();
      show({ ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: shown.last }[event.key]);
    }

    play.addEventListener("click", toggle);
    slider.addEventListener("input", function () { pause(); show(Number(slider.value)); });
    box.addEventListener("keydown", press);
    // Alone on its page, it has the keys wherever the focus is.
    if (document.body.classList.contains("nn-alone")) {
      document.addEventListener("keydown", function (event) { if (!box.contains(event.target)) press(event); });
    }
    if (shown.by) shown.by.addEventListener("change", function () { show(at); });
    show(at);
  }

  window.nnPage.start("nn-animate", start);
})();
