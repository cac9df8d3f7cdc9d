// A drawing, or a picture from a file, brought to the size that the model takes.
//
// A drawing is kept as strokes. They are moved to the middle and scaled until they fill the picture, and drawn with a pen
// of the thickness that scaled-down handwriting has; then each cell is the mean of what covers it. This is how the 8 x 8
// digits of UCI's optdigits were made (means over blocks of a normalised bitmap), and with a margin how those of MNIST were.
const FINE = 8;

export function createInput(page, changed) {
  const { height, width, channels, low, high, whole } = page.image;
  const pad = document.getElementById("pad");
  const seen = document.getElementById("seen");
  const file = document.getElementById("file");
  const hint = document.getElementById("padhint");
  const context = pad.getContext("2d");
  const margin = Math.min(height, width) >= 16 ? Math.round(Math.min(height, width) / 7) : 0;
  const pen = Math.max(1.6, Math.min(height, width) / 11);
  let strokes = [];
  let picture = null;
  let current = null;
  const cursor = { x: 0.5, y: 0.5, down: null, shown: false };

  function canvasOf(columns, rows) {
    const made = document.createElement("canvas");
    made.width = columns;
    made.height = rows;
    return made;
  }

  // -- what the person sees --------------------------------------------------------------------

  function path(target, stroke, place) {
    target.beginPath();
    const points = stroke.map(place);
    target.moveTo(points[0][0], points[0][1]);
    if (points.length === 1) target.lineTo(points[0][0] + 0.01, points[0][1]);
    for (let index = 1; index < points.length; index += 1) {
      const [x, y] = points[index];
      const [px, py] = points[index - 1];
      target.quadraticCurveTo(px, py, (px + x) / 2, (py + y) / 2);
      if (index === points.length - 1) target.lineTo(x, y);
    }
    target.stroke();
  }

  function paint() {
    const style = getComputedStyle(pad);
    context.clearRect(0, 0, pad.width, pad.height);
    if (picture) {
      const scale = Math.min(pad.width / picture.width, pad.height / picture.height);
      const [w, h] = [picture.width * scale, picture.height * scale];
      context.drawImage(picture, (pad.width - w) / 2, (pad.height - h) / 2, w, h);
    }
    context.strokeStyle = style.color;
    context.lineWidth = pad.width / 15;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of strokes) path(context, stroke, (point) => [point.x * pad.width, point.y * pad.height]);
    if (cursor.shown) {
      context.beginPath();
      context.lineWidth = 4;
      context.strokeStyle = style.getPropertyValue("--accent");
      context.arc(cursor.x * pad.width, cursor.y * pad.height, cursor.down ? 14 : 22, 0, 7);
      context.stroke();
    }
    hint.hidden = strokes.length > 0 || picture !== null;
  }

  // -- what the model sees ---------------------------------------------------------------------

  // Means of `channel` over the cells of a canvas that is FINE times as wide and as high.
  function means(canvas, channel) {
    const data = canvas.getContext("2d").getImageData(0, 0, width * FINE, height * FINE).data;
    const found = new Float32Array(height * width);
    for (let y = 0; y < height * FINE; y += 1) {
      for (let x = 0; x < width * FINE; x += 1) {
        found[Math.floor(y / FINE) * width + Math.floor(x / FINE)] += data[4 * (y * width * FINE + x) + channel];
      }
    }
    return found.map((sum) => sum / (255 * FINE * FINE));
  }

  function fitted(box, thickness) {
    const room = Math.min((width - 2 * margin - thickness) / (box.right - box.left || 1e-9), (height - 2 * margin - thickness) / (box.bottom - box.top || 1e-9));
    // A dot stays a dot.
    const scale = Math.min(room, (Math.max(height, width) * 4) / 1);
    const left = (width - (box.right - box.left) * scale) / 2 - box.left * scale;
    const top = (height - (box.bottom - box.top) * scale) / 2 - box.top * scale;
    return { scale, left, top };
  }

  function fromStrokes() {
    const points = strokes.flat();
    const box = {
      left: Math.min(...points.map((p) => p.x)),
      right: Math.max(...points.map((p) => p.x)),
      top: Math.min(...points.map((p) => p.y)),
      bottom: Math.max(...points.map((p) => p.y)),
    };
    const { scale, left, top } = fitted(box, pen);
    const fine = canvasOf(width * FINE, height * FINE);
    const target = fine.getContext("2d", { willReadFrequently: true });
    target.lineWidth = pen * FINE;
    target.lineCap = target.lineJoin = "round";
    for (const stroke of strokes) path(target, stroke, (p) => [(p.x * scale + left) * FINE, (p.y * scale + top) * FINE]);
    return [means(fine, 3)];
  }

  // Ink of a picture with one colour: how far each point is from the paper, which is what the border shows.
  function ink() {
    const side = 256;
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const columns = Math.max(1, Math.round(picture.width * scale));
    const rows = Math.max(1, Math.round(picture.height * scale));
    const small = canvasOf(columns, rows);
    const target = small.getContext("2d", { willReadFrequently: true });
    target.fillStyle = "#fff";
    target.fillRect(0, 0, columns, rows);
    target.drawImage(picture, 0, 0, columns, rows);
    const image = target.getImageData(0, 0, columns, rows);
    const light = new Float32Array(columns * rows);
    const border = [];
    for (let index = 0; index < light.length; index += 1) {
      const [r, g, b] = image.data.subarray(4 * index, 4 * index + 3);
      light[index] = (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
      const x = index % columns;
      const y = Math.floor(index / columns);
      if (x === 0 || y === 0 || x === columns - 1 || y === rows - 1) border.push(light[index]);
    }
    border.sort((a, b) => a - b);
    const paper = border[Math.floor(border.length / 2)];
    const strongest = Math.max(0.05, ...[0].concat(Array.from(light.filter((_, i) => i % 7 === 0), (v) => Math.abs(v - paper))));
    const box = { left: columns, right: 0, top: rows, bottom: 0 };
    for (let index = 0; index < light.length; index += 1) {
      const strength = Math.min(1, Math.abs(light[index] - paper) / strongest);
      const alpha = strength < 0.2 ? 0 : strength;
      image.data.set([0, 0, 0, Math.round(alpha * 255)], 4 * index);
      if (alpha > 0.4) {
        const x = index % columns;
        const y = Math.floor(index / columns);
        box.left = Math.min(box.left, x);
        box.right = Math.max(box.right, x + 1);
        box.top = Math.min(box.top, y);
        box.bottom = Math.max(box.bottom, y + 1);
      }
    }
    target.putImageData(image, 0, 0);
    return { small, box: box.right ? box : { left: 0, right: columns, top: 0, bottom: rows } };
  }

  function fromPicture() {
    const fine = canvasOf(width * FINE, height * FINE);
    const target = fine.getContext("2d", { willReadFrequently: true });
    target.imageSmoothingQuality = "high";
    if (channels === 1) {
      const { small, box } = ink();
      const { scale, left, top } = fitted(box, 0);
      target.drawImage(small, left * FINE, top * FINE, small.width * scale * FINE, small.height * scale * FINE);
      return [means(fine, 3)];
    }
    const scale = Math.max(fine.width / picture.width, fine.height / picture.height);
    const [w, h] = [picture.width * scale, picture.height * scale];
    target.fillStyle = "#fff";
    target.fillRect(0, 0, fine.width, fine.height);
    target.drawImage(picture, (fine.width - w) / 2, (fine.height - h) / 2, w, h);
    return [means(fine, 0), means(fine, 1), means(fine, 2)];
  }

  function reveal(planes) {
    const target = seen.getContext("2d");
    const image = target.createImageData(width, height);
    const rgb = getComputedStyle(seen).color.match(/[\d.]+/g).map(Number);
    for (let index = 0; index < height * width; index += 1) {
      const colour = planes.length === 1
        ? [rgb[0], rgb[1], rgb[2], planes[0][index] * 255]
        : [...planes.map((plane) => plane[index] * 255), 255];
      image.data.set(colour, 4 * index);
    }
    target.putImageData(image, 0, 0);
  }

  function read() {
    if (!strokes.length && !picture) {
      seen.getContext("2d").clearRect(0, 0, width, height);
      return { problem: "Draw something, or choose a picture" };
    }
    const planes = picture ? fromPicture() : fromStrokes();
    if (channels === 3 && planes.length === 1) planes.push(planes[0], planes[0]);
    reveal(planes);
    const values = new Float32Array(height * width * channels);
    for (let index = 0; index < height * width; index += 1) {
      for (let channel = 0; channel < channels; channel += 1) {
        const value = low + planes[channel][index] * (high - low);
        values[index * channels + channel] = whole ? Math.round(value) : value;
      }
    }
    return { values };
  }

  // -- what the person does --------------------------------------------------------------------

  let waiting = 0;
  function redraw() {
    paint();
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(changed);
  }

  function begin(point) {
    picture = null;
    file.value = "";
    current = [point];
    strokes.push(current);
  }

  function at(event) {
    const box = pad.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    pad.setPointerCapture(event.pointerId);
    cursor.shown = false;
    begin(at(event));
    redraw();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!current || cursor.down) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) current.push(at(each));
    redraw();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    pad.addEventListener(name, () => {
      if (!cursor.down) current = null;
    });
  }

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moves[event.key];
    if (move) {
      const step = event.shiftKey ? 0.01 : 0.04;
      cursor.shown = true;
      cursor.x = Math.max(0, Math.min(1, cursor.x + move[0] * step));
      cursor.y = Math.max(0, Math.min(1, cursor.y + move[1] * step));
      if (cursor.down) cursor.down.push({ x: cursor.x, y: cursor.y });
    } else if (event.key === " ") {
      cursor.shown = true;
      if (cursor.down) cursor.down = current = null;
      else {
        begin({ x: cursor.x, y: cursor.y });
        cursor.down = current;
      }
    } else if (event.key === "Backspace") undo();
    else if (event.key === "Escape") clear();
    else return;
    event.preventDefault();
    redraw();
  });
  pad.addEventListener("blur", () => {
    cursor.shown = false;
    cursor.down = current = null;
    paint();
  });

  function undo() {
    if (picture) picture = null;
    else strokes.pop();
    cursor.down = current = null;
    redraw();
  }
  function clear() {
    strokes = [];
    picture = null;
    file.value = "";
    cursor.down = current = null;
    redraw();
  }
  document.getElementById("undo").addEventListener("click", undo);
  document.getElementById("clear").addEventListener("click", clear);

  async function take(given) {
    if (!given) return;
    try {
      picture = await createImageBitmap(given);
      strokes = [];
    } catch {
      hint.textContent = "This is no picture that the browser can read.";
      picture = null;
    }
    redraw();
  }
  file.addEventListener("change", () => take(file.files[0]));
  pad.addEventListener("dragover", (event) => event.preventDefault());
  pad.addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => take(event.clipboardData?.files[0]));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  paint();
  return { read };
}
