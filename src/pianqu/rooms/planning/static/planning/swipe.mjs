// Two maps over each other, of what is in force and of the plan; a slider says how much of each is seen. They move together.
import { Canvas, cannotDraw } from "./canvas.mjs";

const told = JSON.parse(document.getElementById("plan-told").textContent);
const box = document.querySelector("[data-swipe]");
const slide = document.querySelector("[data-slide]");

function follow(one, other) {
  let moving = false;
  const link = (from, to) => from.map.on("move", () => {
    if (moving) return;
    moving = true;
    to.map.jumpTo({ center: from.map.getCenter(), zoom: from.map.getZoom() });
    moving = false;
  });
  link(one, other);
  link(other, one);
}

function cut() {
  box.querySelector("[data-after]").style.clipPath = `inset(0 0 0 ${slide.value}%)`;
  box.querySelector("[data-line]").style.left = `calc(${slide.value}% - 1px)`;
  slide.setAttribute("aria-valuetext", `${slide.value}%`);
}

async function start() {
  try {
    const ground = await (await fetch(told.units)).json();
    const draw = (name) => {
      const { part, names, tones } = told[name], other = told[name === "before" ? "after" : "before"].part;
      const place = box.querySelector(`[data-${name}]`);
      const canvas = new Canvas(place, ground.shapes, () => {}, { plain: true, label: told.words[name] });
      const stays = (unit) => told.before.names[told.before.part[unit]] === told.after.names[told.after.part[unit]];
      canvas.show({ part, tones, names: names.map((one) => ({ name: one, told: "" })), tried: new Set(other.length ? part.flatMap((_, unit) => (stays(unit) ? [] : [unit])) : []) });
      return canvas;
    };
    const before = draw("before"), after = draw("after");
    follow(before, after);
    document.querySelectorAll("[data-needs-script]").forEach((part) => { part.hidden = false; });
    slide.addEventListener("input", cut);
    cut();
    await Promise.all([before.ready, after.ready]);
    box.dataset.drawn = "1";
  } catch (error) {
    cannotDraw(box);
  }
}

start();
