// The programme's buttons at once on the phone where a phone can do it, else asked of the centre.
import { say, sayCount } from "./words.js";

export function startProgramme(form, team) {
  return new Programme(form, team);
}

class Programme {
  constructor(form, team) {
    this.form = form;
    this.team = team;
    form.querySelector("[data-semaine]").classList.add("script-inutile");
    form.addEventListener("input", () => this.count());
    form.addEventListener("change", (event) => {
      const { name, value } = event.target;
      const dates = ["starts_on", "ends_on"].includes(name);
      const bothDates = form.elements.starts_on.value && form.elements.ends_on.value;
      if ((name === "semaine" && (value !== "vacances" || bothDates)) || (dates && bothDates)) {
        this.gesture("semaine");
      }
    });
  }

  lines(day) {
    return [...this.dayBox(day).querySelectorAll(".creneau")];
  }

  dayBox(day) {
    return this.form.querySelector(`[data-jour="${CSS.escape(day)}"]`);
  }

  count() {
    for (const box of this.form.querySelectorAll("[data-jour]")) {
      const filled = [...box.querySelectorAll("[name=slot-title]")].filter((one) => one.value.trim());
      box.querySelector("[data-compte-jour]").textContent = filled.length
        ? sayCount("activities", filled.length)
        : say("activities_none");
    }
  }

  gesture(gesture) {
    if (gesture.startsWith("ajouter-")) return this.add(gesture.slice("ajouter-".length));
    if (gesture.startsWith("retirer-")) return this.remove(gesture);
    return this.ask(gesture);
  }

  // One more line: the last one's moment, nothing else.
  add(day) {
    const last = this.lines(day).at(-1);
    const line = last.cloneNode(true);
    line.querySelectorAll("input[type=text]").forEach((field) => {
      field.value = "";
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    });
    line.querySelectorAll(".faute").forEach((fault) => fault.remove());
    line.removeAttribute("id");
    line.querySelector("details").open = false;
    line.querySelector("[name=slot-moment]").value = last.querySelector("[name=slot-moment]").value;
    line.querySelector("[name=slot-group]").value = "";
    last.after(line);
    line.querySelector("[name=slot-title]").focus();
    this.team.changed();
  }

  remove(gesture) {
    const button = document.activeElement.closest(".retirer-ligne");
    const line = button?.closest(".creneau") ?? this.form.querySelector(`[value="${gesture}"]`)?.closest(".creneau");
    if (!line) return;
    const box = line.closest("[data-jour]");
    if (box.querySelectorAll(".creneau").length === 1) {
      line.querySelectorAll("input[type=text]").forEach((field) => { field.value = ""; });
    } else {
      line.remove();
    }
    this.count();
    this.team.changed();
    box.querySelector("[name=slot-title]").focus();
  }

  // The centre does it and gives the days back; without network, typing goes on.
  async ask(gesture) {
    const fields = [...new FormData(this.form)];
    if (!(await this.redraw(fields, gesture))) return;
    this.team.changed();
    const open = this.form.querySelector("details[data-jour][open]");
    const next = gesture === "semaine" ? this.form.querySelector("[name=semaine]:checked") : open?.querySelector("summary");
    next?.focus();
  }

  // Draws the week and its lines again from *fields*. Says whether it could.
  async redraw(fields, gesture) {
    const body = new URLSearchParams(fields.filter(([, value]) => typeof value === "string"));
    body.append("geste", gesture);
    let answer;
    try {
      answer = await fetch(this.form.action, { method: "POST", body, credentials: "same-origin" });
    } catch {
      this.team.tell(say("gesture_offline"));
      return false;
    }
    if (answer.status === 401) {
      this.team.tell(say("session"), { link: [say("sign_in"), `/equipe/entrer?vers=${location.pathname}`] });
      return false;
    }
    if (!answer.ok) {
      this.team.tell(say("failed"));
      return false;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-programme]");
    for (const part of ["#champ-starts_on", "section[aria-labelledby=jours]"]) {
      this.form.querySelector(part).replaceWith(fresh.querySelector(part));
    }
    this.form.querySelector("[data-semaine]").classList.add("script-inutile");
    return true;
  }

  // A draft may be for other days than those shown: the centre draws them, lines and all.
  restore(fields) {
    return this.redraw([...fields, ["jeton", this.form.elements.jeton.value]], "semaine");
  }
}
