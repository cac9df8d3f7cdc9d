// The page: asks the input for values, lets the model judge them, and shows what it says.
import { load, unpack } from "./engine.js";
import { createInput } from "./input.js";
import { prepare } from "./prepare.js";

const page = JSON.parse(document.getElementById("page").textContent);
const byId = (id) => document.getElementById(id);
const main = byId("main");
const state = byId("state");
const headline = byId("headline");
const spoken = byId("spoken");
const bars = byId("bars");

let model = null;
let running = false;
let again = false;

const percent = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });

const input = createInput(page, () => update());

function say(text, kind) {
  state.textContent = text;
  state.hidden = !text;
  main.dataset.state = kind;
}

function fetched(file) {
  return fetch(file.url, { integrity: file.integrity, credentials: "same-origin" })
    .then((answer) => {
      if (!answer.ok) throw new Error(`${file.url}: ${answer.status}`);
      return answer.arrayBuffer();
    })
    .then(unpack);
}

function scoresOf(found) {
  // A single score of two classes is that of the second.
  return page.classes.length === 2 && found.length === 1 ? [1 - found[0], found[0]] : Array.from(found);
}

function showClasses(found) {
  const scores = scoresOf(found);
  const order = page.ranked ? scores.map((_, index) => index).sort((a, b) => scores[b] - scores[a]) : scores.map((_, i) => i);
  let best = 0;
  scores.forEach((score, index) => {
    if (score > scores[best]) best = index;
  });
  headline.textContent = page.classes[best];
  const told = `${page.classes[best]}, ${percent.format(scores[best])}`;
  order.forEach((index, row) => {
    const item = bars.children[row];
    const [name, share, track] = item.children;
    name.textContent = page.classes[index];
    share.textContent = percent.format(scores[index]);
    track.firstElementChild.style.transform = `scaleX(${Math.max(0, Math.min(1, scores[index]))})`;
    item.classList.toggle("best", index === best);
  });
  return told;
}

function showValue(found) {
  const text = page.unit ? `${number.format(found[0])} ${page.unit}` : number.format(found[0]);
  headline.textContent = text;
  return text;
}

let speaking = 0;
function speak(text) {
  // Told once the person pauses, not at every stroke.
  clearTimeout(speaking);
  speaking = setTimeout(() => {
    if (spoken.textContent !== text) spoken.textContent = text;
  }, 600);
}

async function update() {
  if (!model) return;
  if (running) {
    again = true;
    return;
  }
  running = true;
  do {
    again = false;
    const asked = input.read();
    main.dataset.asked = Number(main.dataset.asked ?? 0) + 1;
    if (!asked.values) {
      say(asked.problem, "waiting");
      speak(asked.problem);
      continue;
    }
    let row;
    try {
      row = prepare(asked.values);
    } catch (error) {
      say(error.message, "waiting");
      speak(error.message);
      continue;
    }
    try {
      const found = await model.run(row);
      say("", "ready");
      speak(page.classes ? showClasses(found) : showValue(found));
    } catch (error) {
      console.error(error);
      say("The model could not judge this.", "failed");
      speak("The model could not judge this.");
    }
  } while (again);
  running = false;
}

async function start() {
  if (page.classes) {
    bars.append(
      ...page.classes.map(() => {
        const item = document.createElement("li");
        const parts = ["span", "span", "div"].map((name) => document.createElement(name));
        parts[0].className = "name";
        parts[1].className = "share";
        parts[2].className = "track";
        parts[2].append(document.createElement("i"));
        item.append(...parts);
        return item;
      }),
    );
  }
  try {
    const names = Object.keys(page.files);
    const contents = await Promise.all(names.map((name) => fetched(page.files[name])));
    model = await load(page, Object.fromEntries(names.map((name, index) => [name, contents[index]])));
  } catch (error) {
    console.error(error);
    const text = navigator.onLine
      ? "The model could not be loaded. Reload the page to try again."
      : "The model could not be loaded: there is no connection.";
    say(text, "failed");
    speak(text);
    return;
  }
  main.setAttribute("aria-busy", "false");
  await update();
  document.documentElement.dataset.started = "";
}

document.documentElement.dataset.script = "";
say(`Loading the model, ${page.shownSize} once`, "loading");
start();

if ("serviceWorker" in navigator && window.isSecureContext) {
  const offline = byId("offline");
  navigator.serviceWorker
    .register("./sw.js", { scope: "./" })
    .then(() => navigator.serviceWorker.ready)
    .then(() => {
      offline.textContent = "Works offline";
      document.documentElement.dataset.offline = "";
    })
    .catch((error) => console.warn(error));
}
