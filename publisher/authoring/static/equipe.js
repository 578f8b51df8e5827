// The team's pages work without this; with it, nothing that was typed is ever lost.
import { startAccount } from "./account.js";
import { listDraftsAtHome, warnBeforeSigningOut } from "./home.js";
import { startForm } from "./form.js";
import { followReceipt } from "./receipt.js";

document.documentElement.classList.add("avec-script");
const form = document.querySelector("form[data-formulaire]");
if (form) startForm(form);
const waiting = document.querySelector("[data-brouillons]");
if (waiting) listDraftsAtHome(waiting);
const receipt = document.querySelector("[data-recu]");
if (receipt) followReceipt(receipt);
for (const leaving of document.querySelectorAll("form[data-sortir]")) warnBeforeSigningOut(leaving);
if (document.querySelector("[data-mot-de-passe], [data-copier], form[data-cle]")) startAccount(document);
