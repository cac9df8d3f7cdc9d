// The picture of a pipeline that can be moved, searched and asked. All texts are in the page already: here nothing is written but places.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const canvas = $("canvas");
  const svg = canvas.querySelector("svg");
  const nodes = new Map([...svg.querySelectorAll("[data-id]")].map((each) => [each.dataset.id, each]));
  const edges = [...svg.querySelectorAll(".edge")];
  const items = new Map([...document.querySelectorAll("#steps [data-go]")].map((each) => [each.dataset.go, each]));
  const cards = new Map([...document.querySelectorAll("#details > article")].map((each) => [each.dataset.of, each]));
  const [, , WIDE, HIGH] = svg.getAttribute("viewBox").split(" ").map(Number);
  let view = { x: 0, y: 0, w: WIDE, h: HIGH };
  let fitted = true;
  // How wide the picture was when it was drawn last: it keeps its scale when a panel opens beside it.
  let wide = canvas.clientWidth;
  let chosen = "";

  document.documentElement.dataset.script = "";

  // Where one looks

  function show() {
    svg.setAttribute("viewBox", [view.x, view.y, view.w, view.h].map((each) => each.toFixed(2)).join(" "));
    $("zoom").textContent = `${Math.round((100 * canvas.clientWidth) / view.w)}%`;
    wide = canvas.clientWidth;
  }

  function fit() {
    const aspect = canvas.clientWidth / Math.max(canvas.clientHeight, 1);
    // What can be read counts more than the whole of it.
    const whole = Math.max(WIDE, HIGH * aspect);
    const w = Math.min(whole, Math.max(canvas.clientWidth / 0.6, 1));
    const h = w / aspect;
    view = { x: (WIDE - w) / 2, y: h >= HIGH ? (HIGH - h) / 2 : 0, w, h };
    if (nodes.size) {
      // Where not all of it can be seen, one begins where the pipeline does.
      const box = nodes.values().next().value.getBBox();
      if (w < WIDE) view.x = Math.min(Math.max(box.x + box.width / 2 - w / 2, 0), WIDE - w);
      if (h < HIGH) view.y = Math.min(Math.max(box.y + box.height / 2 - h / 2, 0), HIGH - h);
    }
    fitted = true;
    show();
  }

  function zoom(factor, clientX, clientY) {
    const box = canvas.getBoundingClientRect();
    const across = clientX === undefined ? 0.5 : (clientX - box.left) / box.width;
    const down = clientY === undefined ? 0.5 : (clientY - box.top) / box.height;
    const w = Math.min(Math.max(view.w / factor, box.width / 4), Math.max(WIDE, HIGH) * 4);
    const h = (w * box.height) / box.width;
    view = { x: view.x + (view.w - w) * across, y: view.y + (view.h - h) * down, w, h };
    fitted = false;
    show();
  }

  function resized() {
    if (fitted) fit();
    else if (wide !== canvas.clientWidth) zoom(wide / Math.max(canvas.clientWidth, 1));
  }

  function move(x, y) {
    view.x = Math.min(Math.max(view.x + x, -view.w * 0.8), WIDE - view.w * 0.2);
    view.y = Math.min(Math.max(view.y + y, -view.h * 0.8), HIGH - view.h * 0.2);
    fitted = false;
    show();
  }

  function reveal(id) {
    const box = nodes.get(id).getBBox();
    // What fits is seen as it is.
    const room = fitted ? 0 : Math.min(24, view.w / 10);
    let [x, y] = [0, 0];
    if (box.x < view.x + room) x = box.x - room - view.x;
    else if (box.x + box.width > view.x + view.w - room) x = box.x + box.width + room - view.x - view.w;
    if (box.y < view.y + room) y = box.y - room - view.y;
    else if (box.y + box.height > view.y + view.h - room) y = box.y + box.height + room - view.y - view.h;
    if (x || y) move(x, y);
  }

  // What is asked for

  function choose(id, { focus = false } = {}) {
    chosen = id;
    for (const [key, each] of nodes) {
      each.setAttribute("aria-pressed", String(key === id));
      each.classList.toggle("chosen", key === id);
    }
    for (const [key, each] of items) {
      if (key === id) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
    for (const each of edges) each.classList.toggle("on", each.dataset.from === id || each.dataset.to === id);
    for (const [key, each] of cards) each.hidden = key !== id;
    $("details").hidden = id === "";
    resized();
    if (id === "") return;
    stop(id);
    reveal(id);
    $("details").scrollTop = 0;
    if (focus) cards.get(id).querySelector("h2").focus();
  }

  // One stop of Tab in the picture; the arrows go on from there.
  function stop(id) {
    for (const [key, each] of nodes) each.setAttribute("tabindex", key === id ? "0" : "-1");
  }

  function toward(id, key) {
    const middle = (each) => {
      const box = each.getBBox();
      return [box.x + box.width / 2, box.y + box.height / 2];
    };
    const [x, y] = middle(nodes.get(id));
    const ahead = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
    let [best, least] = ["", Infinity];
    for (const [other, each] of nodes) {
      const [a, b] = middle(each);
      const along = (a - x) * ahead[0] + (b - y) * ahead[1];
      const beside = Math.abs((a - x) * ahead[1]) + Math.abs((b - y) * ahead[0]);
      if (other !== id && along > 1 && along + 2 * beside < least) [best, least] = [other, along + 2 * beside];
    }
    return best;
  }

  function search() {
    const words = $("search").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    for (const [id, item] of items) {
      const text = `${item.textContent} ${cards.get(id).textContent}`.toLowerCase();
      const fits = words.every((word) => text.includes(word));
      item.parentElement.hidden = !fits;
      nodes.get(id).classList.toggle("dim", !fits);
      if (fits) found.push(id);
    }
    $("found").textContent = words.length ? `${found.length} of ${items.size}` : "";
    // What is called so comes before what only speaks of it.
    const name = (id) => items.get(id).querySelector("b").textContent.toLowerCase();
    const likeness = (id) => (name(id) === words[0] ? 0 : name(id).startsWith(words[0]) ? 1 : name(id).includes(words[0]) ? 2 : 3);
    return words.length ? found.sort((a, b) => likeness(a) - likeness(b)) : [];
  }

  svg.addEventListener("keydown", (event) => {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (id === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") choose(id, { focus: true });
    else if (event.key === "+" || event.key === "=") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") fit();
    else if (event.key === "Home" || event.key === "End") {
      const all = [...nodes.keys()];
      nodes.get(event.key === "Home" ? all[0] : all[all.length - 1]).focus();
    } else if (event.key.startsWith("Arrow")) {
      const next = toward(id, event.key);
      if (next) nodes.get(next).focus();
    } else return;
    event.preventDefault();
  });
  svg.addEventListener("focusin", (event) => {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (id === undefined) return;
    stop(id);
    reveal(id);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input")) {
      event.preventDefault();
      $("search").focus();
    }
    if (event.key !== "Escape") return;
    if (event.target === $("search") && $("search").value) {
      $("search").value = "";
      search();
    } else if (chosen) {
      const before = chosen;
      choose("");
      nodes.get(before).focus();
    }
  });
  $("search").addEventListener("input", search);
  $("search").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const [first] = search();
    if (first) choose(first, { focus: true });
  });
  document.addEventListener("click", (event) => {
    const go = event.target.closest("[data-go]");
    if (go) choose(go.dataset.go, { focus: true });
  });
  $("in").addEventListener("click", () => zoom(1.25));
  $("out").addEventListener("click", () => zoom(0.8));
  $("fit").addEventListener("click", fit);
  $("close").addEventListener("click", () => {
    const before = chosen;
    choose("");
    nodes.get(before).focus();
  });

  // Fingers and mice

  const pointers = new Map();
  let moved = 0;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    pointers.set(event.pointerId, event);
    if (pointers.size === 1) moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const scale = view.w / canvas.clientWidth;
    moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
    if (pointers.size === 2) {
      const other = [...pointers.values()].find((each) => each.pointerId !== event.pointerId);
      const apart = (each) => Math.hypot(each.clientX - other.clientX, each.clientY - other.clientY);
      if (apart(before) > 0) {
        zoom(apart(event) / apart(before), (event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
      }
    } else if (moved > 4) {
      if (!canvas.hasPointerCapture(event.pointerId)) canvas.setPointerCapture(event.pointerId);
      canvas.classList.add("moving");
      move((before.clientX - event.clientX) * scale, (before.clientY - event.clientY) * scale);
    }
    pointers.set(event.pointerId, event);
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(kind, (event) => {
      pointers.delete(event.pointerId);
      canvas.classList.remove("moving");
    });
  }
  svg.addEventListener("click", (event) => {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (id !== undefined && moved <= 4) choose(id);
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX, event.clientY);
    },
    { passive: false },
  );
  new ResizeObserver(() => {
    resized();
    if (chosen) reveal(chosen);
  }).observe(canvas);

  choose("");
  stop([...nodes.keys()][0]);
  fit();
})();
