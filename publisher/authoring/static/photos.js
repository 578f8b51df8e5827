// The photos of an article: picked together, sent at once, each with its own state and caption.
import { Uploads } from "./upload.js";
import { say, sayCount } from "./words.js";

export function startPhotos(form, team) {
  return new Photos(form, team);
}

// What a photo's state looks like: the tint of its tile and its sign.
const LOOKS = {
  sent: ["vacances", "sent"],
  waits: ["mercredi", "waits"],
  sending: ["mercredi", "waits"],
  offline: ["mercredi", "failed"],
  session: ["midi", "failed"],
  failed: ["midi", "failed"],
  refused: ["midi", "refused"],
};

class Photos {
  constructor(form, team) {
    this.form = form;
    this.team = team;
    this.list = form.querySelector("[data-vignettes]");
    this.limit = Number(form.dataset.limite);
    this.uploads = new Uploads(form.dataset.televerse, form.elements.jeton.value);
    this.under = new WeakMap();
    const choose = form.querySelector("[data-choisir]");
    choose.hidden = false;
    this.picker = form.querySelector("[data-fichiers]");
    this.picker.addEventListener("change", () => this.picked([...this.picker.files]));
    for (const tile of this.tiles()) this.live(tile);
    form.elements.title.addEventListener("input", () => this.refresh());
    this.refresh();
  }

  tiles() {
    return [...this.list.querySelectorAll(".tuile")];
  }

  inState(...states) {
    return this.tiles().filter((tile) => states.includes(tile.dataset.etat));
  }

  // What a draft keeps: the photos that the centre has, with what was said of them.
  sent() {
    return this.inState("sent").map((tile) => ({
      id: tile.dataset.photo,
      src: tile.querySelector("img").dataset.serveur ?? tile.querySelector("img").getAttribute("src"),
      width: tile.querySelector("img").width,
      height: tile.querySelector("img").height,
    }));
  }

  pendingCount() {
    return this.inState("waits", "sending", "offline", "failed", "session").length;
  }

  picked(files) {
    // The files are copied out above: clearing the field lets the same photo be chosen again.
    this.picker.value = "";
    const room = this.limit - this.tiles().length;
    const taken = files.slice(0, Math.max(0, room));
    const left = files.length - taken.length;
    this.advise(
      left ? say("too_many", { chosen: files.length, limit: taken.length, left }) : "",
    );
    for (const file of taken) this.addFile(file);
    this.refresh();
    this.team.photosMoved();
  }

  advise(words) {
    const place = this.form.querySelector("[data-avis]");
    place.hidden = !words;
    place.textContent = words;
  }

  newTile() {
    const tile = this.form.querySelector("[data-tuile]").content.firstElementChild.cloneNode(true);
    this.list.append(tile);
    this.live(tile);
    return tile;
  }

  addFile(file) {
    const tile = this.newTile();
    const image = tile.querySelector("img");
    image.src = URL.createObjectURL(file);
    // HEIC does not show in every browser: its tile stays plain until the centre's own copy comes.
    image.addEventListener("error", () => image.removeAttribute("src"), { once: true });
    const upload = this.uploads.add(file, (news) => this.told(tile, news));
    this.under.set(tile, upload);
  }

  told(tile, news) {
    tile.dataset.etat = news.state;
    const word = tile.querySelector(".mot");
    const progress = tile.querySelector("progress");
    const again = tile.querySelector(".refaire");
    const why = tile.querySelector(".pourquoi");
    const [tint, sign] = LOOKS[news.state];
    tile.querySelector("figure").className = tint;
    const signs = this.form.querySelector("[data-signes]").content;
    tile.querySelector(".signe").replaceChildren(
      signs.querySelector(`[data-signe=${sign}] svg`).cloneNode(true),
    );
    progress.hidden = news.state !== "sending";
    again.hidden = !["failed", "session"].includes(news.state);
    word.hidden = !again.hidden;
    why.hidden = !["failed", "refused", "session"].includes(news.state);
    if (news.state === "sending") {
      const percent = Math.round(news.part * 100);
      progress.value = percent;
      word.textContent = percent < 100 ? say("photo_percent", { percent }) : say("photo_prepared");
    } else if (news.state === "sent") {
      word.textContent = say("photo_sent");
      this.name(tile, news.photo);
    } else if (news.state === "refused") {
      word.textContent = say("photo_refused");
      why.textContent = news.message || say("photo_failed");
      this.open(tile);
    } else if (news.state === "failed") {
      why.textContent = say("photo_failed");
    } else if (news.state === "session") {
      why.textContent = say("session");
      this.team.tell(say("session"), { link: [say("sign_in"), news.sign_in] });
    } else {
      word.textContent = say(news.state === "offline" ? "photo_offline" : "photo_waits");
    }
    if (news.state !== "sending") {
      this.refresh();
      this.team.photosMoved();
    }
  }

