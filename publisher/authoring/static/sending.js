// Posts a form until somebody answers: a bad network delays it, and never loses or doubles it.
import { say } from "./words.js";

const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 60_000;

// Settles as { address } once saved, { page } to show instead, { signIn }, or { message }.
export async function postForm(form, gesture, tell) {
  for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string") body.append(name, value);
    }
    body.append("geste", gesture);
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
    } catch {
      tell(say("no_network"));
      await nextChance(wait);
      continue;
    }
    if (answer.ok && answer.redirected) return { address: answer.url };
    if (answer.status === 401) return { signIn: signInFrom(form) };
    if ([200, 409, 422].includes(answer.status)) return { page: await asPage(answer) };
    if (answer.status === 403) return { message: say("token") };
    if (answer.status === 413) return { message: say("too_large") };
    tell(say("failed"));
    await nextChance(wait);
  }
}

async function asPage(answer) {
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function signInFrom(form) {
  return `/equipe/entrer?vers=${new URL(form.action).pathname}`;
}

// After a while, or as soon as the network is back, or when somebody asks.
export function nextChance(wait) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, wait);
    function done() {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      window.removeEventListener("preau:essayer", done);
      resolve();
    }
    window.addEventListener("online", done);
    window.addEventListener("preau:essayer", done);
  });
}
