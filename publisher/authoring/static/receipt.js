// Looks at where the post stands until the press has placed it, then shows the new page.
const FIRST_WAIT = 800;
const LONGEST_WAIT = 10_000;

export function followReceipt(place) {
  if (!["waiting", "scheduled"].includes(place.dataset.etat)) return;
  const before = place.dataset.etat;
  let wait = before === "scheduled" ? LONGEST_WAIT : FIRST_WAIT;
  const look = async () => {
    try {
      const answer = await fetch(place.dataset.recu, { headers: { Accept: "application/json" } });
      if (answer.ok && (await answer.json()).state !== before) {
        location.reload();
        return;
      }
    } catch {
      // No network: the next look will say.
    }
    wait = Math.min(wait * 1.4, LONGEST_WAIT);
    setTimeout(look, wait);
  };
  setTimeout(look, wait);
}