  // The centre has it: from now on the tile is a field of the form.
  name(tile, photo) {
    tile.dataset.photo = photo.id;
    const field = tile.querySelector("input[name=photo]");
    field.value = photo.id;
    field.disabled = false;
    const caption = tile.querySelector(".legende");
    caption.name = `caption-${photo.id}`;
    caption.id = caption.name;
    caption.closest(".champ").id = `champ-${caption.name}`;
    caption.closest(".champ").querySelector("label").htmlFor = caption.id;
    tile.querySelector(".decorative").name = `decorative-${photo.id}`;
    const panel = tile.querySelector(".retouche");
    panel.id = `retouche-${photo.id}`;
    tile.querySelector(".vue").setAttribute("aria-controls", panel.id);
    const image = tile.querySelector("img");
    const shown = image.src;
    image.dataset.serveur = photo.thumbnail;
    image.width = photo.width;
    image.height = photo.height;
    image.src = photo.thumbnail;
    if (shown.startsWith("blob:")) {
      image.addEventListener("load", () => URL.revokeObjectURL(shown), { once: true });
    }
  }

  live(tile) {
    tile.querySelector(".vue").addEventListener("click", () => {
      const isOpen = tile.classList.contains("ouverte");
      this.open(isOpen ? null : tile);
    });
    tile.querySelector(".refaire").addEventListener("click", () => {
      this.uploads.token = this.form.elements.jeton.value;
      this.uploads.again(this.under.get(tile));
    });
    tile.querySelector(".retirer").addEventListener("click", (event) => {
      event.preventDefault();
      const tiles = this.tiles();
      const next = tiles[tiles.indexOf(tile) + 1] ?? tiles[tiles.indexOf(tile) - 1];
      this.under.get(tile)?.cancel();
      tile.remove();
      this.refresh();
      this.team.photosMoved();
      (next?.querySelector(".vue") ?? this.picker).focus();
    });
    tile.querySelector(".avancer").addEventListener("click", (event) => {
      event.preventDefault();
      tile.previousElementSibling?.before(tile);
      this.refresh();
      this.team.photosMoved();
      tile.querySelector(".avancer").focus();
    });
  }

  open(tile) {
    for (const one of this.tiles()) {
      one.classList.toggle("ouverte", one === tile);
      one.querySelector(".vue").setAttribute("aria-expanded", String(one === tile));
    }
  }

  restore(photos) {
    for (const tile of this.tiles()) tile.remove();
    for (const photo of photos) {
      const tile = this.newTile();
      this.name(tile, { id: photo.id, thumbnail: photo.src, width: photo.width, height: photo.height });
      tile.dataset.etat = "sent";
    }
  }

  // Numbers, proposed captions, and how many leave: everything that depends on the order.
  refresh() {
    const tiles = this.tiles();
    const count = tiles.length;
    const title = this.form.elements.title.value.trim() || this.form.elements.title.placeholder;
    tiles.forEach((tile, rank) => {
      const number = rank + 1;
      tile.querySelector("img").alt = say("photo_which", { number });
      tile.querySelector(".titre").textContent = say("photo_title", { number, count });
      tile.querySelector(".legende").placeholder = say("caption_proposed", { title, number });
      tile.querySelector(".refaire").setAttribute("aria-label", say("photo_retry_which", { number }));
      tile.querySelector("progress").setAttribute("aria-label", say("photo_title", { number, count }));
      tile.querySelector(".avancer").hidden = rank === 0;
    });
    this.form.querySelector("[data-compte]").textContent = count
      ? sayCount("photos", count)
      : say("photos_none");
    const choose = this.form.querySelector("[data-choisir-texte]");
    this.chooseFirst ??= choose.textContent;
    choose.textContent = count ? choose.dataset.plus : this.chooseFirst;
    this.form.querySelector("[data-choisir]").classList.toggle("grand", !count);
    const going = count - this.inState("refused").length;
    if (!this.form.dataset.formulaire.startsWith("modifier-")) {
      this.form.querySelector("[data-envoyer-texte]").textContent = going
        ? sayCount("send", going)
        : say("no_photo");
    }
  }

  // Why the form cannot leave yet, or nothing. A refused photo holds nobody back.
  waits() {
    const stuck = this.inState("failed", "session").length;
    if (stuck) return sayCount("stuck", stuck);
    const arriving = this.inState("waits", "sending", "offline").length;
    return arriving ? sayCount("arriving", arriving) : "";
  }
}
