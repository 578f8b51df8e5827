// Drafts live in this phone, one key a form: preau:brouillon:<centre>:<form>:<submission>.
// A draft is forgotten only when the centre has answered that it is saved.
const PREFIX = "preau:brouillon:";

export function draftKey(centre, form, submission) {
  return `${PREFIX}${centre}:${form}:${submission}`;
}

export function readDraft(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

// Says whether the phone had room for it.
export function writeDraft(key, draft) {
  try {
    localStorage.setItem(key, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function forgetDraft(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Storage is closed to this page: there was nothing to forget.
  }
}

// Every draft of a centre, newest first, as { key, form, submission, draft }.
export function draftsOf(centre, form = null) {
  const found = [];
  try {
    for (let number = 0; number < localStorage.length; number += 1) {
      const key = localStorage.key(number);
      if (!key.startsWith(PREFIX)) continue;
      const [ofCentre, ofForm, submission] = key.slice(PREFIX.length).split(":");
      const draft = readDraft(key);
      if (!draft || (centre && ofCentre !== centre) || (form && ofForm !== form)) continue;
      found.push({ key, centre: ofCentre, form: ofForm, submission, draft });
    }
  } catch {
    return [];
  }
  return found.sort((one, other) => other.draft.savedAt - one.draft.savedAt);
}
