// One form of the team: kept at each keystroke, restored, sent once, shown again with its mistakes.
import { draftKey, draftsOf, forgetDraft, readDraft, writeDraft } from "./drafts.js";
import { startPhotos } from "./photos.js";
import { startProgramme } from "./programme.js";
import { postForm } from "./sending.js";
import { fill, hourOf, listed, say, sayCount } from "./words.js";

const NEVER_KEPT = new Set(["jeton", "submission", "geste"]);
// This tab, for as long as it lives: two tabs never keep the same draft without saying so.
const TAB = sessionStorage.getItem("preau:onglet") || crypto.randomUUID();
sessionStorage.setItem("preau:onglet", TAB);

export function startForm(form) {
  const team = new TeamForm(form);
  team.start();
}

class TeamForm {
  constructor(form) {
    this.form = form;
    this.centre = form.dataset.centreSlug;
    this.name = form.dataset.formulaire;
    this.keeping = true;
    this.touched = false;
    this.wanted = false;
  }

  get key() {
    return draftKey(this.centre, this.name, this.form.elements.submission.value);
  }

  start() {
    const { form } = this;
    this.photos = form.dataset.photos === undefined ? null : startPhotos(form, this);
    this.programme = form.dataset.programme === undefined ? null : startProgramme(form, this);
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.changed());
    form.addEventListener("submit", (event) => this.submitted(event));
    form.addEventListener("keydown", (event) => {
      // A phone's keyboard says « OK » with Enter: it ends a field, it never publishes, and it
      // does not cut a reminder's sentence in two.
      if (event.key === "Enter" && event.target.matches("input[type=text],[data-une-ligne]")) {
        event.preventDefault();
        event.target.blur();
      }
    });
    window.addEventListener("storage", (event) => this.otherTab(event));
    window.addEventListener("pagehide", () => this.touched && this.keep());
    this.showAudience();
    this.offerDraft();
    this.focusSummary();
  }

  changed() {
    this.touched = true;
    this.keep();
    this.showAudience();
  }

  // --- keeping -----------------------------------------------------------------------------

  fields() {
    return [...new FormData(this.form)].filter(
      ([name, value]) => !NEVER_KEPT.has(name) && typeof value === "string",
    );
  }

  keep() {
    if (!this.keeping || this.saved) return;
    const kept = writeDraft(this.key, {
      fields: this.fields(),
      photos: this.photos ? this.photos.sent() : [],
      pending: this.photos ? this.photos.pendingCount() : 0,
      title: this.title(),
      tab: TAB,
      savedAt: Date.now(),
    });
    sessionStorage.setItem(this.pointer(), this.form.elements.submission.value);
    this.showKept(kept ? say("kept") : say("not_kept"));
  }

  pointer() {
    return `preau:ici:${this.centre}:${this.name}`;
  }

  title() {
    const { title, sentence } = this.form.elements;
    return (sentence?.value || title?.value || "").trim();
  }

  showKept(words) {
    const place = this.form.querySelector("[data-garde]");
    place.hidden = false;
    place.textContent = words;
  }

  // --- restoring ---------------------------------------------------------------------------

  offerDraft() {
    // A page that already carries what was typed (mistakes, two versions) is not replaced.
    if (this.form.querySelector("#resume")) return;
    const found = draftsOf(this.centre, this.name);
    const here = found.find((one) => one.submission === sessionStorage.getItem(this.pointer()));
    const asked = found.find((one) => location.hash === `#brouillon-${one.submission}`);
    if (here || asked) {
      this.resumeAndSay(here || asked);
    } else if (found.length) {
      const [latest] = found;
      const what = this.describe(latest.draft);
      this.banner(say("found", { what }), [
        [say("resume"), () => this.resumeAndSay(latest)],
        [say("restart"), () => this.restart(latest.key)],
      ]);
    }
  }

  describe(draft) {
    const words = [draft.title || say("no_title")];
    if (draft.photos?.length) words.push(sayCount("photos", draft.photos.length));
    words.push(hourOf(new Date(draft.savedAt)));
    return words.join(", ");
  }

  resumedWords(draft) {
    const lost = draft.pending || 0;
    return lost ? `${say("resumed")} ${sayCount("lost_photos", lost)}` : say("resumed");
  }

  async resumeAndSay(found) {
    if (!(await this.resume(found))) return;
    this.banner(this.resumedWords(found.draft), [[say("restart"), () => this.restart(found.key)]]);
  }

  // Says whether it could: a draft that could not be put back stays as it was kept.
  async resume({ submission, draft }) {
    const fields = new Map();
    for (const [name, value] of draft.fields) fields.set(name, [...(fields.get(name) ?? []), value]);
    if (this.programme && !(await this.programme.restore(draft.fields))) return false;
    this.photos?.restore(draft.photos);
    const seen = new Map();
    for (const element of this.form.elements) {
      const { name, type } = element;
      if (!name || NEVER_KEPT.has(name) || name === "photo" || type === "submit") continue;
      const values = fields.get(name) ?? [];
      if (type === "checkbox" || type === "radio") {
        element.checked = values.includes(element.value);
      } else if (values.length) {
        const rank = seen.get(name) ?? 0;
        seen.set(name, rank + 1);
        if (rank < values.length) element.value = values[rank];
      }
    }
    this.form.elements.submission.value = submission;
    this.keeping = true;
    this.touched = true;
    this.programme?.count();
    this.photos?.refresh();
    this.showAudience();
    this.keep();
    return true;
  }

  restart(key) {
    forgetDraft(key);
    sessionStorage.removeItem(this.pointer());
    this.saved = true;
    location.replace(location.pathname);
  }

  banner(words, choices) {
    this.form.querySelector("[data-banniere]")?.remove();
    const place = document.createElement("section");
    place.className = "papier pile banniere";
    place.dataset.banniere = "";
    place.setAttribute("role", "status");
    const sentence = document.createElement("p");
    sentence.textContent = words;
    const row = document.createElement("div");
    row.className = "rang";
    for (const [label, act] of choices) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = row.childElementCount ? "bouton clair" : "bouton";
      if (choices.length === 1) button.className = "bouton clair";
      button.textContent = label;
      button.addEventListener("click", act);
      row.append(button);
    }
    place.append(sentence, row);
    this.form.prepend(place);
  }

  // --- two tabs ----------------------------------------------------------------------------

  otherTab(event) {
    if (event.key !== this.key || this.saved) return;
    if (event.newValue === null) {
      this.keeping = false;
      this.banner(say("sent_elsewhere"), [[say("continue_here"), () => this.continueHere()]]);
      return;
    }
    const draft = readDraft(this.key);
    if (!draft || draft.tab === TAB) return;
    this.keeping = false;
    this.showKept("");
    this.banner(say("other_tab"), [[say("continue_here"), () => this.continueHere()]]);
  }

  continueHere() {
    this.keeping = true;
    this.form.querySelector("[data-banniere]")?.remove();
    this.keep();
  }

  // --- the consequence ---------------------------------------------------------------------

  showAudience() {
    const { tous, un, plusieurs, centre } = this.form.dataset;
    const boxes = [...this.form.querySelectorAll("[data-groupes] input")];
    const chosen = boxes.filter((box) => box.checked).map((box) => box.dataset.nom);
    const everyone = chosen.length === 0 || chosen.length === boxes.length;
    const sentence = everyone
      ? tous
      : fill(chosen.length > 1 ? plusieurs : un, { groups: listed(chosen), centre });
    this.form.querySelector("[data-public]").textContent = sentence;
  }

  // --- sending -----------------------------------------------------------------------------

  tell(words, { link = null, act = null } = {}) {
    const place = this.form.querySelector(".etat-envoi");
    place.hidden = !words;
    place.replaceChildren(words);
    if (link) {
      const anchor = document.createElement("a");
      anchor.className = "fil";
      [anchor.textContent, anchor.href] = link;
      place.append(" ", anchor);
    }
    if (act) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "lien";
      [button.textContent] = act;
      button.addEventListener("click", act[1]);
      place.append(" ", button);
    }
  }

  submitted(event) {
    const gesture = event.submitter?.value ?? "envoyer";
    if (event.submitter?.name === "geste" && !["envoyer", "garder-le-mien"].includes(gesture)) {
      event.preventDefault();
      this.programme?.gesture(gesture);
      return;
    }
    event.preventDefault();
    this.send(gesture);
  }

  // Waits for the photos that are still leaving, then posts; a second tap changes nothing.
  async send(gesture) {
    this.changed();
    this.gesture = gesture;
    if (this.sending) return;
    if (this.photos) {
      const waits = this.photos.waits();
      if (waits) {
        this.wanted = true;
        this.tell(waits);
        return;
      }
    }
    this.wanted = false;
    this.sending = true;
    this.tell(say("sending"));
    const outcome = await postForm(this.form, gesture, (words) =>
      this.tell(words, { act: [say("try_now"), () => window.dispatchEvent(new Event("preau:essayer"))] }),
    );
    this.sending = false;
    if (outcome.address) {
      this.saved = true;
      forgetDraft(this.key);
      sessionStorage.removeItem(this.pointer());
      location.assign(outcome.address);
    } else if (outcome.signIn) {
      this.tell(say("session"), { link: [say("sign_in"), outcome.signIn] });
    } else if (outcome.page) {
      this.replaceWith(outcome.page);
    } else {
      this.tell(outcome.message);
    }
  }

  // A photo arrived or was taken out: if the animator already asked to send, it may now go.
  photosMoved() {
    this.touched = true;
    this.keep();
    if (this.wanted) this.send(this.gesture ?? "envoyer");
  }

  replaceWith(page) {
    const main = page.querySelector("main");
    document.querySelector("main").replaceWith(main);
    const form = main.querySelector("form[data-formulaire]");
    if (form) startForm(form);
  }

  focusSummary() {
    const summary = this.form.querySelector("#resume");
    if (!summary) return;
    summary.focus();
    summary.addEventListener("click", (event) => {
      const anchor = event.target.closest("a[href^='#']");
      const place = anchor && document.getElementById(decodeURIComponent(anchor.hash.slice(1)));
      if (!place) return;
      event.preventDefault();
      for (let box = place.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
      this.photos?.open(place.closest(".tuile"));
      const field = place.matches("input,textarea,select") ? place : place.querySelector("input:not([type=hidden]),textarea,select");
      place.scrollIntoView({ block: "center" });
      (field ?? place).focus();
    });
  }
}
