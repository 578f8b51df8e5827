// The sentences of the page's language, by name; {named} places are filled here.
const sentences = JSON.parse(document.body.dataset.mots || "{}");

export function say(name, facts = {}) {
  return fill(sentences[name] ?? name, facts);
}

export function sayCount(name, count, facts = {}) {
  return say(`${name}_${count > 1 ? "many" : "one"}`, { count, ...facts });
}

export function fill(sentence, facts) {
  return sentence.replace(/\{(\w+)\}/g, (whole, place) => facts[place] ?? whole);
}

export function listed(words) {
  if (words.length < 2) return words.join("");
  return say("and", { first: words.slice(0, -1).join(", "), last: words.at(-1) });
}

export function hourOf(date) {
  const minutes = date.getMinutes();
  return `${date.getHours()} h${minutes ? ` ${String(minutes).padStart(2, "0")}` : ""}`;
}
