// Sends photos to the centre, two at a time, each in its own request, retried alone.
import { nextChance } from "./sending.js";

const AT_ONCE = 2;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
// Two tries without an answer while the phone says it is online: let the person decide.
const TRIES = 3;

export class Uploads {
  constructor(address, token) {
    this.address = address;
    this.token = token;
    this.queue = [];
    this.running = 0;
  }

  // *told* is called with { state: waits|sending|sent|refused|failed|offline|session, … }.
  add(file, told) {
    const upload = { file, told, cancelled: false };
    upload.cancel = () => {
      upload.cancelled = true;
      upload.request?.abort();
    };
    this.again(upload);
    return upload;
  }

  again(upload) {
    upload.told({ state: "waits" });
    this.queue.push(upload);
    this.next();
  }

  next() {
    while (this.running < AT_ONCE && this.queue.length) {
      const upload = this.queue.shift();
      if (upload.cancelled) continue;
      this.running += 1;
      this.send(upload).finally(() => {
        this.running -= 1;
        this.next();
      });
    }
  }

  async send(upload) {
    let wait = FIRST_WAIT;
    for (let tries = 1; !upload.cancelled; ) {
      const answer = await this.post(upload);
      if (upload.cancelled) return;
      if (answer.status === 201) return upload.told({ state: "sent", photo: answer.body });
      if (answer.status === 401) return upload.told({ state: "session", ...answer.body });
      if ([403, 404, 413, 422].includes(answer.status)) {
        return upload.told({ state: "refused", message: answer.body?.message });
      }
      const offline = navigator.onLine === false;
      if (!offline && tries >= TRIES) return upload.told({ state: "failed" });
      if (!offline) tries += 1;
      upload.told({ state: offline ? "offline" : "waits" });
      await nextChance(wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }

  post(upload) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      upload.request = request;
      request.open("POST", this.address);
      request.responseType = "json";
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-Jeton", this.token);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable && !upload.cancelled) {
          upload.told({ state: "sending", part: event.loaded / event.total });
        }
      });
      request.addEventListener("loadend", () => {
        resolve({ status: request.status, body: request.response });
      });
      request.send(upload.file);
    });
  }
}
