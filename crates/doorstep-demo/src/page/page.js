// Keeps the pool's figures fresh while somebody looks. All else works without.
"use strict";

const period = 250;
const status = document.getElementById("pool-status");
let wasFull = false;
let away = false;

async function refresh() {
    const response = await fetch("/pool", { cache: "no-store" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const pool = await response.json();
    for (const element of document.querySelectorAll("[data-pool]")) {
        const value = pool[element.dataset.pool];
        if (element instanceof HTMLMeterElement) element.value = value;
        else element.textContent = value;
    }
    if (away) status.textContent = "";
    away = false;
    const full = pool.waiting >= pool.queue && pool.running >= pool.threads;
    if (full !== wasFull) {
        status.textContent = full ? "The pool is full." : "The pool has room again.";
        wasFull = full;
    }
}

async function watch() {
    let wait = period;
    if (!document.hidden) {
        try {
            await refresh();
        } catch {
            // The server is away: ask less often.
            status.textContent = "The figures are old: the server does not answer.";
            away = true;
            wait = 5000;
        }
    }
    setTimeout(watch, wait);
}

watch();
