// The pages of an account: a password that can be shown, a link that is easily copied, passkeys.
export function startAccount(page) {
  for (const field of page.querySelectorAll("[data-mot-de-passe]")) showOnDemand(field);
  for (const field of page.querySelectorAll("[data-copier]"))
    field.addEventListener("focus", () => field.select());
  for (const form of page.querySelectorAll("form[data-cle]")) startPasskey(form);
}

function showOnDemand(field) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "lien fil";
  const say = () => {
    button.textContent = field.type === "password" ? field.dataset.montrer : field.dataset.cacher;
  };
  button.addEventListener("click", () => {
    field.type = field.type === "password" ? "text" : "password";
    say();
  });
  // A browser offers to keep what is in a password field only.
  field.form.addEventListener("submit", () => {
    field.type = "password";
  });
  say();
  field.insertAdjacentElement("afterend", button);
}

function startPasskey(form) {
  if (!window.PublicKeyCredential) {
    document.documentElement.classList.remove("avec-script");
    return;
  }
  form.hidden = false;
  const said = form.querySelector("[data-cle-dit]");
  form.addEventListener("submit", async (event) => {
    if (form.elements.reponse.value) return;
    event.preventDefault();
    said.hidden = true;
    try {
      const question = JSON.parse(form.dataset.question);
      form.elements.reponse.value = JSON.stringify(
        form.dataset.cle === "creer" ? await create(question) : await ask(question),
      );
      form.submit();
    } catch {
      said.textContent = said.dataset.cleDit;
      said.hidden = false;
    }
  });
}

async function create(question) {
  const credential = await navigator.credentials.create({
    publicKey: {
      ...question,
      challenge: bytesOf(question.challenge),
      user: { ...question.user, id: bytesOf(question.user.id) },
      excludeCredentials: (question.excludeCredentials ?? []).map(described),
    },
  });
  return answered(credential, {
    attestationObject: textOf(credential.response.attestationObject),
  });
}

async function ask(question) {
  const credential = await navigator.credentials.get({
    publicKey: {
      ...question,
      challenge: bytesOf(question.challenge),
      allowCredentials: (question.allowCredentials ?? []).map(described),
    },
  });
  const { authenticatorData, signature, userHandle } = credential.response;
  return answered(credential, {
    authenticatorData: textOf(authenticatorData),
    signature: textOf(signature),
    ...(userHandle && { userHandle: textOf(userHandle) }),
  });
}

function answered(credential, response) {
  return {
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    response: { clientDataJSON: textOf(credential.response.clientDataJSON), ...response },
  };
}

const described = (one) => ({ ...one, id: bytesOf(one.id) });

function bytesOf(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function textOf(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
