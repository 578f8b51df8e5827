// The drafts of this phone on the team's home, and the warning before signing out forgets them.
import { draftsOf, forgetDraft } from "./drafts.js";
import { hourOf, say, sayCount } from "./words.js";

const PICTURES = { "photo-article": "photo", reminder: "cloche", programme: "grille" };

export function listDraftsAtHome(section) {
  const centre = section.dataset.brouillons;
  const place = section.querySelector("[data-liste-brouillons]");
  for (const found of draftsOf(centre)) place.append(entry(centre, found));
  hideWhenEmpty(section);
  showNetwork(draftsOf(centre).length);
}

function hideWhenEmpty(section) {
  const empty = section.querySelector(".rien");
  const drafts = section.querySelector("[data-liste-brouillons]").childElementCount;
  if (section.dataset.vide !== undefined) empty.hidden = drafts > 0;
  section.querySelector("[data-liste-brouillons]").hidden = drafts === 0;
}

function entry(centre, { key, form, submission, draft }) {
  const row = document.createElement("div");
  row.className = "etat mercredi";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `/theme/img/pictos.svg#${PICTURES[form] ?? "crayon"}`);
  svg.append(use);
  const body = document.createElement("div");
  const words = document.createElement("p");
  const title = document.createElement("strong");
  const photos = draft.photos?.length ? `, ${sayCount("photos", draft.photos.length)}` : "";
  title.textContent = `${draft.title || say("no_title")}${photos}`;
  const when = document.createElement("span");
  when.className = "petit";
  when.textContent = say("kept_at", { hour: hourOf(new Date(draft.savedAt)) });
  words.append(title, document.createElement("br"), when);
  const gestures = document.createElement("p");
  gestures.className = "gestes";
  const resume = document.createElement("a");
  resume.className = "fil";
  const place = form.startsWith("modifier-")
    ? `publications/${form.slice("modifier-".length)}/modifier`
    : `nouveau/${form}`;
  resume.href = `/equipe/${centre}/${place}#brouillon-${submission}`;
  resume.append(say("resume"), hidden(` ${title.textContent}`));
  const forget = document.createElement("button");
  forget.type = "button";
  forget.className = "lien fil";
  forget.append(say("forget"), hidden(` ${title.textContent}`));
  forget.addEventListener("click", () => {
    // Asked once: a draft that is forgotten is nowhere else.
    if (forget.dataset.sur === undefined) {
      forget.dataset.sur = "";
      forget.replaceChildren(say("forget_sure"), hidden(` ${title.textContent}`));
      return;
    }
    const section = row.closest("[data-brouillons]");
    forgetDraft(key);
    row.remove();
    hideWhenEmpty(section);
    document.getElementById("attend").scrollIntoView();
  });
  gestures.append(resume, " ", forget);
  body.append(words, gestures);
  row.append(svg, body);
  return row;
}

function hidden(words) {
  const span = document.createElement("span");
  span.className = "vh";
  span.textContent = words;
  return span;
}

function showNetwork(drafts) {
  const place = document.querySelector("[data-reseau]");
  if (!place) return;
  const sent = place.querySelector("span").textContent;
  const show = () => {
    const offline = navigator.onLine === false;
    place.querySelector("span").textContent = offline ? place.dataset.horsLigne : drafts ? say("kept") : sent;
    place.querySelector("use").setAttribute("href", `/theme/img/pictos.svg#${offline ? "hors-ligne" : "coche"}`);
  };
  window.addEventListener("online", show);
  window.addEventListener("offline", show);
  show();
}

// Signing out empties the phone for whoever takes it next: drafts too, so it is said first.
export function warnBeforeSigningOut(form) {
  form.addEventListener("submit", (event) => {
    const warning = form.querySelector("[data-avertit]");
    if (!draftsOf(null).length || warning.textContent) return;
    event.preventDefault();
    warning.textContent = warning.dataset.avertit;
  });
}
