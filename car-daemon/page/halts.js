// Stop and the emergency stop, from the press until the car has answered.
//
// What must never live here: the page's elements, and anything that moves the car.

/** So long (ms) without an answer is worth a word. */
const LATE_MS = 300;

export class Halts {
  #link;
  #tell;
  #refused;
  #timers;
  #presses = 0;
  /** An emergency stop that nobody confirmed: the one word that is said again after a lost link. */
  #owed = false;

  /** `tell(key, what)`: what became of it, to be shown until the next; null once it is done. `refused(error)`: the car said no. */
  constructor(link, { tell, refused, timers = globalThis }) {
    this.#link = link;
    this.#tell = tell;
    this.#refused = refused;
    this.#timers = timers;
    link.addEventListener("open", () => this.#owed && this.estop());
  }

  /** `said`: the answer to it. */
  stop(said) {
    this.#follow("stop", said);
  }

  estop() {
    this.#owed = true;
    this.#follow("estop", this.#link.call("estop"));
  }

  #follow(what, said) {
    const press = ++this.#presses;
    const tell = (key) => press === this.#presses && this.#tell(key, what);
    tell("halt.sent");
    const late = this.#timers.setTimeout(() => tell("halt.late"), LATE_MS);
    said.then(
      () => null,
      (error) => error,
    ).then((error) => {
      this.#timers.clearTimeout(late);
      const lost = error?.code === "closed";
      if (what === "estop") this.#owed = lost;
      tell(this.#owed ? "estop.unheard" : lost ? "stop.unheard" : null);
      if (error && !lost) this.#refused(error);
    });
  }
}
