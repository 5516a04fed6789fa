// Keeps the pool's figures fresh while somebody looks, and gives the pool something to do. All else
// works without.
"use strict";

const status = document.getElementById("pool-status");
const button = document.getElementById("storm");
let stormy = false;
let away = false;
let peak = { running: 0, waiting: 0 };

async function refresh() {
    const response = await fetch("/pool", { cache: "no-store" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const pool = await response.json();
    for (const element of document.querySelectorAll("[data-pool]")) {
        const value = pool[element.dataset.pool];
        if (element instanceof HTMLMeterElement) element.value = value;
        else element.textContent = value;
    }
    peak.running = Math.max(peak.running, pool.running);
    peak.waiting = Math.max(peak.waiting, pool.waiting);
}

async function watch() {
    let wait = stormy ? 50 : 500;
    if (!document.hidden) {
        try {
            await refresh();
            if (away) status.textContent = "The server answers again.";
            away = false;
        } catch {
            // Asked less often until it is back.
            wait = 5000;
            away = true;
            status.textContent = "The figures are old: the server does not answer.";
        }
    }
    setTimeout(watch, wait);
}

// Logins of nobody, who costs as much as anybody. Browsers send six at once, so that is how many wait.
async function storm() {
    const body = () => new URLSearchParams({ do: "login", username: "nobody", password: "x" });
    const answers = { denied: 0, busy: 0 };
    const one = async () => {
        const response = await fetch("/", { method: "POST", body: body() });
        if (response.status === 503) answers.busy += 1;
        else answers.denied += 1;
    };
    button.disabled = stormy = true;
    peak = { running: 0, waiting: 0 };
    status.textContent = "Forty logins are under way.";
    await Promise.allSettled(Array.from({ length: 40 }, one));
    status.textContent =
        `Forty logins: ${answers.denied} denied, ${answers.busy} told to come again. ` +
        `Seen at most: ${peak.running} permits in use, ${peak.waiting} in the queue.`;
    button.disabled = stormy = false;
}

button.addEventListener("click", storm);
button.hidden = false;
watch();
